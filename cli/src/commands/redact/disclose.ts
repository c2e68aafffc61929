import { existsSync } from "node:fs";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { several } from "../../read/options.ts";
import { CliError, exists, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { printRedaction, redacted } from "./redaction.ts";

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
      "what is shown, with all below it: as /run/tenant or outcome/output; may be given again",
      several,
    )
    .requiredOption("-o, --output <file>", "where the evidence is written")
    .option("--detached", "leave the pack out, too")
    .option("--force", "replace an existing output file")
    .option("--json", "print {file, bytes, hidden, ...} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach disclose one.reach --show outcome/output -o answer.reach",
    )
    .action(
      verb<[string, DiscloseOptions]>(async (terminal, file, options) => {
        const { output, force, show, detached = false } = options;
        if (force !== true && existsSync(output)) throw new CliError(exists(output));
        const bytes = readInput(terminal.machine, file);
        const found = redacted(engines()(), file, bytes, {}, { only: true, show, detached });
        const { file: written, ...rest } = found;
        const { writeFileAtomic } = await import("@reach-fabric/host/packs");
        await writeFileAtomic(output, written);
        if (terminal.json) terminal.result({ file: output, bytes: written.length, ...rest });
        else {
          terminal.print(line`  ${output}  ${written.length} bytes, showing ${show.join(", ")}`);
          printRedaction(terminal, found);
        }
        terminal.next(["reach", "inspect", output]);
        return EXIT.ok;
      }),
    );
}
