import type { Command } from "commander";
import type { Verb } from "../../verb.ts";
import { newKeys } from "./new.ts";

/** `reach keys ...`: keys to sign with, and the keyring that says which of them count. */
export function keys(program: Command, verb: Verb): void {
  const group = program
    .command("keys")
    .summary("make keys to sign with")
    .addHelpText("after", "\nExample:\n  $ reach keys new -o team.key");
  for (const add of [newKeys]) add(group, verb);
}
