// Reads a log: proofs about its entries, for readers with only a checkpoint. docs/spec/log.md, LOG-16
// to LOG-19. Needs no key and no lock: files that a checkpoint needs never change.
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  entriesPath,
  formatPeriod,
  formatTlogProof,
  openCheckpoint,
  parseEntries,
  parseEntry,
  Subtrees,
  tilePath,
} from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import type { LogEntry } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { machineDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { inFile, NAMES, readIdentity, readLast, readNote } from "./layout.ts";
import type { CheckpointNote, LogIdentity } from "./layout.ts";
import { folderSource, partOf, serverSource } from "./source.ts";
import type { LogSource } from "./source.ts";

/** A log as it was when it was opened for reading. */
export interface LogReader extends LogIdentity {
  /** The checkpoint that everything below is about. */
  readonly note: CheckpointNote;
  readonly size: number;
  /** The bytes of an entry. */
  entry(index: number): Promise<Uint8Array>;
  /** The tlog-proof of an entry, which carries the entry as `extra`. */
  prove(index: number): Promise<Uint8Array>;
  /** The proof that the log has grown from an older size to another one, its own if none is given. */
  consistency(oldSize: bigint, newSize?: bigint): Promise<readonly Uint8Array[]>;
  /** The root that its tree had at an older size, from 1 on, as its tiles have it. */
  rootAt(oldSize: bigint): Promise<Uint8Array>;
  /** The proof of all entries from an instant up to before another one. */
  period(from: string, to: string): Promise<Uint8Array>;
  /** Entries in their order, from an index on. */
  entries(from?: number): AsyncGenerator<{ index: number; entry: LogEntry; bytes: Uint8Array }>;
}

const noEntry = (what: string, folder: string): ReachError =>
  new ReachError(hostCode.noEntry, "The log has no such entry.", { where: folder, why: what });

/**
 * Opens a log to read it.
 *
 * @param which `witnessed`: by the last checkpoint that witnesses have cosigned, if there is one
 * @throws ReachError `REACH-E4160` no log, `REACH-E4161` damaged; from prove() and entry(),
 *   `REACH-E4167` no such entry
 *
 * @example
 * const proof = await (await readLog("audit")).prove(17);
 */
export async function readLog(
  folder: string,
  { which = "last", disk = machineDisk }: { which?: "last" | "witnessed"; disk?: Disk } = {},
): Promise<LogReader> {
  const engine = createEngine();
  const identity = await readIdentity(engine, disk, folder);
  const witnessed =
    which === "witnessed" ? await readNote(disk, folder, NAMES.witnessed, identity) : undefined;
  const note = witnessed ?? (await readLast(disk, folder, identity));
  return readerOf(engine, folderSource(disk, folder), identity, note);
}

/**
 * Opens a log that a server gives, to read it as readLog() does.
 *
 * @param key the log's own: its name is the log's
 * @throws ReachError `REACH-E4161` what the server gives is not signed by that key, or is damaged, `REACH-E4170` it
 *   gives nothing
 *
 * @example
 * const { url, close } = await serveLog("audit");
 * const { key } = await readLog("audit");
 * (await readServedLog(url, key)).origin; // → key.name
 * await close();
 */
export async function readServedLog(
  address: string,
  key: NoteKey,
  {
    witnesses = [],
    signal,
  }: { readonly witnesses?: readonly NoteKey[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<LogReader> {
  const source = serverSource(address, signal);
  const identity = { origin: key.name, key, witnesses };
  const bytes = await partOf(source, NAMES.checkpoint);
  const note = inFile(`${address} ${NAMES.checkpoint}`, () => ({
    ...openCheckpoint(bytes, key.name, key, witnesses),
    note: bytes,
  }));
  return readerOf(createEngine(), source, identity, note);
}

function readerOf(
  engine: Engine,
  source: LogSource,
  identity: LogIdentity,
  note: CheckpointNote,
): LogReader {
  const { where } = source;
  const size = Number(note.size);
  /** A tree of this size, or an older one: that one lies in the tiles of this one. */
  const treeOf = (wanted: bigint): Subtrees =>
    new Subtrees(wanted, async (level, n, width) => {
      const own = Math.min(256, Number((note.size >> BigInt(8 * level)) - n * 256n));
      const tile = await readTile(source, tilePath(level, n, own), tilePath(level, n));
      return tile.subarray(0, 32 * width);
    });
  const tiles = treeOf(note.size);
  const bundles = new Bundles(engine, source, size);
  const entry = async (index: number): Promise<Uint8Array> => {
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
      throw noEntry(`it has ${size} entries, counted from 0`, where);
    }
    return bundles.entry(index);
  };
  return {
    ...identity,
    note,
    size,
    entry,
    prove: async (index) => {
      const extra = await entry(index);
      const hashes = await tiles.inclusion(BigInt(index));
      return formatTlogProof({ index: BigInt(index), hashes, extra, checkpoint: note.note });
    },
    consistency: async (oldSize, newSize = note.size) => {
      if (newSize > note.size || oldSize > newSize) {
        throw noEntry(
          `it has ${size} entries and has not grown from ${oldSize} to ${newSize}`,
          where,
        );
      }
      return treeOf(newSize).consistency(oldSize);
    },
    rootAt: async (oldSize) => treeOf(oldSize).root({ start: 0n, end: oldSize }),
    period: async (from, to) => {
      const begin = await bundles.firstFrom(from);
      const behind = await bundles.firstFrom(to);
      const first = Math.max(0, begin - 1);
      const end = Math.min(size, Math.max(behind, begin) + 1);
      const [before, after] = await Promise.all([
        tiles.parts({ start: 0n, end: BigInt(first) }),
        tiles.parts({ start: BigInt(end), end: note.size }),
      ]);
      const entries: LogEntry[] = [];
      for (let i = first; i < end; i++) entries.push(parseEntry(engine, await bundles.entry(i)));
      const checkpoint = note.note;
      return formatPeriod(engine, {
        from,
        to,
        checkpoint,
        first,
        entries,
        hashes: [...before, ...after],
      });
    },
    entries: async function* (from = 0) {
      for (let index = from; index < size; index++) {
        const bytes = await bundles.entry(index);
        yield { index, entry: inFile(where, () => parseEntry(engine, bytes)), bytes };
      }
    },
  };
}

/** A tile; the whole one where the part that an older checkpoint needs was removed. */
async function readTile(source: LogSource, path: string, whole: string): Promise<Uint8Array> {
  const bytes = await source.read(path);
  if (bytes !== undefined || path === whole) return bytes ?? partOf(source, path);
  const width = Number(path.slice(path.lastIndexOf("/") + 1));
  return (await partOf(source, whole)).subarray(0, 32 * width);
}

/** The entries of a log, the bundle that was read last kept. */
class Bundles {
  readonly #engine: Engine;
  readonly #source: LogSource;
  readonly #size: number;
  #n = -1;
  #entries: readonly Uint8Array[] = [];

  constructor(engine: Engine, source: LogSource, size: number) {
    this.#engine = engine;
    this.#source = source;
    this.#size = size;
  }

  async entry(index: number): Promise<Uint8Array> {
    const n = Math.floor(index / 256);
    if (n !== this.#n) {
      const width = Math.min(256, this.#size - 256 * n);
      const path = entriesPath(BigInt(n), width);
      const whole = entriesPath(BigInt(n));
      const part = await this.#source.read(path);
      const bytes = part ?? (await partOf(this.#source, whole));
      this.#entries = inFile(path, () => parseEntries(bytes, part ? width : 256));
      this.#n = n;
    }
    return this.#entries[index % 256] as Uint8Array;
  }

  /** Index of the first entry that is not before an instant: times never go back. */
  async firstFrom(instant: string): Promise<number> {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const { at } = parseEntry(this.#engine, await this.entry(middle));
      if (at < instant) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
