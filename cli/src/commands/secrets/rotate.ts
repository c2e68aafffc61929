import type { Command } from "commander";
import { now } from "../../read/instants.ts";
import { EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { refuseValue, valueGiven, vaultGiven, withValue, withVault } from "./common.ts";
import type { ValueOption, VaultOption } from "./common.ts";

/** `reach secrets rotate NAME`: another value from now on. */
export function rotateSecret(group: Command, verb: Verb): void {
  const command = group
    .command("rotate")
    .summary("give a secret another value from now on")
    .description(
      "Gives a secret another value, read as reach secrets set reads it. Requests that begin from now on have it, also those of runs " +
        "that wait or are under way. The former value stays in the vault, used for nothing and kept out of records, until reach secrets retire.",
    )
    .argument("<name>", "the secret")
    .argument("[value...]", "nothing: a value is never an argument");
  withValue(withVault(command))
    .option("--json", "print {name, version, vault}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach secrets rotate bureau < new-token.txt")
    .action(
      verb<[string, string[], VaultOption & ValueOption]>(
        async (terminal, name, others, options) => {
          refuseValue(others);
          const secret = await valueGiven(terminal.machine, name, options);
          const vault = await vaultGiven(terminal, options);
          await vault.rotate(name, secret, now());
          const version = (await vault.versions()).findLast((one) => one.name === name)?.version;
          if (terminal.json) terminal.result({ name, version, vault: vault.where });
          else
            terminal.print(line`${name} has another value from now on (version ${version ?? 0})`);
          terminal.next(["reach", "secrets", "retire", name]);
          return EXIT.ok;
        },
      ),
    );
}
