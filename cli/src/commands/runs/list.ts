import type { Command } from "commander";
import type { RunFilter, RunHead, RunState } from "@reach-fabric/host";
import { instantOf } from "../../read/instants.ts";
import { several, wholeNumber } from "../../read/options.ts";
import { openRuns, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { CliError, CODE, EXIT, problemOf } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { headText } from "./head.ts";

const STATES: readonly RunState[] = [
  "running",
  "waiting",
  "suspended",
  "stuck",
  "interrupted",
  "completed",
  "faulted",
  "cancelled",
];

interface ListOptions extends StoreOption {
  state?: string;
  workflow?: string;
  label?: string[];
  from?: string;
  to?: string;
  all?: boolean;
  limit: string;
  after?: string;
}

export function list(group: Command, verb: Verb): void {
  const command = group
    .command("list")
    .summary("the runs whose evidence is not written, the newest first")
    .option("--all", "also those whose evidence is written")
    .option("--state <state>", STATES.join(", "))
    .option("--workflow <name>", "runs of this one: namespace/name:version")
    .option("--label <name=value>", "runs that have this label", several)
    .option("--from <time>", "started then or later, as 2026-11-30")
    .option("--to <time>", "started before")
    .option("--limit <n>", "at most so many", "100")
    .option("--after <cursor>", "those behind a list that was cut off: it says the cursor");
  withStore(command)
    .option("--json", "one JSON object a line for each run; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs list --state waiting")
    .action(verb<[ListOptions]>(listCommand));
}

async function listCommand(terminal: Terminal, options: ListOptions): Promise<number> {
  const { limit: most, after } = options;
  const filter = filterOf(options);
  const limit = wholeNumber("--limit", most);
  if (after !== undefined && !CURSOR.test(after)) {
    throw usage("--after is no cursor of a list", after, "A list that was cut off says it.");
  }
  const store = await openRuns(terminal.machine, options);
  try {
    const { runs, next } = await store.list(filter, {
      limit,
      ...(after === undefined ? {} : { after }),
    });
    for (const head of runs) if (terminal.json) terminal.result(jsonOf(head));
    if (!terminal.json) {
      terminal.print(runs.length === 0 ? line`No run is kept.` : columns(runs.map(row)));
    }
    if (next !== undefined)
      terminal.progress("more", `there are more: --after '${next}'`, { next });
    return EXIT.ok;
  } catch (error) {
    throw new CliError(problemOf(error, store.where));
  } finally {
    await store.close();
  }
}

const CURSOR = /^\d{4}-\d\d-\d\dT[\d:.]+Z [0-9a-f-]{36}$/;

const row = (head: RunHead): string[] => [
  head.id,
  head.startedAt,
  head.state,
  head.workflow ?? "",
  headText(head),
];

const jsonOf = ({ id, ...head }: RunHead): object => ({ run: id, ...head });

function filterOf(options: ListOptions): RunFilter {
  const { state, workflow, label = [], from, to, all } = options;
  if (state !== undefined && !STATES.includes(state as RunState)) {
    throw usage("--state is no state of a run", state, STATES.join(", "));
  }
  if (label.length > 1) throw usage("--label is given more than once", label.join(" "));
  const [name, ...rest] = (label[0] ?? "").split("=");
  if (label.length > 0 && (name === "" || rest.length === 0)) {
    throw usage("--label has no value", label[0] ?? "", "Write NAME=VALUE.");
  }
  return {
    ...(state === undefined ? {} : { state: state as RunState }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(label.length === 0 ? {} : { label: [name ?? "", rest.join("=")] as const }),
    ...(from === undefined ? {} : { from: instantOf(from, "--from") }),
    ...(to === undefined ? {} : { to: instantOf(to, "--to") }),
    ...(all === true ? {} : { isOpen: true }),
  };
}

const usage = (what: string, where: string, hint?: string): CliError =>
  new CliError({ code: CODE.usage, what, where, ...(hint && { hint }), exitCode: EXIT.usage });
