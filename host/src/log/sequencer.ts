// Writes a log: gives entries their places, and answers when they are durable in them.
// docs/spec/log.md, LOG-20 to LOG-23.
//
// One commit takes all entries that wait, 256 at most:
//
//   1. new bundles and tiles are written and synced, with the folders that name them. No file of an
//      older size is touched, so that up to here nothing has happened;
//   2. `checkpoint.next` is written and synced, with its name. From here on it has happened: whoever
//      opens the log goes on from there;
//   3. it is renamed to `checkpoint`, which therefore never shows what could still be lost;
//   4. the entries are acknowledged.
//
// After an error it is unknown what the disk has: the sequencer stops, and opening the log anew finds
// out from what is there.
import type { Engine } from "@reach-fabric/engine";
import { sameBytes, utf8 } from "@reach-fabric/engine";
import {
  formatCheckpoint,
  formatEntry,
  frontierRoot,
  grow,
  parseEntry,
  signNote,
} from "@reach-fabric/evidence";
import type { Frontier, Growth, Signer } from "@reach-fabric/evidence";
import type { NewLogEntry } from "@reach-fabric/schema";
import { dirname, join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite } from "../files/files.ts";
import type { Disk } from "./disk.ts";
import { NAMES } from "./layout.ts";
import type { CheckpointNote, LogIdentity } from "./layout.ts";

/** Entries of one commit: it then touches two tiles of a level at most. */
export const BATCH = 256;

/** An entry in its place: durable. */
export interface Appended {
  readonly index: number;
  /** The log's time. */
  readonly at: string;
  /** The entry as it stands in the log. */
  readonly entry: Uint8Array;
}

/** What a sequencer goes on from. */
export interface Start {
  readonly engine: Engine;
  readonly disk: Disk;
  readonly folder: string;
  readonly identity: LogIdentity;
  readonly signer: Signer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly last: CheckpointNote;
  readonly frontier: Frontier;
  /** Time of the last entry. */
  readonly at: string;
  /** The last entry closes the log. */
  readonly isClosed: boolean;
}

interface Waiting {
  readonly entry: NewLogEntry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** Writes one log, as long as it holds its lock. */
export class Sequencer {
  readonly #start: Start;
  readonly #queue: Waiting[] = [];
  readonly #folders = new Set<string>();
  #frontier: Frontier;
  #last: CheckpointNote;
  #at: string;
  #isClosed: boolean;
  #work: Promise<void> | undefined;
  /** The sync of what the last commit renamed. */
  #renamed: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(start: Start) {
    this.#start = start;
    this.#frontier = start.frontier;
    this.#last = start.last;
    this.#at = start.at;
    this.#isClosed = start.isClosed;
  }

  /** The last checkpoint. */
  get last(): CheckpointNote {
    return this.#last;
  }

  /** The last entry closes the log. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the entry is durable in its place; see openLog(). */
  append(entry: NewLogEntry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      // Who asks in the same turn is in the same commit.
      this.#work ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Resolves when nothing is under way any more. */
  async settle(): Promise<void> {
    await this.#work;
    await this.#renamed.catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, BATCH);
      try {
        if (this.#failure) throw stopped(this.#start.folder, this.#failure);
        await this.#commit(batch);
      } catch (error) {
        this.#failure ??= error as Error;
        for (const { reject } of batch) reject(error as Error);
      }
    }
    this.#work = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const accepted = this.#format(batch);
    if (accepted.length === 0) return;
    const growth = grow(
      this.#frontier,
      accepted.map(({ bytes }) => bytes),
    );
    const last = this.#signed(growth.frontier);
    const { folder } = this.#start;
    try {
      await this.#renamed;
      await this.#requireOwn();
      await this.#writeGrowth(growth);
      await this.#publish(last.note);
    } catch (error) {
      throw cannotWrite(folder, error);
    }
    const first = this.#frontier.size;
    this.#frontier = growth.frontier;
    this.#last = last;
    for (const [i, { waiting, bytes, at }] of accepted.entries()) {
      waiting.resolve({ index: first + i, at, entry: bytes });
    }
    await this.#removeOutgrown(growth.outgrown);
  }

  /** The entries' bytes with their times; what is no entry is rejected alone. */
  #format(batch: readonly Waiting[]): { waiting: Waiting; bytes: Uint8Array; at: string }[] {
    const { engine, now, folder } = this.#start;
    return batch.flatMap((waiting) => {
      try {
        if (this.#isClosed) throw closed(folder);
        const stamp = new Date(now()).toISOString();
        const at = stamp > this.#at ? stamp : this.#at;
        const bytes = formatEntry(engine, waiting.entry, at);
        this.#at = at;
        this.#isClosed = waiting.entry.type === "closed";
        return [{ waiting, bytes, at }];
      } catch (error) {
        waiting.reject(error as Error);
        return [];
      }
    });
  }

  #signed(frontier: Frontier): CheckpointNote {
    const { identity, signer } = this.#start;
    const checkpoint = {
      origin: identity.origin,
      size: BigInt(frontier.size),
      root: frontierRoot(frontier),
    };
    const text = formatCheckpoint(checkpoint);
    const note = utf8(`${text}\n${signNote(text, identity.key, signer)}`);
    const signatures = [{ key: identity.key, time: undefined }];
    return { ...checkpoint, signatures, unverified: [], note };
  }

