// What honest logs and witnesses do, whose clocks are wrong and whose disks are put back to an older day.
import type { Checkpoint, KeyName, LogEntry, Proof, Run } from "./facts.ts";
import { judgeWitness } from "./judge.ts";
import { SECOND } from "./stage.ts";
import type { Log, Stage } from "./stage.ts";

/** Appends what the log is given, by its clock, which never goes back. */
export function append(
  stage: Stage,
  log: Pick<Log, "tree" | "clock">,
  entry: Omit<LogEntry, "at">,
): void {
  const at = Math.max(stage.now + log.clock, log.tree.at(-1)?.at ?? 0);
  log.tree = [...log.tree, { ...entry, at }];
}

/** The checkpoint of a log, with what those witnesses say who can be asked. */
export function cosigned(
  stage: Stage,
  origin: string,
  tree: Log["tree"],
  by: KeyName,
  known: KeyName,
): Checkpoint {
  const plain: Checkpoint = { origin, tree, by, cosigned: [] };
  const signed = stage.witnesses.flatMap((witness) => {
    if (stage.chance(8)) return [];
    const { name, key } = witness;
    const second = Math.floor((stage.now + witness.clock) / SECOND);
    if (witness.isLiar)
      return [{ name, key, second: stage.chance(50) ? second : Math.floor(stage.near() / SECOND) }];
    const seen = witness.seen.get(origin);
    const size = seen?.length ?? 0;
    // What the log believes that the witness has seen is not always so.
    const old = stage.chance(6) ? stage.dice.pick([0, size + 1, Math.max(0, size - 1)]) : size;
    const status = judgeWitness(witness, seen, plain, { key: known, old }, second);
    stage.tally.add("witness answers", String(status));
    if (status !== 200) return [];
    witness.seen.set(origin, tree);
    if (stage.chance(4)) {
      stage.say("killed: witness", `${name} has kept it, and answers nobody`);
      return [];
    }
    return [{ name, key, second }];
  });
  const note = { ...plain, cosigned: signed };
  stage.notes.push(note);
  return note;
}

/** The proof of an entry by a checkpoint, if it is there. */
export function proven(
  checkpoint: Checkpoint,
  type: LogEntry["type"],
  run: Run,
): Proof | undefined {
  const index = checkpoint.tree.findIndex((entry) => entry.type === type && entry.run === run);
  const entry = checkpoint.tree[index];
  return entry && { checkpoint, index, entry };
}

/** A log, or a witness, whose disk is put back. */
export function restoreLog(stage: Stage): void {
  if (stage.chance(50)) {
    const log = stage.dice.pick(stage.logs);
    if (log.tree.length < 2) return;
    log.isUpset = true;
    log.tree = log.tree.slice(0, 1 + stage.dice.below(log.tree.length - 1));
    stage.say("restored: log", `${log.origin} with ${log.tree.length} entries`);
    append(stage, log, { type: "other", run: stage.dice.below(1000) });
    return;
  }
  const [witness] = stage.choose(stage.witnesses, 1);
  const [origin, tree] = [...(witness?.seen ?? [])][0] ?? [];
  if (witness === undefined || origin === undefined || tree === undefined) return;
  const size = stage.dice.below(tree.length);
  if (size === 0) witness.seen.delete(origin);
  else witness.seen.set(origin, tree.slice(0, size));
  witness.hasForgotten = true;
  stage.say("restored: witness", `${witness.name} remembers ${size} entries of ${origin}`);
}
