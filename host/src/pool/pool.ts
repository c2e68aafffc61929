import type { Pack } from "@reach-fabric/engine";
import type { Executor } from "./executor.ts";

/** Engines that many runs share. */
export interface EnginePool {
  /** Computes a run of this pack. */
  executor(pack: Pack): Executor;
  close(): Promise<void>;
}
