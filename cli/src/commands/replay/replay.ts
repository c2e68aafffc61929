import { replay as replayRecords } from "@reach-fabric/engine";
import type { ReplayResult } from "@reach-fabric/engine";
import type { Evidence } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { readEvidence, withPack } from "../../read/evidence.ts";
import { readInput } from "../../read/files.ts";
import { brief, describeOutcome, taskName } from "../../ui/names.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";
import type { CliProblem } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import { changeStep, showStep } from "./time-travel.ts";
import { safe } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { EVIDENCE } from "../../ui/codes.ts";

/** `reach replay FILE`: the recorded inputs, computed again; the first record that differs. */
export function replay(program: Command, verb: Verb): void {
  program
    .command("replay")
    .summary("compute a recorded run again and compare every record")
    .description(
      "Feeds the recorded inputs of a run to the engine again, offline, and compares every record " +
        "byte for byte. The first that differs is shown. Replaying does not check who signed: verify does.\n\n" +
        "--until stops at a record and shows it. --from with --set replaces an answer, or a part of the " +
        "input, and continues with the other recorded answers: the result is " +
        "hypothetical, and exits 0 if it is the same, 1 if not, 3 if it asks for what was not recorded.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option("--until <step>", "replay up to this record and show it")
    .option("--from <step>", "the record that --set changes")
    .option("--set <pointer=json>", "a place in it, such as /result/body/score, and its value")
    .option("--pack <pack>", "the pack, if it was left out: a .pack file, or its folder")
    .option("--json", "print the result as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach replay one.reach\n  $ reach replay one.reach --until 7\n" +
        "  $ reach replay one.reach --from 4 --set /result/body/score=650",
    )
    .action(
      verb<[string, ReplayOptions]>(async (terminal, file, options) => {
        const engine = engines()();
        const bytes = await withPack(engine, readInput(terminal.machine, file), file, options.pack);
        const evidence = readEvidence(terminal.machine, engine, file, bytes);
        const { run, pack, records, outcome } = evidence;
        if (pack === null || records === null) throw new CliError(incomplete(file, evidence));
        const travel = { terminal, engine, file, pack, records };
        if (options.until !== undefined) return showStep(travel, options.until);
        if (options.from !== undefined || options.set !== undefined) {
          return changeStep(travel, options.from, options.set);
        }
        const result = replayRecords(engine, pack, records);
        const ok = result.status === "reproduced" && result.decision === run.decision;
        if (terminal.json) terminal.result({ file, workflow: run.workflow, ...result });
        else {
          const { green, red, bold } = terminal.colors;
          terminal.print(`${bold(safe(file))}  ${ok ? green("reproduced") : red(result.status)}`);
          terminal.print(
            columns([
              ["workflow", run.workflow],
              ["records", `${result.records} of ${records.length} as recorded`],
              ...(outcome === null ? [] : [["outcome", describeOutcome(outcome, 100)]]),
              ...(result.decision === undefined ? [] : [["decision", result.decision]]),
              ...(result.fuel === undefined ? [] : [["fuel", String(result.fuel)]]),
            ]),
          );
        }
        if (!ok) {
          terminal.problem(diverged(file, result, records.length, run.decision));
          return EXIT.failed;
        }
        const { pack: named } = options;
        terminal.next(["reach", "verify", file, ...(named === undefined ? [] : ["--pack", named])]);
        return EXIT.ok;
      }),
    );
}

interface ReplayOptions {
  readonly pack?: string;
  readonly until?: string;
  readonly from?: string;
  readonly set?: string;
}

const incomplete = (file: string, { pack, missing }: Evidence): CliProblem => ({
  code: pack === null ? EVIDENCE.noPack : EVIDENCE.undisclosed,
  what: "This evidence cannot be replayed",
  where: file,
  why: pack === null ? "its pack is not enclosed" : `${missing.length} values are not disclosed`,
  hint: pack === null ? "Name the pack with --pack." : "Ask for the evidence with its values.",
  exitCode: EXIT.unchecked,
});

function diverged(
  file: string,
  { status, divergence, refusal, decision }: ReplayResult,
  records: number,
  signed: string | null,
): CliProblem {
  const base = { where: file, exitCode: EXIT.failed };
  if (divergence !== undefined) {
    const { seq, kind, task, pointer, recorded, replayed, reason } = divergence;
    const about = task === undefined ? kind : taskName(task);
    const at = pointer === undefined ? "" : ` at ${pointer}`;
    return {
      ...base,
      code: CODE.diverged,
      what: `Replay diverged at record ${seq} of ${records} (${about})`,
      why: `${reason}${at}\nrecorded ${brief(recorded, 100)}\nreplayed ${brief(replayed, 100)}`,
      hint: `reach inspect ${file} --step ${seq}`,
    };
  }
  if (refusal !== undefined) {
    return {
      ...base,
      code: refusal.code,
      what: "The engine refuses this run",
      why: refusal.message,
    };
  }
  if (status === "incomplete") {
    return { ...base, code: CODE.diverged, what: "The run goes on where its records end" };
  }
  return {
    ...base,
    code: CODE.diverged,
    what: "The replay gives another decision digest than the one that was signed",
    why: `signed ${signed ?? "none"}, replayed ${decision ?? "none"}`,
  };
}
