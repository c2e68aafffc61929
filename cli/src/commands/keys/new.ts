import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { createKeyFile, ownKeyPath } from "../../read/keys.ts";
import { askNewPassphrase, canAsk, passphraseIn } from "../../read/passphrase.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Verb } from "../../ui/verb.ts";

interface NewOptions {
  output?: string;
  alg: string;
  passphraseFile?: string;
  /** False with --no-passphrase. */
  passphrase: boolean;
}

/** `reach keys new -o FILE`: a key pair to sign with. */
export function newKeys(group: Command, verb: Verb): void {
  group
    .command("new")
    .summary("make a key pair")
    .description(
      "Makes a key pair: Ed25519 for runs, logs and witnesses, P-256 for packs. FILE holds the private " +
        "key, encrypted with a passphrase, for you alone (mode 0600); FILE.pub holds the public key, " +
        "for those who verify. Existing files are never overwritten.",
    )
    .option(
      "-o, --output <file>",
      "where the private key is written (default: your own, $XDG_CONFIG_HOME/reach/key.json, which reach run signs with and reach verify trusts)",
    )
    .option("--alg <name>", "Ed25519 or P-256", "Ed25519")
    .option("--passphrase-file <file>", "the passphrase; otherwise it is asked for")
    .option(
      "--no-passphrase",
      "do not encrypt the private key: anyone who can read the file can sign",
    )
    .option("--json", "print {id, private, public} with the files' names; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach keys new -o team.key")
    .action(
      verb<[NewOptions]>(async (terminal, options) => {
        const { alg } = options;
        if (alg !== "Ed25519" && alg !== "P-256") throw usage(`There is no algorithm ${alg}`);
        const isOwn = options.output === undefined;
        if (isOwn && alg !== "Ed25519") throw usage("A key for packs needs a name: -o FILE");
        const output = options.output ?? ownKeyPath(terminal.machine);
        const made = createKeyFile(output, (size) => randomBytes(size), {
          alg,
          passphrase: await passphraseFor(terminal.machine, options),
        });
        if (!options.passphrase) {
          terminal.progress("clear", `${output} is not encrypted: anyone who can read it can sign`);
        }
        if (terminal.json) terminal.result(made);
        else {
          terminal.print(
            columns([
              ["key", made.id],
              ["private", `${made.private}  (keep it to yourself)`],
              ["public", `${made.public}  (give it to those who verify)`],
            ]),
          );
        }
        if (alg === "Ed25519") {
          const key = isOwn ? [] : ["--key", output];
          terminal.next([
            "reach",
            "run",
            "WORKFLOW",
            "--input",
            "FILE",
            ...key,
            "-o",
            "FILE.reach",
          ]);
          if (!isOwn)
            terminal.next([
              "reach",
              "keys",
              "trust",
              made.public,
              "--role",
              "ROLE",
              "--keyring",
              "FILE",
              "--root",
              "KEY",
            ]);
        }
        return EXIT.ok;
      }),
    );
}

async function passphraseFor(
  machine: Machine,
  options: NewOptions,
): Promise<Uint8Array | undefined> {
  if (options.passphraseFile !== undefined) return passphraseIn(machine, options.passphraseFile);
  if (!options.passphrase) return undefined;
  if (canAsk(machine)) return askNewPassphrase(machine);
  throw usage("A private key needs a passphrase, and there is no terminal to ask for one");
}

const usage = (what: string): CliError =>
  new CliError({
    code: CODE.usage,
    what,
    hint: "Give --passphrase-file FILE, or --no-passphrase to leave the key unencrypted.",
    exitCode: EXIT.usage,
  });
