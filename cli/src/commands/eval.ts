import { codeName, codes, listing } from "@reach-fabric/engine";
import type { Evaluation } from "@reach-fabric/engine";
import type { Command } from "commander";
import { eachLine } from "../read/batch.ts";
import { engines } from "../read/engine.ts";
import { placeIn, pointAt, readInput } from "../read/files.ts";
import { wholeNumber } from "../read/options.ts";
import { CliError, CODE, EXIT, sentence } from "../ui/problem.ts";
import type { CliProblem } from "../ui/problem.ts";
import { joined, jsonText, line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";
import { isOfKind } from "../ui/codes.ts";

interface EvalOptions {
  batch?: string;
  fuel?: string;
  explain?: boolean;
}

/** `reach eval PROGRAM [FILE]`: one jq program on one JSON text, as a workflow's expressions are. */
export function evalCommand(program: Command, verb: Verb): void {
  program
    .command("eval")
    .summary("evaluate a jq program in the engine")
    .description(
      "Evaluates a jq program on one JSON text in the engine, and prints each output on a line, " +
        "and the fuel that it took on stderr. " +
        "A program that does not compile and an input that is not JSON exit 2; an error while it " +
        "runs exits 1, after the outputs before it.",
    )
    .argument("[program]", "the jq program (not with --batch)")
    .argument("[file]", "JSON text; stdin if absent or -")
    .option("--fuel <n>", "fuel that the evaluation may use")
    .option("--explain", "first print the compiled program")
    .option("-q, --quiet", "no fuel on stderr")
    .option(
      "--batch <file>",
      'read one {"id","program","input"} per line, write one {"id","outputs","error","fuel"} per line',
    )
    .option(
      "--json",
      "print {outputs, error, fuel}, with --explain bytecode, too; errors as JSON on stderr",
    )
    .addHelpText("after", "\nExample:\n  $ echo '{\"items\":[2,3]}' | reach eval '.items | add'")
    .action(
      verb<[string | undefined, string | undefined, EvalOptions]>(
        (terminal, source, file, options) => {
          const engine = engines();
          const limit =
            options.fuel === undefined ? {} : { fuel: wholeNumber("--fuel", options.fuel) };
          if (options.batch !== undefined) {
            eachLine(terminal, options.batch, ({ id, program: text, input }) => {
              const result = engine().evaluate(text ?? ".", input, limit);
              return { id, outputs: result.outputs, error: brief(result.error), fuel: result.fuel };
            });
            return EXIT.ok;
          }
          if (source === undefined) {
            throw new CliError({
              code: CODE.usage,
              what: "A program is missing",
              hint: "reach eval '.items | add' FILE",
              exitCode: EXIT.usage,
            });
          }
          const path = file ?? "-";
          const bytes = readInput(terminal.machine, path);
          const { outputs, error, fuel } = engine().evaluate(source, bytes, limit);
          // A program that does not compile has no bytecode: its error is told below.
          const compiled =
            options.explain === true && !(error !== null && isOfKind(error.code, "program"));
          const bytecode = compiled ? engine().explain(source) : undefined;
          if (terminal.json) {
            terminal.result({ outputs, error, fuel, ...(bytecode && { bytecode }) });
          } else {
            if (bytecode !== undefined)
              terminal.print(line`${joined(listing(bytecode).split("\n"))}\n`);
            if (outputs.length > 0) terminal.print(joined(outputs.map(jsonText)));
            if (fuel > 0) terminal.progress("fuel", `fuel ${fuel}`);
          }
          if (error === null) return EXIT.ok;
          throw new CliError(problem(error, source, path, bytes));
        },
      ),
    );
}

const brief = (error: Evaluation["error"]): { code: string; message: string } | null =>
  error && { code: error.code, message: error.message };

/** E11xx is about the input, E13xx about the program; the rest happened while it ran. */
function problem(
  error: NonNullable<Evaluation["error"]>,
  source: string,
  path: string,
  bytes: Uint8Array,
): CliProblem {
  const { code, message, offset } = error;
  if (isOfKind(code, "json")) {
    const where = placeIn(path === "-" ? "stdin" : path, bytes, offset);
    return { code, what: sentence(message), where, exitCode: EXIT.usage };
  }
  if (isOfKind(code, "program")) {
    const where = placeIn("program", Buffer.from(source), offset);
    return {
      code,
      what: sentence(message),
      where,
      why: pointAt(source, offset),
      exitCode: EXIT.usage,
    };
  }
  // What the program itself says is shown as it says it.
  if (code === codeName(codes.E_EXPR_ERROR)) {
    return { code, what: "The program raised an error", why: message, exitCode: EXIT.failed };
  }
  return { code, what: sentence(message), exitCode: EXIT.failed };
}
