import { existsSync } from "node:fs";
import { pointersOfClasses, redact as redactBytes } from "@reach-fabric/evidence";
import type { Redaction } from "@reach-fabric/evidence";
import type { Engine } from "@reach-fabric/engine";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { several } from "../../read/options.ts";
import { CODE, CliError, exists, EXIT } from "../../ui/problem.ts";
import { inRedaction } from "./redaction.ts";
import { columns } from "../../ui/table.ts";
import { safe } from "../../ui/text.ts";
import type { Terminal } from "../../ui/terminal.ts";
import type { Verb } from "../../ui/verb.ts";

interface RedactOptions {
  drop?: string[];
  class?: string[];
  output: string;
  derived?: boolean;
  detached?: boolean;
  force?: boolean;
}

/** `reach redact FILE --drop POINTER -o OUT`: values taken out, every proof still verifies. */
export function redact(program: Command, verb: Verb): void {
  program
    .command("redact")
    .summary("take values out of evidence; what is left still verifies")
    .description(
      "Writes a copy of evidence without some values, and without every copy of them in other records: as " +
        "texts, within texts, in base64 and in hex. The signature still holds, and verify says what is " +
        "missing. The decision's digest goes with them, because it would confirm guesses. Values that " +
        "were computed afterwards, and may give them away, are named; --derived takes them out, too.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option(
      "--class <name>",
      "all values that the pack says are of this class, as personal; may be given again",
      several,
    )
    .option(
      "--drop <pointer>",
      "what is taken out: /RECORD/MEMBER/..., as /0/input/applicant/name; may be given again",
      several,
    )
    .requiredOption("-o, --output <file>", "where the redacted evidence is written")
    .option("--derived", "also all that was computed after the value had come in")
    .option("--detached", "leave the pack out, too; verify --pack takes it from elsewhere")
    .option("--force", "replace an existing output file")
    .option("--json", "print {file, hidden, derived, left} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach redact one.reach --drop /0/input/applicant/name -o public.reach",
    )
    .action(
      verb<[string, RedactOptions]>(async (terminal, file, options) => {
        const { output, force, derived = false, detached = false } = options;
        if (force !== true && existsSync(output)) throw new CliError(exists(output));
        const bytes = readInput(terminal.machine, file);
        const engine = engines()();
        const redaction = inRedaction(file, () => {
          const drop = dropped(engine, bytes, options);
          return redactBytes(engine, bytes, { drop, derived, detached });
        });
        const { writeFileAtomic } = await import("@reach-fabric/host/packs");
        await writeFileAtomic(output, redaction.file);
        print(terminal, output, redaction);
        const { length } = redaction.hidden;
        terminal.next(
          length === 0
            ? ["reach", "inspect", output]
            : ["reach", "verify", output, "--require", "authentic,redacted"],
        );
        return EXIT.ok;
      }),
    );
}

function dropped(
  engine: Engine,
  bytes: Uint8Array,
  { drop = [], class: classes = [], detached = false }: RedactOptions,
): string[] {
  if (drop.length + classes.length > 0 || detached) {
    const named = classes.length === 0 ? [] : pointersOfClasses(engine, bytes, classes);
    return [...new Set([...drop, ...named])];
  }
  throw new CliError({
    code: CODE.usage,
    what: "Nothing is to be taken out",
    hint: "Give --drop POINTER, --class NAME or --detached.",
    exitCode: EXIT.usage,
  });
}

/** So many pointers are printed of a list. */
const SHOWN = 12;

function print(
  terminal: Terminal,
  output: string,
  { file, hidden, derived, left }: Redaction,
): void {
  if (terminal.json) {
    terminal.result({ file: output, bytes: file.length, hidden, derived, left });
    return;
  }
  const { bold, yellow } = terminal.colors;
  terminal.print(`${bold(safe(output))}  ${file.length} bytes, ${hidden.length} values taken out`);
  const list = (head: string, rows: readonly (readonly string[])[]): void => {
    if (rows.length === 0) return;
    terminal.print(`\n${head}`);
    terminal.print(columns(rows.slice(0, SHOWN)));
    if (rows.length > SHOWN) terminal.print(`  and ${rows.length - SHOWN} more (--json)`);
  };
  list(
    "Taken out",
    hidden.map((pointer) => [pointer]),
  );
  list(
    yellow("Still there, and may give it away: computed afterwards (--derived takes it out)"),
    derived.map((pointer) => [pointer]),
  );
  list(
    yellow("Still there, and looks like it"),
    left.map(({ where, why }) => [where, why]),
  );
}
