// What the log asks of a disk, call by call: so that a test can let each of them fail, and drop what
// was not synced. docs/spec/log.md, LOG-20.
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { syncFolder, systemCode, writeAll } from "../files/files.ts";

/** Calls resolve when the system has taken them; only `sync` and `syncFolder` make things durable. */
export interface Disk {
  /** The bytes of a file; undefined where there is none, or a folder. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The names in a folder; none where there is no folder. */
  list(path: string): Promise<string[]>;
  /** Makes a file with these bytes, or replaces all that one holds. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes a file's bytes durable, not its name. */
  sync(path: string): Promise<void>;
  /** Makes a folder, whose parent is there; true if it was not there yet. */
  makeFolder(path: string): Promise<boolean>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Puts a file in the place of another, at once. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with what is in it, if it is there. */
  remove(path: string): Promise<void>;
}

const missing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(systemCode(error));

/** The machine's own disk. */
export const machineDisk: Disk = {
  read: async (path) => {
    try {
      return new Uint8Array(await readFile(path));
    } catch (error) {
      if (missing(error) || systemCode(error) === "EISDIR") return undefined;
      throw error;
    }
  },
  list: async (path) => {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (missing(error)) return [];
      throw error;
    }
  },
  write: async (path, bytes) => {
    const file = await open(path, "w", 0o644);
    try {
      await writeAll(file, bytes);
    } finally {
      await file.close();
    }
  },
  sync: async (path) => {
    const file = await open(path, "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
  makeFolder: async (path) => {
    try {
      await mkdir(path, { mode: 0o755 });
      return true;
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
      return false;
    }
  },
  syncFolder,
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
};
