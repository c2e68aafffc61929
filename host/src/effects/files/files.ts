// What a call file does on this machine (GRANT-26 to GRANT-29).
import { canonicalize } from "@reach-fabric/engine";
import { mayAccess } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import { constants } from "node:fs";
import { randomBytes } from "node:crypto";
import { open, opendir, rename, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { hostCode } from "../../files/codes.ts";
import { systemCode, writeAll } from "../../files/files.ts";
import type { SecretGuard } from "../../secrets/guard.ts";
import { failed } from "../egress/answer.ts";
import type { RequestContext } from "../egress/egress.ts";
import { RequestFailed } from "../egress/failure.ts";
import { Bounds } from "../egress/limits.ts";
import type { BoundsOptions } from "../egress/limits.ts";
import type { Performed } from "../egress/performed.ts";
import { throwTrouble } from "../egress/trouble.ts";
import { whyNotDown } from "./path.ts";
import { HeldFolder, ofSystem, requirePlain } from "./walk.ts";

/** TRACE-5: what a run asks for, as the engine made it. */
export interface FileCall {
  readonly method: string;
  readonly folder: string;
  readonly path?: string;
  readonly as?: string;
  readonly content?: unknown;
  readonly new?: boolean;
}

/** Performs it; a failure is an answer, and only HostTrouble an exception. */
export type UseFile = (call: FileCall, context: RequestContext) => Promise<Performed>;

export interface FilesOptions extends BoundsOptions {
  readonly grant: Grant;
  /** Where the folders of the grant are. */
  readonly directories?: Readonly<Record<string, string>>;
  readonly guard?: SecretGuard;
  /** False: paths are held to what they were in the portable way alone. */
  readonly isBound?: boolean;
}

/** Most names in a folder that is listed. */
const MOST_NAMES = 10_000;

export function createFiles(options: FilesOptions): UseFile {
  const { bytes: most } = new Bounds(options).own();
  return async (call, context) => {
    try {
      return await perform(options, most, call, context);
    } catch (error) {
      context.signal.throwIfAborted();
      const problem = ofSystem(error);
      throwTrouble(problem);
      return failed(problem);
    }
  };
}

/** The folder in which the path ends is held while something is done to its last name. */
async function perform(
  options: FilesOptions,
  most: number,
  call: FileCall,
  context: RequestContext,
): Promise<Performed> {
  const segments = segmentsOf(call);
  const directory = directoryOf(options, call);
  const name = call.method === "list" ? undefined : segments.pop();
  let folder = await HeldFolder.open(directory, options.isBound);
  try {
    for (const segment of segments) {
      const next = await folder.enter(segment);
      await folder.close();
      folder = next;
    }
    context.signal.throwIfAborted();
    if (name === undefined) return { result: { entries: await list(folder) } };
    if (call.method === "read") return { result: {}, body: await read(folder, name, most) };
    const bytes = bytesOf(call, most, options.guard);
    await write(folder, name, bytes, call.new === true, context);
    return { result: {} };
  } finally {
    await folder.close();
  }
}

/** GRANT-27 again. */
function segmentsOf({ method, path }: FileCall): string[] {
  if (path === undefined && method === "list") return [];
  const why = typeof path === "string" ? whyNotDown(path) : "it is not a text";
  if (why !== undefined) throw new RequestFailed("denied", hostCode.badPath, `the path: ${why}`);
  return (path as string).split("/");
}

/** GRANT-26 again. */
function directoryOf({ grant, directories = {} }: FilesOptions, call: FileCall): string {
  const { folder, method } = call;
  const directory = Object.hasOwn(directories, folder) ? directories[folder] : undefined;
  const why = !mayAccess(grant, folder, method)
    ? `no entry grants to ${method} in the folder ${folder}`
    : directory === undefined
      ? `no directory is given for the folder ${folder}`
      : undefined;
  if (why !== undefined) throw new RequestFailed("denied", hostCode.noFolder, why);
  return directory as string;
}

async function read(folder: HeldFolder, name: string, most: number): Promise<Uint8Array> {
  const file = await folder.file(name);
  try {
    return await readWithin(file, most);
  } finally {
    await file.close();
  }
}

/** All bytes of a file; one that grows meanwhile still ends at the limit. */
async function readWithin(file: FileHandle, most: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (size > most) throw tooLarge(`the file has more than ${most} bytes`);
  const chunks: Uint8Array[] = [];
  for (let length = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(65_536), 0, 65_536, null);
    if (bytesRead === 0) return new Uint8Array(Buffer.concat(chunks, length));
    length += bytesRead;
    if (length > most) throw tooLarge(`the file has more than ${most} bytes`);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

const tooLarge = (why: string): RequestFailed =>
  new RequestFailed("tooLarge", hostCode.largeAnswer, why);

/** A text as it is, any other value as RFC 8785 has it; no secret goes into a file. */
function bytesOf({ content }: FileCall, most: number, guard?: SecretGuard): Uint8Array {
  const bytes =
    typeof content === "string" ? Buffer.from(content) : canonicalize(JSON.stringify(content));
  if (bytes.length > most) throw tooLarge(`the content has more than ${most} bytes`);
  if (guard?.holds(content) === true) {
    throw new RequestFailed("denied", hostCode.secretCaught, "the content holds a secret");
  }
  return bytes;
}

/** The name has the whole of it, on the disk, or what it had. */
async function write(
  folder: HeldFolder,
  name: string,
  bytes: Uint8Array,
  isNew: boolean,
  { signal }: RequestContext,
): Promise<void> {
  const found = await folder.look(name);
  // What has the name of a new one already is not touched.
  if (found !== undefined && !isNew) {
    folder.requireInside(found);
    requirePlain(found);
  }
  // No path has this name (GRANT-27), and no other try: one that was given up may still be at work.
  const part = `.reach-${randomBytes(16).toString("hex")}.part`;
  let isTaken = false;
  try {
    await makePart(folder, part, bytes);
    signal.throwIfAborted();
    // The name is taken first: a rename would take the place of a file that has come meanwhile.
    if (isNew) {
      await (await taken(folder, name)).close();
      isTaken = true;
    }
    await folder.requireWay();
    await rename(folder.at(part), folder.at(name));
    await folder.sync();
  } catch (error) {
    await unlink(folder.at(part)).catch(() => undefined);
    // Who tries again must not find what it has left.
    if (isTaken) await unlink(folder.at(name)).catch(() => undefined);
    throw error;
  }
}

const exists = (): RequestFailed =>
  new RequestFailed("exists", hostCode.fileThere, "there is a file of that name");

/** The file that stands for a new one until it is there. */
async function taken(folder: HeldFolder, name: string): Promise<FileHandle> {
  try {
    return await created(folder, name);
  } catch (error) {
    throw systemCode(error) === "EEXIST" ? exists() : error;
  }
}

async function makePart(folder: HeldFolder, part: string, bytes: Uint8Array): Promise<void> {
  const file = await created(folder, part);
  try {
    await writeAll(file, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A file that was not there, which its owner alone may read: a link of that name is one that is there. */
const created = (folder: HeldFolder, name: string): Promise<FileHandle> =>
  open(folder.at(name), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);

type Entry =
  | { readonly kind: "file"; readonly name: string; readonly size: number }
  | { readonly kind: "folder"; readonly name: string };

/** What a path can name and a call can open, by the code units of their names. */
async function list(folder: HeldFolder): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await namesIn(folder)) {
    if (name.includes("/") || whyNotDown(name) !== undefined) continue;
    const found = await folder.look(name);
    if (found === undefined || !folder.isInside(found)) continue;
    if (found.isDirectory()) entries.push({ kind: "folder", name });
    if (found.isFile() && found.nlink === 1n) {
      entries.push({ kind: "file", name, size: Number(found.size) });
    }
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The names that are UTF-8. */
async function namesIn(folder: HeldFolder): Promise<string[]> {
  const names: string[] = [];
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let seen = 0;
  try {
    const options = { encoding: "buffer" as BufferEncoding };
    for await (const { name } of await opendir(folder.at("."), options)) {
      seen += 1;
      if (seen > MOST_NAMES) throw tooLarge(`the folder has more than ${MOST_NAMES} names`);
      try {
        names.push(text.decode(name as unknown as Uint8Array));
      } catch {
        // No path can name it.
      }
    }
  } catch (error) {
    throw ofSystem(error);
  }
  await folder.requireWay();
  return names;
}
