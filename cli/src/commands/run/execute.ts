// A run from its first record, or from where it was, to evidence in a file.
import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import type { Engine, Pack, TraceRecord } from "@reach-fabric/engine";
import { createEvidence } from "@reach-fabric/evidence";
import type { Signer } from "@reach-fabric/evidence";
// Types only: the host needs a newer Node than verify, replay, canon and eval do.
import type * as Host from "@reach-fabric/host";
import type { Awaited, KeptRun, Log, RefusedGiven, RunResult } from "@reach-fabric/host";
import { hostCode } from "@reach-fabric/host/codes";
import { namedRun } from "../../read/runs.ts";
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
  /** Where the run is kept. */
  readonly kept: KeptRun;
  /** The run's id, where it is this command that begins it. */
  readonly id?: string;
  /** Whether all of it stays when the evidence is written: it is in a folder of its own. */
  readonly isKept: boolean;
  /** The store that has it, as it was asked for. */
  readonly store: string | undefined;
  readonly output: string;
  readonly signer: Signer;
  readonly tenant: string;
  readonly actor: string;
  readonly packBundles: readonly Uint8Array[];
  readonly log: Log | undefined;
  /** The number of the log's entry with which the run began. */
  readonly started: () => number | undefined;
  /** Runs it. */
  readonly run: (more: {
    readonly signal: AbortSignal;
    readonly onRecord: (record: TraceRecord) => void;
    readonly onWait: (awaits: readonly Awaited[]) => void;
    readonly onRefused: (refused: RefusedGiven) => void;
  }) => Promise<{ readonly pack: Pack; readonly result: RunResult }>;
}

/** Executes a run and writes the evidence of it; says what is left where that cannot be. */
export async function execute(
  terminal: Terminal,
  host: typeof Host,
  execution: Execution,
): Promise<number> {
  const { machine } = terminal;
  const { engine, kept, isKept, output, workflow, signer, log } = execution;
  const interrupt = onInterrupt(machine);
  let done;
  try {
    done = await execution.run({
      signal: interrupt.signal,
      onRecord: progressOf(terminal),
      onWait: (awaits) => tellWaiting(terminal, awaits),
      onRefused: (refused) =>
        terminal.progress("refused", `  not taken: ${refused.why}`, { ...refused }),
    });
  } catch (error) {
    const read = await soFar(kept, host);
    // The folder may be one of another run: nothing is to be said of that.
    const isIt = execution.id === undefined || execution.id === read?.id;
    const found =
      isIt && read !== undefined ? { ...read, name: nameOf(execution, read.id) } : undefined;
    if (found === undefined && !isKept) await kept.remove().catch(() => undefined);
    const { where } = kept;
    if (interrupt.signal.aborted) throw new CliError(interrupted(where, found, interrupt.code()));
    if (error instanceof host.RunWaits) return waits(terminal, where, found, error.awaits);
    const problem = problemOf(error, workflow);
    const told = { ...problem, ...keptHint(where, found, VERBS[problem.code]) };
    throw new CliError({ ...told, isNoted: true });
  } finally {
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
    // The effects have happened: the records of them are worth more than a tidy store.
    const read = await soFar(kept, host);
    const found = read && { ...read, name: nameOf(execution, read.id) };
    throw new CliError({ ...problemOf(error, output), ...keptHint(kept.where, found) });
  }
  // The evidence is written: what goes wrong here is no fault of the run.
  if (!isKept) await kept.forget(resolve(output)).catch(() => undefined);

  printResult(terminal, output, result, evidence.length, signer.key.id);
  const problem = problemOfRun(result, workflow, output);
  if (problem !== undefined) {
    terminal.problem(problem);
    return problem.exitCode;
  }
  terminal.next(["reach", "verify", output]);
  return EXIT.ok;
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

/** A run that did not end, as it is kept. */
interface FoundRun {
  readonly summary: string;
  /** What a command line calls it. */
  readonly name: string;
}

/** How a command line finds the run again: by its folder, or by its id in the store that was asked for. */
const nameOf = ({ kept, isKept, store }: Execution, id: string): string =>
  isKept ? namedRun(kept.where, undefined) : namedRun(id, store);

/** What is kept of a run that did not end; undefined for nothing. */
async function soFar(
  kept: KeptRun,
  { readKept }: typeof Host,
): Promise<{ readonly id: string; readonly summary: string } | undefined> {
  try {
    // An engine of its own: that of the run may have trapped.
    const { inputs, run, summary } = await readKept(createEngine(), kept);
    return inputs.length === 0 ? undefined : { id: run.id, summary };
  } catch {
    return undefined;
  }
}

/** How a run goes on, by what has stopped it; otherwise by reach resume. */
const VERBS: Readonly<Record<string, string>> = {
  [hostCode.suspended]: "runs resume",
  [hostCode.stuck]: "runs retry",
};

const goOn = (name: string, verb = "resume"): string => `reach ${verb} ${name}`;

const keptHint = (where: string, found: FoundRun | undefined, verb?: string): { hint?: string } =>
  found === undefined
    ? {}
    : { hint: `${found.summary}\nGo on: ${goOn(found.name, verb)}\nThe records are in ${where}` };

const interrupted = (where: string, found: FoundRun | undefined, exitCode: number): CliProblem => ({
  code: CODE.interrupted,
  what: "Interrupted: no evidence was written",
  ...(found === undefined ? {} : { where, why: found.summary }),
  hint:
    found === undefined
      ? "Nothing had been recorded."
      : `The records stay there. Go on: ${goOn(found.name)}`,
  exitCode,
});

/** Says what a run waits for, and the command that goes on. */
function waits(
  terminal: Terminal,
  where: string,
  found: FoundRun | undefined,
  awaits: readonly Awaited[],
): number {
  const name = found?.name ?? "";
  const asked = awaits.find((one) => one.for === "person")?.request.key;
  const next =
    asked === undefined
      ? goOn(name)
      : `reach resolve ${name} ${asked} --answer FILE | --failed WORD | --retry`;
  terminal.problem({
    code: hostCode.waiting,
    what: "The run waits, and ends here for now",
    where,
    why: awaits.map(awaitedText).join("\n"),
    hint: `Its records are kept. ${
      awaits.some((one) => one.for === "event")
        ? `Go on when there are events: ${goOn(name)} --events FILE`
        : `Go on: ${next}`
    }`,
    exitCode: EXIT.waiting,
  });
  return EXIT.waiting;
}
