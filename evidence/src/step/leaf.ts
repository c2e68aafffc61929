// The leaves of the records that a step has: of those that left the engine, too. docs/spec/evidence.md, EVID-49.
import { digest, integer, isObject, listOf, object, oneOf } from "../encoding/shape.ts";
import { requireShape, text } from "../encoding/shape.ts";
import type { Check } from "../encoding/shape.ts";
import { key, requireLeaf, seq } from "../file/leaf.ts";
import type { InputLeaf, Leaf, StartLeaf } from "../file/leaf.ts";
import { EvidenceError } from "../errors/errors.ts";

/** Where a task is, and in which turn of its loops. */
export interface Place {
  readonly task: string;
  readonly iteration: readonly number[];
}

export interface RequestLeaf extends Place {
  readonly kind: "request";
  readonly seq: number;
  readonly key: string;
  readonly type: string;
  readonly occurrence: number;
}

export interface TaskLeaf extends Place {
  readonly kind: "task";
  readonly seq: number;
  readonly status: "completed" | "skipped" | "faulted" | "cancelled";
  readonly next: string;
}

export interface RetryLeaf extends Place {
  readonly kind: "retry";
  readonly seq: number;
}

/** The leaf of any record that can stand before the end of a task. */
export type StepLeaf = StartLeaf | InputLeaf | RequestLeaf | TaskLeaf | RetryLeaf;

const count = integer(0, 0xffffffff);
const place = { seq, task: text("a pointer"), iteration: listOf(count) };

const request = object({
  ...place,
  kind: oneOf("request"),
  key,
  type: text("a type"),
  occurrence: count,
  request: digest,
});
const retry = object({
  ...place,
  kind: oneOf("retry"),
  attempt: count,
  delay: integer(0, Number.MAX_SAFE_INTEGER),
  error: digest,
});
const task = (status: string, values: Readonly<Record<string, Check>>): Check =>
  object({
    ...place,
    kind: oneOf("task"),
    status: oneOf(status),
    next: text("a pointer or a word"),
    input: digest,
    context: digest,
    ...values,
  });
const tasks: Readonly<Record<string, Check>> = {
  completed: task("completed", { output: digest }),
  skipped: task("skipped", { output: digest }),
  faulted: task("faulted", { error: digest }),
  cancelled: task("cancelled", {}),
};

/**
 * Requires that a value is the leaf of a record that can stand before the end of a task.
 *
 * @throws EvidenceError `REACH-E5601`
 */
export function requireStepLeaf(value: unknown, what: string): StepLeaf {
  const { kind, status } = isObject(value) ? value : {};
  const check =
    kind === "task"
      ? tasks[String(status)]
      : kind === "request"
        ? request
        : kind === "retry" && retry;
  if (check) {
    requireShape(check, value, what, "REACH-E5601");
    return value as StepLeaf;
  }
  const leaf: Leaf = requireLeaf(value, what);
  if (leaf.kind !== "outcome") return leaf;
  throw new EvidenceError("REACH-E5601", `${what}: nothing of a task comes behind the outcome`);
}
