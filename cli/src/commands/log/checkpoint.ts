import { fromUtf8, toHex } from "@reach-fabric/engine";
import type { Command } from "commander";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";
import { several } from "../../read/options.ts";
import { joined } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach log checkpoint DIR`: the last checkpoint, cosigned where that is asked for. */
export function checkpoint(group: Command, verb: Verb): void {
  group
    .command("checkpoint")
    .summary("print a log's last checkpoint, or have witnesses cosign it")
    .description(
      "Prints the last checkpoint of a log. With --cosign, each witness is asked to cosign it, with the " +
        "proof that it has grown from what the witness has seen; what they sign is kept beside the log, " +
        "and proofs are made by it. Exits 3 if one of them does not.",
    )
    .argument("<dir>", "the log's folder")
    .option("--cosign <url>", "a witness's address; may be given again", several)
    .option(
      "--json",
      "print {origin, size, root, note, witnesses} as JSON; errors as JSON on stderr",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ reach log checkpoint audit --cosign https://witness.example/",
    )
    .action(
      verb<[string, { cosign?: string[] }]>(async (terminal, dir, { cosign = [] }) => {
        const host = await import("@reach-fabric/host");
        const { checkpoint: last, answers } =
          cosign.length > 0
            ? await host.cosignLog(dir, cosign)
            : { checkpoint: (await host.readLog(dir)).note, answers: [] };
        const note = fromUtf8(last.note);
        if (terminal.json) {
          const { origin, size, root } = last;
          terminal.result({
            origin,
            size: Number(size),
            root: toHex(root),
            note,
            witnesses: answers,
          });
        } else terminal.print(joined(note.trimEnd().split("\n")));
        const refused = answers.filter(({ why }) => why !== undefined);
        if (refused.length === 0) return EXIT.ok;
        throw new CliError({
          code: CODE.unwitnessed,
          what: `${refused.length} of ${answers.length} witnesses have not cosigned`,
          where: dir,
          why: refused.map(({ url, why }) => `${url}: ${why}`).join("\n"),
          hint: "Those that have cosigned count.",
          exitCode: EXIT.unchecked,
        });
      }),
    );
}
