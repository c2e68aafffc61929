import type { Command } from "commander";
import { now } from "../../read/instants.ts";
import { EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { refuseValue, valueGiven, vaultMade, withValue, withVault } from "./common.ts";
import type { ValueOption, VaultOption } from "./common.ts";

/** `reach secrets set NAME`: a secret that was not there. */
export function setSecret(group: Command, verb: Verb): void {
  const command = group
    .command("set")
    .summary("put a secret into a vault")
    .description(
      "Puts a secret into a vault, which is made if it is not there. Its value is read from stdin, or asked for without being " +
        "shown; one line end behind it is no part of it. It is a token, unless --username or --properties says otherwise. A secret " +
        "that is there is rotated, not set.",
    )
    .argument("<name>", "what grants and workflows call it")
    .argument("[value...]", "nothing: a value is never an argument");
  withValue(withVault(command))
    .option("--json", "print {name, version, vault}; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach secrets set bureau < token.txt")
    .action(
      verb<[string, string[], VaultOption & ValueOption]>(
        async (terminal, name, others, options) => {
          refuseValue(others);
          const secret = await valueGiven(terminal.machine, name, options);
          const vault = await vaultMade(terminal, options);
          await vault.set(name, secret, now());
          if (terminal.json) terminal.result({ name, version: 1, vault: vault.where });
          else terminal.print(line`${name} is in ${vault.where}`);
          return EXIT.ok;
        },
      ),
    );
}
