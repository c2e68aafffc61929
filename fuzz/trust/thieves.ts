// What is done by who has stolen keys, by witnesses that collude, and by who puts together files of parts that do not
// belong together. None of them has a key that was not stolen.
import type { KeyName, LogEntry, Proof, Run, Tree } from "./facts.ts";
import { cosigned, proven } from "./logs.ts";
import { HOUR, SECOND } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** A key is stolen; its owner does not know. */
export function steal(stage: Stage): void {
  const { dice, ring, logs, witnesses } = stage;
  const keys = ring.keys.filter(({ role }) => role === "evidence" || role === "pack");
  const root = stage.rootOf(ring).keys;
  const kinds: readonly (readonly KeyName[])[] = [
    keys.map(({ key }) => key),
    keys.map(({ key }) => key),
    root,
    root,
    logs.map(({ key }) => key),
    witnesses.map(({ key }) => key),
  ];
  const some = dice.pick(kinds.filter((each) => each.length > 0));
  // Who gets into the safe of a root takes all that is there.
  const taken = some === root && stage.chance(55) ? root : [dice.pick(some)];
  for (const key of taken.filter((each) => !stage.stolen.has(each))) {
    stage.stolen.set(key, stage.now);
    stage.say(`stolen: ${key.split(":")[0]} key`, key);
  }
}

const stolenOf = ({ stolen }: Stage, kind: string): KeyName[] =>
  [...stolen.keys()].filter((key) => key.startsWith(kind));

/** A run of the thief's: with a stolen key, or with one that no one has ever trusted. */
function forged(stage: Stage): Run | undefined {
  const { dice } = stage;
  const keys = stolenOf(stage, "evidence");
  const key = keys.length === 0 || stage.chance(5) ? "mallory:0" : dice.pick(keys);
  const endedAt = stage.chance(70) ? stage.near() : stage.now;
  const own = stage.ring.keys.find((entry) => entry.key === key);
  const run: Run = {
    id: stage.runs.length + 1,
    secret: 0,
    tenant: own?.tenant ?? dice.pick(["acme", "globex"]),
    pack: dice.pick(["first", "second"]),
    startedAt: endedAt - dice.pick([0, 1000, HOUR]),
    endedAt,
    key,
    signedAt: stage.now,
    isThief: true,
  };
  stage.runs.push(run);
  return run;
}

/** Evidence of the thief's, by the log as it is, or by one of the thief's own making where its key is stolen, too. */
export function forgeEvidence(stage: Stage): void {
  const { dice } = stage;
  const run = forged(stage);
  if (run === undefined) return;
  const log = dice.pick(stage.logs);
  const isOwn = stage.stolen.has(log.key) && stage.chance(60);
  const base: Tree = isOwn ? log.tree.slice(0, dice.below(log.tree.length + 1)) : log.tree;
  // The thief writes any time into entries of their own; the log writes its own.
  const late = base.at(-1)?.at ?? 0;
  const at = isOwn
    ? stage.chance(60)
      ? run.endedAt + SECOND
      : stage.near()
    : Math.max(stage.now + log.clock, late);
  const entries: LogEntry[] = [
    ...(stage.chance(80) ? [{ type: "started", run, at } as const] : []),
    { type: "evidence", run, at },
    ...(stage.chance(30) ? [{ type: "other", run: dice.below(1000), at } as const] : []),
  ];
  const tree = [...base, ...entries];
  if (!isOwn) log.tree = tree;
  const backdated = run.endedAt < stage.now - HOUR ? ", backdated" : "";
  stage.say(
    isOwn ? "thief: evidence in a fork" : `thief: evidence${backdated}`,
    `run ${run.id} by ${run.key}, ended at ${new Date(run.endedAt).toISOString()}`,
  );
  const note = colluded(stage, cosigned(stage, log.origin, tree, log.key, log.key));
  stage.files.push({
    run,
    proof: proven(note, "evidence", run),
    start: proven(note, "started", run),
    isHonest: false,
  });
}

/** A checkpoint, which witnesses that lie, and those with stolen keys, have cosigned at a time of their choice. */
function colluded(stage: Stage, note: Stage["notes"][number]): Stage["notes"][number] {
  const liars = stage.witnesses.filter(({ key, isLiar }) => isLiar || stage.stolen.has(key));
  if (liars.length === 0) return note;
  const time = stage.near();
  const lies = liars.map(({ name, key }) => ({ name, key, second: Math.floor(time / SECOND) }));
  const others = note.cosigned.filter(({ name }) => !liars.some((one) => one.name === name));
  const next = { ...note, cosigned: [...lies, ...others] };
  stage.notes.push(next);
  stage.say("colluding witnesses", `${liars.length} say ${new Date(time).toISOString()}`);
  return next;
}

