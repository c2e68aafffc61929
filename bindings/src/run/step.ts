/** One step of a run: what enters, and all that follows from it. Every program that computes a run does it with this. */

import { codeName, EngineError } from "../core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import { E_RECORD_KEY } from "../generated/codes.ts";
import type { EffectResult, RunToken } from "../calls/run.ts";
import { headOf, parseRecord } from "./records.ts";
import type { OutcomeRecord, RecordHead, RequestRecord } from "./records.ts";

/** Something that enters a run. */
export type StepInput =
  /** The record that begins it. */
  | { readonly start: Uint8Array }
  /** One that was admitted before. */
  | { readonly record: Uint8Array }
  /** What came of an effect. */
  | (EffectResult & { readonly key: string })
  | { readonly command: "suspend" | "resume" | "cancel"; readonly reason?: string | undefined };

/** A record that has entered, and what the engine made of it. */
export interface EnteredRecord {
  readonly record: Uint8Array;
  /** Which of the inputs it is, from 0 on. */
  readonly input: number;
  /** Digest of what left after it, 32 bytes (TRACE-24); none where the run commits to nothing. */
  readonly left: Uint8Array | undefined;
  /** The records that left. */
  readonly outputs: readonly LeftRecord[];
  /** Keys of effects that nothing waits for any more, as their branch was cancelled. */
  readonly dropped: readonly string[];
  /** Why an answer is not what it was given as, but the failure `protocol`: the engine's code, or that it is not JSON. */
  readonly refused: string | undefined;
}

/** A record that has left the engine. */
export interface LeftRecord {
  readonly bytes: Uint8Array;
  /** Where it is small it is whole. */
  readonly record: RecordHead;
}

/** What a step came to. */
export interface Step {
  /** What is to be made durable, in order, before anything that follows from it leaves the process (ABI-8). */
  readonly entered: readonly EnteredRecord[];
  /** All records of the step, in order. */
  readonly records: readonly Uint8Array[];
  /** Effects that were asked for and are still waited for at its end, in the order of asking. */
  readonly effects: readonly RequestRecord[];
  /** The timers among them: who keeps many runs has to know when to wake one. */
  readonly timers: readonly RequestRecord[];
  /** Those that each record has dropped, together. */
  readonly dropped: readonly string[];
  /** How the run has ended. */
  readonly outcome: Pick<OutcomeRecord, "kind" | "seq" | "status"> | undefined;
  /**
   * How many of the inputs have been dealt with. Those behind the one that ended the run, and answers behind one that
   * suspended it, have not entered.
   */
  readonly taken: number;
}

export interface StepOptions {
  /** What `engine.run` was after the step before: a step of another run is refused. */
  readonly run?: RunToken | undefined;
  /** False for a run that commits to nothing: see `Engine.commit`. */
  readonly commits?: boolean;
}

/**
 * Takes a run on: pure, as no clock, promise or file has a part in it. What follows depends on the run and on the
 * inputs in their order, and in no way on how they were grouped into steps.
 *
 * An answer that the engine refuses enters as the failure `protocol`. One to an effect that an input of the same step has
 * cancelled is left out, unless the engine takes it as a late one (TRACE-18).
 *
 * @throws EngineError for what cannot come here, as an answer that no effect waits for; what is before it has entered
 *   then, so that a run of which that is not to be is thrown away
 *
 * @example
 * engine.load(pack);
 * engine.commit(new Uint8Array(32));
 * const { effects } = step(engine, [{ start: engine.admitStart({}, "{}") }]);
 * effects.length; // → 0
 */
export function step(
  engine: Engine,
  inputs: readonly StepInput[],
  { run, commits = true }: StepOptions = {},
): Step {
  const entered: EnteredRecord[] = [];
  const records: Uint8Array[] = [];
  const open = new Map<string, RequestRecord>();
  const dropped = new Set<string>();
  let token = run;
  let outcome: Step["outcome"];
  let isSuspended = false;
  let taken = 0;
  for (const input of inputs) {
    if (outcome !== undefined || (isSuspended && "key" in input)) break;
    taken += 1;
    const found = enter(engine, input, token, dropped);
    if (found === undefined) continue;
    const { record, advance, refused } = found;
    if ("start" in input) token = engine.run;
    if ("command" in input) isSuspended = input.command === "suspend";
    const answered = answeredBy(input, open);
    if (answered !== undefined) open.delete(answered);
    records.push(record);
    const outputs = advance.records.map((bytes) => {
      records.push(bytes);
      const left = headOf(bytes);
      if (left.kind === "request") open.set(left.key, left);
      else if (left.kind === "outcome") outcome = left;
      return { bytes, record: left };
    });
    const gone = advance.status === "waiting" ? engine.dropped() : [];
    for (const key of gone) {
      dropped.add(key);
      open.delete(key);
    }
    entered.push({
      record,
      input: taken - 1,
      outputs,
      dropped: gone,
      left: commits ? engine.commitments().left : undefined,
      refused,
    });
  }
  const effects = outcome === undefined ? [...open.values()] : [];
  return {
    entered,
    records,
    effects,
    timers: effects.filter(({ type }) => type === "timer"),
    dropped: [...dropped],
    outcome,
    taken,
  };
}

interface Taken {
  readonly record: Uint8Array;
  readonly advance: ReturnType<Engine["advance"]>;
  readonly refused?: string;
}

/** Which of these effects an input answers: only with those at hand is a record read, as it may be large. */
function answeredBy(
  input: StepInput,
  open: ReadonlyMap<string, RequestRecord>,
): string | undefined {
  if ("key" in input) return input.key;
  if (!("record" in input) || open.size === 0) return undefined;
  const record = parseRecord(input.record);
  return record.kind === "result" ? record.key : undefined;
}

/** Undefined for an answer that nothing waits for any more. */
function enter(
  engine: Engine,
  input: StepInput,
  run: RunToken | undefined,
  dropped: ReadonlySet<string>,
): Taken | undefined {
  if ("start" in input) return { record: input.start, advance: engine.start(input.start) };
  if ("key" in input) {
    try {
      return answer(engine, input, run);
    } catch (error) {
      if (dropped.has(input.key) && isNotPending(error)) return undefined;
      throw error;
    }
  }
  const record = "record" in input ? input.record : admitCommand(engine, input);
  return { record, advance: engine.advance(record, run) };
}

const isNotPending = (error: unknown): boolean =>
  error instanceof EngineError && error.code === codeName(E_RECORD_KEY);

function admitCommand(
  engine: Engine,
  { command, reason }: Extract<StepInput, { readonly command: string }>,
): Uint8Array {
  if (command === "cancel") return engine.admitCancel(reason);
  return command === "suspend" ? engine.admitSuspend(reason) : engine.admitResume(reason);
}

/** Gives the engine an answer; in place of one that it refuses, the failure `protocol` (GRANT-18). */
function answer(
  engine: Engine,
  { key, result, body }: EffectResult & { readonly key: string },
  run: RunToken | undefined,
): Taken {
  try {
    const record = engine.admitResult(key, result, body, run);
    return { record, advance: engine.advance(record, run) };
  } catch (error) {
    if (engine.trapped) throw error;
    try {
      const record = engine.admitResult(key, { failure: "protocol" }, undefined, run);
      const advance = engine.advance(record, run);
      const refused = error instanceof EngineError ? error.code : "it is not JSON";
      return { record, advance, refused };
    } catch {
      throw error;
    }
  }
}
