import type { Command } from "commander";
import { EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { vaultGiven, withVault } from "./common.ts";
import type { VaultOption } from "./common.ts";

/** `reach secrets retire NAME`: former values are gone. */
export function retireSecret(group: Command, verb: Verb): void {
  const command = group
    .command("retire")
    .summary("remove the former values of a secret")
    .description(
      "Removes the former values of a secret from a vault. Do so when the service takes them no more: runs that go on later do not know " +
        "them, and record an answer that holds one.",
    )
    .argument("<name>", "the secret");
  withVault(command)
    .option("--json", "print {name, vault}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach secrets retire bureau")
    .action(
      verb<[string, VaultOption]>(async (terminal, name, options) => {
        const vault = await vaultGiven(terminal, options);
        await vault.retire(name);
        if (terminal.json) terminal.result({ name, vault: vault.where });
        else terminal.print(line`the former values of ${name} are gone from ${vault.where}`);
        return EXIT.ok;
      }),
    );
}

/** `reach secrets remove NAME`: a secret is gone with all its values. */
export function removeSecret(group: Command, verb: Verb): void {
  const command = group
    .command("remove")
    .summary("remove a secret with all its values")
    .description(
      "Removes a secret from a vault. Runs that need it are denied what they ask with it.",
    )
    .argument("<name>", "the secret");
  withVault(command)
    .option("--json", "print {name, vault}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach secrets remove bureau")
    .action(
      verb<[string, VaultOption]>(async (terminal, name, options) => {
        const vault = await vaultGiven(terminal, options);
        await vault.remove(name);
        if (terminal.json) terminal.result({ name, vault: vault.where });
        else terminal.print(line`${name} is gone from ${vault.where}`);
        return EXIT.ok;
      }),
    );
}
