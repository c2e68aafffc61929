// What the processes of process.test.ts have in common.
import { makePack } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";

/** What a run is told that does not send anything itself. */
export interface Asking {
  readonly list: readonly object[];
  readonly grant: Grant;
  readonly identity: { readonly id: string; readonly secret: string };
  /** Whether both processes write down what they had in memory. */
  readonly snapshot: boolean;
}

export function packOf(engine: Engine, list: readonly object[]): Pack {
  const document = { dsl: "1.0.3", namespace: "test", name: "apart", version: "1.0.0" };
  const workflow = JSON.stringify({ document, use: { secrets: ["key"] }, do: list });
  return makePack(engine, {
    id: "test/apart",
    version: "1.0.0",
    workflows: { "w.json": workflow },
  });
}
