// The stores that `npm run run-kill` kills.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import { folderStore, readKept, sqliteStore } from "@reach-fabric/host";
import type { KeptRun, RunSoFar, RunStore } from "@reach-fabric/host";

export const STORES = ["folder", "sqlite"] as const;
export type StoreKind = (typeof STORES)[number];

export const openStore = async (kind: StoreKind, folder: string): Promise<RunStore> =>
  kind === "folder" ? folderStore(join(folder, "runs")) : sqliteStore(join(folder, "runs.db"));

/** The id of a run, by what it is called here. */
export function idOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** What is kept of a run; undefined where it was killed before it was kept. */
export async function found(kept: KeptRun): Promise<RunSoFar | undefined> {
  try {
    return await readKept(createEngine(), kept);
  } catch (error) {
    if ((error as { code?: string }).code === "REACH-E4130") return undefined;
    throw error;
  }
}
