import { concat, utf8 } from "@reach-fabric/engine";
import { bundleOf } from "@reach-fabric/evidence";
import type { Budget } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { existsSync } from "node:fs";
import { engines } from "../read/engine.ts";
import { FUEL, readEvidence, recordsIn, withPack } from "../read/evidence.ts";
import { readInput } from "../read/files.ts";
import { CODE, CliError, exists, EXIT, problemOf } from "../ui/problem.ts";
import type { Terminal } from "../ui/terminal.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

interface ExportOptions extends Budget {
  bundle?: boolean;
  records?: boolean;
  output: string;
  pack?: string;
  force?: boolean;
}

/** `reach export FILE`: what follows from evidence and is not in it, for other programs. */
export function exportCommand(program: Command, verb: Verb): void {
  program
    .command("export")
    .summary("write the signature as a bundle, or all records, for other programs")
    .description(
      "Writes what follows from a piece of evidence and so is not in it: with --bundle its signature as a " +
        "Sigstore bundle, which cosign verify-blob-attestation takes; with --records all records of the run, " +
        "computed again, one JSON text a line, for readers without an engine. Neither is verified: verify does that.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option("--bundle", "the signature, a Sigstore bundle")
    .option("--records", "all records of the run, as lines of JSON")
    .requiredOption("-o, --output <file>", "where it is written")
    .option("--pack <pack>", "the pack, if it was left out: a .pack file, or its folder")
    .option(...FUEL)
    .option("--force", "replace an existing output file")
    .option("--json", "print {file, bytes} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExamples:\n  $ reach export one.reach --bundle -o one.sigstore.json\n" +
        "  $ reach export one.reach --records -o one.jsonl",
    )
    .action(
      verb<[string, ExportOptions]>(async (terminal, file, options) => {
        const { bundle = false, records = false, output, force = false } = options;
        if (bundle === records) {
          throw new CliError({
            code: CODE.usage,
            what: "Give --bundle or --records",
            hint: "reach export --help",
            exitCode: EXIT.usage,
          });
        }
        if (!force && existsSync(output)) throw new CliError(exists(output));
        const written = await (bundle ? bundleIn : linesIn)(terminal, file, options);
        const { writeFileAtomic } = await import("@reach-fabric/host/packs");
        await writeFileAtomic(output, written);
        if (terminal.json) terminal.result({ file: output, bytes: written.length });
        else terminal.print(line`  ${output}  ${written.length} bytes`);
        return EXIT.ok;
      }),
    );
}

function bundleIn({ machine }: Terminal, file: string): Uint8Array {
  try {
    return bundleOf(engines()(), readInput(machine, file));
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}

async function linesIn(
  { machine }: Terminal,
  file: string,
  { pack, fuel }: ExportOptions,
): Promise<Uint8Array> {
  const engine = engines()();
  const bytes = await withPack(engine, readInput(machine, file), file, pack);
  const evidence = readEvidence(machine, engine, file, bytes);
  const newline = utf8("\n");
  const lines: Uint8Array[] = [];
  for (const { bytes: record } of recordsIn(engine, file, evidence, { fuel })) {
    lines.push(record, newline);
  }
  return concat(lines);
}