/** An honest file, under a checkpoint on which witnesses lie about the time. */
export function recosign(stage: Stage): void {
  const files = stage.files.filter(({ proof }) => proof !== undefined);
  if (files.length === 0) return;
  const file = stage.dice.pick(files);
  if (file.proof === undefined) return;
  const checkpoint = colluded(stage, file.proof.checkpoint);
  if (checkpoint === file.proof.checkpoint) return;
  stage.files.push({ ...file, proof: { ...file.proof, checkpoint }, isHonest: false });
}

/** A log that shows others another tree: by its stolen key, or by a key that is not its own. */
export function fork(stage: Stage): void {
  const { dice } = stage;
  const log = dice.pick(stage.logs);
  if (log.tree.length === 0) return;
  const by = stage.stolen.has(log.key) ? log.key : "mallory:1";
  if (by !== log.key && stage.chance(60)) return;
  const cut = dice.below(log.tree.length);
  const grown = stage.chance(50) ? log.tree : log.tree.slice(0, cut);
  const at = grown.at(-1)?.at ?? stage.now;
  const rest = log.tree.slice(cut + 1);
  const tree = [
    ...log.tree.slice(0, cut),
    { type: "other", run: dice.below(1000), at } as const,
    ...rest,
  ];
  const note = colluded(stage, cosigned(stage, log.origin, tree, by, log.key));
  stage.say(
    by === log.key ? "thief: fork of a log" : "thief: a log's name",
    `${tree.length} entries of ${log.origin}`,
  );
  for (const run of stage.runs.filter(({ isThief }) => !isThief || stage.chance(50))) {
    const proof = proven(note, "evidence", run);
    if (proof)
      stage.files.push({ run, proof, start: proven(note, "started", run), isHonest: false });
  }
}

/** What is said of a pack with a stolen key, or by a stranger. */
export function forgePack(stage: Stage): void {
  const { dice } = stage;
  const keys = stolenOf(stage, "pack");
  const by = keys.length === 0 ? dice.pick(["pack:mallory", "pack:1"]) : dice.pick(keys);
  const pack = dice.pick(["first", "second"] as const);
  stage.statements.push({ pack, by, ...(stage.chance(20) && { withdrawnAt: stage.near() }) });
  stage.say("thief: pack", `${pack} by ${by}`);
}

/** The proof, by the same checkpoint, that another run has begun. */
function anotherStart(stage: Stage, { checkpoint, entry: own }: Proof): Proof | undefined {
  const begun = checkpoint.tree.filter(({ type, run }) => type === "started" && run !== own.run);
  if (begun.length === 0) return undefined;
  const entry = stage.dice.pick(begun);
  return { checkpoint, entry, index: checkpoint.tree.indexOf(entry) };
}

/** Parts of two files in one, an entry that is not in the tree, or one in another place. */
export function splice(stage: Stage): void {
  const { dice } = stage;
  const logged = stage.files.filter(({ proof }) => proof !== undefined);
  if (logged.length === 0) return;
  const [one, other] = [dice.pick(stage.files), dice.pick(logged)];
  const { proof } = other;
  if (proof === undefined) return;
  const how = dice.below(7);
  const note = stage.dice.pick(stage.notes);
  const named = [
    "the proof of another",
    "the start of another",
    "another time",
    "another place",
    "another checkpoint",
    "no start",
    "the beginning of another run there",
  ];
  stage.say("thief: splice", `run ${one.run.id} with ${named[how]}`);
  const entry = { ...proof.entry, at: stage.near() };
  const made = [
    { run: one.run, proof, start: other.start },
    { ...other, start: one.start ?? logged.find((each) => each.run !== other.run)?.start },
    { ...other, proof: { ...proof, entry } },
    { ...other, proof: { ...proof, index: dice.below(proof.checkpoint.tree.length) } },
    {
      ...other,
      proof: { ...proof, checkpoint: note, index: Math.min(proof.index, note.tree.length - 1) },
    },
    { ...other, start: undefined },
    { ...other, start: anotherStart(stage, proof) },
  ][how];
  if (made?.proof !== undefined && made.proof.checkpoint.tree.length > 0)
    stage.files.push({ ...made, isHonest: false });
}
