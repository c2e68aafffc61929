// What hosts and publishers do, as far as they get before they are killed.
import type { Run } from "./facts.ts";
import { append, cosigned, proven } from "./logs.ts";
import { MINUTE, SECOND, TENANTS } from "./stage.ts";
import type { Log, Stage } from "./stage.ts";

/** A run is decided, signed, logged, witnessed and proven, up to where its host is killed. */
export function decide(stage: Stage): void {
  const { dice, ring } = stage;
  const keys = ring.keys.filter(({ role, key }) => role === "evidence" && !stage.stolen.has(key));
  if (keys.length === 0) return;
  // A host whose key has ended may not have heard of it.
  const good = keys.filter(({ from, to }) => from <= stage.now && stage.now < to);
  // Nor that it is for something else.
  const others = ring.keys.filter(
    ({ role, key }) => role !== "evidence" && key.startsWith("evidence"),
  );
  const some = others.length > 0 && stage.chance(25) ? others : good;
  const own = dice.pick(some.length > 0 && !stage.chance(10) ? some : keys);
  const clock = stage.clock();
  const startedAt = stage.now + clock;
  const run: Run = {
    id: stage.runs.length + 1,
    secret: 0,
    tenant: stage.chance(92) ? (own.tenant ?? dice.pick(TENANTS)) : dice.pick(TENANTS),
    pack: dice.pick(["first", "first", "second"] as const),
    startedAt,
    endedAt: startedAt + dice.pick([0, 250, 1250, 5000]),
    key: own.key,
    signedAt: stage.now,
    isThief: false,
  };
  stage.runs.push(run);
  const log = dice.pick(stage.logs);
  const end = stage.chance(80) ? 9 : dice.below(5);
  const isNoted = !stage.chance(10);
  // One that notes the beginning when all is over has had time to choose.
  const isLate = isNoted && stage.chance(6);
  if (isNoted && !isLate) append(stage, log, { type: "started", run });
  const about = `run ${run.id} by ${run.key} for ${run.tenant}`;
  stage.say(
    "run",
    `${about}, in ${log.origin}${clock === 0 ? "" : `, its clock ${clock / SECOND} s ahead`}`,
  );
  if (end < 9) stage.say("killed: host", `at its step ${end}`);
  if (end === 0) return;
  stage.now = Math.max(stage.now, run.endedAt - clock);
  // A host that is up again logs what it had signed before.
  if (stage.chance(8)) stage.now += dice.pick([4 * MINUTE, 8 * MINUTE]);
  if (end > 1) append(stage, log, { type: "evidence", run });
  if (isLate) append(stage, log, { type: "started", run });
  if (end > 2) prove(stage, log, run, clock === 0 && isNoted && !isLate && end === 9);
  else stage.files.push({ run, isHonest: false });
}

/** Puts the proof into evidence that is in a log; later than at once, too. */
export function prove(stage: Stage, log: Log, run: Run, isHonest: boolean): void {
  stage.now += stage.dice.pick([SECOND, SECOND, SECOND, 30 * SECOND, 10 * MINUTE]);
  const note = cosigned(stage, log.origin, log.tree, log.key, log.key);
  const proof = proven(note, "evidence", run);
  const start = stage.chance(90) ? proven(note, "started", run) : undefined;
  stage.files.push({ run, proof, start, isHonest: isHonest && start !== undefined });
}

/** The same for a run of before, whose host was killed, or which someone wants to see under a later checkpoint. */
export function proveAgain(stage: Stage): void {
  if (stage.runs.length === 0) return;
  const run = stage.dice.pick(stage.runs);
  const log = stage.logs.find(({ tree }) =>
    tree.some((entry) => entry.type === "evidence" && entry.run === run),
  );
  if (log === undefined) return;
  if (stage.chance(50)) append(stage, log, { type: "other", run: stage.dice.below(1000) });
  stage.say("proven again", `run ${run.id} by ${log.tree.length} entries of ${log.origin}`);
  prove(stage, log, run, false);
}

/** What a publisher says of a pack. */
export function publishPack(stage: Stage): void {
  const { dice, ring, now } = stage;
  const keys = ring.keys.filter(({ role, key }) => role === "pack" && !stage.stolen.has(key));
  if (keys.length === 0) return;
  const by = dice.pick(keys).key;
  const pack = dice.pick(["first", "second"] as const);
  const isYank = stage.chance(25);
  stage.statements.push({
    pack,
    by,
    ...(isYank && { withdrawnAt: stage.chance(50) ? now : stage.near() }),
  });
  stage.say(isYank ? "pack withdrawn" : "pack published", `${pack} by ${by}`);
}
