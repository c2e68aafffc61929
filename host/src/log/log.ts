// Opening and making logs. docs/spec/log.md, LOG-15 and LOG-20 to LOG-23.
import { createEngine, sameBytes, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  canonicalBytes,
  emptyFrontier,
  entriesPath,
  formatCheckpoint,
  formatNoteKey,
  frontierFiles,
  frontierRoot,
  noteKey,
  parseEntries,
  sameKey,
  signNote,
  tilePath,
} from "@reach-fabric/evidence";
import type { Frontier, NoteKey, Signer } from "@reach-fabric/evidence";
import type { LogFile, LogHead, NewLogEntry } from "@reach-fabric/schema";
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite } from "../files/files.ts";
import { machineDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import {
  damaged,
  logInUse,
  NAMES,
  readFrontierOf,
  readIdentity,
  readLast,
  readNote,
  readPart,
} from "./layout.ts";
import type { CheckpointNote, LogIdentity } from "./layout.ts";
import { lockFile } from "../files/lock.ts";
import { lastOf, Sequencer } from "./sequencer.ts";
import type { Appended } from "./sequencer.ts";

export interface OpenOptions {
  /** The log's own key. */
  readonly signer: Signer;
  readonly disk?: Disk;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** So many milliseconds another process may go on writing. Default: 10,000. */
  readonly wait?: number;
}

/** A log that this process alone writes to. */
export interface Log extends LogIdentity {
  readonly folder: string;
  /** The last checkpoint: everything in it is durable. */
  readonly last: CheckpointNote;
  /** Another log goes on from it: nothing can be appended. */
  readonly isClosed: boolean;
  /**
   * Resolves when the entry is durable in its place. Entries that come together are made durable
   * together.
   *
   * @throws EvidenceError `REACH-E5335` it is no entry; ReachError `REACH-E4164` the log is closed,
   *   `REACH-E411x` the disk refused, `REACH-E4165` another program has written, `REACH-E4166` after
   *   such an error: then it is unknown whether the entry is there, until the log is opened anew
   */
  append(entry: NewLogEntry): Promise<Appended>;
  /** Waits for what is under way, and lets others write. */
  close(): Promise<void>;
}

/**
 * Opens a log to write to it, and puts right what an interrupted commit left behind.
 *
 * Guarantees: one process at a time; a checkpoint once shown is never taken back, and each one has
 * grown from the last.
 *
 * @throws ReachError `REACH-E4160` no log, `REACH-E4161` damaged, `REACH-E4162` in use, `REACH-E4163`
 *   the key of another log
 *
 * @example
 * const log = await openLog("audit", { signer });
 * const body = { type: "key.revoked", actor: "maria@acme.example", outcome: "success" } as const;
 * const { index } = await log.append({ type: "act", body });
 * await log.close();
 */
export async function openLog(folder: string, options: OpenOptions): Promise<Log> {
  const { signer, disk = machineDisk, now = Date.now, wait = 10_000 } = options;
  const engine = createEngine();
  const identity = await readIdentity(engine, disk, folder);
  if (!sameKey(identity.key.key, signer.key)) {
    throw new ReachError(hostCode.otherLogKey, "This is not the key of this log.", {
      where: folder,
      why: `the log has the key ${identity.key.key.id}, this is ${signer.key.id}`,
    });
  }
  const lock =
    disk === machineDisk ? await lockFile(join(folder, NAMES.lock), wait, logInUse) : undefined;
  try {
    const { last, frontier } = await recover(disk, folder, identity);
    const at = lastOf(engine, await lastEntry(disk, folder, frontier));
    const sequencer = new Sequencer({
      engine,
      disk,
      folder,
      identity,
      signer,
      now,
      last,
      frontier,
      ...at,
    });
    return {
      ...identity,
      folder,
      get last() {
        return sequencer.last;
      },
      get isClosed() {
        return sequencer.isClosed;
      },
      append: (entry) => sequencer.append(entry),
      close: async () => {
        await sequencer.settle();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** The last checkpoint that is durable, with its frontier; nothing beyond it is left. */
async function recover(
  disk: Disk,
  folder: string,
  identity: LogIdentity,
): Promise<{ last: CheckpointNote; frontier: Frontier }> {
  await adoptNext(disk, folder, identity);
  const last = await readLast(disk, folder, identity);
  const frontier = await readFrontierOf(disk, folder, last.size);
  if (!sameBytes(frontierRoot(frontier), last.root)) {
    throw damaged(folder, "the last tiles do not make the root of the checkpoint");
  }
  try {
    await removeBeyond(disk, folder, frontier.size);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  return { last, frontier };
}

/** A commit that was durable and not shown yet is shown; one that was not is forgotten. */
async function adoptNext(disk: Disk, folder: string, identity: LogIdentity): Promise<void> {
  const path = join(folder, NAMES.next);
  if ((await disk.read(path)) === undefined) return;
  const next = await readNote(disk, folder, NAMES.next, identity).catch((error: unknown) => {
    // Half of it was written: none of its entries was acknowledged.
    if (error instanceof ReachError && error.code === hostCode.damagedLog) return undefined;
    throw error;
  });
  const last = await readLast(disk, folder, identity);
  try {
    if (next !== undefined && next.size > last.size) {
      await disk.sync(path);
      await disk.syncFolder(folder);
      await disk.rename(path, join(folder, NAMES.checkpoint));
    } else await disk.remove(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Removes what a commit that did not happen has written: another one may put other entries there. */
async function removeBeyond(disk: Disk, folder: string, size: number): Promise<void> {
  const files = frontierFiles(size);
  // A commit can begin two levels at most: in an empty log, by 256 entries.
  const levels = files.length - 1;
  const above = [levels, levels + 1].map((level) => ({ level, n: 0, width: 0 }));
  for (const { level, n, width } of [...files, ...above]) {
    const path = (number: number): string =>
      join(
        folder,
        level === "entries" ? entriesPath(BigInt(number)) : tilePath(level, BigInt(number)),
      );
    for (const part of await disk.list(`${path(n)}.p`)) {
      if (Number(part) > width) await disk.remove(join(`${path(n)}.p`, part));
    }
    for (const beyond of [path(n), path(n + 1), `${path(n + 1)}.p`]) await disk.remove(beyond);
  }
}

async function lastEntry(
  disk: Disk,
  folder: string,
  frontier: Frontier,
): Promise<Uint8Array | undefined> {
  if (frontier.size === 0 || frontier.bundle.length > 0) return frontier.bundle.at(-1);
  const n = BigInt(frontier.size / 256 - 1);
  return parseEntries(await readPart(disk, folder, entriesPath(n)), 256).at(-1);
}

export interface InitOptions extends Omit<OpenOptions, "wait"> {
  /** The log's name, without a scheme. Default: a random one. */
  readonly origin?: string;
  readonly witnesses?: readonly NoteKey[];
  /** The last state of the log that this one goes on from. */
  readonly previous?: LogHead;
  /** 16 random bytes for the default name. */
  readonly random?: (size: number) => Uint8Array;
}

/**
 * Makes a log with one entry, `opened`, in a folder that is not there yet.
 *
 * @throws ReachError `REACH-E4113` the folder is there, `REACH-E411x` it cannot be made; EvidenceError
 *   `REACH-E5310` a name that no log can have
 *
 * @example
 * const { key } = await initLog("decisions", { origin: "example.com/decisions", signer });
 */
export async function initLog(folder: string, options: InitOptions): Promise<LogIdentity> {
  const {
    signer,
    disk = machineDisk,
    now,
    witnesses = [],
    previous,
    random = randomBytes,
  } = options;
  const engine = createEngine();
  const origin = options.origin ?? `reach.invalid/${Buffer.from(random(16)).toString("hex")}`;
  const identity = { origin, key: noteKey(origin, "note", signer.key), witnesses };
  if ((await disk.list(folder)).length > 0 || (await disk.read(folder)) !== undefined) {
    throw new ReachError(hostCode.notEmpty, "The folder is not empty.", {
      where: folder,
      hint: "Name a folder that does not exist yet.",
    });
  }
  // Made beside its place and put there as a whole: a log that is there has a checkpoint.
  const part = join(
    dirname(folder),
    `.${basename(folder)}.${Buffer.from(random(6)).toString("hex")}`,
  );
  try {
    await writeEmpty(engine, disk, part, identity, signer);
    const log = await openLog(part, { signer, disk, ...(now ? { now } : {}) });
    try {
      await log.append({ type: "opened", body: previous === undefined ? {} : { previous } });
    } finally {
      await log.close();
    }
    await disk.remove(join(part, NAMES.lock));
    await disk.syncFolder(part);
    await disk.rename(part, folder);
    await disk.syncFolder(dirname(folder));
  } catch (error) {
    await disk.remove(part).catch(() => undefined);
    throw cannotWrite(folder, error);
  }
  return identity;
}

async function writeEmpty(
  engine: Engine,
  disk: Disk,
  folder: string,
  { origin, key, witnesses }: LogIdentity,
  signer: Signer,
): Promise<void> {
  const file: LogFile = {
    format: "reach/log/v1",
    origin,
    key: formatNoteKey(key),
    witnesses: witnesses.map(formatNoteKey),
  };
  const text = formatCheckpoint({ origin, size: 0n, root: frontierRoot(emptyFrontier) });
  const note = utf8(`${text}\n${signNote(text, key, signer)}`);
  await disk.makeFolder(folder);
  for (const [name, bytes] of [
    [NAMES.checkpoint, note],
    [NAMES.file, canonicalBytes(engine, file)],
  ] as const) {
    await disk.write(join(folder, name), bytes);
    await disk.sync(join(folder, name));
  }
}

/**
 * Makes a log that goes on from another one, which is closed first: its last entry says so, and
 * nothing can be appended to it any more. So a log gets another key.
 *
 * @param old folder of the log that ends, whose key `oldSigner` has
 * @param reason why, for its last entry
 * @throws ReachError as openLog() and initLog() do
 */
export async function continueLog(
  old: string,
  oldSigner: Signer,
  folder: string,
  options: Omit<InitOptions, "previous">,
  reason: string = "another log goes on from here",
): Promise<LogIdentity> {
  const { disk, now } = options;
  const log = await openLog(old, {
    signer: oldSigner,
    ...(disk ? { disk } : {}),
    ...(now ? { now } : {}),
  });
  try {
    // Closed by an earlier try that came no further: it is closed.
    if (!log.isClosed) await log.append({ type: "closed", body: { reason } });
    const { origin, size, root } = log.last;
    const previous = { origin, size: Number(size), root: toHex(root) };
    return await initLog(folder, { ...options, previous });
  } finally {
    await log.close();
  }
}
