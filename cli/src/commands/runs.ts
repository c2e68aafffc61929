// `reach runs`: the runs that are kept, because they have not ended or their evidence is not written.
import { createEngine } from "@reach-fabric/engine";
import type { Command } from "commander";
import { folderOfRun, keptRuns } from "../read/runs.ts";
import { taskName } from "../ui/names.ts";
import { CliError, CODE, EXIT, problemOf } from "../ui/problem.ts";
import { columns } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";
import { removeRun } from "./redact/run-folders.ts";

export function runs(program: Command, verb: Verb): void {
  const group = program
    .command("runs")
    .summary("the runs that have not ended")
    .description(
      "Lists, shows and removes runs that are kept, below $REACH_DATA_DIR/runs or $XDG_STATE_HOME/reach/runs: a run stays " +
        "there until its evidence is written.",
    );
  group
    .command("list")
    .summary("the runs that are kept, and what they wait for")
    .option("--json", "one JSON object a line for each run; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs list")
    .action(verb<[object]>(listCommand));
  group
    .command("show")
    .summary("one run: what it had, and what it waits for")
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .option("--json", "print the run as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs show 0191b0c0")
    .action(
      verb<[string, object]>(async (terminal, run) => {
        const folder = folderOfRun(terminal.machine, run);
        show(terminal, await readRun(folder));
        return EXIT.ok;
      }),
    );
  group
    .command("rm")
    .summary("remove a run and all that is kept of it")
    .description(
      "Removes a run that will not go on, with its secret: no evidence of it can be made afterwards. What it had asked of " +
        "the world has happened all the same.",
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .option("--force", "also one that has not ended")
    .option("--json", "print {run, folder}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs rm 0191b0c0 --force")
    .action(verb<[string, { force?: boolean }]>(removeCommand));
}

interface ShownRun {
  readonly run: string;
  readonly folder: string;
  readonly state: string;
  readonly startedAt: string;
  readonly records: number;
  readonly summary: string;
  readonly waiting: readonly {
    readonly effect: string;
    readonly type: string;
    readonly task: string;
    readonly since: string;
    readonly hasBegun: boolean;
  }[];
}

async function readRun(folder: string): Promise<ShownRun> {
  const { readFolder } = await import("@reach-fabric/host");
  try {
    const { run, records, ended, waiting, summary } = await readFolder(createEngine(), folder);
    return {
      run: run.id,
      folder,
      state: ended ?? (records.length === 0 ? "not begun" : "not ended"),
      startedAt: run.startedAt,
      records: records.length,
      summary,
      waiting: waiting.map(({ request: { key, type, task }, askedAt, hasBegun }) => ({
        effect: key,
        type,
        task,
        since: askedAt,
        hasBegun,
      })),
    };
  } catch (error) {
    throw new CliError(problemOf(error, folder));
  }
}

async function listCommand(terminal: Terminal): Promise<number> {
  const kept = keptRuns(terminal.machine);
  const rows: string[][] = [];
  for (const [id, folder] of kept) {
    try {
      const run = await readRun(folder);
      if (terminal.json) terminal.result(run);
      const tasks = run.waiting.map(({ task }) => taskName(task)).join(", ");
      rows.push([id, run.startedAt, run.state, tasks]);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (terminal.json) terminal.result({ run: id, folder, state: "damaged", ...error.problem });
      rows.push([id, "", "damaged", error.problem.why ?? error.problem.what]);
    }
  }
  if (terminal.json) return EXIT.ok;
  terminal.print(rows.length === 0 ? line`No run is kept.` : columns(rows));
  return EXIT.ok;
}

function show(terminal: Terminal, shown: ShownRun): void {
  if (terminal.json) {
    terminal.result(shown);
    return;
  }
  const { run, folder, startedAt, summary, waiting } = shown;
  terminal.print(
    columns([
      ["run", run],
      ["folder", folder],
      ["started", startedAt],
      ["state", summary],
      ...waiting.map(({ effect, type, task, since, hasBegun }) => [
        `effect ${effect}`,
        `${type} of ${taskName(task)}, asked for at ${since}, ${hasBegun ? "begun" : "not begun"}`,
      ]),
    ]),
  );
}

async function removeCommand(
  terminal: Terminal,
  run: string,
  { force }: { force?: boolean },
): Promise<number> {
  const folder = folderOfRun(terminal.machine, run);
  const { lockRun } = await import("@reach-fabric/host");
  const shown = force === true ? undefined : await readRun(folder);
  if (shown?.state === "not ended") {
    throw new CliError({
      code: CODE.usage,
      what: "The run has not ended",
      where: folder,
      why: shown.summary,
      hint: `Go on: reach resume ${shown.run}. With --force it is removed.`,
      exitCode: EXIT.usage,
    });
  }
  let lock;
  try {
    lock = await lockRun(folder);
  } catch (error) {
    throw new CliError(problemOf(error, folder));
  }
  try {
    await removeRun(folder);
  } finally {
    lock.release();
  }
  if (terminal.json) terminal.result({ run, folder });
  else terminal.print(line`removed ${folder}`);
  return EXIT.ok;
}
