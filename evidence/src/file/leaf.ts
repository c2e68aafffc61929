// Leaves of the records that entered a run, and of its outcome: what stays of a record without its values.
// docs/spec/trace.md, TRACE-11 and TRACE-13.
import { anyObject, digest, integer, isObject, listOf, matching } from "../encoding/shape.ts";
import { object, oneOf, requireShape, text } from "../encoding/shape.ts";
import type { Check } from "../encoding/shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";

/** The leaf of the first record. */
export interface StartLeaf {
  readonly kind: "start";
  readonly seq: number;
  readonly pack: string;
  readonly workflow: string;
  readonly semantics: number;
  readonly grant: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, unknown>>;
  readonly input: string;
}

/** The leaf of a record that entered later. */
export interface InputLeaf {
  readonly kind: "result" | "late" | "cancel" | "suspend" | "resume";
  readonly seq: number;
}

/** The leaf of the last record. */
export interface OutcomeLeaf {
  readonly kind: "outcome";
  readonly seq: number;
  readonly status: "completed" | "faulted" | "cancelled";
}

export type Leaf = StartLeaf | InputLeaf | OutcomeLeaf;

export const seq: Check = integer(0, 0xfffffffe);
export const key: Check = matching(/^(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/, "an effect's key");
const answer = (kind: string): Check => object({ kind: oneOf(kind), seq, key, result: digest });
const said = (kind: string): Check => object({ kind: oneOf(kind), seq, reason: digest });
const kind = oneOf("outcome");

const place = { iteration: listOf(integer(0, 0xffffffff)), seq, task: text("a text") };

/** By kind; an outcome's by its status as well. */
const shapes: ReadonlyMap<unknown, Check> = new Map([
  [
    "start",
    object({
      kind: oneOf("start"),
      seq: integer(0, 0),
      pack: digest,
      workflow: text("a text"),
      semantics: integer(0, 0xffffffff),
      grant: anyObject,
      limits: anyObject,
      input: digest,
    }),
  ],
  ["result", answer("result")],
  ["late", answer("late")],
  ["cancel", said("cancel")],
  ["suspend", said("suspend")],
  ["resume", said("resume")],
]);
const outcomes: ReadonlyMap<unknown, Check> = new Map([
  ["completed", object({ kind, seq, status: oneOf("completed"), output: digest })],
  ["faulted", object({ kind, seq, status: oneOf("faulted"), error: digest })],
  ["cancelled", object({ kind, seq, status: oneOf("cancelled"), reason: digest })],
]);

/** Of the records that leave before the outcome. */
const computed: ReadonlyMap<unknown, Check> = new Map([
  [
    "request",
    object({
      ...place,
      kind: oneOf("request"),
      key,
      occurrence: integer(1, Number.MAX_SAFE_INTEGER),
      request: digest,
      type: text("a text"),
    }),
  ],
  [
    "task",
    object(
      {
        ...place,
        kind: oneOf("task"),
        context: digest,
        input: digest,
        next: text("a text"),
        status: oneOf("completed", "skipped", "faulted", "cancelled"),
      },
      { error: digest, output: digest },
    ),
  ],
  [
    "retry",
    object({
      ...place,
      kind: oneOf("retry"),
      attempt: integer(1, Number.MAX_SAFE_INTEGER),
      delay: integer(0, Number.MAX_SAFE_INTEGER),
      error: digest,
    }),
  ],
]);

/**
 * Requires that a value is the leaf of a record of any kind.
 *
 * @returns whether the record entered the run, or ended it: is under `entered`
 * @throws EvidenceError `REACH-E5601`
 */
export function requireAnyLeaf(value: unknown, what: string): boolean {
  const check = computed.get(isObject(value) ? value["kind"] : undefined);
  if (check === undefined) requireLeaf(value, what);
  else requireShape(check, value, what, "REACH-E5601");
  return check === undefined;
}

/**
 * Requires that a value is the leaf of a record of one of the kinds that enter, or of an outcome.
 *
 * @throws EvidenceError `REACH-E5601`
 */
export function requireLeaf(value: unknown, what: string): Leaf {
  const { kind: own, status }: Record<string, unknown> = isObject(value) ? value : {};
  const check = own === "outcome" ? outcomes.get(status) : shapes.get(own);
  if (check === undefined) {
    const named = typeof own === "string" ? quoted(own) : "this";
    throw new EvidenceError("REACH-E5601", `${what}: ${named} does not enter a run, nor end it`);
  }
  requireShape(check, value, what, "REACH-E5601");
  return value as Leaf;
}
