import { hostCode } from "@reach-fabric/host/codes";
import type { Command } from "commander";
import { EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach log fsck DIR`: every byte of a log, from the ground up. */
export function fsck(group: Command, verb: Verb): void {
  group
    .command("fsck")
    .summary("check every byte of a log")
    .description(
      "Computes every tile of a log again from its entries and compares it with the file; checks " +
        "the signature, the root, the entries and their times. Changes nothing. Exits 1 if something " +
        "was changed, and names the file and, where possible, the first byte.",
    )
    .argument("<dir>", "the log's folder")
    .option("-q, --quiet", "no progress on stderr")
    .option("--json", "print the report as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach log fsck audit")
    .action(
      verb<[string]>(async (terminal, dir) => {
        const host = await import("@reach-fabric/host");
        let told = 0;
        const report = await host.fsck(dir, {
          progress: (read, of) => {
            if (read - told < 50_000) return;
            told = read;
            terminal.progress("fsck", `  ${read} of ${of} entries`, { read, of });
          },
        });
        const { ok, size, files, faults, notes, origin } = report;
        if (terminal.json) terminal.result(report);
        else {
          const { green, red, yellow } = terminal.colors;
          for (const { file, offset, why } of faults) {
            const place = offset === undefined ? file : `${file}, byte ${offset}`;
            terminal.print(line`${red("bad")}   ${place}: ${why}`);
          }
          for (const note of notes) terminal.print(line`${yellow("note")}  ${note}`);
          if (ok)
            terminal.print(
              line`${green("ok")}    ${size ?? 0} entries in ${files} files of ${origin ?? ""}`,
            );
        }
        if (ok) return EXIT.ok;
        terminal.problem({
          code: hostCode.damagedLog,
          what: "The log is damaged",
          where: dir,
          why: `${faults.length} faults, the first in ${faults[0]?.file ?? "it"}`,
          hint: "Restore the files that are named from a copy; the log goes on from there.",
          exitCode: EXIT.failed,
        });
        return EXIT.failed;
      }),
    );
}
