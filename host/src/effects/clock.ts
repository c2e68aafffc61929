import type { RequestRecord } from "@reach-fabric/engine";
import type { EffectContext, EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";
import { HostTrouble } from "./egress/trouble.ts";
import { NEEDS_NOTHING } from "./needs.ts";

interface Outside {
  readonly clock: () => number;
}

function now(record: RequestRecord, outside: Outside, context: EffectContext): Performed {
  const { for: what } = record.request;
  if (what === "workflow.startedAt")
    return { result: { ms: context.startedAt("workflow", record) } };
  if (what === "task.startedAt") return { result: { ms: context.startedAt("task", record) } };
  return { result: { ms: clockTime(outside) } };
}

/**
 * The time of a clock, in whole milliseconds.
 *
 * @throws HostTrouble for one that gives none
 */
export function clockTime({ clock }: Outside): number {
  const ms = Math.floor(clock());
  if (ms >= 0 && ms <= LATEST) return ms;
  throw new HostTrouble("its clock gives no time");
}

/** The last millisecond that a record can hold: that of the year 9999. */
const LATEST = 253_402_300_799_999;

/** clock: the time now, or the one that was stamped when a workflow or a task started (TRACE-5). */
export const clock: EffectKind<Outside> = {
  now,
  perform: async (record, outside, context) => now(record, outside, context),
  isReadOnly: () => true,
  needs: () => NEEDS_NOTHING,
  operation: () => "clock",
};
