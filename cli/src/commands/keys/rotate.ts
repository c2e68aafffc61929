import { isEnrolled, keyWithId, publicKeyOf, withEnd, withKey } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { daysAfter, instantOf } from "../../read/instants.ts";
import { readKey } from "../../read/keys.ts";
import { changeKeyring } from "./keyring.ts";
import type { KeyringOptions } from "./keyring.ts";
import { EXIT } from "../../ui/problem.ts";
import type { Verb } from "../../ui/verb.ts";
import { tellChange, keyringOptions } from "./common.ts";

interface RotateOptions extends KeyringOptions {
  at?: string;
  to?: string;
}

/** `reach keys rotate ID KEYFILE`: one key ends, another one begins. */
export function rotate(group: Command, verb: Verb): void {
  const command = group
    .command("rotate")
    .summary("replace a key of a keyring with another one")
    .description(
      "Ends a key and lets another one begin at the same instant, with the same role and tenant. What " +
        "the first one signed before still counts.",
    )
    .argument("<id>", "the id of the key that ends")
    .argument("<keyfile>", "the key that begins (the public file is enough)")
    .option("--at <instant>", "when (default: now)")
    .option("--to <instant>", "until when the new one counts (default: for a year)");
  keyringOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  $ reach keys rotate 9f3c27b1a0d4e655 next.key.pub --keyring keyring.json --root root.key",
    )
    .action(
      verb<[string, string, RotateOptions]>(async (terminal, id, path, options) => {
        const key = publicKeyOf(readKey(terminal.machine, path));
        const begin = options.at === undefined ? undefined : instantOf(options.at, "--at");
        const end = options.to === undefined ? undefined : instantOf(options.to, "--to");
        const changed = await changeKeyring(terminal.machine, options, {
          type: "key.rotated",
          details: { key: id, next: key.id },
          keys: (keys, at) => {
            const old = keyWithId(keys, id);
            const { role, tenant } = old;
            const isDone = isEnrolled(keys, key, { role, tenant, from: begin, to: end });
            if (isDone && old.to <= keyWithId(keys, key.id).from) return keys;
            const from = begin ?? at;
            const enrolment = { role, tenant, from, to: end ?? daysAfter(from, 365) };
            return withKey(withEnd(keys, id, from), key, enrolment);
          },
        });
        tellChange(terminal, changed);
        return EXIT.ok;
      }),
    );
}
