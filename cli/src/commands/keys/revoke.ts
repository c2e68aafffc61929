import { withCompromise, withEnd } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { instantOf } from "../../read/instants.ts";
import { changeKeyring } from "./keyring.ts";
import type { KeyringOptions } from "./keyring.ts";
import { EXIT } from "../../ui/problem.ts";
import type { Verb } from "../../ui/verb.ts";
import { tellChange, keyringOptions } from "./common.ts";

interface RevokeOptions extends KeyringOptions {
  compromisedAt?: string;
}

/** `reach keys revoke ID`: a key ends, or was compromised. */
export function revoke(group: Command, verb: Verb): void {
  const command = group
    .command("revoke")
    .summary("revoke a key of a keyring, with the time of its compromise, if any")
    .description(
      "Ends a key now. What it signed before still counts, unless it was compromised: anyone who has it can " +
        "write any time into what they sign. With --compromised-at, only what witnesses of a log saw before " +
        "that instant counts. There is no way back.",
    )
    .argument("<id>", "the key's id")
    .option("--compromised-at <instant>", "since when others may have had the private key");
  keyringOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  $ reach keys revoke 9f3c27b1a0d4e655 --compromised-at 2026-11-20 --keyring keyring.json --root root.key",
    )
    .action(
      verb<[string, RevokeOptions]>(async (terminal, id, options) => {
        const { compromisedAt } = options;
        const since =
          compromisedAt === undefined ? undefined : instantOf(compromisedAt, "--compromised-at");
        const changed = await changeKeyring(terminal.machine, options, {
          type: since === undefined ? "key.revoked" : "key.compromised",
          details: { key: id, ...(since === undefined ? {} : { since }) },
          keys: (keys, at) => {
            const ended = withEnd(keys, id, at);
            return since === undefined ? ended : withCompromise(ended, id, since);
          },
        });
        tellChange(terminal, changed);
        return EXIT.ok;
      }),
    );
}
