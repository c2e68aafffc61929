// How a run was left, in its folder: for lists, and of no consequence for the run. It is written whole and not synced.
import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cannotWrite, readRegularFile } from "../files/files.ts";
import type { RunHead, RunState } from "./store.ts";

const NAME = "state.json";
const FORMAT = "reach/run-state/v1";

/** What is said there. */
export interface FolderState extends Pick<RunHead, "restedAt" | "wakeAt" | "why" | "evidence"> {
  readonly epoch: number;
  /** Lines that were there when it was written. */
  readonly lines: number;
  readonly crashes: number;
  /** The name of the last message that was read by who executed it. */
  readonly read?: string;
  readonly state: RunState;
  readonly awaits?: RunHead["awaits"];
}

/** What is said of a run of which nothing is said, or nothing that can be read. */
const UNKNOWN: FolderState = { epoch: 0, lines: -1, crashes: 0, state: "interrupted" };

export async function stateIn(folder: string): Promise<FolderState> {
  try {
    const bytes = await readRegularFile(join(folder, NAME), { limit: 1024 * 1024 });
    const { format, ...state } = JSON.parse(new TextDecoder().decode(bytes)) as FolderState & {
      format?: string;
    };
    return format === FORMAT && Number.isSafeInteger(state.epoch) ? state : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

export async function writeState(folder: string, state: FolderState): Promise<void> {
  const path = join(folder, NAME);
  const part = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    await writeFile(part, `${JSON.stringify({ format: FORMAT, ...state })}\n`, { mode: 0o600 });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw cannotWrite(path, error);
  }
}
