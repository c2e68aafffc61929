// Where a run is kept while it happens. A recorder promises one thing: when append() has resolved,
// the records survive whatever happens to the process or the machine (ABI-8).
import { concat, utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { randomBytes, randomUUID } from "node:crypto";
import { open, readdir, rm, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import {
  cannotWrite,
  makeEmptyFolder,
  syncFolder,
  writeAll,
  writeFileAtomic,
} from "../files/files.ts";

/** What the host knows of a run and the engine does not. */
export interface RunIdentity {
  /** A random lower-case UUID. */
  readonly id: string;
  /** 32 random bytes: the key of the salts of every commitment (TRACE-12). Never to be shown. */
  readonly secret: Uint8Array;
}

/**
 * What the host notes beside a record: signed with the evidence, in neither digest, and of no
 * consequence for a replay.
 */
export interface Annotation {
  readonly [name: string]: string | number;
  /** The record. */
  readonly seq: number;
  /** When the host had it, in UTC with milliseconds. */
  readonly at: string;
}

/** What a recorder is told before the first record. */
export interface Beginning {
  readonly pack: Pack;
  /** SHA-256 of the scalar engine, in hex. */
  readonly engine: string;
  /** In UTC with milliseconds. */
  readonly startedAt: string;
}

export interface Recorder {
  readonly run: RunIdentity;
  begin(beginning: Beginning): Promise<void>;
  /** Resolves when all records are durable; if it rejects, none of them counts. */
  append(records: readonly Uint8Array[], annotation?: Annotation): Promise<void>;
  close(): Promise<void>;
}

/** Where identities come from; tests give their own. */
export interface IdentityOptions {
  readonly id?: string;
  readonly secret?: Uint8Array;
}

const identity = ({ id, secret }: IdentityOptions): RunIdentity => ({
  id: id ?? randomUUID(),
  secret: secret ?? new Uint8Array(randomBytes(32)),
});

/** A recorder that keeps nothing beyond the process: for tests and for embedders with a store. */
export function memoryRecorder(options: IdentityOptions = {}): Recorder {
  return {
    run: identity(options),
    begin: () => Promise.resolve(),
    append: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Names inside a run's folder. */
export const names = {
  meta: "run.json",
  secret: "secret",
  pack: "pack",
  records: "records.jsonl",
  annotations: "annotations.jsonl",
} as const;

/**
 * Records a run in a folder, which must be empty or not there yet:
 *
 * ```
 * run.json           the run's id, its beginning, the digests of engine and pack
 * secret             the run secret in hex, readable by its owner only
 * pack/              pack.json, and every file of the pack under its SHA-256
 * records.jsonl      one record a line, each on the disk before the run goes on
 * annotations.jsonl  the host's stamps
 * ```
 *
 * What was appended is on the disk; what could not be appended is taken back, so that the file
 * ends with a whole record unless the machine stopped in the middle of a write, which readFolder()
 * recognises.
 *
 * @throws ReachError from begin() and append(): `REACH-E4110` disk full, `REACH-E4111` not
 *   writable, `REACH-E4112` the folder holds something
 */
export function folderRecorder(folder: string, options: IdentityOptions = {}): Recorder {
  const run = identity(options);
  let records: Journal | undefined;
  let annotations: Journal | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([records?.close(), annotations?.close()]);
    records = annotations = undefined;
  };
  return {
    run,
    begin: async (beginning) => {
      await makeEmptyFolder(folder);
      try {
        await writeBeginning(folder, run, beginning);
        records = await Journal.create(join(folder, names.records));
        annotations = await Journal.create(join(folder, names.annotations));
        await syncFolder(folder);
      } catch (error) {
        // The folder was empty: everything in it is from here.
        await close();
        await empty(folder);
        throw cannotWrite(folder, error);
      }
    },
    append: async (lines, annotation) => {
      if (!records || !annotations) throw new TypeError("append() comes after begin()");
      await records.append(lines);
      // Beside the trace: it may lag behind and is made durable at the end.
      if (annotation) await annotations.append([encode(annotation)], false);
    },
    close,
  };
}

const encode = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

async function writeBeginning(
  folder: string,
  run: RunIdentity,
  { pack, engine, startedAt }: Beginning,
): Promise<void> {
  const secret = utf8(`${Buffer.from(run.secret).toString("hex")}\n`);
  await writeFileAtomic(join(folder, names.secret), secret, 0o600);
  await makeEmptyFolder(join(folder, names.pack));
  await writeFileAtomic(join(folder, names.pack, "pack.json"), pack.manifest);
  // Under their digests: no name of a pack ever becomes a name on this disk.
  const byPath = new Map(pack.files.map(({ path, bytes }) => [path, bytes]));
  for (const { path, sha256 } of manifestOf(pack).files) {
    const bytes = byPath.get(path);
    if (!bytes || !/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError("A pack that is not one");
    await writeFileAtomic(join(folder, names.pack, sha256), bytes);
  }
  const meta = { engine, format: "reach/run/v1", id: run.id, pack: pack.digest, startedAt };
  await writeFileAtomic(join(folder, names.meta), encode(meta));
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** A file that only grows, by whole lines. */
class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  #length = 0;
  #broken = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<Journal> {
    try {
      return new Journal(path, await open(path, "ax", 0o600));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  async append(lines: readonly Uint8Array[], durable: boolean = true): Promise<void> {
    if (lines.length === 0) return;
    if (this.#broken) {
      const why = "an earlier write failed, and a record must not be missing";
      throw new ReachError(hostCode.unwritable, "The file cannot be written.", {
        where: this.#path,
        why,
      });
    }
    const bytes = concat(lines.flatMap((line) => [line, NEWLINE]));
    try {
      await writeAll(this.#file, bytes);
      if (durable) await this.#file.datasync();
      this.#length += bytes.length;
    } catch (error) {
      // After a failed write or sync nobody can say what is on the disk beyond the last length.
      this.#broken = true;
      await this.#file.truncate(this.#length).catch(() => undefined);
      await this.#file.datasync().catch(() => undefined);
      throw cannotWrite(this.#path, error);
    }
  }

  async close(): Promise<void> {
    await this.#file.sync().catch(() => undefined);
    await this.#file.close();
    if (this.#length === 0) await unlink(this.#path).catch(() => undefined);
  }
}

const NEWLINE = new Uint8Array([0x0a]);
