import { existsSync } from "node:fs";
import { sha256, toHex } from "@reach-fabric/engine";
import { yankPack } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { readSigner } from "../../read/keys.ts";
import { CODE, CliError, exists, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface YankOptions extends AuditOptions {
  key: string;
  passphraseFile?: string;
  reason: string;
  actor: string;
  output: string;
}

/** `reach pack yank DIGEST`: a signed withdrawal. */
export function yank(group: Command, verb: Verb): void {
  const command = group
    .command("yank")
    .summary("withdraw a pack: sign that it must no longer be used")
    .description(
      "Writes a withdrawal of a pack, signed by its publisher: `reach pack verify --yanked` fails for the pack. " +
        "Evidence of runs that used it stays valid, and says which pack it was.",
    )
    .argument("<digest>", "the pack's digest, SHA-256 in hex")
    .requiredOption("-k, --key <file>", "the publisher's key")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .requiredOption("--reason <text>", "why, for those who use it")
    .requiredOption("-o, --output <file>", "where the withdrawal is written")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withAudit(command, "it is noted")
    .option("--json", "print {file, digest, key} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      '\nExample:\n  $ reach pack yank DIGEST --key publisher.key --reason "wrong band" -o loan.yank.json',
    )
    .action(
      verb<[string, YankOptions]>(async (terminal, digest, options) => {
        const { key, passphraseFile, reason, output } = options;
        if (!/^[0-9a-f]{64}$/.test(digest)) {
          throw new CliError({
            code: CODE.usage,
            what: "A digest is 64 lower-case hex digits",
            hint: "`reach pack inspect FILE` shows it.",
            exitCode: EXIT.usage,
          });
        }
        const signer = await readSigner(terminal.machine, key, passphraseFile);
        const at = new Date().toISOString();
        const bytes = yankPack(engines()(), digest, { reason, at }, signer);
        const yank = toHex(sha256(bytes));
        const details = { pack: digest, reason, key: signer.key.id, yank };
        const there = existsSync(output) ? readInput(terminal.machine, output) : undefined;
        const same = ["pack", "reason", "key"];
        const act = { type: "pack.yanked", actor: options.actor, details, same };
        const work = async (): Promise<{ result: undefined }> => {
          if (there !== undefined) throw new CliError(exists(output));
          const { writeFileAtomic } = await import("@reach-fabric/host/packs");
          await writeFileAtomic(output, bytes);
          return { result: undefined };
        };
        await audited(terminal.machine, options, act, work, ({ yank: noted }) =>
          there !== undefined && noted === toHex(sha256(there)) ? { result: undefined } : undefined,
        );
        if (terminal.json) terminal.result({ file: output, digest, key: signer.key.id });
        else terminal.print(line`  ${output}  withdraws ${digest}`);
        terminal.next([
          "reach",
          "pack",
          "verify",
          "FILE.pack",
          "--yanked",
          output,
          "--trust",
          `${key}.pub`,
        ]);
        return EXIT.ok;
      }),
    );
}
