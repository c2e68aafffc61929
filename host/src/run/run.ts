// A run: the engine computes, the host performs what it asks for, and what enters is on the disk
// before it has consequences (ABI-8).
import type { Engine, OutcomeRecord, Pack } from "@reach-fabric/engine";
import { manifestOf, runSeedOf } from "@reach-fabric/evidence";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Annotation } from "../record/journal.ts";
import type { RunIdentity } from "../record/recorder.ts";
import { createOutside } from "../effects/outside.ts";
import type { RunOptions } from "./options.ts";
import { Session } from "./session.ts";

export interface RunResult {
  readonly status: "completed" | "faulted" | "cancelled";
  /** The trace, complete. */
  readonly records: readonly Uint8Array[];
  /** The decision digest, in hex. */
  readonly decision: string;
  readonly fingerprint: string;
  /** What the workflow gave, if it completed. */
  readonly output?: unknown;
  /** The error that no task caught, if it faulted. */
  readonly error?: unknown;
  /** The host's stamps and remarks, in the order of the records. */
  readonly annotations: readonly Annotation[];
  readonly run: RunIdentity & {
    /** In UTC with milliseconds. */
    readonly startedAt: string;
    readonly endedAt: string;
  };
}

/**
 * Runs a workflow to its end.
 *
 * Guarantees: every record that enters is durable in the recorder before the engine sees it, and so before anything
 * that follows from it is asked of the world; the records are a trace that replay() reproduces. A fault of the
 * workflow is a result, with status `faulted`, never an exception.
 *
 * @throws ReachError `REACH-E3002` interrupted by the signal (exit code 130), `REACH-E3004` it waits
 *   for an event and none will come, `REACH-E3005` an invalid event, `REACH-E3006` an invalid command, `REACH-E3007` it is suspended and will not be resumed, `REACH-E41xx` from
 *   the recorder; EngineError for a pack, input or grant that the engine refuses, before anything is
 *   recorded; EngineTrap
 *
 * @example
 * const { status, output, decision } = await run({
 *   engine: createEngine(), pack, input, grant, addresses, recorder: folderRecorder("runs/1"),
 * });
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { engine, pack, recorder } = options;
  if (engine.loaded !== pack) engine.load(pack);
  requireSemantics(engine, pack);
  const start = engine.admitStart(startOptions(options), options.input);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const remote = createOutside(options);
  const session = new Session(options, remote, signal);
  try {
    const startedAt = session.stamp();
    await recorder.begin({ pack, engine: engine.digest, startedAt, start });
    engine.commit(runSeedOf(engine, recorder.run.secret, recorder.run));
    const end = await session.runFrom(start, startedAt);
    return {
      ...outcomeOf(end),
      records: session.records,
      decision: engine.decision(),
      fingerprint: engine.fingerprint(),
      annotations: session.annotations,
      run: { ...recorder.run, startedAt, endedAt: session.stamp() },
    };
  } catch (error) {
    if (options.signal?.aborted) throw interrupted(error);
    throw error;
  } finally {
    // Who runs the same pack next finds the engine as after load().
    if (!engine.trapped) engine.commit(null);
    // Nothing waits for effects that are still under way.
    stop.abort(new Error("the run has ended"));
    await Promise.allSettled([remote.close(), recorder.close()]);
  }
}

/** What a run begins with: limits that are not given are those that the pack says. */
const startOptions = ({
  workflow,
  grant,
  pack,
  limits = manifestOf(pack).limits,
}: RunOptions): Parameters<Engine["admitStart"]>[0] => ({
  ...(workflow === undefined ? {} : { workflow }),
  ...(grant === undefined ? {} : { grant }),
  ...(limits === undefined ? {} : { limits }),
});

/** A pack may say for which meaning of a run it was made. */
function requireSemantics({ semantics }: Engine, pack: Pack): void {
  const { engines } = manifestOf(pack);
  if (engines === undefined || engines.semantics.includes(semantics)) return;
  throw new ReachError(hostCode.otherEngine, "The pack is made for another engine.", {
    why: `it says semantics ${engines.semantics.join(", ")}, this engine has ${semantics}`,
    hint: "Take a version of Reach with such an engine, or another version of the pack.",
  });
}

const interrupted = (cause: unknown): ReachError =>
  new ReachError(hostCode.interrupted, "The run was interrupted.", {
    why: "its records so far are kept, and no outcome is recorded",
    exitCode: 130,
    cause,
  });

function outcomeOf(end: OutcomeRecord): Pick<RunResult, "status" | "output" | "error"> {
  return {
    status: end.status,
    ...("output" in end ? { output: end.output } : {}),
    ...("error" in end ? { error: end.error } : {}),
  };
}
