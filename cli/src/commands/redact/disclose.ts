import { existsSync } from "node:fs";
import { discloseOnly } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { several } from "../../read/options.ts";
import { CliError, exists, EXIT } from "../../ui/problem.ts";
import { inRedaction } from "./redaction.ts";
import type { Verb } from "../../ui/verb.ts";

interface DiscloseOptions {
  show: string[];
  output: string;
  detached?: boolean;
  force?: boolean;
}

/** `reach disclose FILE --show POINTER -o OUT`: some values for somebody, and no others. */
export function disclose(program: Command, verb: Verb): void {
  program
    .command("disclose")
    .summary("share some values of evidence, and no others")
    .description(
      "Writes a copy of evidence in which only some values are shown; all others are hidden behind their " +
        "signed commitments. Anyone who gets it can check that these values were signed, " +
        "and where in the run they were.",
    )
    .argument("<file>", "evidence, a .reach file")
    .requiredOption(
      "--show <pointer>",
      "what is shown, with all below it: as /run/tenant or /9/output/decision; may be given again",
      several,
    )
    .requiredOption("-o, --output <file>", "where the evidence is written")
    .option("--detached", "leave the pack out, too")
    .option("--force", "replace an existing output file")
    .option("--json", "print {file, bytes, shown} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach disclose one.reach --show /9/output/decision -o answer.reach",
    )
    .action(
      verb<[string, DiscloseOptions]>(async (terminal, file, options) => {
        const { output, force, show, detached = false } = options;
        if (force !== true && existsSync(output)) throw new CliError(exists(output));
        const bytes = inRedaction(file, () =>
          discloseOnly(engines()(), readInput(terminal.machine, file), show, detached),
        );
        const { writeFileAtomic } = await import("@reach-fabric/host/packs");
        await writeFileAtomic(output, bytes);
        if (terminal.json) terminal.result({ file: output, bytes: bytes.length, shown: show });
        else terminal.print(`  ${output}  ${bytes.length} bytes, showing ${show.join(", ")}`);
        terminal.next(["reach", "inspect", output]);
        return EXIT.ok;
      }),
    );
}
