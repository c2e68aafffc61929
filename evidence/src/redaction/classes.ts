// Where the values are that a pack says are of a class, such as `personal`. docs/spec/evidence.md, EVID-38.
import { fromUtf8, pathOf, valueAt } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { openEvidence } from "../file/open.ts";
import { manifestOf } from "../file/pack.ts";

/**
 * The pointers of the values of these classes in a run: in its input, and in the answers to the tasks that
 * the pack names. A place that this run does not have is left out.
 *
 * @throws EvidenceError as openEvidence() does; `REACH-E5404` the pack is not enclosed, `REACH-E5507` it
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
  const { pack, leaves, records } = openEvidence(engine, bytes);
  if (pack === null) throw new EvidenceError("REACH-E5404", "the pack is not enclosed");
  const { classification = [] } = manifestOf(pack);
  for (const name of classes) {
    if (classification.some((one) => one.class === name)) continue;
    throw new EvidenceError("REACH-E5507", `the pack has no values of the class ${quoted(name)}`);
  }
  return classification
    .filter((one) => classes.includes(one.class))
    .flatMap(({ in: where, pointer }) => slotsOf(where, leaves).map((slot) => `${slot}${pointer}`))
    .filter((pointer) => records === null || isThere(records, pointer));
}

type Leaves = ReturnType<typeof openEvidence>["leaves"];

/** The slots that `input` or `result:TASK` stands for: a task can have asked several times. */
function slotsOf(where: string, leaves: Leaves): string[] {
  if (where === "input") return ["/0/input"];
  const task = where.slice("result:".length);
  const keys = new Set(
    leaves.flatMap((leaf) => (leaf.kind === "request" && leaf.task === task ? [leaf.key] : [])),
  );
  return leaves.flatMap((leaf) =>
    (leaf.kind === "result" || leaf.kind === "late") && keys.has(leaf.key)
      ? [`/${leaf.seq}/result`]
      : [],
  );
}

function isThere(records: readonly Uint8Array[], pointer: string): boolean {
  const [seq, ...path] = pathOf(pointer);
  const record: unknown = JSON.parse(fromUtf8(records[Number(seq)] ?? new Uint8Array()));
  return valueAt(record, path) !== undefined;
}
