import { toHex } from "@reach-fabric/engine";
import type { RequestRecord } from "@reach-fabric/engine";
import type { EffectContext, EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";

interface Outside {
  readonly random: (size: number) => Uint8Array;
}

const now = (
  { request }: RequestRecord,
  outside: Outside,
  { runId }: EffectContext,
): Performed => ({
  result: { hex: request["for"] === "workflow.id" ? runId : toHex(outside.random(16)) },
});

/** random: 16 bytes, those of `$workflow.id` being the run's (TRACE-5). */
export const random: EffectKind<Outside> = {
  now,
  perform: async (record, outside, context) => now(record, outside, context),
  isReadOnly: () => true,
  operation: () => "random",
};
