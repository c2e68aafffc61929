// A run: the engine computes, the host performs what it asks for, and what enters is on the disk
// before it has consequences (ABI-8).
import { hmacSha256, parseRecord } from "@reach-fabric/engine";
import type { Engine, OutcomeRecord, Pack, StartRecord } from "@reach-fabric/engine";
import { manifestOf, runSeedOf } from "@reach-fabric/evidence";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Annotation } from "../record/journal.ts";
import { computeAgain } from "./so-far.ts";
import { keepsNothing, resumedRecorder } from "../store/recorder.ts";
import type { Recorder } from "../store/recorder.ts";
import type { RunIdentity } from "../record/identity.ts";
import { MOST_CRASHES } from "../store/store.ts";
import type { KeptRun, Lease, Rest } from "../store/store.ts";
import { createOutside } from "../effects/outside.ts";
import type { RunOptions } from "./options.ts";
import { OwnEngine } from "../pool/executor.ts";
import type { Executor } from "../pool/executor.ts";
import { leased } from "../pool/lease.ts";
import { requireNoSecret } from "../secrets/given.ts";
import { givenBy } from "./messages.ts";
import { restOf } from "./rest.ts";
import { Session } from "./session.ts";
import type { SessionOptions } from "./session.ts";

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
  readonly pack: Pack;
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
 *   (a RunWaits says for what), `REACH-E3005` an invalid event, `REACH-E3006` an invalid command, `REACH-E3007` it is
 *   suspended and will not be resumed, `REACH-E3012` the input holds a secret, `REACH-E4133` a secret that is too short, `REACH-E3010` another run is on the engine, `REACH-E3009` it is stuck, as this machine cannot perform an effect, `REACH-E41xx`
 *   from the recorder; EngineError for a pack, input or grant that the engine refuses, before anything is
 *   recorded; EngineTrap
 *
 * @example
 * const { status, output, decision } = await run({
 *   engine: createEngine(), pack, input, grant, addresses, recorder: folderRecorder("runs/1"),
 * });
 */
export const run = (options: RunOptions): Promise<RunResult> => {
  const { engine, pack } = options;
  if ("executor" in engine) return begun(options, engine.executor(pack));
  return leased(engine, async () => {
    const own = new OwnEngine(engine, pack, false);
    own.load();
    return begun(options, own);
  });
};

async function begun(options: RunOptions, executor: Executor): Promise<RunResult> {
  const { pack, recorder } = options;
  requireSemantics(executor, pack);
  const start = await executor.admitStart(startOptions(options), options.input);
  return executed(
    options,
    executor,
    [],
    async (session) => {
      const startedAt = session.stamp();
      await recorder.begin({ pack, engine: executor.digest, startedAt, start });
      const seed = runSeedOf({ hmacSha256 }, recorder.run.secret, recorder.run);
      executor.begin(keepsNothing(recorder) ? null : seed);
      await session.runFrom(start, startedAt);
      return startedAt;
    },
    options.input,
  );
}

/** What a run is given that goes on: all else is kept. */
export interface ResumeOptions extends Omit<
  RunOptions,
  "engine" | "pack" | "workflow" | "input" | "grant" | "limits" | "recorder"
> {
  readonly engine: Engine;
  /** The run where it is kept. */
  readonly run: KeptRun;
  /** A lease of it, where it was claimed. */
  readonly lease?: Lease;
  /** Goes on although three processes in a row have ended with the run. */
  readonly retry?: boolean;
  /** Wraps the recorder that goes on; it is begun before anything is asked of the world. */
  readonly recording?: (recorder: Recorder) => Recorder;
}

/**
 * Goes on with a run that was interrupted, or waits, to its end.
 *
 * Guarantees: no record is lost and none enters twice; an effect that had begun and has no answer is performed
 * again, with the same Idempotency-Key, only where its protocol or the operator says that this does no harm (GRANT-16). The run
 * comes to the decision that it would have come to by the same answers.
 *
 * @throws ReachError as run() and readKept() do; `REACH-E4114` another process executes it, `REACH-E4140` another engine
 *   has begun it, `REACH-E4130` it had not begun, `REACH-E3009` three processes in a row have ended with it
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/4") });
 * const { status } = await resume({ engine, run: runFolder("runs/4") });
 * status; // → "completed"
 */
export const resume = (options: ResumeOptions): Promise<RunResult> =>
  leased(options.engine, () => resumed(options));

