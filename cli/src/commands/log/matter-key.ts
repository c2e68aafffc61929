import type { Command } from "commander";
import { createMatterKey } from "../../read/matter-key.ts";
import { EXIT } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach log matter-key -o FILE`: the key under which a log notes whom runs are about. */
export function matterKey(group: Command, verb: Verb): void {
  group
    .command("matter-key")
    .summary("make the key under which a log notes whom runs are about")
    .description(
      "Makes a tenant's matter key: 32 random bytes in a file for you alone (mode 0600). Where a pack has " +
        "values of the class `subject`, `reach run --log` notes them under it: only who has the key can find " +
        "the runs about one subject (reach log subject). It is a secret, in no evidence and in no log.",
    )
    .requiredOption(
      "-o, --output <file>",
      "where the key is written; an existing file is not replaced",
    )
    .option("--json", "print {id, file} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach log matter-key -o matter.key")
    .action(
      verb<[{ output: string }]>((terminal, { output }) => {
        const { id } = createMatterKey(output);
        if (terminal.json) terminal.result({ id, file: output });
        else {
          terminal.print(
            columns([
              ["matter key", id],
              ["file", `${output}  (for your own runs, and for auditors alone)`],
            ]),
          );
        }
        return EXIT.ok;
      }),
    );
}
