// Reading a run's folder back: what an interrupted run had, and whether anything was damaged.
import { isInput, parseRecord } from "@reach-fabric/engine";
import type { Pack, RequestRecord, TraceRecord } from "@reach-fabric/engine";
import { packManifest } from "@reach-fabric/schema";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { readRegularFile, systemCode } from "../files/files.ts";
import { names } from "./recorder.ts";
import type { Annotation, RunIdentity } from "./recorder.ts";

/** Largest journal that is read back. */
const MAX_JOURNAL = 1024 * 1024 * 1024;

/** A run as its folder has it. */
export interface FolderRun {
  readonly run: RunIdentity & { readonly startedAt: string };
  /** SHA-256 of the engine that ran, in hex. */
  readonly engine: string;
  readonly pack: Pack;
  /** The whole records, in order. */
  readonly records: readonly Uint8Array[];
  readonly annotations: readonly Annotation[];
  /** Bytes of a last record that was not completely written; 0 if there is none. */
  readonly torn: number;
  /** How the run ended; undefined if it was interrupted. */
  readonly ended: "completed" | "faulted" | "cancelled" | undefined;
  /** Effects that were asked for and have no recorded result. */
  readonly waiting: readonly Pick<RequestRecord, "key" | "type" | "task" | "iteration">[];
  /** The above in one sentence. */
  readonly summary: string;
}

/**
 * What a folder of folderRecorder() holds, also after a crash in the middle of a write.
 *
 * A last line that is not a whole record is told by `torn` and left out. Anything else that is not
 * as it was written is an error: the numbers of the records leave no gap, and the pack is the one
 * that run.json names.
 *
 * @throws ReachError `REACH-E4130` not a run's folder, `REACH-E4131` damaged, `REACH-E41xx` files
 */
export async function readFolder(folder: string): Promise<FolderRun> {
  const meta = await readMeta(folder);
  const secret = await readSecret(join(folder, names.secret));
  const pack = await readPack(join(folder, names.pack), meta.pack);
  const recordsPath = join(folder, names.records);
  const journal = splitLines(await readOrEmpty(recordsPath));
  const { records, parsed, torn } = wholeRecords(journal, recordsPath);
  const annotations = await readAnnotations(join(folder, names.annotations));
  const last = parsed.at(-1);
  const ended = last?.kind === "outcome" ? last.status : undefined;
  const waiting = openRequests(parsed);
  return {
    run: { id: meta.id, secret, startedAt: meta.startedAt },
    engine: meta.engine,
    pack,
    records,
    annotations,
    torn,
    ended,
    waiting,
    summary: summarise(parsed, torn, ended, waiting),
  };
}

const damaged = (where: string, why: string): ReachError =>
  new ReachError(hostCode.damagedRun, "The run's folder is damaged.", {
    where,
    why,
    hint: "What it holds cannot be used as a run; the input can be run again.",
  });

interface Meta {
  readonly engine: string;
  readonly format: string;
  readonly id: string;
  readonly pack: string;
  readonly startedAt: string;
}

async function readMeta(folder: string): Promise<Meta> {
  const path = join(folder, names.meta);
  const bytes = await readRegularFile(path, { limit: 65536 }).catch((error: unknown) => {
    throw new ReachError(hostCode.notARun, "This is not the folder of a run.", {
      where: folder,
      why: `there is no readable ${names.meta}`,
      cause: error,
    });
  });
  let meta: Partial<Meta>;
  try {
    meta = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Partial<Meta>;
  } catch {
    throw damaged(path, "it is not JSON");
  }
  if (meta.format !== "reach/run/v1") {
    throw new ReachError(hostCode.notARun, "This version does not read runs of this format.", {
      where: path,
      hint: "It may be from a later version.",
    });
  }
  const texts = [meta.engine, meta.id, meta.pack, meta.startedAt];
  if (!texts.every((text) => typeof text === "string")) throw damaged(path, "a field is missing");
  return meta as Meta;
}

async function readSecret(path: string): Promise<Uint8Array> {
  const text = new TextDecoder().decode(await readRegularFile(path, { limit: 256 })).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw damaged(path, "it is not 32 bytes in hex");
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** Files under their digests; the engine checks the content when it loads the pack. */
async function readPack(folder: string, digest: string): Promise<Pack> {
  const path = join(folder, "pack.json");
  const manifest = await readRegularFile(path);
  const { files } = checked(packManifest, readJson(manifest, path), "pack");
  const read = files.map(async (file) => ({
    path: file.path,
    bytes: await readRegularFile(join(folder, file.sha256)),
  }));
  return { manifest, files: await Promise.all(read), digest };
}

async function readOrEmpty(path: string): Promise<Uint8Array> {
  return readRegularFile(path, { limit: MAX_JOURNAL }).catch((error: Error) => {
    if (systemCode(error.cause) === "ENOENT") return new Uint8Array();
    throw error;
  });
}

/** The lines of a file, and what comes after the last line's end. */
function splitLines(bytes: Uint8Array): { lines: Uint8Array[]; rest: Uint8Array } {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}

function wholeRecords(
  { lines, rest }: { lines: readonly Uint8Array[]; rest: Uint8Array },
  where: string,
): { records: Uint8Array[]; parsed: TraceRecord[]; torn: number } {
  const parsed: TraceRecord[] = [];
  for (const [index, line] of lines.entries()) {
    const record = tryParse(line);
    if (!record || record.seq !== index) {
      // A disk may write the end of a line before its middle.
      if (!record && index === lines.length - 1 && rest.length === 0) {
        return { records: lines.slice(0, index), parsed, torn: line.length + 1 };
      }
      throw damaged(where, `line ${index + 1} is not record ${index}`);
    }
    parsed.push(record);
  }
  return { records: [...lines], parsed, torn: rest.length };
}

function tryParse(line: Uint8Array): TraceRecord | undefined {
  try {
    return parseRecord(line);
  } catch {
    return undefined;
  }
}

async function readAnnotations(path: string): Promise<Annotation[]> {
  const { lines } = splitLines(await readOrEmpty(path));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(new TextDecoder().decode(line)) as Annotation];
    } catch {
      return [];
    }
  });
}

function openRequests(records: readonly TraceRecord[]): RequestRecord[] {
  const open = new Map<string, RequestRecord>();
  for (const record of records) {
    if (record.kind === "request") open.set(record.key, record);
    if (record.kind === "result" || record.kind === "late") open.delete(record.key);
    if (record.kind !== "task" || record.status !== "cancelled") continue;
    // Nobody waits for what a cancelled task has asked for.
    for (const { key, task, iteration } of open.values()) {
      if (task === record.task && iteration.join() === record.iteration.join()) open.delete(key);
    }
  }
  return [...open.values()];
}

function summarise(
  records: readonly TraceRecord[],
  torn: number,
  ended: FolderRun["ended"],
  waiting: readonly RequestRecord[],
): string {
  const count = `${records.length} whole ${records.length === 1 ? "record" : "records"}`;
  const half = torn > 0 ? `; a further record was cut off after ${torn} bytes` : "";
  if (ended !== undefined) return `The run has ended (${ended}) with ${count}${half}.`;
  const effects = waiting.map(({ key, type, task }) => `effect ${key} (${type}) of task ${task}`);
  const last = records.at(-1);
  const state =
    effects.length > 0
      ? `waiting on ${effects.join(", ")}`
      : last !== undefined && isInput(last)
        ? "about to compute its next step"
        : "not begun";
  return `The run was interrupted: it had ${count} and was ${state}${half}.`;
}
