import type { RequestRecord } from "@reach-fabric/engine";
import type { EffectContext, EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";

interface Outside {
  readonly clock: () => number;
}

function now(record: RequestRecord, outside: Outside, context: EffectContext): Performed {
  const { for: what } = record.request;
  if (what === "workflow.startedAt")
    return { result: { ms: context.startedAt("workflow", record) } };
  if (what === "task.startedAt") return { result: { ms: context.startedAt("task", record) } };
  return { result: { ms: outside.clock() } };
}

/** clock: the time now, or the one that was stamped when a workflow or a task started (TRACE-5). */
export const clock: EffectKind<Outside> = {
  now,
  perform: async (record, outside, context) => now(record, outside, context),
  isReadOnly: () => true,
  operation: () => "clock",
};
