// Where the values are that a pack says are of a class, such as `personal`. docs/spec/evidence.md, EVID-47.
import { parseRecord, pathOf, valueAt } from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { recordsOf } from "../file/cursor.ts";
import { openEvidence } from "../file/open.ts";
import { manifestOf } from "../file/pack.ts";

/**
 * The pointers of the values of these classes in a run: in its input, and in the answers to the tasks that
 * the pack names. A place that this run does not have is left out.
 *
 * @throws EvidenceError as openEvidence() and recordsOf() do; `REACH-E5404` the pack is not enclosed, `REACH-E5507` it
 *   has no such class
 *
 * @example
 * redact(engine, bytes, { drop: pointersOfClasses(engine, bytes, ["personal"]) });
 */
export function pointersOfClasses(
  engine: Engine,
  bytes: Uint8Array,
  classes: readonly string[],
): string[] {
  const evidence = openEvidence(engine, bytes);
  if (evidence.pack === null) throw new EvidenceError("REACH-E5404", "the pack is not enclosed");
  const { classification = [] } = manifestOf(evidence.pack);
  for (const name of classes) {
    if (classification.some((one) => one.class === name)) continue;
    throw new EvidenceError("REACH-E5507", `the pack has no values of the class ${quoted(name)}`);
  }
  const records = [...recordsOf(engine, evidence)].map((record) => parseRecord(record.bytes));
  return classification
    .filter((one) => classes.includes(one.class))
    .flatMap(({ in: where, pointer }) => slotsOf(where, records).map((slot) => `${slot}${pointer}`))
    .filter((pointer) => {
      const [seq, ...path] = pathOf(pointer);
      return valueAt(records[Number(seq)], path) !== undefined;
    });
}

/** The slots that `input` or `result:TASK` stands for: a task can have asked several times. */
function slotsOf(where: string, records: readonly TraceRecord[]): string[] {
  if (where === "input") return ["/0/input"];
  const task = where.slice("result:".length);
  const keys = new Set(
    records.flatMap((each) => (each.kind === "request" && each.task === task ? [each.key] : [])),
  );
  return records.flatMap((each) =>
    (each.kind === "result" || each.kind === "late") && keys.has(each.key)
      ? [`/${each.seq}/result`]
      : [],
  );
}
