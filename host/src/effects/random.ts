import { toHex } from "@reach-fabric/engine";
import type { RequestRecord } from "@reach-fabric/engine";
import type { EffectContext, EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";
import { HostTrouble } from "./egress/trouble.ts";
import { NEEDS_NOTHING } from "./needs.ts";

interface Outside {
  readonly random: (size: number) => Uint8Array;
}

function now({ request }: RequestRecord, outside: Outside, { runId }: EffectContext): Performed {
  if (request["for"] === "workflow.id") return { result: { hex: runId } };
  const bytes: unknown = outside.random(16);
  if (bytes instanceof Uint8Array && bytes.length === 16) return { result: { hex: toHex(bytes) } };
  throw new HostTrouble("its randomness gives no 16 bytes");
}

/** random: 16 bytes, those of `$workflow.id` being the run's (TRACE-5). */
export const random: EffectKind<Outside> = {
  now,
  perform: async (record, outside, context) => now(record, outside, context),
  isReadOnly: () => true,
  needs: () => NEEDS_NOTHING,
  operation: () => "random",
};