  /** Who has lost the lock, by whatever trick, must not write over another's checkpoint. */
  async #requireOwn(): Promise<void> {
    const { disk, folder } = this.#start;
    const path = join(folder, NAMES.checkpoint);
    const found = await disk.read(path);
    if (found !== undefined && sameBytes(found, this.#last.note)) return;
    throw new ReachError(hostCode.logTouched, "Another program has written to this log.", {
      where: path,
      why: "the checkpoint is not the one that this process has written or read",
      hint: "Nothing was written. Find out who wrote to it; then open the log again.",
    });
  }

  async #writeGrowth({ files }: Growth): Promise<void> {
    const { disk, folder } = this.#start;
    const stale = new Set<string>();
    const full = files.map(({ path, bytes }) => ({ path: join(folder, path), bytes }));
    for (const { path } of full) {
      await this.#makeFolders(dirname(path), stale);
      stale.add(dirname(path));
    }
    await Promise.all(full.map(({ path, bytes }) => disk.write(path, bytes)));
    await Promise.all([
      ...full.map(({ path }) => disk.sync(path)),
      ...[...stale].map((path) => disk.syncFolder(path)),
    ]);
  }

  /** Makes a folder and those above it; whose names are new is noted. */
  async #makeFolders(path: string, stale: Set<string>): Promise<void> {
    const { disk, folder } = this.#start;
    if (path === folder || this.#folders.has(path)) return;
    const above = dirname(path);
    await this.#makeFolders(above, stale);
    await disk.makeFolder(path);
    // Also where it is there: whoever made it may have been stopped before its name was durable. So
    // the first commit syncs the log's own folder, too, in which a checkpoint may have been renamed.
    stale.add(above);
    this.#folders.add(path);
  }

  async #publish(note: Uint8Array): Promise<void> {
    const { disk, folder } = this.#start;
    const next = join(folder, NAMES.next);
    await disk.write(next, note);
    await disk.sync(next);
    await disk.syncFolder(folder);
    await disk.rename(next, join(folder, NAMES.checkpoint));
    // The next commit waits for it; what is acknowledged does not depend on it.
    this.#renamed = disk.syncFolder(folder);
    this.#renamed.catch(() => undefined);
  }

  async #removeOutgrown(paths: readonly string[]): Promise<void> {
    const { disk, folder } = this.#start;
    for (const path of paths) {
      // They are in nobody's way: what cannot be removed now stays.
      await disk.remove(join(folder, path)).catch(() => undefined);
      this.#folders.delete(join(folder, path));
    }
  }
}

const stopped = (where: string, cause: Error): ReachError =>
  new ReachError(hostCode.logStopped, "The log has stopped after an error.", {
    where,
    why: cause.message,
    hint: "Open it again: it continues from what is durable.",
    cause,
  });

const closed = (where: string): ReachError =>
  new ReachError(hostCode.logClosed, "The log is closed.", {
    where,
    why: "its last entry says so: another log continues it",
  });

/** The time in an entry, and whether it closes its log. */
export function lastOf(
  engine: Engine,
  entry: Uint8Array | undefined,
): Pick<Start, "at" | "isClosed"> {
  if (entry === undefined) return { at: "", isClosed: false };
  const { at, type } = parseEntry(engine, entry);
  return { at, isClosed: type === "closed" };
}
