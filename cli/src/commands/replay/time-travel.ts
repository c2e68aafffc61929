// Time travel: a recorded run up to a record, and from a record on with another value.
import { parseRecord, replay } from "@reach-fabric/engine";
import type { Engine, Json, Pack } from "@reach-fabric/engine";
import { whatIf } from "@reach-fabric/evidence";
import type { Hypothesis } from "@reach-fabric/evidence";
import { brief, describeOutcome, taskName } from "../../ui/names.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { safe } from "../../ui/text.ts";

interface Travel {
  readonly terminal: Terminal;
  readonly engine: Engine;
  readonly file: string;
  readonly pack: Pack;
  readonly records: readonly Uint8Array[];
}

const usage = (what: string, why: string): CliError =>
  new CliError({ code: CODE.usage, what, why, hint: "reach replay --help", exitCode: EXIT.usage });

function stepOf(text: string, records: readonly Uint8Array[]): number {
  const step = Number(text);
  if (/^\d+$/.test(text) && step < records.length) return step;
  throw usage(`There is no record ${safe(text)}`, `the run has records 0 to ${records.length - 1}`);
}

/** `--until`: the record, once everything up to it was computed again. */
export function showStep({ terminal, engine, file, pack, records }: Travel, until: string): number {
  const step = stepOf(until, records);
  const { status, records: same } = replay(engine, pack, records.slice(0, step + 1));
  const isAsRecorded = status !== "diverged" && status !== "refused" && same === step + 1;
  const record = parseRecord(records[step] as Uint8Array);
  if (terminal.json) terminal.result({ file, step, reproduced: isAsRecorded, record });
  else {
    const state = isAsRecorded ? "reproduced up to here" : status;
    terminal.print(`${safe(file)}  record ${step} of ${records.length}, ${state}`);
    terminal.print(
      columns(Object.entries(record).map(([name, value]) => [name, brief(value, 200)])),
    );
  }
  return isAsRecorded ? EXIT.ok : EXIT.failed;
}

/** `--from --set`: what would have come of another answer, or another input. */
export function changeStep(travel: Travel, from?: string, set?: string): number {
  const { terminal, engine, file, pack, records } = travel;
  if (from === undefined || set === undefined) {
    throw usage("--from and --set go together", "--from says which record --set changes");
  }
  const step = stepOf(from, records);
  const [, pointer = "", text = ""] = /^(\/[^=]*)=(.*)$/s.exec(set) ?? [];
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw usage("--set is not POINTER=JSON", "such as /result/body/score=650, a text in quotes");
  }
  let hypothesis: Hypothesis;
  try {
    hypothesis = whatIf(engine, pack, records, { seq: step, pointer, value });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage("This cannot be changed", error.message);
  }
  const { status, outcome, same: isSame, asks, first } = hypothesis;
  const was = parseRecord(records.at(-1) as Uint8Array);
  if (was.kind !== "outcome") throw usage("The run has no end", "its records end before it does");
  if (terminal.json) {
    const { records: _, ...rest } = hypothesis;
    terminal.result({ file, hypothetical: true, changes: !isSame, ...rest });
  } else {
    const would = outcome === undefined ? "not recorded" : describeOutcome(outcome, 140);
    const at = first === undefined ? "" : `record ${first.step} ${taskName(first.task ?? "")}`;
    terminal.print(`${safe(file)}  hypothetical: no requests were made, nothing is signed`);
    terminal.print(
      columns([
        ["changed", `record ${step}, ${pointer} = ${brief(value, 100)}`],
        ["was", describeOutcome(was, 140)],
        ["would be", isSame ? "the same" : would],
        ...(asks === undefined ? [] : [["asks", `${asks.type} of ${taskName(asks.task)}`]]),
        ...(at === "" ? [] : [["from", at]]),
      ]),
    );
  }
  if (status === "not recorded") return EXIT.unchecked;
  return isSame ? EXIT.ok : EXIT.failed;
}
