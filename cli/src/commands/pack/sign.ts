import {
  packPredicate,
  readPackFile,
  signPack,
  withBundle,
  writePackFile,
} from "@reach-fabric/evidence";
import type { StatementName } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import type { Machine } from "../../ui/machine.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { readSigner } from "../../read/keys.ts";
import { CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { bomOf, provenanceOf } from "./supply-chain.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface SignOptions extends AuditOptions {
  key: string;
  passphraseFile?: string;
  actor: string;
}

/** `reach pack sign FILE --key KEY`: statements about a pack, each with its signature, put into it. */
export function sign(group: Command, verb: Verb): void {
  const command = group
    .command("sign")
    .summary("sign a pack, its bill of materials and its provenance")
    .description(
      "Signs three statements about a pack with a P-256 key and puts them into the file: which pack of which " +
        "version it is; what it is made of, as CycloneDX, with the models that it asks; and how it was made, " +
        "as SLSA provenance. Each is an in-toto statement in a Sigstore bundle, which cosign checks offline. " +
        "The pack and its digest stay as they are.",
    )
    .argument("<file>", "a .pack file")
    .requiredOption("-k, --key <file>", "the publisher's key (reach keys new --alg P-256)")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withAudit(command, "it is noted")
    .option("--json", "print {file, digest, key, statements} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach pack sign loan.pack --key publisher.key")
    .action(
      verb<[string, SignOptions]>(async (terminal, file, options) => {
        const { key, passphraseFile, actor } = options;
        const host = await import("@reach-fabric/host/packs");
        const engine = engines()();
        const signer = await readSigner(terminal.machine, key, passphraseFile);
        const { pack, manifest, bundles: before } = opened(terminal.machine, file);
        const predicates: Readonly<Record<StatementName, Readonly<Record<string, unknown>>>> = {
          pack: packPredicate(manifest),
          provenance: provenanceOf(pack, terminal.machine.version),
          sbom: bomOf(pack),
        };
        const names = Object.keys(predicates) as StatementName[];
        let bundles = before;
        for (const name of names) {
          const bundle = signPack(engine, pack, name, predicates[name], signer);
          bundles = withBundle(engine, { pack, bundles }, name, bundle, signer.key);
        }
        const signed = writePackFile(engine, pack, bundles);
        const details = { pack: pack.digest, key: signer.key.id };
        await audited(
          terminal.machine,
          options,
          { type: "pack.signed", actor, details },
          async () => {
            await host.writeFileAtomic(file, signed);
            return { result: undefined };
          },
        );
        const facts = { file, digest: pack.digest, key: signer.key.id, statements: names };
        if (terminal.json) terminal.result(facts);
        else terminal.print(line`  ${file}  signed by ${signer.key.id}: ${names.join(", ")}`);
        terminal.next(["reach", "pack", "verify", file, "--trust", `${key}.pub`]);
        return EXIT.ok;
      }),
    );
}

function opened(machine: Machine, file: string): ReturnType<typeof readPackFile> {
  try {
    return readPackFile(engines()(), readInput(machine, file));
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}
