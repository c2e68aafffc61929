import { codeName, codes, fromUtf8, outputsOf, pointerOf } from "@reach-fabric/engine";
import type { ListedExpression, Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import type { ReadDocument } from "@reach-fabric/host/packs";
import type { Command } from "commander";
import { join } from "node:path";
import { lintTable, unreachableTasks } from "@reach-fabric/schema";
import type { Path, Table, TableFinding } from "@reach-fabric/schema";
import { engines } from "../read/engine.ts";
import { pointAt } from "../read/files.ts";
import { pathsIn, placeOf, unloadable } from "../read/load.ts";
import { brief } from "../ui/names.ts";
import { EXIT, sentence } from "../ui/problem.ts";
import type { Terminal } from "../ui/terminal.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** Where something is: the file as people name it, a JSON pointer into it, and from 1 the line and column. */
interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer: string;
}

/** Something that is to be said. An error ends every run, a warning some runs. */
interface Finding extends Place {
  readonly severity: "error" | "warning" | "note";
  /** The code that a run would end with. */
  readonly code?: string;
  readonly message: string;
  /** Bytes into the program. */
  readonly offset?: number;
}
type Said = Omit<Finding, keyof Place>;

interface Linted extends Place {
  /** The pointer, too. */
  readonly place: string;
  /** file:line:column */
  readonly where: string;
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** A task to which nothing leads. */
interface LintedTask extends Finding {
  readonly where: string;
}

/** What is to be said about a decision table. */
type LintedTable = Finding & Pick<TableFinding, "kind" | "rules" | "example">;

/** `reach lint WORKFLOW`: what can be said about each expression of a workflow without running it. */
export function lint(program: Command, verb: Verb): void {
  program
    .command("lint")
    .summary("check every expression of a workflow")
    .description(
      "Compiles every expression of a workflow and says what is wrong with each: syntax errors with " +
        "their place, unknown functions and variables, several outputs or none where one is needed, " +
        "and where the clock is read. It also finds tasks that cannot be reached and, in decision " +
        "tables: rules that never apply, rules of a unique table that apply together, and inputs to " +
        "which no rule applies. Exits 1 if an expression does not compile, 2 if the file is not a workflow.",
    )
    .argument("<workflow>", "a .yaml, .yml or .json file")
    .option(
      "--json",
      "print {expressions, tasks, tables, errors, warnings}; errors as JSON on stderr",
    )
    .addHelpText("after", "\nExample:\n  $ reach lint workflow.yaml")
    .action(
      verb<[string, object]>(async (terminal, workflow) => {
        const host = await import("@reach-fabric/host/packs");
        const { pack, documents } = await host.loadWritten(workflow);
        const folder = await host.folderOfPack(workflow);
        // Of a pack that was built, the files that are there; reading one takes longer than all else.
        const built = new Map<string, ReadDocument>();
        const documentAt = async (name: string): Promise<ReadDocument> => {
          const known = documents.get(name) ?? built.get(name);
          if (known !== undefined) return known;
          const path = join(folder, name);
          const read = host.readDocument(await host.readRegularFile(path), path);
          built.set(name, read);
          return read;
        };
        const placeAt = async (name: string, path: Path): Promise<Place> => {
          const found = (await documentAt(name)).locate(path);
          return { ...found, file: join(folder, name), pointer: pointerOf(path) };
        };
        const { expressions, error } = engines()().listExpressions(pack);
        const pathOf = pathsIn(pack);
        const linted: Linted[] = [];
        for (const expression of expressions) {
          const { file, place, text } = expression;
          const at = await placeAt(file, pathOf(file, place));
          const findings = findingsOf(expression).map((said) => ({ ...said, ...at }));
          linted.push({ ...at, place, where: host.placeText(at), text, findings });
        }
        // In the order of the document, which canonical JSON has lost.
        linted.sort(inOrder);
        const count = (severity: Finding["severity"]): number =>
          linted.reduce(
            (sum, { findings }) => sum + findings.filter((f) => f.severity === severity).length,
            0,
          );
        const tables = tablesOf(pack, folder, host);
        const tasks: LintedTask[] = [];
        for (const name of manifestOf(pack).workflows) {
          const { canonical } = await documentAt(name);
          const document = JSON.parse(fromUtf8(canonical)) as { do: unknown };
          for (const path of unreachableTasks(document)) {
            const message = "Nothing leads to this task";
            const at = await placeAt(name, path);
            tasks.push({ severity: "warning", message, where: host.placeText(at), ...at });
          }
        }
        const errors = count("error");
        const warnings = count("warning") + tables.length + tasks.length;
        const notes = count("note");
        if (terminal.json)
          terminal.result({ expressions: linted, tasks, tables, errors, warnings, notes });
        else print(terminal, linted, { tasks, tables }, { errors, warnings, notes });
        if (error !== null) {
          terminal.problem(unloadable(error, pack, folder, host));
          return EXIT.usage;
        }
        return errors === 0 ? EXIT.ok : EXIT.failed;
      }),
    );
}

/** Numbers are compared as such: a collator, which could do it, takes longer to load than a workflow to be linted. */
function inOrder(a: Place, b: Place): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** What is to be said about the decision tables of a pack. */
function tablesOf(
  pack: Pack,
  folder: string,
  host: typeof import("@reach-fabric/host/packs"),
): LintedTable[] {
  return manifestOf(pack).tables.flatMap((path) => {
    const bytes = pack.files.find((file) => file.path === path)?.bytes ?? new Uint8Array();
    const file = join(folder, path);
    const table = JSON.parse(fromUtf8(bytes)) as Table;
    return lintTable(table).map((finding): LintedTable => {
      const rule = table.rules.findIndex(({ id }) => id === finding.rules[0]);
      const at: Path = rule < 0 ? ["rules"] : ["rules", rule];
      const place = { file, ...placeOf(file, at, host), pointer: pointerOf(at) };
      return { ...place, severity: "warning", ...finding };
    });
  });
}

/** The clock, as an expression may read it (Bytecode.reads). */
const CLOCKS: readonly (readonly [bit: number, name: string])[] = [
  [1, "now"],
  [4, "$workflow.startedAt"],
  [8, "$task.startedAt"],
];

function findingsOf({ program, error }: ListedExpression): Said[] {
  if (error !== undefined) {
    const { code, message, offset } = error;
    return [{ severity: "error", code, message: sentence(message), offset }];
  }
  if (program === undefined) return [];
  const { none, many } = outputsOf(program);
  const findings: Said[] = [];
  if (many) {
    const message = "It can give several outputs, where exactly one is needed";
    findings.push({ severity: "warning", code: codeName(codes.E_EXPR_MANY), message });
  }
  if (none) {
    const message = "It can give no output, where exactly one is needed";
    findings.push({ severity: "warning", code: codeName(codes.E_EXPR_NONE), message });
  }
  const clocks = CLOCKS.filter(([bit]) => (program.reads & bit) !== 0).map(([, name]) => name);
  if (clocks.length > 0) {
    findings.push({ severity: "note", message: `It reads the clock: ${clocks.join(", ")}` });
  }
  return findings;
}

function print(
  terminal: Terminal,
  linted: readonly Linted[],
  {
    tasks,
    tables,
  }: { readonly tasks: readonly LintedTask[]; readonly tables: readonly LintedTable[] },
  counts: Readonly<Record<"errors" | "warnings" | "notes", number>>,
): void {
  const { colors } = terminal;
  const paint = { error: colors.red, warning: colors.yellow, note: colors.dim };
  for (const { where, text, findings } of linted) {
    for (const { severity, code, message, offset } of findings) {
      const end = code === undefined ? "" : line`   ${colors.dim(code)}`;
      terminal.print(line`${where}  ${paint[severity](severity)}  ${message}${end}`);
      if (severity === "note") continue;
      const shown = offset === undefined ? text.trim() : pointAt(text, offset);
      for (const part of shown.split("\n")) terminal.print(line`    ${part}`);
    }
  }
  for (const { where, message } of tasks) {
    terminal.print(line`${where}  ${paint.warning("warning")}  ${message}`);
  }
  for (const { file, message, example } of tables) {
    terminal.print(line`${file}  ${paint.warning("warning")}  ${message}`);
    if (example !== undefined) terminal.print(line`    for example ${brief(example, 160)}`);
  }
  const { errors, warnings, notes } = counts;
  const some = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  terminal.print(
    line`${some(linted.length, "expression")}: ${some(errors, "error")}, ${some(warnings, "warning")}, ${some(notes, "note")}`,
  );
}
