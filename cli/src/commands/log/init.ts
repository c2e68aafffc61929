import { formatNoteKey } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { EXIT } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import { readSigner } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import type { Verb } from "../../ui/verb.ts";
import { differentNoteKeys } from "../../read/note-keys.ts";

interface InitOptions {
  key: string;
  passphraseFile?: string;
  origin?: string;
  witness?: string[];
  after?: string;
  afterKey?: string;
}

/** `reach log init DIR --key FILE`: a log with its first entry. */
export function init(group: Command, verb: Verb): void {
  group
    .command("init")
    .summary("make a log")
    .description(
      "Makes a log in a new folder. Its name, the origin, is random unless it is " +
        "given; others check its checkpoints with the text of its key. With --after, the log in " +
        "that folder is closed permanently, and the new one continues it: this is how a log gets " +
        "another key.",
    )
    .argument("<dir>", "where the log will be")
    .requiredOption("-k, --key <file>", "the log's own Ed25519 key (reach keys new)")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--origin <name>", "the log's name: where it is served, without https://")
    .option("--witness <vkey>", "the key of a witness that cosigns it; may be given again", several)
    .option("--after <dir>", "the log that this one continues")
    .option("--after-key <file>", "the key of that log, if it is another one")
    .option("--json", "print {origin, key, checkpoint} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach log init audit --key log.key")
    .action(
      verb<[string, InitOptions]>(async (terminal, dir, options) => {
        const host = await import("@reach-fabric/host");
        const { key, origin, witness = [], after, afterKey = key } = options;
        const signer = await readSigner(terminal.machine, key, options.passphraseFile);
        const witnesses = differentNoteKeys(witness, "cosignature", "--witness");
        const made = { signer, witnesses, ...(origin === undefined ? {} : { origin }) };
        const identity =
          after === undefined
            ? await host.initLog(dir, made)
            : await host.continueLog(
                after,
                await readSigner(terminal.machine, afterKey, options.passphraseFile),
                dir,
                made,
              );
        const vkey = formatNoteKey(identity.key);
        if (terminal.json) terminal.result({ origin: identity.origin, key: vkey });
        else {
          terminal.print(
            columns([
              ["log", dir],
              ["origin", identity.origin],
              ["key", `${vkey}  (give it to those who verify)`],
            ]),
          );
        }
        terminal.next(["reach", "log", "append", dir, "--key", key, "--evidence", "FILE.reach"]);
        return EXIT.ok;
      }),
    );
}
