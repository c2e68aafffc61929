import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { createKeyFile } from "../keys.ts";
import { EXIT } from "../problem.ts";
import type { Verb } from "../verb.ts";

/** `reach keys new -o FILE`: an Ed25519 key pair to sign runs with. */
export function keys(program: Command, verb: Verb): void {
  const group = program.command("keys").summary("make keys to sign runs with");
  group
    .command("new")
    .summary("make a key pair")
    .description(
      "Makes an Ed25519 key pair. FILE holds the private key, for you alone (mode 0600); FILE.pub " +
        "holds the public key, for those who verify. Existing files are never overwritten.",
    )
    .requiredOption("-o, --output <file>", "where the private key is written")
    .option("--json", "print {id, private, public} with the files' names; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach keys new -o team.key")
    .action(
      verb<[{ output: string }]>((terminal, { output }) => {
        const made = createKeyFile(output, (size) => randomBytes(size));
        if (terminal.json) terminal.result(made);
        else {
          terminal.print(
            `key      ${made.id}\nprivate  ${made.private}  (keep it to yourself)\npublic   ${made.public}  (give it to those who verify)`,
          );
        }
        terminal.next([
          "reach",
          "run",
          "WORKFLOW",
          "--input",
          "FILE",
          "--key",
          output,
          "-o",
          "FILE.reach",
        ]);
        return EXIT.ok;
      }),
    );
}
