import { digestOfRoot } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { changeKeyring, readRoot } from "./keyring.ts";
import type { KeyringOptions } from "./keyring.ts";
import { EXIT } from "../../ui/problem.ts";
import type { Verb } from "../../ui/verb.ts";
import { tellChange, keyringOptions } from "./common.ts";

interface RootOptions extends KeyringOptions {
  newThreshold?: string;
}

/** `reach keys root KEYFILE...`: another root, signed by the old one and the new one. */
export function root(group: Command, verb: Verb): void {
  const command = group
    .command("root")
    .summary("replace the root of a keyring with other keys, of which so many must sign")
    .description(
      "Gives a keyring another root: enough keys of the old root and of the new one sign that this is so, and " +
        "from now on the new one signs. Verifiers that have the old root in their policy get forward with the " +
        "keyring alone; put the new one into policies when you can, for a lost old root still convinces those " +
        "that have seen nothing of the new one.",
    )
    .argument(
      "<keyfile...>",
      "the keys of the new root; those that do not sign by their public files",
    )
    .option("--new-threshold <n>", "how many keys of the new root must sign (default: all)");
  keyringOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  $ reach keys root a.key b.key c.key.pub --new-threshold 2 --keyring keyring.json --root root.key",
    )
    .action(
      verb<[string[], RootOptions]>(async (terminal, paths, options) => {
        const { newThreshold: threshold, passphraseFile } = options;
        const newRoot = await readRoot(terminal.machine, paths, {
          ...(threshold === undefined ? {} : { threshold }),
          ...(passphraseFile === undefined ? {} : { passphraseFile }),
        });
        const changed = await changeKeyring(terminal.machine, options, {
          keys: (keys) => keys,
          newRoot,
          type: "root.changed",
          details: {
            root: digestOfRoot(newRoot.root),
            keys: newRoot.root.keys.length,
            threshold: newRoot.root.threshold,
          },
        });
        tellChange(terminal, changed);
        return EXIT.ok;
      }),
    );
}
