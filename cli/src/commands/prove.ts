import { existsSync } from "node:fs";
import { proveStep } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { withPack } from "../read/evidence.ts";
import { readInput } from "../read/files.ts";
import { EVIDENCE } from "../ui/codes.ts";
import { CODE, CliError, exists, EXIT, problemOf } from "../ui/problem.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

interface ProveOptions {
  output: string;
  pack?: string;
  force?: boolean;
}

/** `reach prove FILE STEP -o OUT`: one step of a run, for somebody who shall see no more. */
export function prove(program: Command, verb: Verb): void {
  program
    .command("prove")
    .summary("write a small file about one step, which can be checked and computed alone")
    .description(
      "Writes a file about one task of a run: what it was given, what it asked, the answers, what it came to, " +
        "and the proof that these are in the signed trace. `reach verify` checks it and computes the task again, " +
        "without the rest of the run. It shows nothing that the task is not computed from: the run's input and " +
        "$context are in it only if the task looks at them. A task that cannot be computed alone is refused.",
    )
    .argument("<file>", "evidence, a .reach file")
    .argument("<step>", "the number of the task's record, as reach inspect shows it")
    .requiredOption("-o, --output <file>", "where the step is written")
    .option("--pack <pack>", "the pack, if it was left out: a .pack file, or its folder")
    .option("--force", "replace an existing output file")
    .option("--json", "print {file, step, bytes} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach prove one.reach 4 -o four.step")
    .action(
      verb<[string, string, ProveOptions]>(async (terminal, file, step, options) => {
        const { output, pack, force = false } = options;
        if (!/^\d{1,9}$/.test(step)) {
          throw new CliError({
            code: CODE.usage,
            what: `A step is the number of a record: ${JSON.stringify(step)}`,
            hint: `reach inspect ${file}`,
            exitCode: EXIT.usage,
          });
        }
        if (!force && existsSync(output)) throw new CliError(exists(output));
        const engine = engines()();
        const bytes = await withPack(engine, readInput(terminal.machine, file), file, pack);
        let written: Uint8Array;
        try {
          written = proveStep(engine, bytes, Number(step));
        } catch (error) {
          throw refused(error, file, step);
        }
        const { writeFileAtomic } = await import("@reach-fabric/host/packs");
        await writeFileAtomic(output, written);
        if (terminal.json) {
          terminal.result({ file: output, step: Number(step), bytes: written.length });
        } else terminal.print(line`  ${output}  ${written.length} bytes, record ${step}`);
        terminal.next(["reach", "verify", output]);
        return EXIT.ok;
      }),
    );
}

/** Another step is to be asked for: that is not said of the evidence, but of the command. */
function refused(error: unknown, file: string, step: string): CliError {
  const problem = problemOf(error, file);
  if (problem.code === EVIDENCE.notATask) return new CliError({ ...problem, exitCode: EXIT.usage });
  if (problem.code !== EVIDENCE.notAlone) return new CliError(problem);
  return new CliError({
    ...problem,
    hint: `prove the task around that of record ${step}, or give the whole evidence`,
    exitCode: EXIT.usage,
  });
}
