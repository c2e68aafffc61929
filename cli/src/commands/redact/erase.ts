import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { several } from "../../read/options.ts";
import { line } from "../../ui/text.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";
import { printRedaction, redacted, requireHiding } from "./redaction.ts";
import type { Hiding } from "./redaction.ts";
import type { Verb } from "../../ui/verb.ts";

interface EraseOptions extends AuditOptions, Hiding {
  record?: string;
  reason: string;
  actor: string;
}

/** `reach erase FILE`: values gone for good, with what could bring them back. */
export function erase(program: Command, verb: Verb): void {
  const command = program
    .command("erase")
    .summary("take values out of evidence for good, and note that in the audit log")
    .description(
      "Takes values out of an evidence file, with all that depends on them, as redact does; deletes the folder in " +
        "which the run was recorded, with the run secret that all seeds follow from; and notes the erasure in the " +
        "audit log, without the values. The signature and every proof still hold. Other people's copies " +
        "are not erased.",
    )
    .argument("<file>", "evidence, a .reach file: it is replaced")
    .option(
      "--drop <pointer>",
      "what is erased, as input/applicant/name; may be given again",
      several,
    )
    .option("--class <name>", "all values of a class of the pack; may be given again", several)
    .option("--record <dir>", "the folder of the run (reach run --record): it is deleted")
    .requiredOption("--reason <text>", "why, for the log: it names no person")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withAudit(command, "it is noted")
    .option("--json", "print {file, hidden, computed, size, ...} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      '\nExample:\n  $ reach erase one.reach --class personal --reason "request 17" --log audit --log-key log.key',
    )
    .action(
      verb<[string, EraseOptions]>(async (terminal, file, options) => {
        const { record } = options;
        requireHiding(options);
        const engine = engines()();
        const bytes = readInput(terminal.machine, file);
        const redaction = redacted(engine, file, bytes, options);
        const { run } = openEvidence(engine, redaction.file);
        if (record !== undefined) requireRun(terminal.machine, record, run.id);
        const details = {
          run: run.id,
          reason: options.reason,
          values: redaction.hidden.length,
          before: toHex(engine.sha256(bytes)),
          after: toHex(engine.sha256(redaction.file)),
        };
        const act = { type: "value.erased", actor: options.actor, details };
        await audited(terminal.machine, options, act, async (host) => {
          await host.writeFileAtomic(file, redaction.file);
          if (record !== undefined) await rm(record, { recursive: true });
          return { result: undefined };
        });
        const { file: _, ...rest } = redaction;
        if (terminal.json) terminal.result({ file, ...rest });
        else {
          const folder = record === undefined ? "" : `, and ${record}`;
          terminal.print(line`  ${file}  ${redaction.hidden.length} values erased${folder}`);
          printRedaction(terminal, redaction);
        }
        terminal.next(["reach", "verify", file, "--require", "authentic,redacted"]);
        return EXIT.ok;
      }),
    );
}

/** A folder is deleted only if it is that of this run. */
function requireRun(machine: Machine, folder: string, id: string): void {
  const meta = join(folder, "run.json");
  const found = existsSync(meta)
    ? (JSON.parse(new TextDecoder().decode(readInput(machine, meta))) as { id?: unknown }).id
    : undefined;
  if (found === id) return;
  throw new CliError({
    code: CODE.usage,
    what: "This is not the folder of that run",
    where: folder,
    hint: "Nothing was erased.",
    exitCode: EXIT.usage,
  });
}
