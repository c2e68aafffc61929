import type { Command } from "commander";
import { withRun, withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface ExportOptions extends StoreOption {
  output: string;
}

export function exportRun(group: Command, verb: Verb): void {
  const command = group
    .command("export")
    .summary("a run as a folder, for another store or another machine")
    .description(
      "Writes all that is kept of a run into a folder (docs/spec/run-folder.md), with its secret. The run stays where it is: go on " +
        "with one of the two.",
    )
    .argument("<run>", "the run's id, or the beginning of it, or its folder")
    .requiredOption("-o, --output <dir>", "the folder; it is not there yet, or empty");
  withStore(command)
    .option("--json", "print {run, folder, lines} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach runs export 0191b0c0 -o claim.run")
    .action(
      verb<[string, ExportOptions]>(async (terminal, run, options) => {
        const { copyRun } = await import("@reach-fabric/host");
        const { id, lines } = await withRun(terminal.machine, run, options, (kept) =>
          copyRun(kept, options.output),
        );
        if (terminal.json) terminal.result({ run: id, folder: options.output, lines });
        else terminal.print(line`the run ${id} is in ${options.output}`);
        return EXIT.ok;
      }),
    );
}
