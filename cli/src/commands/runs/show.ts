import { createEngine } from "@reach-fabric/engine";
import type { Command } from "commander";
import type { KeptRun, OpenEffect } from "@reach-fabric/host";
import { withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { taskName } from "../../ui/names.ts";
import { EXIT } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import type { Verb } from "../../ui/verb.ts";

export function show(group: Command, verb: Verb): void {
  const command = group
    .command("show")
    .summary("one run: what it had, and what it waits for")
    .argument("<run>", "the run's id, or the beginning of it, or its folder");
  withStore(command)
    .option("--json", "print the run as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs show 0191b0c0")
    .action(
      verb<[string, StoreOption]>(async (terminal, run, options) => {
        const shown = await withRun(terminal.machine, run, options, shownRun);
        print(terminal, shown);
        return EXIT.ok;
      }),
    );
}

interface ShownRun {
  readonly run: string;
  readonly where: string;
  readonly state: string;
  readonly startedAt: string;
  readonly workflow?: string;
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

async function shownRun(kept: KeptRun): Promise<ShownRun> {
  const { readKept } = await import("@reach-fabric/host");
  const { id, state, startedAt, workflow, evidence } = await kept.head();
  const facts = {
    run: id,
    where: kept.where,
    startedAt,
    ...(workflow === undefined ? {} : { workflow }),
  };
  if (evidence !== undefined) {
    const summary = `The run has ended (${state}); its evidence: ${evidence}`;
    return { ...facts, state, records: 0, summary, waiting: [] };
  }
  const { records, ended, waiting, summary } = await readKept(createEngine(), kept);
  return {
    ...facts,
    state: ended ?? state,
    records: records.length,
    summary,
    waiting: waiting.map(effectOf),
  };
}

const effectOf = ({ request, askedAt, hasBegun }: OpenEffect): ShownRun["waiting"][number] => ({
  effect: request.key,
  type: request.type,
  task: request.task,
  since: askedAt,
  hasBegun,
});

function print(terminal: Terminal, shown: ShownRun): void {
  if (terminal.json) {
    terminal.result(shown);
    return;
  }
  const { run, where, startedAt, workflow, state, summary, waiting } = shown;
  terminal.print(
    columns([
      ["run", run],
      ["where", where],
      ...(workflow === undefined ? [] : [["workflow", workflow]]),
      ["started", startedAt],
      ["state", state],
      ["", summary],
      ...waiting.map(({ effect, type, task, since, hasBegun }) => [
        `effect ${effect}`,
        `${type} of ${taskName(task)}, asked for at ${since}, ${hasBegun ? "begun" : "not begun"}`,
      ]),
    ]),
  );
}
