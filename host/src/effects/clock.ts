import type { EffectKind } from "./effect.ts";

/** clock: the time now, or the one that was stamped when a workflow or a task started (TRACE-5). */
export const clock: EffectKind<{ readonly clock: () => number }> = {
  perform: async (record, outside, context) => {
    const { for: what } = record.request;
    if (what === "workflow.startedAt")
      return { result: { ms: context.startedAt("workflow", record) } };
    if (what === "task.startedAt") return { result: { ms: context.startedAt("task", record) } };
    return { result: { ms: outside.clock() } };
  },
  isReadOnly: () => true,
  operation: () => "clock",
};
