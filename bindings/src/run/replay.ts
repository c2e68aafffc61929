/**
 * Replay: the recorded inputs are fed to the engine again, and every record that it gives must be
 * the recorded one, byte for byte and at the same place (TRACE-10). Nothing outside is asked.
 */

import { sameBytes } from "../core/bytes.ts";
import type { Engine } from "../engine/engine.ts";
import { EngineError } from "../core/errors.ts";
import { pointerBelow } from "../core/pointer.ts";
import { isInput, parseRecord } from "./records.ts";
import type { TraceRecord } from "./records.ts";
import type { Advance, Pack } from "../calls/run.ts";

/** The first record at which recording and replay part. */
export interface Divergence {
  readonly seq: number;
  /** JSON pointer of the task in the workflow document, where the record is about one. */
  readonly task?: string;
  readonly kind: string;
  /** JSON pointer of the first difference within the record. */
  readonly pointer?: string;
  /** The two values there, or the two records; undefined where there is none. */
  readonly recorded: unknown;
  readonly replayed: unknown;
  readonly reason: string;
}

export interface ReplayResult {
  /**
   * `reproduced`: the run ended and every record is as recorded. `incomplete`: so far as the
   * records go, they are, but they end before the run. `diverged`: see `divergence`. `refused`:
   * the replay could not begin; `refusal` says why.
   */
  readonly status: "reproduced" | "diverged" | "incomplete" | "refused";
  /** Inputs that were fed to the engine. */
  readonly steps: number;
  /** Records that were found to be as recorded, inputs included. */
  readonly records: number;
  readonly divergence?: Divergence;
  readonly refusal?: { readonly code: string; readonly message: string };
  /** How the run ended, its decision digest and its fingerprint in hex, and its fuel. */
  readonly end?: "completed" | "faulted" | "cancelled";
  readonly decision?: string;
  readonly fingerprint?: string;
  readonly fuel?: number;
}

/**
 * Replays a trace on an engine. The result depends on pack and records alone; it never throws for
 * what is in them.
 *
 * @param records the whole trace, in order
 * @throws ArgumentError `REACH-E1005` for what is not a pack in memory
 *
 * @example
 * const { status, decision } = replay(createEngine(), pack, records);
 * status; // → "reproduced"
 * console.log(decision);
 */
export function replay(engine: Engine, pack: Pack, records: Iterable<Uint8Array>): ReplayResult {
  const trace = records[Symbol.iterator]();
  let steps = 0;
  let seq = 0;
  let step: Advance | undefined;

  const diverged = (divergence: Divergence): ReplayResult => ({
    status: "diverged",
    steps,
    records: seq,
    divergence,
  });

  try {
    engine.load(pack);
  } catch (error) {
    return { status: "refused", steps, records: 0, refusal: refusal(error) };
  }
  for (let next = trace.next(); next.done !== true; next = trace.next()) {
    const input = next.value;
    if (step !== undefined && step.status !== "waiting") {
      return diverged(difference(seq, input, undefined, "the run has ended before this record"));
    }
    try {
      step = step === undefined ? engine.start(input) : engine.advance(input);
    } catch (error) {
      const { code, message } = refusal(error);
      if (seq === 0) return { status: "refused", steps, records: 0, refusal: { code, message } };
      return diverged(
        difference(seq, input, undefined, `the engine refuses it: ${code} ${message}`),
      );
    }
    steps += 1;
    seq += 1;
    for (const replayed of step.records) {
      const recorded = trace.next();
      if (recorded.done === true) return { status: "incomplete", steps, records: seq };
      if (!sameBytes(recorded.value, replayed)) {
        return diverged(
          difference(seq, recorded.value, replayed, "the engine gives another record"),
        );
      }
      seq += 1;
    }
  }
  // No opaque replay looks here: load() has seen to that.
  if (step === undefined || step.status === "waiting" || step.status === "looked") {
    return { status: "incomplete", steps, records: seq };
  }
  return {
    status: "reproduced",
    steps,
    records: seq,
    end: step.status,
    decision: engine.decision(),
    fingerprint: engine.fingerprint(),
    fuel: engine.fuelUsed(),
  };
}

function refusal(error: unknown): { code: string; message: string } {
  if (!(error instanceof EngineError)) throw error;
  return { code: error.code, message: error.message };
}

function difference(
  seq: number,
  recordedBytes: Uint8Array,
  replayedBytes: Uint8Array | undefined,
  reason: string,
): Divergence {
  const recorded = tryParse(recordedBytes);
  const replayed = replayedBytes && tryParse(replayedBytes);
  const about = replayed ?? recorded;
  const common = {
    seq,
    kind: about?.kind ?? "unknown",
    ...(about !== undefined && "task" in about ? { task: about.task } : {}),
  };
  if (recorded === undefined) {
    return {
      ...common,
      recorded: undefined,
      replayed,
      reason: "the recorded bytes are not a record",
    };
  }
  if (replayed === undefined) return { ...common, recorded, replayed, reason };
  if (isInput(recorded)) {
    return { ...common, recorded, replayed, reason: `${reason} here, before that one` };
  }
  const first = firstDifference(recorded, replayed);
  if (first === undefined) {
    return { ...common, recorded, replayed, reason: "the recorded bytes are not canonical" };
  }
  return { ...common, pointer: first.pointer, recorded: first.a, replayed: first.b, reason };
}

function tryParse(bytes: Uint8Array): TraceRecord | undefined {
  try {
    return parseRecord(bytes);
  } catch {
    return undefined;
  }
}

/** Where two values differ first, and what they hold there (undefined: nothing). */
export interface Difference {
  /** JSON pointer (RFC 6901). */
  readonly pointer: string;
  readonly a: unknown;
  readonly b: unknown;
}

/**
 * The first difference of two JSON values, members in the order of their canonical text; undefined
 * where they are equal.
 *
 * @example firstDifference({ a: [1, 2] }, { a: [1, 3] }); // → { pointer: "/a/1", a: 2, b: 3 }
 */
export function firstDifference(a: unknown, b: unknown): Difference | undefined {
  return differenceAt("", a, b);
}

/** Goes no deeper than both values go alike, which the engine limits for one of them. */
function differenceAt(pointer: string, a: unknown, b: unknown): Difference | undefined {
  if (isContainer(a) && isContainer(b) && Array.isArray(a) === Array.isArray(b)) {
    const keys = Array.isArray(a)
      ? Array.from(
          { length: Math.max(Object.keys(a).length, Object.keys(b).length) },
          (_, i) => `${i}`,
        )
      : [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    for (const key of keys) {
      const found = differenceAt(pointerBelow(pointer, key), own(a, key), own(b, key));
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(a, b) ? undefined : { pointer, a, b };
}

const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null;

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
