// A run as far as it is kept: the run is computed again from what entered it, and compared with what was noted.
import { EngineError, parseRecord, sameBytes, step } from "@reach-fabric/engine";
import type { Engine, Pack, RequestRecord } from "@reach-fabric/engine";
import { runSeedOf } from "@reach-fabric/evidence";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Performed } from "../effects/egress/performed.ts";
import { performedOf } from "../record/arrived.ts";
import { damagedRun } from "../store/errors.ts";
import type { KeptRun, RunFile } from "../store/store.ts";
import type { RunIdentity } from "../record/identity.ts";
import type { Annotation, Entry, Line } from "../record/journal.ts";
import { leased } from "../pool/lease.ts";

/** An effect that was asked for and is not answered. */
export interface OpenEffect {
  readonly request: RequestRecord;
  /** Whether it had begun: then it may have been performed, or not. */
  readonly hasBegun: boolean;
  /** Who said that it is to be performed again. */
  readonly retriedBy?: string;
  /** When it was asked for, by the stamp of the record that it follows from. */
  readonly askedAt: string;
}

/** A run as far as it is kept. */
export interface RunSoFar {
  readonly run: RunIdentity & { readonly startedAt: string };
  /** SHA-256 of the engine that ran, in hex. */
  readonly engine: string;
  readonly pack: Pack;
  /** The records that entered: what createEvidence() and replay() take. */
  readonly inputs: readonly Uint8Array[];
  /** All records, in order: what left was computed again. */
  readonly records: readonly Uint8Array[];
  readonly annotations: readonly Annotation[];
  /** What was written as it is, line by line: the records that entered, and which effects have begun. */
  readonly lines: readonly Line[];
  /** Bytes at the end that were not completely written; 0 if there are none. */
  readonly torn: number;
  /** How the run ended; undefined if it was interrupted. */
  readonly ended: "completed" | "faulted" | "cancelled" | undefined;
  /** Effects that the run waits for. */
  readonly waiting: readonly OpenEffect[];
  /** What came of effects and has not entered, by their keys, in the order in which it came. */
  readonly arrived: ReadonlyMap<string, Performed>;
  /** The above in one sentence. */
  readonly summary: string;
}

/**
 * What is kept of a run, also after a crash in the middle of a write.
 *
 * Lines at the end that are not whole are told by `torn` and left out: nothing had left the process that follows from
 * them. Anything else that is not as it was written is an error. What the engine computes from what entered is
 * compared with the digest that was noted of it, record by record.
 *
 * @param engine its pack and run are replaced: afterwards it is where the run was
 * @throws ReachError `REACH-E3010` a run is on the engine, `REACH-E4130` there is no such run, or it is of another form, `REACH-E4131` damaged, or the engine
 *   computes something else, `REACH-E4140` the run has other semantics than the engine, `REACH-E41xx` files
 *
 * @example
 * await run({ ...options, recorder: folderRecorder("runs/2") });
 * const { summary } = await readKept(createEngine(), runFolder("runs/2"));
 * summary; // → "The run has ended (completed) with 3 records."
 */
export const readKept = (
  engine: Engine,
  kept: Pick<KeptRun, "read" | "where">,
): Promise<RunSoFar> =>
  leased(engine, async () => {
    try {
      return computeAgain(engine, await kept.read(), kept.where);
    } finally {
      // Who runs the same pack next finds the engine as after load().
      if (!engine.trapped) engine.commit(null);
    }
  });

/**
 * A run from what is kept of it, with the engine left where the run is: it goes on from there.
 *
 * @throws ReachError `REACH-E4131`, `REACH-E4140`
 */
export function computeAgain(engine: Engine, file: RunFile, where: string): RunSoFar {
  const { run, pack, lines, torn } = file;
  const entries = lines.filter((line) => "record" in line);
  requireSemantics(engine, entries[0], where);
  attempt(`${where}, pack`, () => engine.load(pack));
  engine.commit(runSeedOf(engine, run.secret, run));
  const found = { torn, ...drive(engine, lines, where) };
  return {
    run,
    engine: file.engine,
    pack,
    lines,
    inputs: entries.map(({ record }) => record),
    annotations: entries.map(({ stamp }) => stamp),
    ...found,
    summary: summarise(found),
  };
}

/** What a run has come to. */
type Computed = Pick<RunSoFar, "records" | "ended" | "waiting" | "arrived">;

