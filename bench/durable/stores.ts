// Where the runs of a measurement are kept, and how often that was made durable, counted beside the code that does it.
import { folderRecorder, memoryRecorder, storeRecorder } from "@reach-fabric/host";
import type { Recorder } from "@reach-fabric/host";
import { sqliteStoreWith } from "@reach-fabric/host/testing";
import fs, { existsSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

/** What was counted since the process began. */
export interface Counted {
  /** Calls of fsync and fdatasync on handles of files. */
  readonly syncs: number;
  /** Transactions of SQLite. */
  readonly commits: number;
}

/** A store that is measured. */
export interface MeasuredStore {
  recorder(): Recorder;
  counted(): Counted;
  close(): Promise<void>;
}

const NOTHING = { syncs: 0, commits: 0 };

/** By what `load.ts` calls them. */
export const stores: Readonly<Record<string, (folder: string) => Promise<MeasuredStore>>> = {
  memory: async () => ({
    recorder: () => memoryRecorder(),
    counted: () => NOTHING,
    close: async () => undefined,
  }),
  folder: async (folder) => {
    const syncs = await countedSyncs(join(folder, "handle"));
    let runs = 0;
    return {
      recorder: () => folderRecorder(join(folder, `run-${(runs += 1)}`)),
      counted: () => ({ syncs: syncs(), commits: 0 }),
      close: async () => undefined,
    };
  },
  SQLite: (folder) => inSqlite(folder, {}),
  // What the disk costs is what is missing here.
  "SQLite without sync": (folder) =>
    inSqlite(folder, { pragmas: ["synchronous = OFF"], unchecked: true }),
};

async function inSqlite(
  folder: string,
  options: Parameters<typeof sqliteStoreWith>[1],
): Promise<MeasuredStore> {
  const file = join(folder, "runs.db");
  const store = await sqliteStoreWith(file, options);
  return {
    recorder: () => storeRecorder(store),
    counted: () => ({ syncs: 0, commits: commitsOf(file) }),
    close: () => store.close(),
  };
}

/** Counts the calls that make a file durable, of every handle that is open or will be. */
async function countedSyncs(scratch: string): Promise<() => number> {
  writeFileSync(scratch, "");
  const handle = await open(scratch);
  const methods = Object.getPrototypeOf(handle) as Pick<FileHandle, "sync" | "datasync">;
  await handle.close();
  let count = 0;
  for (const name of ["sync", "datasync"] as const) {
    const method = methods[name];
    methods[name] = function counting(this: FileHandle) {
      count += 1;
      return method.call(this);
    };
  }
  // Those that are done in place are calls of the module.
  const inPlace = fs.fdatasyncSync;
  fs.fdatasyncSync = (fd) => {
    count += 1;
    inPlace(fd);
  };
  syncBuiltinESMExports();
  return () => count;
}

/**
 * The transactions of a database with a write-ahead log that is open: SQLite counts them in the head of its index
 * (`iChange` of https://www.sqlite.org/walformat.html, 2.1), whoever writes them. 0 where there is no index yet.
 */
export function commitsOf(database: string): number {
  const index = `${database}-shm`;
  // In the byte order of the machine.
  return existsSync(index)
    ? (new Uint32Array(new Uint8Array(readFileSync(index)).buffer, 8, 1)[0] ?? 0)
    : 0;
}
