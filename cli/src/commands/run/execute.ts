// A run from its first record, or from where it was, to evidence in a file.
import { existsSync } from "node:fs";
import { access, constants, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import type { Engine, Pack, TraceRecord } from "@reach-fabric/engine";
import { createEvidence } from "@reach-fabric/evidence";
import type { Signer } from "@reach-fabric/evidence";
// Types only: the host needs a newer Node than verify, replay, canon and eval do.
import type * as Host from "@reach-fabric/host";
import type { Awaited, CloudEvent, Log, RunResult } from "@reach-fabric/host";
import { hostCode } from "@reach-fabric/host/codes";
import type { Machine } from "../../ui/machine.ts";
import { CliError, CODE, exists, EXIT, problemOf, systemProblem } from "../../ui/problem.ts";
import type { CliProblem } from "../../ui/problem.ts";
import { progressOf } from "../../ui/progress.ts";
import { awaitedText, tellWaiting } from "../../ui/waiting.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { printResult, problemOfRun } from "./outcome.ts";

/** Milliseconds that a command waits for a timer when there is nothing else to do. */
export const LONGEST_WAIT = 60_000;

/** What a command does with a run, wherever that begins. */
export interface Execution {
  readonly engine: Engine;
  /** For messages. */
  readonly workflow: string;
  readonly folder: string;
  /** The run's id, where it is this command that begins it. */
  readonly id?: string;
  /** Whether the folder goes when the evidence is written. */
  readonly isKept: boolean;
  readonly output: string;
  readonly signer: Signer;
  readonly tenant: string;
  readonly actor: string;
  readonly packBundles: readonly Uint8Array[];
  readonly log: Log | undefined;
  /** The number of the log's entry with which the run began. */
  readonly started: () => number | undefined;
  /** The events that were given to it by option. */
  readonly events: AsyncIterable<CloudEvent> | undefined;
  /** Runs it. */
  readonly run: (more: {
    readonly signal: AbortSignal;
    readonly onRecord: (record: TraceRecord) => void;
    readonly events: AsyncIterable<CloudEvent>;
    readonly signals: AsyncIterable<CloudEvent>;
    readonly onWait: (awaits: readonly Awaited[]) => void;
  }) => Promise<{ readonly pack: Pack; readonly result: RunResult }>;
}

/** Executes a run and writes the evidence of it; says what is left where that cannot be. */
export async function execute(
  terminal: Terminal,
  host: typeof Host,
  execution: Execution,
): Promise<number> {
  const { machine } = terminal;
  const { engine, folder, isKept, output, workflow, signer, log } = execution;
  const interrupt = onInterrupt(machine);
  const over = new AbortController();
  let done;
  try {
    const known = new Set<string>();
    const signalled = await host.signalsOf(folder, known);
    done = await execution.run({
      signal: interrupt.signal,
      onRecord: progressOf(terminal),
      onWait: (awaits) => tellWaiting(terminal, awaits),
      events: inOrder(signalled, execution.events),
      signals: host.followSignals(folder, known, over.signal),
    });
  } catch (error) {
    const found = await keptRun(folder, host);
    // The folder may be one of another run: nothing is to be said of that.
    const kept = execution.id === undefined || execution.id === found?.id ? found : undefined;
    if (kept === undefined && !isKept) await remove(folder);
    if (interrupt.signal.aborted) throw new CliError(interrupted(folder, kept, interrupt.code()));
    if (error instanceof host.RunWaits) return waits(terminal, folder, kept, error.awaits);
    throw new CliError({ ...problemOf(error, workflow), ...keptHint(folder, kept) });
  } finally {
    over.abort();
    interrupt.stop();
  }
  const { pack, result } = done;
  const { secret: runSecret, ...facts } = result.run;
  let evidence: Uint8Array;
  try {
    evidence = createEvidence({
      engine,
      pack,
      records: result.records,
      runSecret,
      signer,
      run: { ...facts, tenant: execution.tenant, actor: execution.actor },
      annotations: result.annotations,
      packBundles: execution.packBundles,
    });
    if (log !== undefined) {
      evidence = await host.logEvidence(log, engine, evidence, execution.started());
    }
    await host.writeFileAtomic(output, evidence);
  } catch (error) {
    // The effects have happened: the records of them are worth more than a tidy folder.
    const kept = await keptRun(folder, host);
    throw new CliError({ ...problemOf(error, output), ...keptHint(folder, kept) });
  }
  if (!isKept) await remove(folder);

  printResult(terminal, output, result, evidence.length, signer.key.id);
  const problem = problemOfRun(result, workflow, output);
  if (problem !== undefined) {
    terminal.problem(problem);
    return problem.exitCode;
  }
  terminal.next(["reach", "verify", output]);
  return EXIT.ok;
}

/** What was given to the run before, then what comes by option. */
async function* inOrder(
  before: readonly CloudEvent[],
  given: AsyncIterable<CloudEvent> | undefined,
): AsyncGenerator<CloudEvent, void, void> {
  yield* before;
  if (given !== undefined) yield* given;
}

/** Refuses an output that could not be written, or would replace something, while it costs nothing. */
export async function checkOutput({
  output,
  force,
}: {
  readonly output: string;
  readonly force?: boolean | undefined;
}): Promise<void> {
  if (force !== true && existsSync(output)) {
    throw new CliError(exists(output, "Name another file, or give --force to replace this one."));
  }
  const folder = dirname(output);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = systemProblem(error as NodeJS.ErrnoException, folder);
    throw new CliError({
      ...problem,
      code: hostCode.unwritable,
      what: "The output cannot be written",
    });
  }
}