function drive(engine: Engine, lines: readonly Line[], where: string): Computed {
  const records: Uint8Array[] = [];
  const asked = new Set<string>();
  const open = new Map<string, OpenEffect>();
  const arrived = new Map<string, Performed>();
  let ended: Computed["ended"];
  for (const [i, line] of lines.entries()) {
    const place = `line ${i + 1}`;
    if ("record" in line) {
      const { record, stamp, left } = line;
      if (stamp.seq !== records.length) {
        const what = `${place} has the stamp of record ${stamp.seq}, not ${records.length}`;
        throw damagedRun(where, what);
      }
      const input = records.length === 0 ? { start: record } : { record };
      const { entered, ...found } = attempt(`${where}, ${place}`, () => step(engine, [input]));
      if (!sameBytes(entered[0]?.left ?? record, left)) throw differs(where, stamp.seq);
      const answered = parseRecord(record);
      if (answered.kind === "result") {
        open.delete(answered.key);
        arrived.delete(answered.key);
      }
      records.push(...found.records);
      for (const request of found.effects) {
        asked.add(request.key);
        open.set(request.key, { request, hasBegun: false, askedAt: stamp.at });
      }
      // Nothing waits for what a cancelled branch has asked for.
      for (const key of found.dropped) open.delete(key);
      ended = found.outcome?.status;
    } else if (ended !== undefined || records.length === 0) {
      const why = ended === undefined ? "is not there" : "has ended";
      throw damagedRun(where, `${place} begins effects of a run that ${why}`);
    }
    if ("arrived" in line) {
      const performed = performedOf(line.answer);
      const isOpen = open.delete(line.arrived);
      if (performed === undefined || !isOpen) {
        throw damagedRun(where, `${place} has an answer that nothing waits for, or none`);
      }
      arrived.set(line.arrived, performed);
      continue;
    }
    const keys = "retried" in line ? [line.retried] : (line.begun ?? []);
    const strange = keys.find((key) => !asked.has(key));
    if (strange !== undefined) {
      throw damagedRun(where, `${place} begins the effect ${strange}, which was not asked for`);
    }
    const now = "retried" in line ? { hasBegun: false, retriedBy: line.by } : { hasBegun: true };
    for (const key of keys) {
      const effect = open.get(key);
      if (effect !== undefined) open.set(key, { ...effect, ...now });
    }
  }
  return { records, ended, waiting: [...open.values()], arrived };
}

function attempt<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw damagedRun(where, `the engine does not take it: ${error.message} (${error.code})`);
  }
}

/** What an engine of another meaning computes says nothing of the folder. */
function requireSemantics({ semantics }: Engine, start: Entry | undefined, where: string): void {
  if (start === undefined) return;
  const record = recordOf(start.record);
  if (record?.kind !== "start" || record.semantics === semantics) return;
  throw new ReachError(hostCode.otherEngine, "The run is one of another engine.", {
    where,
    why: `it has semantics ${record.semantics}, this engine has ${semantics}`,
    hint: "Take the version of Reach that ran it.",
  });
}

/** Undefined for what is none: the engine says so. */
function recordOf(bytes: Uint8Array): ReturnType<typeof parseRecord> | undefined {
  try {
    return parseRecord(bytes);
  } catch {
    return undefined;
  }
}

const differs = (where: string, seq: number): ReachError =>
  new ReachError(hostCode.damagedRun, "The engine does not compute what was recorded.", {
    where,
    why: `what it computes after record ${seq} is not what was recorded`,
    hint: "It was changed, or another engine ran it.",
  });

function summarise({
  records,
  torn,
  ended,
  waiting,
}: Pick<RunSoFar, "records" | "torn" | "ended" | "waiting">): string {
  const count = `${records.length} ${records.length === 1 ? "record" : "records"}`;
  const half = torn > 0 ? `; the last ${torn} bytes were cut off` : "";
  if (ended !== undefined) return `The run has ended (${ended}) with ${count}${half}.`;
  const effects = waiting.map(
    ({ request: { key, type, task } }) => `effect ${key} (${type}) of task ${task}`,
  );
  const state = effects.length > 0 ? `waiting on ${effects.join(", ")}` : "not begun";
  return `The run was interrupted: it had ${count} and was ${state}${half}.`;
}
