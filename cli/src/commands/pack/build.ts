import { existsSync } from "node:fs";
import type { Pack } from "@reach-fabric/engine";
import { manifestOf, writePackFile } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { capabilitiesOf, describe } from "../run/capabilities.ts";
import { engines } from "../../read/engine.ts";
import { loadInto } from "../../read/load.ts";
import { CODE, CliError, exists, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach pack build WORKFLOW -o FILE.pack`: one file with all of it. */
export function build(group: Command, verb: Verb): void {
  group
    .command("build")
    .summary("make one file from a workflow and all that it names")
    .description(
      "Compiles a workflow with all that it names, as `reach build` does, and writes it as one file: the same " +
        "documents give the same bytes, on every machine. Where pack.yaml lists capabilities, they must be " +
        "exactly those that the workflows show.",
    )
    .argument("<workflow>", "a .yaml, .yml or .json file, or the folder of a pack")
    .requiredOption("-o, --output <file>", "where the pack is written, a .pack file")
    .option("--force", "replace an existing output file")
    .option(
      "--json",
      "print {file, digest, id, version, files, bytes} as JSON; errors as JSON on stderr",
    )
    .addHelpText("after", "\nExample:\n  $ reach pack build workflow.yaml -o loan.pack")
    .action(
      verb<[string, { output: string; force?: boolean }]>(
        async (terminal, workflow, { output, force }) => {
          if (force !== true && existsSync(output)) throw new CliError(exists(output));
          const host = await import("@reach-fabric/host/packs");
          const pack = await host.loadPack(workflow);
          const engine = engines()();
          loadInto(engine, pack, await host.folderOfPack(workflow), host);
          requireListed(pack, workflow);
          const bytes = writePackFile(engine, pack);
          await host.writeFileAtomic(output, bytes);
          const { id, version, files } = manifestOf(pack);
          const facts = {
            digest: pack.digest,
            id,
            version,
            files: files.length,
            bytes: bytes.length,
          };
          if (terminal.json) terminal.result({ file: output, ...facts });
          else {
            terminal.print(
              line`  ${output}  ${id}:${version}, ${files.length} files, ${bytes.length} bytes\n  digest  ${pack.digest}`,
            );
          }
          terminal.next(["reach", "pack", "sign", output, "--key", "KEY"]);
          return EXIT.ok;
        },
      ),
    );
}

/** What pack.yaml lists is what the workflows show: neither more nor less. */
function requireListed(pack: Pack, where: string): void {
  const { capabilities } = manifestOf(pack);
  if (capabilities === undefined) return;
  const shown = new Set(capabilitiesOf(pack).map(describe));
  const listed = new Set(capabilities.map(({ what }) => what));
  const missing = [...shown].filter((what) => !listed.has(what));
  const needless = [...listed].filter((what) => !shown.has(what));
  if (missing.length + needless.length === 0) return;
  throw new CliError({
    code: CODE.capabilities,
    what: "pack.yaml does not list what the workflows ask for",
    where,
    why: [
      ...missing.map((what) => `missing: ${what}`),
      ...needless.map((what) => `needless: ${what}`),
    ].join("\n"),
    hint: "Write each of them, with its reason, under capabilities.",
    exitCode: EXIT.usage,
  });
}
