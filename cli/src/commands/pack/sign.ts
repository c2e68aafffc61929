import {
  importStatement,
  publicKeyOf,
  readPackFile,
  signPack,
  STATEMENTS,
  withBundle,
  writePackFile,
} from "@reach-fabric/evidence";
import type { ImportedStatement, PackFile, PublicKey } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import type { Machine } from "../../ui/machine.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { readKey, readSigner } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import { CliError, CODE, EXIT, problemOf } from "../../ui/problem.ts";
import { predicateOf } from "./supply-chain.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface SignOptions extends AuditOptions {
  key?: string;
  passphraseFile?: string;
  bundle?: string[];
  trust?: string;
  actor: string;
}

/** Statements with their signatures, and whose they are. */
interface Signed {
  readonly key: PublicKey;
  readonly statements: readonly ImportedStatement[];
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
        "The pack and its digest stay as they are. With --bundle the statements are those that another program has " +
        "signed, such as cosign with a key in a KMS or an HSM: each is checked against the pack and the public key. " +
        "What other keys have signed stays in the file.",
    )
    .argument("<file>", "a .pack file")
    .option("-k, --key <file>", "the publisher's key (reach keys new --alg P-256)")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option(
      "--bundle <file>",
      "a statement that cosign has signed (cosign attest-blob --bundle); may be given again",
      several,
    )
    .option("--trust <keyfile>", "the public key that has signed the bundles, a PEM or a key file")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withAudit(command, "it is noted")
    .option("--json", "print {file, digest, key, statements} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      [
        "\nExamples:",
        "  $ reach pack sign loan.pack --key publisher.key",
        "  $ reach pack sign loan.pack --bundle loan.bundle.json --trust cosign.pub",
      ].join("\n"),
    )
    .action(
      verb<[string, SignOptions]>(async (terminal, file, options) => {
        const { changingFile, writeFileAtomic } = await import("@reach-fabric/host");
        const engine = engines()();
        const { machine } = terminal;
        // One after the other: what another key signs in the meantime stays in the file.
        const { pack, key, statements } = await changingFile(file, async (path) => {
          const opened = readPack(machine, path);
          const found = await statementsOf(machine, opened, options);
          let bundles = opened.bundles;
          for (const { name, bundle } of found.statements) {
            bundles = withBundle(engine, { pack: opened.pack, bundles }, name, bundle, found.key);
          }
          const signed = writePackFile(engine, opened.pack, bundles);
          const details = { pack: opened.pack.digest, key: found.key.id };
          const act = { type: "pack.signed", actor: options.actor, details };
          await audited(machine, options, act, async () => {
            await writeFileAtomic(path, signed);
            return { result: undefined };
          });
          return { pack: opened.pack, ...found };
        });
        const names = statements.map(({ name }) => name);
        const facts = { file, digest: pack.digest, key: key.id, statements: names };
        if (terminal.json) terminal.result(facts);
        else terminal.print(line`  ${file}  signed by ${key.id}: ${names.join(", ")}`);
        const shared = options.trust ?? `${options.key}.pub`;
        terminal.next(["reach", "pack", "verify", file, "--trust", shared]);
        return EXIT.ok;
      }),
    );
}

/** Signed here, or brought along. */
async function statementsOf(
  machine: Machine,
  file: PackFile,
  { key, passphraseFile, bundle, trust }: SignOptions,
): Promise<Signed> {
  const engine = engines()();
  if (key !== undefined && bundle === undefined && trust === undefined) {
    const signer = await readSigner(machine, key, passphraseFile);
    const statements = STATEMENTS.map((name) => ({
      name,
      bundle: signPack(engine, file.pack, name, predicateOf(file, name, machine.version), signer),
    }));
    return { key: signer.key, statements };
  }
  if (key !== undefined || bundle === undefined || trust === undefined) {
    throw new CliError({
      code: CODE.usage,
      what: "Whose signature is it?",
      hint: "Give --key KEY to sign here, or --bundle FILE and --trust PUBLIC_KEY for what another program has signed.",
      exitCode: EXIT.usage,
    });
  }
  const shared = publicKeyOf(readKey(machine, trust));
  const statements = bundle.map((path) => {
    try {
      return importStatement(engine, readInput(machine, path), file, shared);
    } catch (error) {
      throw new CliError(problemOf(error, path));
    }
  });
  return { key: shared, statements };
}

function readPack(machine: Machine, file: string): PackFile {
  try {
    return readPackFile(engines()(), readInput(machine, file));
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}
