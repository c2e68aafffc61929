import type { Command } from "commander";
import { changeKeyring } from "./keyring.ts";
import type { KeyringOptions } from "./keyring.ts";
import { EXIT } from "../../ui/problem.ts";
import type { Verb } from "../../ui/verb.ts";
import { tellChange, keyringOptions } from "./common.ts";

/** `reach keys renew`: the same keyring, valid for longer. */
export function renew(group: Command, verb: Verb): void {
  const command = group
    .command("renew")
    .summary("sign a keyring again, so that it stays valid")
    .description(
      "Signs a keyring again as it is. Verifiers do not rely on a keyring that is out of date: it may " +
        "not show later revocations.",
    );
  keyringOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  $ reach keys renew --keyring keyring.json --root root.key --days 90",
    )
    .action(
      verb<[KeyringOptions]>(async (terminal, options) => {
        const renewed = await changeKeyring(terminal.machine, options, {
          type: "keyring.renewed",
          details: {},
          keys: (keys) => [...keys],
        });
        tellChange(terminal, renewed);
        return EXIT.ok;
      }),
    );
}
