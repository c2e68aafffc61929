import { readPackFile } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { capabilitiesOf, describe } from "../run/capabilities.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach pack inspect FILE`: what is in a pack; with --output also as a folder. */
export function inspect(group: Command, verb: Verb): void {
  group
    .command("inspect")
    .summary("show what is in a pack, or unpack it into a folder")
    .description(
      "Shows a pack's files, what it asks for and why, and which statements about it are signed; only " +
        "the digests of the files are checked. With --output they are written into a new or " +
        "empty folder, and nowhere else.",
    )
    .argument("<file>", "a .pack file")
    .option("-o, --output <folder>", "where it is unpacked, a new or empty folder")
    .option(
      "--json",
      "print {digest, manifest, statements, capabilities}; errors as JSON on stderr",
    )
    .addHelpText("after", "\nExample:\n  $ reach pack inspect loan.pack")
    .action(
      verb<[string, { output?: string }]>(async (terminal, file, { output }) => {
        const { pack, manifest, bundles } = (() => {
          try {
            return readPackFile(engines()(), readInput(terminal.machine, file));
          } catch (error) {
            throw new CliError(problemOf(error, file));
          }
        })();
        if (output !== undefined) {
          const host = await import("@reach-fabric/host/packs");
          await host.writePack(output, pack);
        }
        const shown = [...new Set(capabilitiesOf(pack).map(describe))];
        const reasons = new Map(
          (manifest.capabilities ?? []).map(({ what, reason }) => [what, reason]),
        );
        const statements = [...bundles.keys()];
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
          line`\nSigned statements: ${statements.length === 0 ? "none" : statements.join(", ")}`,
        );
        return EXIT.ok;
      }),
    );
}
