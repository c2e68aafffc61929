import type { Command } from "commander";
import type { Verb } from "../../ui/verb.ts";
import { checkVerb } from "./check.ts";
import { listSecrets } from "./list.ts";
import { setSecret } from "./set.ts";
import { removeSecret, retireSecret } from "./retire.ts";
import { rotateSecret } from "./rotate.ts";

/** `reach secrets ...`: what the names of secrets stand for, in a vault. */
export function secrets(program: Command, verb: Verb): void {
  const group = program
    .command("secrets")
    .summary("keep secrets in a vault, rotate them, and check what a grant needs")
    .addHelpText("after", "\nExample:\n  $ reach secrets set bureau < token.txt");
  const verbs = [setSecret, listSecrets, rotateSecret, retireSecret, removeSecret, checkVerb];
  for (const add of verbs) add(group, verb);
}