const remove = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true }).catch(() => undefined);

/** The first Ctrl-C (or SIGTERM, SIGHUP) interrupts the run, a second one ends the process at once. */
function onInterrupt(machine: Machine): {
  signal: AbortSignal;
  code: () => number;
  stop: () => void;
} {
  const controller = new AbortController();
  let code: number = EXIT.interrupted;
  const stop = machine.onStop((name) => {
    if (controller.signal.aborted) machine.exit(code);
    if (name !== "SIGINT") code = name === "SIGHUP" ? EXIT.hungUp : EXIT.terminated;
    controller.abort(new Error("interrupted"));
  });
  return { signal: controller.signal, code: () => code, stop };
}

/** A run that did not end, as its folder has it. */
interface KeptRun {
  readonly id: string;
  readonly summary: string;
}

/** What the folder of a run that did not end holds; undefined for nothing. */
async function keptRun(folder: string, { readFolder }: typeof Host): Promise<KeptRun | undefined> {
  try {
    // An engine of its own: that of the run may have trapped.
    const { inputs, run, summary } = await readFolder(createEngine(), folder);
    return inputs.length === 0 ? undefined : { id: run.id, summary };
  } catch {
    return undefined;
  }
}

const goOn = (id: string): string => `reach resume ${id}`;

const keptHint = (folder: string, kept: KeptRun | undefined): { hint?: string } =>
  kept === undefined
    ? {}
    : { hint: `${kept.summary}\nGo on: ${goOn(kept.id)}\nThe records are in ${folder}` };

const interrupted = (folder: string, kept: KeptRun | undefined, exitCode: number): CliProblem => ({
  code: CODE.interrupted,
  what: "Interrupted: no evidence was written",
  ...(kept === undefined ? {} : { where: folder, why: kept.summary }),
  hint:
    kept === undefined
      ? "Nothing had been recorded."
      : `The records stay in that folder. Go on: ${goOn(kept.id)}`,
  exitCode,
});

/** Says what a run waits for, and the command that goes on. */
function waits(
  terminal: Terminal,
  folder: string,
  kept: KeptRun | undefined,
  awaits: readonly Awaited[],
): number {
  const id = kept?.id ?? "";
  const asked = awaits.find((one) => one.for === "person")?.request.key;
  const next =
    asked === undefined
      ? goOn(id)
      : `reach resolve ${id} ${asked} --answer FILE | --failed WORD | --retry`;
  terminal.problem({
    code: hostCode.waiting,
    what: "The run waits, and ends here for now",
    where: folder,
    why: awaits.map(awaitedText).join("\n"),
    hint: `Its records are kept. ${
      awaits.some((one) => one.for === "event")
        ? `Go on when there are events: ${goOn(id)} --events FILE`
        : `Go on: ${next}`
    }`,
    exitCode: EXIT.waiting,
  });
  return EXIT.waiting;
}
