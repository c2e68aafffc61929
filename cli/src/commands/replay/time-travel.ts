// Time travel: a recorded run up to a record, and from a record on with another value.
import { parseRecord } from "@reach-fabric/engine";
import type { Engine, Json } from "@reach-fabric/engine";
import { replayEvidence, whatIf } from "@reach-fabric/evidence";
import type { Budget, Evidence, Hypothesis } from "@reach-fabric/evidence";
import { recordAt, recordsIn } from "../../read/evidence.ts";
import { brief, describeOutcome, taskName } from "../../ui/names.ts";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { longWork } from "../../ui/progress.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";

interface Travel extends Budget {
  readonly terminal: Terminal;
  readonly engine: Engine;
  readonly file: string;
  readonly evidence: Evidence;
}

/** The run computed again. Errors name the file. */
export function replayed({
  terminal,
  engine,
  file,
  evidence,
  fuel,
}: Travel): ReturnType<typeof replayEvidence> {
  try {
    return replayEvidence(engine, evidence, { fuel, onProgress: longWork(terminal) });
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}

const usage = (what: string, why: string): CliError =>
  new CliError({ code: CODE.usage, what, why, hint: "reach replay --help", exitCode: EXIT.usage });

function stepOf(text: string, { evidence: { run } }: Travel): number {
  const step = Number(text);
  if (/^\d+$/.test(text) && step < run.trace.size) return step;
  const all = `the run has records 0 to ${run.trace.size - 1}`;
  throw usage(`There is no record ${text}`, all);
}

/** `--until`: the record as it is computed, and whether the run is the one that was signed. */
export function showStep(travel: Travel, until: string): number {
  const { terminal, engine, file, evidence } = travel;
  const step = stepOf(until, travel);
  const isAsSigned = replayed(travel).difference === null;
  const found = recordAt(recordsIn(engine, file, evidence, travel), step);
  if (found === undefined) throw usage(`There is no record ${step}`, "the run ends before it");
  const record = parseRecord(found.bytes);
  if (terminal.json) terminal.result({ file, step, reproduced: isAsSigned, record });
  else {
    const state = isAsSigned ? "reproduced" : "not reproduced";
    terminal.print(line`${file}  record ${step} of ${evidence.run.trace.size}, ${state}`);
    terminal.print(
      columns(Object.entries(record).map(([name, value]) => [name, brief(value, 200)])),
    );
  }
  return isAsSigned ? EXIT.ok : EXIT.failed;
}

/** `--from --set`: what would have come of another answer, or another input. */
export function changeStep(travel: Travel, from?: string, set?: string): number {
  const { terminal, engine, file, evidence } = travel;
  if (from === undefined || set === undefined) {
    throw usage("--from and --set go together", "--from says which record --set changes");
  }
  const step = stepOf(from, travel);
  const [, pointer = "", text = ""] = /^(\/[^=]*)=(.*)$/s.exec(set) ?? [];
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw usage("--set is not POINTER=JSON", "such as /result/body/score=650, a text in quotes");
  }
  const records = [...recordsIn(engine, file, evidence, travel)].map(({ bytes }) => bytes);
  const { pack } = evidence;
  if (pack === null) throw usage("The pack is not enclosed", "name it with --pack");
  const work = { onProgress: longWork(terminal) };
  let hypothesis: Hypothesis;
  try {
    hypothesis = whatIf(engine, pack, records, { seq: step, pointer, value }, work);
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
    terminal.print(line`${file}  hypothetical: no requests were made, nothing is signed`);
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
