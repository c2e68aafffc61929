import { existsSync } from "node:fs";
import { sameBytes, toHex } from "@reach-fabric/engine";
import type { RedactedBy } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { now } from "../../read/instants.ts";
import { readSigner } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import type { Machine } from "../../ui/machine.ts";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { CODE, CliError, exists, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { hidingDigest, printRedaction, redacted, requireHiding } from "./redaction.ts";
import type { Hiding } from "./redaction.ts";

interface RedactOptions extends Hiding, ByOptions, AuditOptions {
  actor: string;
  show?: string[];
  output?: string;
  dryRun?: boolean;
  detached?: boolean;
  force?: boolean;
}
interface ByOptions {
  by?: string;
  why?: string;
  key?: string;
  passphraseFile?: string;
}

/** `reach redact FILE --drop POINTER -o OUT`: values hidden, and what depends on them; the rest still verifies. */
export function redact(program: Command, verb: Verb): void {
  const command = program
    .command("redact")
    .summary("hide values of evidence; what is left still verifies")
    .description(
      "Writes a copy of evidence in which some of what entered the run is hidden. The run is computed again " +
        "without it: what is only passed on stays hidden wherever it goes, and everything else is shown. Where " +
        "something looks at a hidden value (a condition, a sum, a schema), the computation ends, and all that " +
        "follows is hidden, too, but for what --show names. The signature still holds, and verify says what is missing.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option(
      "--drop <pointer>",
      "what is hidden, as input/applicant/name, income.ask/result/body/annual, /9/result/body or /run/actor; " +
        "may be given again",
      several,
    )
    .option(
      "--class <name>",
      "all values that the pack says are of this class, as personal; may be given again",
      several,
    )
    .option(
      "--show <pointer>",
      "what is shown of records that depend on it, as outcome/output; may be given again",
      several,
    )
    .option("-o, --output <file>", "where the redacted evidence is written")
    .option("--dry-run", "write nothing: say what would be hidden, and what looks at it")
    .option("--by <name>", "who redacts it: signed into the file, with --why and --key")
    .option("--why <text>", "for what reason")
    .option("--key <keyfile>", "the key to sign that with")
    .option("--passphrase-file <file>", "the passphrase of the key")
    .option("--detached", "leave the pack out, too; verify --pack takes it from elsewhere")
    .option("--actor <id>", "who does this, for the log: an id, not a name", "local")
    .option("--force", "replace an existing output file");
  withAudit(command, "it is noted")
    .option("--json", "print {file, hidden, computed, size, ...} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach redact one.reach --drop input/applicant/name -o public.reach",
    )
    .action(
      verb<[string, RedactOptions]>(async (terminal, file, options) => {
        const { output, force, show = [], dryRun = false, detached = false, actor } = options;
        requireHiding(options, detached);
        if (output === undefined && !dryRun)
          throw usage("Where to write it is not said", "Give -o FILE.");
        const { machine } = terminal;
        const by = await byOf(machine, options);
        const bytes = readInput(machine, file);
        const engine = engines()();
        const found = redacted(engine, file, bytes, options, {
          show,
          detached,
          ...(by === undefined ? {} : { by }),
        });
        const { file: written, ...rest } = found;
        const isWritten = output !== undefined && !dryRun;
        if (isWritten) {
          const details = {
            file: toHex(engine.sha256(bytes)),
            what: hidingDigest(engine, options, { show, detached }),
            redacted: toHex(engine.sha256(written)),
          };
          const there = existsSync(output) ? readInput(machine, output) : undefined;
          const act = { type: "value.redacted", actor, details, same: ["file", "what"] };
          const work = async (): Promise<{ result: undefined }> => {
            const isSame = there !== undefined && sameBytes(there, written);
            if (there !== undefined && !isSame && force !== true)
              throw new CliError(exists(output));
            const { writeFileAtomic } = await import("@reach-fabric/host/packs");
            await writeFileAtomic(output, written);
            return { result: undefined };
          };
          await audited(machine, options, act, work, ({ redacted: noted }) =>
            there !== undefined && noted === toHex(engine.sha256(there))
              ? { result: undefined }
              : undefined,
          );
        }
        if (terminal.json) {
          terminal.result({ ...(isWritten && { file: output }), bytes: written.length, ...rest });
        } else {
          const { bold } = terminal.colors;
          const head = isWritten ? bold(output) : "Nothing is written";
          terminal.print(line`${head}  ${written.length} bytes`);
          printRedaction(terminal, found);
        }
        if (isWritten) {
          const pack = detached ? ["--pack", "FOLDER"] : [];
          terminal.next(["reach", "verify", output, ...pack, "--require", "authentic,redacted"]);
        }
        return EXIT.ok;
      }),
    );
}

const usage = (what: string, hint: string): CliError =>
  new CliError({ code: CODE.usage, what, hint, exitCode: EXIT.usage });

/** Who says so, if that is signed. */
async function byOf(
  machine: Machine,
  { by, why, key, passphraseFile }: ByOptions,
): Promise<RedactedBy | undefined> {
  if (by === undefined && why === undefined && key === undefined) return undefined;
  if (by === undefined || why === undefined || key === undefined) {
    throw usage("Who redacts is said as a whole", "Give --by, --why and --key.");
  }
  return { by, why, at: now(), signer: await readSigner(machine, key, passphraseFile) };
}
