import { readPackFile, STATEMENTS } from "@reach-fabric/evidence";
import type { StatementName } from "@reach-fabric/evidence";
import { Option } from "commander";
import type { Command } from "commander";
import { capabilitiesOf, describe } from "../run/capabilities.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import { line } from "../../ui/text.ts";
import { predicateOf } from "./supply-chain.ts";
import type { Verb } from "../../ui/verb.ts";

interface InspectOptions {
  output?: string;
  predicate?: StatementName;
}

/** `reach pack inspect FILE`: what is in a pack; with --output also as a folder. */
export function inspect(group: Command, verb: Verb): void {
  group
    .command("inspect")
    .summary("show what is in a pack, or unpack it into a folder")
    .description(
      "Shows a pack's files, what it asks for and why, and which statements about it are signed; only " +
        "the digests of the files are checked. With --output they are written into a new or " +
        "empty folder, and nowhere else. With --predicate it prints what a statement about the pack says, for another " +
        "program to sign, such as cosign with a key in a KMS.",
    )
    .argument("<file>", "a .pack file")
    .option("-o, --output <folder>", "where it is unpacked, a new or empty folder")
    .addOption(
      new Option("--predicate <name>", "print what this statement says").choices(STATEMENTS),
    )
    .option(
      "--json",
      "print {digest, manifest, statements, capabilities}; errors as JSON on stderr",
    )
    .addHelpText("after", "\nExample:\n  $ reach pack inspect loan.pack")
    .action(
      verb<[string, InspectOptions]>(async (terminal, file, { output, predicate }) => {
        const opened = (() => {
          try {
            return readPackFile(engines()(), readInput(terminal.machine, file));
          } catch (error) {
            throw new CliError(problemOf(error, file));
          }
        })();
        const { pack, manifest, bundles } = opened;
        if (predicate !== undefined) {
          terminal.result(predicateOf(opened, predicate, terminal.machine.version));
          return EXIT.ok;
        }
        if (output !== undefined) {
          const host = await import("@reach-fabric/host/packs");
          await host.writePack(output, pack);
        }
        const shown = [...new Set(capabilitiesOf(pack).map(describe))];
        const reasons = new Map(
          (manifest.capabilities ?? []).map(({ what, reason }) => [what, reason]),
        );
        const statements = [...bundles.keys()];
        const counted = [...bundles].map(([name, { length }]) =>
          length === 1 ? name : `${name} (${length} of them)`,
        );
        if (terminal.json) {
          const capabilities = shown.map((what) => ({ what, reason: reasons.get(what) }));
          terminal.result({ digest: pack.digest, manifest, statements, capabilities });
          return EXIT.ok;
        }
        const { bold } = terminal.colors;
        terminal.print(line`${bold(`${manifest.id}:${manifest.version}`)}  ${pack.digest}`);
        terminal.print(columns(manifest.files.map(({ path, size }) => [path, `${size} bytes`])));
        terminal.print(line`\nIt asks for`);
        if (shown.length === 0) terminal.print(line`  nothing`);
        else terminal.print(columns(shown.map((what) => [what, reasons.get(what) ?? ""])));
        terminal.print(
          line`\nSigned statements: ${counted.length === 0 ? "none" : counted.join(", ")}`,
        );
        return EXIT.ok;
      }),
    );
}
