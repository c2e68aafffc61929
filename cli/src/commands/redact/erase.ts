import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "@reach-fabric/engine";
import { openEvidence, pointersOfClasses, redact } from "@reach-fabric/evidence";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { several } from "../../read/options.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";
import { inRedaction } from "./redaction.ts";
import type { Verb } from "../../ui/verb.ts";

interface EraseOptions extends AuditOptions {
  drop?: string[];
  class?: string[];
  derived?: boolean;
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
      "Takes values out of an evidence file, with every copy, as redact does; deletes the folder in which " +
        "the run was recorded, with the run secret that all salts follow from; and notes the erasure in the " +
        "audit log, without the values. The signature and every proof still hold. Other people's copies " +
        "are not erased.",
    )
    .argument("<file>", "evidence, a .reach file: it is replaced")
    .option(
      "--drop <pointer>",
      "what is erased, as /0/input/applicant; may be given again",
      several,
    )
    .option("--class <name>", "all values of a class of the pack; may be given again", several)
    .option("--derived", "also all that was computed after the value had come in")
    .option("--record <dir>", "the folder of the run (reach run --record): it is deleted")
    .requiredOption("--reason <text>", "why, for the log: it names no person")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withAudit(command, "it is noted")
    .option("--json", "print {file, hidden, derived, left} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      '\nExample:\n  $ reach erase one.reach --class personal --reason "request 17" --log audit --log-key log.key',
    )
    .action(
      verb<[string, EraseOptions]>(async (terminal, file, options) => {
        const { drop = [], class: classes = [], derived = false, record } = options;
        const engine = engines()();
        const bytes = readInput(terminal.machine, file);
        const redaction = inRedaction(file, () => {
          const named = classes.length === 0 ? [] : pointersOfClasses(engine, bytes, classes);
          return redact(engine, bytes, { drop: [...drop, ...named], derived });
        });
        const { run } = openEvidence(engine, redaction.file);
        if (redaction.hidden.length === 0) throw nothing(file);
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
        const { hidden, derived: left } = redaction;
        if (terminal.json) terminal.result({ file, hidden, derived: left, left: redaction.left });
        else {
          terminal.print(
            `  ${file}  ${hidden.length} values erased${record === undefined ? "" : `, and ${record}`}`,
          );
          if (left.length > 0) {
            terminal.print(
              `  ${left.length} values that were computed afterwards are still there (--derived)`,
            );
          }
        }
        terminal.next(["reach", "verify", file, "--require", "authentic,redacted"]);
        return EXIT.ok;
      }),
    );
}

const nothing = (where: string): CliError =>
  new CliError({
    code: CODE.usage,
    what: "Nothing is to be erased",
    where,
    hint: "Give --drop POINTER or --class NAME.",
    exitCode: EXIT.usage,
  });

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
