import { existsSync } from "node:fs";
import { proveStep } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { readInput } from "../read/files.ts";
import { CODE, CliError, exists, EXIT, problemOf } from "../ui/problem.ts";
import type { Verb } from "../ui/verb.ts";
import { EVIDENCE } from "../ui/codes.ts";

/** `reach prove FILE STEP -o OUT`: one step of a run, for somebody who shall see no more. */
export function prove(program: Command, verb: Verb): void {
  program
    .command("prove")
    .summary("write a small file about one step, which can be checked and computed alone")
    .description(
      "Writes a file about one task of a run: its record, what it asked, the answers, and the proof that " +
        "these are in the signed trace. `reach verify` checks it and computes the task again, without the " +
        "rest of the run.",
    )
    .argument("<file>", "evidence, a .reach file")
    .argument("<step>", "the number of the task's record, as reach inspect shows it")
    .requiredOption("-o, --output <file>", "where the step is written")
    .option("--json", "print {file, step, bytes} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach prove one.reach 4 -o four.step")
    .action(
      verb<[string, string, { output: string }]>(async (terminal, file, step, { output }) => {
        if (existsSync(output)) throw new CliError(exists(output));
        if (!/^\d{1,9}$/.test(step)) {
          throw new CliError({
            code: CODE.usage,
            what: `A step is the number of a record: ${JSON.stringify(step)}`,
            hint: `reach inspect ${file}`,
            exitCode: EXIT.usage,
          });
        }
        let bytes: Uint8Array;
        try {
          bytes = proveStep(engines()(), readInput(terminal.machine, file), Number(step));
        } catch (error) {
          const problem = problemOf(error, file);
          const isUsage = problem.code === EVIDENCE.notATask;
          throw new CliError(isUsage ? { ...problem, exitCode: EXIT.usage } : problem);
        }
        const { writeFileAtomic } = await import("@reach-fabric/host/packs");
        await writeFileAtomic(output, bytes);
        if (terminal.json)
          terminal.result({ file: output, step: Number(step), bytes: bytes.length });
        else terminal.print(`  ${output}  ${bytes.length} bytes, record ${step}`);
        terminal.next(["reach", "verify", output]);
        return EXIT.ok;
      }),
    );
}
