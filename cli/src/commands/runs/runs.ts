// `reach runs`: the runs that a store keeps.
import type { Command } from "commander";
import type { Verb } from "../../ui/verb.ts";
import { command } from "./command.ts";
import { exportRun } from "./export.ts";
import { list } from "./list.ts";
import { remove } from "./rm.ts";
import { show } from "./show.ts";
import { watch } from "./watch.ts";

export function runs(program: Command, verb: Verb): void {
  const group = program
    .command("runs")
    .summary("the runs that are kept, and what they wait for")
    .description(
      "Lists and shows runs that are kept, and says to them what is to be done, whether or not a process executes them. What " +
        "entered a run is kept until its evidence is written; after that it is listed for 90 days (reach runs list --all).",
    );
  list(group, verb);
  show(group, verb);
  watch(group, verb);
  command(group, verb, "cancel", "end a run, as cancelled, and write its evidence");
  command(group, verb, "suspend", "keep a run from going on, until reach runs resume");
  command(group, verb, "resume", "let a suspended run go on");
  command(group, verb, "retry", "go on with a run that is stuck");
  exportRun(group, verb);
  remove(group, verb);
}
