import type { Command } from "commander";
import type { Verb } from "../../ui/verb.ts";
import { list } from "./list.ts";
import { newKeys } from "./new.ts";
import { renew } from "./renew.ts";
import { root } from "./root.ts";
import { revoke } from "./revoke.ts";
import { rotate } from "./rotate.ts";
import { trust } from "./trust.ts";

/** `reach keys ...`: keys to sign with, and the keyring that says which of them count. */
export function keys(program: Command, verb: Verb): void {
  const group = program
    .command("keys")
    .summary("make signing keys, and manage which keys are trusted")
    .addHelpText("after", "\nExample:\n  $ reach keys new -o team.key");
  for (const add of [newKeys, trust, rotate, revoke, renew, root, list]) add(group, verb);
}
