import { existsSync } from "node:fs";
import type { RedactedBy } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { now } from "../../read/instants.ts";
import { readSigner } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import type { Machine } from "../../ui/machine.ts";
import { CODE, CliError, exists, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { printRedaction, redacted, requireHiding } from "./redaction.ts";
import type { Hiding } from "./redaction.ts";

interface RedactOptions extends Hiding, ByOptions {
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
  program
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
    .option("--force", "replace an existing output file")
    .option("--json", "print {file, hidden, computed, size, ...} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach redact one.reach --drop input/applicant/name -o public.reach",
    )
    .action(
      verb<[string, RedactOptions]>(async (terminal, file, options) => {
        const { output, force, show = [], dryRun = false, detached = false } = options;
        requireHiding(options, detached);
        if (output === undefined && !dryRun)
          throw usage("Where to write it is not said", "Give -o FILE.");
        if (output !== undefined && force !== true && existsSync(output)) {
          throw new CliError(exists(output));
        }
        const by = await byOf(terminal.machine, options);
        const bytes = readInput(terminal.machine, file);
        const found = redacted(engines()(), file, bytes, options, {
          show,
          detached,
          ...(by === undefined ? {} : { by }),
        });
        const { file: written, ...rest } = found;
        const isWritten = output !== undefined && !dryRun;
        if (isWritten) {
          const { writeFileAtomic } = await import("@reach-fabric/host/packs");
          await writeFileAtomic(output, written);
        }
        if (terminal.json) {
          terminal.result({ ...(isWritten && { file: output }), bytes: written.length, ...rest });
        } else {
          const { bold } = terminal.colors;
          const head = isWritten ? bold(output) : "Nothing is written";
          terminal.print(line`${head}  ${written.length} bytes`);
          printRedaction(terminal, found);
        }
        if (isWritten)
          terminal.next(["reach", "verify", output, "--require", "authentic,redacted"]);
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
