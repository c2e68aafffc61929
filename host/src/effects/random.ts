import { toHex } from "@reach-fabric/engine";
import type { EffectKind } from "./effect.ts";

/** random: 16 bytes, those of `$workflow.id` being the run's (TRACE-5). */
export const random: EffectKind<{ readonly random: (size: number) => Uint8Array }> = {
  perform: async ({ request }, outside, { runId }) => ({
    result: { hex: request["for"] === "workflow.id" ? runId : toHex(outside.random(16)) },
  }),
  isReadOnly: () => true,
  operation: () => "random",
};
