import { toHex } from "@reach-fabric/engine";
import type { Budget } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { engines } from "../../read/engine.ts";
import { FUEL, readEvidence, withPack } from "../../read/evidence.ts";
import { readInput } from "../../read/files.ts";
import { describeOutcome } from "../../ui/names.ts";
import { EXIT, problemOf } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import { changeStep, replayed, showStep } from "./time-travel.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach replay FILE`: the recorded inputs, computed again; the first record that differs. */
export function replay(program: Command, verb: Verb): void {
  program
    .command("replay")
    .summary("compute a recorded run again and compare what it comes to")
    .description(
      "Feeds what entered a run to the engine again, offline, and compares the roots of all records, the decision " +
        "and the fingerprint with those in the file. Replaying does not check who signed: verify does.\n\n" +
        "--until stops at a record and shows it. --from with --set replaces an answer, or a part of the " +
        "input, and continues with the other recorded answers: the result is " +
        "hypothetical, and exits 0 if it is the same, 1 if not, 3 if it asks for what was not recorded.",
    )
    .argument("<file>", "evidence, a .reach file")
    .option("--until <step>", "replay up to this record and show it")
    .option("--from <step>", "the record that --set changes")
    .option("--set <pointer=json>", "a place in it, such as /result/body/score, and its value")
    .option("--pack <pack>", "the pack, if it was left out: a .pack file, or its folder")
    .option(...FUEL)
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
        const travel = { terminal, engine, file, evidence, fuel: options.fuel };
        if (options.until !== undefined) return showStep(travel, options.until);
        if (options.from !== undefined || options.set !== undefined) {
          return changeStep(travel, options.from, options.set);
        }
        const { computed, difference } = replayed(travel);
        const { run, outcome } = evidence;
        if (terminal.json) {
          const ok = difference === null;
          const { status, steps, end, size, decision, fingerprint, fuel, refusal } = computed;
          const found = { status, steps, end, records: size, decision, fingerprint, fuel, refusal };
          terminal.result({ file, workflow: run.workflow, reproduced: ok, ...found });
        } else {
          const { green, red, bold } = terminal.colors;
          const state = difference === null ? green("reproduced") : red("not reproduced");
          terminal.print(line`${bold(file)}  ${state}`);
          const { root, size, decision, fuel } = computed;
          terminal.print(
            columns([
              ["workflow", run.workflow],
              ...(root === undefined ? [] : [["records", `${size}, root ${toHex(root)}`]]),
              ...(outcome === null ? [] : [["outcome", describeOutcome(outcome, 100)]]),
              ...(decision === undefined ? [] : [["decision", decision]]),
              ...(fuel === undefined ? [] : [["fuel", String(fuel)]]),
            ]),
          );
        }
        if (difference !== null) {
          terminal.problem(problemOf(difference, file));
          return EXIT.failed;
        }
        const { pack: named } = options;
        terminal.next(["reach", "verify", file, ...(named === undefined ? [] : ["--pack", named])]);
        return EXIT.ok;
      }),
    );
}

interface ReplayOptions extends Budget {
  readonly pack?: string;
  readonly until?: string;
  readonly from?: string;
  readonly set?: string;
}
