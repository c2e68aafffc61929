import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { toHex } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import type { Redaction } from "@reach-fabric/evidence";
import type { ActDetails } from "@reach-fabric/host";
import type { Command } from "commander";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import type { Machine } from "../../ui/machine.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { several } from "../../read/options.ts";
import { withStore } from "../../read/runs.ts";
import type { StoreOption } from "../../read/runs.ts";
import { line } from "../../ui/text.ts";
import { EXIT, problemOf } from "../../ui/problem.ts";
import { hidingDigest, printRedaction, redacted, requireHiding } from "./redaction.ts";
import type { Hiding } from "./redaction.ts";
import { leftovers, remainsOf } from "./kept-runs.ts";
import type { Remains } from "./kept-runs.ts";
import type { Verb } from "../../ui/verb.ts";

interface EraseOptions extends AuditOptions, Hiding, StoreOption {
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
      "Takes values out of an evidence file, with all that depends on them, as redact does; removes all that is " +
        "kept of the run, with the run secret that all seeds follow from; and notes the erasure in the " +
        "audit log, without the values. The signature and every proof still hold. Other people's copies " +
        "are not erased. A file that was erased from cannot be erased from again: name all of it at once.",
    )
    .argument("<file>", "evidence, a .reach file: it is replaced")
    .option(
      "--drop <pointer>",
      "what is erased, as input/applicant/name; may be given again",
      several,
    )
    .option("--class <name>", "all values of a class of the pack; may be given again", several)
    .option(
      "--record <dir>",
      "the folder of the run, if reach run had one of its own: it is removed",
    )
    .requiredOption("--reason <text>", "why, for the log: it names no person")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withStore(command);
  withAudit(command, "it is noted")
    .option("--json", "print {file, hidden, computed, size, ...} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      '\nExample:\n  $ reach erase one.reach --class personal --reason "request 17" --log audit --log-key log.key',
    )
    .action(
      verb<[string, EraseOptions]>(async (terminal, file, options) => {
        requireHiding(options);
        const { changingFile } = await import("@reach-fabric/host");
        // What two would take out at a time, one would put in again.
        const done = await changingFile(file, (path) =>
          eraseFrom(terminal.machine, file, path, options),
        );
        const { redaction, remains, bytes, names } = done;
        const places = remains.map(({ where }) => where);
        if (terminal.json) {
          const { file: _, ...rest } = redaction ?? { file: bytes };
          terminal.result({ file, kept: places, ...rest });
        } else {
          const values =
            redaction === undefined ? "the values" : `${redaction.hidden.length} values`;
          terminal.print(line`  ${[file, ...places].join(", ")}  ${values} erased`);
          if (redaction !== undefined) printRedaction(terminal, redaction);
        }
        if (names > 1) {
          const others =
            names === 2 ? "1 other name (hard link)" : `${names - 1} other names (hard links)`;
          const what = `${file} had ${others}: the values are still there`;
          terminal.progress("copies", what, { file, names: names - 1 });
        }
        terminal.next(["reach", "verify", file, "--require", "authentic,redacted"]);
        return EXIT.ok;
      }),
    );
}

/** What an erasure has done. */
interface Erased {
  /** Undefined where an erasure that was cut off had done it. */
  readonly redaction: Redaction | undefined;
  /** What was kept of the run, and is gone. */
  readonly remains: readonly Remains[];
  /** What was in the file. */
  readonly bytes: Uint8Array;
  /** How many names the file had. */
  readonly names: number;
}

/** @param path where `file` is, which may be a link to it */
async function eraseFrom(
  machine: Machine,
  file: string,
  path: string,
  options: EraseOptions,
): Promise<Erased> {
  const engine = engines()();
  const bytes = readInput(machine, path);
  const names = statSync(path).nlink;
  const { run, shown } = openEvidence(engine, bytes);
  // A file of which something is hidden can only be the one that an erasure has left which was cut off.
  const redaction = shown === null ? redacted(engine, file, bytes, options) : undefined;
  const { remains, close } = await remainsOf(machine, run.id, options);
  const own = toHex(engine.sha256(bytes));
  const details = {
    run: run.id,
    reason: options.reason,
    what: hidingDigest(engine, options),
    ...(redaction && {
      values: redaction.hidden.length,
      before: own,
      after: toHex(engine.sha256(redaction.file)),
    }),
  };
  const act = { type: "value.erased", actor: options.actor, details, same: ["run", "what"] };
  const parts = leftovers(path);
  let isErased = false;
  // That the log has such an erasure says nothing of this copy: another one may have been erased.
  const found = ({ after }: ActDetails): { result: undefined } | undefined => {
    isErased = redaction === undefined && after === own;
    return isErased && remains.length + parts.length === 0 ? { result: undefined } : undefined;
  };
  const work = async (): Promise<{ result: undefined; details?: ActDetails }> => {
    const erased = isErased
      ? undefined
      : (redaction ?? redacted(engine, file, bytes, options)).file;
    // The file last: as long as it holds the values, the same command can be given again.
    for (const one of remains) await one.remove();
    for (const part of parts) await rm(part, { force: true });
    if (erased === undefined) return { result: undefined, details: { after: own } };
    const { writeFileAtomic } = await import("@reach-fabric/host/packs");
    await writeFileAtomic(path, erased);
    return { result: undefined };
  };
  const noted = machine.security?.log;
  const event = { type: "value.erased", run: run.id } as const;
  try {
    await audited(machine, options, act, work, found);
    const after = redaction === undefined ? own : toHex(engine.sha256(redaction.file));
    noted?.note({ ...event, outcome: "success", after });
  } catch (error) {
    const { code } = problemOf(error);
    noted?.note({ ...event, outcome: "failure", code });
    throw error;
  } finally {
    await close();
  }
  return { redaction, remains, bytes, names };
}
