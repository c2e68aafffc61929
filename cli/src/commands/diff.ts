import { diff as compare } from "@reach-fabric/evidence";
import type { Budget, DiffReport } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../read/engine.ts";
import { FUEL, readEvidence } from "../read/evidence.ts";
import { brief, describeOutcome, taskName } from "../ui/names.ts";
import { CliError, EXIT, problemOf } from "../ui/problem.ts";
import { columns } from "../ui/table.ts";
import { line, short } from "../ui/text.ts";
import type { Terminal } from "../ui/terminal.ts";
import type { Verb } from "../ui/verb.ts";

/** `reach diff A B`: the first step at which two runs part. */
export function diff(program: Command, verb: Verb): void {
  program
    .command("diff")
    .summary("show the first step at which two runs differ")
    .description(
      "Compares two runs record by record and shows the first step at which they differ, and how each " +
        "was decided. Exits 0 if both are the same decision, 1 if not, 3 if what differs can be hidden. Neither file is verified.",
    )
    .argument("<a>", "evidence, a .reach file")
    .argument("<b>", "evidence, a .reach file")
    .option(...FUEL)
    .option("--json", "print the difference as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach diff before.reach after.reach")
    .action(
      verb<[string, string, Budget]>((terminal, a, b, { fuel }) => {
        const engine = engines()();
        const left = readEvidence(terminal.machine, engine, a);
        const right = readEvidence(terminal.machine, engine, b);
        let report: DiffReport;
        try {
          report = compare(engine, left, right, undefined, { fuel });
        } catch (error) {
          throw new CliError(problemOf(error, `${a}, ${b}`));
        }
        if (terminal.json) terminal.result({ files: { a, b }, ...report });
        else print(terminal, a, b, report);
        if (report.same !== false) return report.same === true ? EXIT.ok : EXIT.unchecked;
        const step = report.step === undefined ? [] : ["--step", String(report.step)];
        terminal.next(["reach", "inspect", b, ...step]);
        return EXIT.failed;
      }),
    );
}

function print(terminal: Terminal, a: string, b: string, report: DiffReport): void {
  const { bold, green, yellow } = terminal.colors;
  const { same, step, task, kind, pointer, values, packs, decisions, outcomes } = report;
  const names = `${a} and ${b}`;
  const verdict =
    same === null
      ? yellow("differ in nothing that both show")
      : same
        ? green("the same decision")
        : yellow("differ");
  terminal.print(line`${bold(names)}  ${verdict}`);
  if (same !== false) {
    terminal.print(columns([["decision", decisions.a ?? decisions.b ?? "not disclosed"]]));
    return;
  }
  if (packs !== undefined) {
    const files = packs.files.length === 0 ? "" : `, in ${packs.files.join(", ")}`;
    terminal.print(line`\npacks differ: ${short(packs.a)} and ${short(packs.b)}${files}`);
  }
  if (step === undefined) {
    terminal.print(line`\nNo record differs: what differs is what the run began with.`);
  } else {
    const about = task === undefined ? (kind ?? "") : taskName(task);
    terminal.print(line`\nFirst difference: record ${step}, ${kind ?? ""} ${about}`);
    terminal.print(
      columns([
        ["at", pointer === undefined || pointer === "" ? "the whole record" : pointer],
        ["a", brief(values?.a, 160)],
        ["b", brief(values?.b, 160)],
      ]),
    );
  }
  terminal.print(line`\nOutcomes`);
  terminal.print(
    columns([
      [
        "a",
        outcomes.a === null ? "not disclosed" : describeOutcome(outcomes.a, 140),
        short(decisions.a ?? "not disclosed"),
      ],
      [
        "b",
        outcomes.b === null ? "not disclosed" : describeOutcome(outcomes.b, 140),
        short(decisions.b ?? "not disclosed"),
      ],
    ]),
  );
}
