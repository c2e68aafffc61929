// What the verbs that hide values have in common.
import { EvidenceError, pointersOfClasses, redact } from "@reach-fabric/evidence";
import type { RedactOptions, Redaction } from "@reach-fabric/evidence";
import { toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { EVIDENCE } from "../../ui/codes.ts";
import { taskName } from "../../ui/names.ts";
import { columns } from "../../ui/table.ts";
import { line } from "../../ui/text.ts";
import type { SafeText } from "../../ui/text.ts";
import type { Terminal } from "../../ui/terminal.ts";

/** What is to be hidden, as it is said on the command line. */
export interface Hiding {
  readonly drop?: string[];
  readonly class?: string[];
}

/**
 * Hides what was asked for. A place that is wrong is wrong usage, and not evidence that has failed.
 *
 * @param file where the bytes are from
 */
export function redacted(
  engine: Engine,
  file: string,
  bytes: Uint8Array,
  { drop = [], class: classes = [] }: Hiding,
  options: RedactOptions = {},
): Redaction {
  try {
    const named = classes.length === 0 ? [] : pointersOfClasses(engine, bytes, classes);
    return redact(engine, bytes, { ...options, drop: [...drop, ...named] });
  } catch (error) {
    const problem = problemOf(error, file);
    const usage = [EVIDENCE.noSuchValue, EVIDENCE.decision, EVIDENCE.redacted];
    const isUsage = error instanceof EvidenceError && usage.includes(error.code);
    throw new CliError(isUsage ? { ...problem, exitCode: EXIT.usage } : problem);
  }
}

/** Requires that something is to be hidden. */
export function requireHiding({ drop = [], class: classes = [] }: Hiding, more = false): void {
  if (drop.length + classes.length > 0 || more) return;
  throw new CliError({
    code: CODE.usage,
    what: "Nothing is to be hidden",
    hint: "Give --drop POINTER or --class NAME: `reach inspect FILE` shows the places.",
    exitCode: EXIT.usage,
  });
}

/** What is to be hidden, as a digest: the log is not told, but that it was the same. */
export const hidingDigest = (
  engine: Engine,
  { drop = [], class: classes = [] }: Hiding,
  { show = [], detached = false }: Pick<RedactOptions, "show" | "detached"> = {},
): string => {
  const sorted = [classes, drop, show].map((names) => names.toSorted());
  const what = [...sorted, detached];
  return toHex(engine.canonicalHash(utf8(JSON.stringify(what))));
};

/** Why no more is computed, in words that follow "and then". */
function whyStopped({ task, what, expression }: NonNullable<Redaction["stop"]>): string {
  const where = task === "" ? "the workflow itself" : taskName(task);
  if (what === "limit") return `a limit ended the run, in ${where}`;
  if (what === "answer") return `${where} is answered, which was asked something hidden`;
  return `${where} looks: ${expression === undefined ? what : `${what} ${expression}`}`;
}

/** So many pointers are printed of a list. */
const SHOWN = 12;

/** What came of it, for people. */
export function printRedaction(terminal: Terminal, redaction: Redaction): void {
  const { yellow } = terminal.colors;
  const { hidden, computed, size, stop, outcome, named } = redaction;
  const list = (head: string | SafeText, rows: readonly (readonly string[])[]): void => {
    if (rows.length === 0) return;
    terminal.print(line`\n${head}`);
    terminal.print(columns(rows.slice(0, SHOWN)));
    if (rows.length > SHOWN) terminal.print(line`  and ${rows.length - SHOWN} more (--json)`);
  };
  list(
    "Hidden",
    hidden.map((pointer) => [pointer]),
  );
  if (stop === null) {
    terminal.print(
      line`\nAll ${size} records are still computed: nothing looks at what is hidden.`,
    );
  } else {
    const why = whyStopped(stop);
    terminal.print(
      line`\n${yellow(`${computed} of ${size} records are still computed, and then ${why}`)}`,
    );
    const left = size - computed === 1 ? "1 record is" : `${size - computed} records are`;
    terminal.print(
      line`  ${left} hidden${outcome ? "" : ", how the run ended among them"}. Hide single values, not what they are in;\n  --show shows a record in spite of that.`,
    );
  }
  list(
    yellow("Shown by name, and depends on what is hidden"),
    named.map(({ pointer, holds }) => [
      pointer,
      holds.length === 0 ? "" : `holds what is hidden at ${holds.join(", ")}`,
    ]),
  );
}