async function resumed(options: ResumeOptions): Promise<RunResult> {
  const { engine, run: kept, lease: claimed, retry, recording = same, ...outside } = options;
  const lease = claimed ?? (await kept.claim());
  let isLeft = false;
  try {
    if (lease.crashes >= MOST_CRASHES && retry !== true) throw crashing(kept.where, lease.crashes);
    const { file } = lease;
    if (file === undefined) throw new TypeError("A lease of a run that is new");
    const found = computeAgain(engine, file, kept.where);
    const { run, pack, records } = found;
    const executor = new OwnEngine(engine, pack, true);
    const [first] = records;
    if (first === undefined) throw notBegun(kept.where);
    if (engine.digest !== found.engine)
      throw notThisEngine(kept.where, found.engine, engine.digest);
    const { grant } = parseRecord(first) as StartRecord;
    const recorder = recording(resumedRecorder(lease, kept.inbox()));
    const { startedAt } = run;
    const given = { ...outside, pack, recorder, grant: grant as Grant };
    const begin = { pack, engine: engine.digest, startedAt, start: first };
    isLeft = true;
    return await executed(given, executor, found.annotations, async (session) => {
      await recorder.begin(begin);
      await session.goOn(found);
      return startedAt;
    });
  } catch (error) {
    if (!isLeft) await lease.release(restOf(error));
    throw error;
  }
}

const same = (recorder: Recorder): Recorder => recorder;

/** Executes a run, and says what it came to; whatever happens, nothing goes on behind it. */
async function executed(
  options: SessionOptions,
  executor: Executor,
  annotations: readonly Annotation[],
  work: (session: Session) => Promise<string>,
  input?: Uint8Array,
): Promise<RunResult> {
  const { recorder } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  let remote: ReturnType<typeof createOutside> | undefined;
  let rest: Rest | undefined;
  try {
    remote = createOutside(options, recorder.run.id);
    await remote.open();
    requireNoSecret(remote.guard, input, "the input");
    const given =
      recorder.inbox === undefined
        ? undefined
        : await givenBy(recorder.inbox, annotations, stop.signal);
    const session = new Session({ ...options, given }, executor, remote, signal);
    const startedAt = await work(session);
    const { records, annotations: stamps, status = "cancelled" } = session;
    const { decision, fingerprint } = await executor.end();
    rest = { state: status };
    // What is kept for a later process is of no use: that it stays changes nothing of the run.
    await remote.end().catch(() => undefined);
    const run = { ...recorder.run, startedAt, endedAt: stamps.at(-1)?.at ?? startedAt };
    const { pack } = options;
    return withOutcome({ pack, records, decision, fingerprint, annotations: stamps, run }, status);
  } catch (error) {
    const why = options.signal?.aborted ? interrupted(error) : error;
    remote?.watch?.ended(why);
    rest = restOf(why);
    throw why;
  } finally {
    executor.close();
    // Nothing waits for effects that are still under way.
    stop.abort(new Error("the run has ended"));
    await Promise.allSettled([remote?.close(), recorder.close(rest)]);
  }
}

const crashing = (where: string, crashes: number): ReachError =>
  new ReachError(hostCode.stuck, "The run is stuck.", {
    where,
    why: `${crashes} processes in a row have ended with it, and none came further`,
    hint: "Find out why, as by its last records. To try again: reach runs retry RUN",
    exitCode: 5,
  });

const notBegun = (folder: string): ReachError =>
  new ReachError(hostCode.notARun, "The run had not begun.", {
    where: folder,
    why: "nothing had entered it, and nothing was asked of the world",
    hint: "Run the input again.",
  });

const notThisEngine = (folder: string, was: string, is: string): ReachError =>
  new ReachError(hostCode.otherEngine, "The run is one of another engine.", {
    where: folder,
    why: `it was begun by the engine ${was}, this one is ${is}`,
    hint: "Take the version of Reach that ran it.",
  });

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
function requireSemantics({ semantics }: Pick<Engine, "semantics">, pack: Pack): void {
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

/** The outcome is read when it is asked for, as it may be large. */
function withOutcome(
  result: Omit<RunResult, "status" | "output" | "error">,
  status: RunResult["status"],
): RunResult {
  let read: OutcomeRecord | undefined;
  const outcome = (): OutcomeRecord =>
    (read ??= parseRecord(result.records.at(-1) ?? new Uint8Array()) as OutcomeRecord);
  if (status === "completed") {
    return {
      ...result,
      status,
      get output() {
        return outcome().output;
      },
    };
  }
  if (status === "faulted")
    return {
      ...result,
      status,
      get error() {
        return outcome().error;
      },
    };
  return { ...result, status };
}
