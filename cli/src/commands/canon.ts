import { EngineError, fromUtf8, sha256, toHex } from "@reach-fabric/engine";
import type { Command } from "commander";
import { eachLine } from "../read/batch.ts";
import { engines } from "../read/engine.ts";
import { atByte, readInput } from "../read/files.ts";
import { CliError, problemOf } from "../ui/problem.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** `reach canon [FILE]`: the RFC 8785 text of one JSON text, byte for byte. */
export function canon(program: Command, verb: Verb): void {
  program
    .command("canon")
    .summary("the canonical bytes (RFC 8785) of a JSON text")
    .description(
      "Writes the canonical bytes (RFC 8785) of one JSON text to stdout, and nothing else. " +
        "Equal bytes mean equal values. What is not strict JSON is refused with its place.",
    )
    .argument("[file]", "JSON text; stdin if absent or -")
    .option(
      "--batch <file>",
      'read one {"id","input"} per line, write one {"id","output","error","fuel"} per line',
    )
    .option("--json", "print {output, sha256}; errors as JSON on stderr")
    .addHelpText("after", '\nExample:\n  $ echo \'{"b": 1.0, "a": 2}\' | reach canon')
    .action(
      verb<[string | undefined, { batch?: string }]>((terminal, file, { batch }) => {
        const engine = engines();
        if (batch !== undefined) {
          eachLine(terminal, batch, ({ id, input }) => {
            try {
              const output = fromUtf8(engine().canonicalize(input));
              return { id, output, error: null, fuel: engine().fuelUsed() };
            } catch (error) {
              if (!(error instanceof EngineError)) throw error;
              const { code, message } = error;
              return { id, output: null, error: { code, message }, fuel: engine().fuelUsed() };
            }
          });
          return 0;
        }
        const path = file ?? "-";
        const bytes = readInput(terminal.machine, path);
        const output = canonical(bytes, path, engine);
        if (terminal.json) {
          terminal.result({ output: fromUtf8(output), sha256: toHex(sha256(output)) });
        } else {
          terminal.bytes(output);
          if (terminal.machine.stdout.isTTY) terminal.print(line``);
        }
        return 0;
      }),
    );
}

function canonical(
  bytes: Uint8Array,
  path: string,
  engine: ReturnType<typeof engines>,
): Uint8Array {
  try {
    return engine().canonicalize(bytes);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const file = path === "-" ? "stdin" : path;
    throw new CliError(atByte(problemOf(error), file, bytes, error.offset));
  }
}
