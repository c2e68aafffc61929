// Reading a run's folder back: the run is computed again from what entered it, and compared with what was noted.
import { EngineError, parseRecord, sameBytes, step } from "@reach-fabric/engine";
import type { Engine, Pack, RequestRecord } from "@reach-fabric/engine";
import { runSeedOf } from "@reach-fabric/evidence";
import { packManifest } from "@reach-fabric/schema";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { readRegularFile, systemCode } from "../files/files.ts";
import { parseJournal } from "./journal.ts";
import type { Annotation, Entry, Line } from "./journal.ts";
import { RUN_FORMAT, names } from "./recorder.ts";
import type { RunIdentity } from "./recorder.ts";
import { leased } from "./lease.ts";

/** Largest journal that is read back. */
const MAX_JOURNAL = 1024 * 1024 * 1024;

/** An effect that was asked for and is not answered. */
export interface OpenEffect {
  readonly request: RequestRecord;
  /** Whether it had begun: then it may have been performed, or not. */
  readonly hasBegun: boolean;
  /** Who said that it is to be performed again. */
  readonly retriedBy?: string;
  /** When it was asked for, by the stamp of the record that it follows from. */
  readonly askedAt: string;
}

/** A run as its folder has it. */
export interface FolderRun {
  readonly run: RunIdentity & { readonly startedAt: string };
  /** SHA-256 of the engine that ran, in hex. */
  readonly engine: string;
  readonly pack: Pack;
  /** The records that entered: what createEvidence() and replay() take. */
  readonly inputs: readonly Uint8Array[];
  /** All records, in order: what left was computed again. */
  readonly records: readonly Uint8Array[];
  readonly annotations: readonly Annotation[];
  /** What was written as it is, line by line: the records that entered, and which effects have begun. */
  readonly lines: readonly Line[];
  /** Bytes of the journal that are whole. */
  readonly whole: number;
  /** Bytes at the end that were not completely written; 0 if there are none. */
  readonly torn: number;
  /** How the run ended; undefined if it was interrupted. */
  readonly ended: "completed" | "faulted" | "cancelled" | undefined;
  /** Effects that the run waits for. */
  readonly waiting: readonly OpenEffect[];
  /** The above in one sentence. */
  readonly summary: string;
}

/**
 * What a folder of folderRecorder() holds, also after a crash in the middle of a write.
 *
 * Lines at the end that are not whole are told by `torn` and left out: nothing had left the process that follows from
 * them. Anything else that is not as it was written is an error. What the engine computes from what entered is
 * compared with the digest that was noted of it, record by record.
 *
 * @param engine its pack and run are replaced: afterwards it is where the run was
 * @throws ReachError `REACH-E3010` a run is on the engine, `REACH-E4130` not a run's folder, or one of another form, `REACH-E4131` damaged, or the engine
 *   computes something else, `REACH-E4140` the run has other semantics than the engine, `REACH-E41xx` files
 *
 * @example
 * await run({ ...options, recorder: folderRecorder("runs/2") });
 * const { summary } = await readFolder(createEngine(), "runs/2");
 * summary; // → "The run has ended (completed) with 3 records."
 */
export const readFolder = (engine: Engine, folder: string): Promise<FolderRun> =>
  leased(engine, async () => {
    try {
      return await openFolder(engine, folder);
    } finally {
      // Who runs the same pack next finds the engine as after load().
      if (!engine.trapped) engine.commit(null);
    }
  });

/**
 * Requires that a folder is that of a run.
 *
 * @throws ReachError `REACH-E4130`, `REACH-E4131`
 */
export async function requireRunFolder(folder: string): Promise<void> {
  await readMeta(folder);
}

/** As readFolder(), with the engine left where the run is: it goes on from there. */
export async function openFolder(engine: Engine, folder: string): Promise<FolderRun> {
  const meta = await readMeta(folder);
  const secret = await readSecret(join(folder, names.secret));
  const pack = await readPack(join(folder, names.pack), meta.pack);
  const where = join(folder, names.entered);
  const journal = await readOrEmpty(where);
  const { lines, torn, bad } = parseJournal(journal);
  if (bad !== undefined) throw damaged(where, `line ${bad} is not as it was written`);
  const run = { id: meta.id, attempt: meta.attempt, secret, startedAt: meta.startedAt };
  const entries = lines.filter((line) => "record" in line);
  const found = { torn, ...computeAgain(engine, { folder, pack, run, lines }) };
  return {
    run,
    engine: meta.engine,
    pack,
    lines,
    whole: journal.length - torn,
    inputs: entries.map(({ record }) => record),
    annotations: entries.map(({ stamp }) => stamp),
    ...found,
    summary: summarise(found),
  };
}

/**
 * All records of the run, from those that entered, and what it waits for.
 *
 * @throws ReachError `REACH-E4131`, `REACH-E4140`
 */
function computeAgain(
  engine: Engine,
  {
    folder,
    pack,
    run,
    lines,
  }: {
    readonly folder: string;
    readonly pack: Pack;
    readonly run: RunIdentity;
    readonly lines: readonly Line[];
  },
): Computed {
  const where = join(folder, names.entered);
  requireSemantics(
    engine,
    lines.find((line) => "record" in line),
    where,
  );
  attempt(join(folder, names.pack), () => engine.load(pack));
  engine.commit(runSeedOf(engine, run.secret, run));
  return drive(engine, lines, where);
}

/** What a run has come to. */
type Computed = Pick<FolderRun, "records" | "ended" | "waiting">;

function drive(engine: Engine, lines: readonly Line[], where: string): Computed {
  const records: Uint8Array[] = [];
  const asked = new Set<string>();
  const open = new Map<string, OpenEffect>();
  let ended: Computed["ended"];
  for (const [i, line] of lines.entries()) {
    const place = `line ${i + 1}`;
    if ("record" in line) {
      const { record, stamp, left } = line;
      if (stamp.seq !== records.length) {
        const what = `${place} has the stamp of record ${stamp.seq}, not ${records.length}`;
        throw damaged(where, what);
      }
      const input = records.length === 0 ? { start: record } : { record };
      const { entered, ...found } = attempt(`${where}, ${place}`, () => step(engine, [input]));
      if (!sameBytes(entered[0]?.left ?? record, left)) throw differs(where, stamp.seq);
      const answered = parseRecord(record);
      if (answered.kind === "result") open.delete(answered.key);
      records.push(...found.records);
      for (const request of found.effects) {
        asked.add(request.key);
        open.set(request.key, { request, hasBegun: false, askedAt: stamp.at });
      }
      // Nothing waits for what a cancelled branch has asked for.
      for (const key of found.dropped) open.delete(key);
      ended = found.outcome?.status;
    } else if (ended !== undefined || records.length === 0) {
      const why = ended === undefined ? "is not there" : "has ended";
      throw damaged(where, `${place} begins effects of a run that ${why}`);
    }
    const keys = "retried" in line ? [line.retried] : (line.begun ?? []);
    const strange = keys.find((key) => !asked.has(key));
    if (strange !== undefined) {
      throw damaged(where, `${place} begins the effect ${strange}, which was not asked for`);
    }
    const now = "retried" in line ? { hasBegun: false, retriedBy: line.by } : { hasBegun: true };
    for (const key of keys) {
      const effect = open.get(key);
      if (effect !== undefined) open.set(key, { ...effect, ...now });
    }
  }
  return { records, ended, waiting: [...open.values()] };
}

function attempt<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw damaged(where, `the engine does not take it: ${error.message} (${error.code})`);
  }
}

/** What an engine of another meaning computes says nothing of the folder. */
function requireSemantics({ semantics }: Engine, start: Entry | undefined, where: string): void {
  if (start === undefined) return;
  const record = recordOf(start.record);
  if (record?.kind !== "start" || record.semantics === semantics) return;
  throw new ReachError(hostCode.otherEngine, "The run is one of another engine.", {
    where,
    why: `it has semantics ${record.semantics}, this engine has ${semantics}`,
    hint: "Take the version of Reach that ran it.",
  });
}

/** Undefined for what is none: the engine says so. */
function recordOf(bytes: Uint8Array): ReturnType<typeof parseRecord> | undefined {
  try {
    return parseRecord(bytes);
  } catch {
    return undefined;
  }
}

const damaged = (where: string, why: string): ReachError =>
  new ReachError(hostCode.damagedRun, "The run's folder is damaged.", {
    where,
    why,
    hint: "What it holds cannot be used as a run; the input can be run again.",
  });

const differs = (where: string, seq: number): ReachError =>
  new ReachError(hostCode.damagedRun, "The engine does not compute what was recorded.", {
    where,
    why: `what it computes after record ${seq} is not what was recorded`,
    hint: "The folder was changed, or another engine ran it: run.json has its digest.",
  });

interface Meta {
  readonly attempt: number;
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
  let meta: Partial<Record<string, unknown>>;
  try {
    meta = Object(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))) as object;
  } catch {
    throw damaged(path, "it is not JSON");
  }
  const { format, ...others } = meta;
  if (format !== RUN_FORMAT) {
    const isOlder = format === "reach/run/v1" || format === "reach/run/v2";
    throw new ReachError(hostCode.notARun, "This version does not read runs of this format.", {
      where: path,
      hint: isOlder
        ? "It is from before the first release: run the input again."
        : "It may be from a later version.",
    });
  }
  const strange = Object.keys(others).find((name) => !Object.hasOwn(META, name));
  if (strange !== undefined) throw damaged(path, `it has a field ${JSON.stringify(strange)}`);
  for (const [name, form] of Object.entries(META)) {
    if (!form.test(JSON.stringify(others[name]) ?? ""))
      throw damaged(path, `${name} is missing or odd`);
  }
  return meta as unknown as Meta;
}

/** The text of each field of run.json beside its format (RUN-2). */
const META: Readonly<Record<Exclude<keyof Meta, "format">, RegExp>> = {
  attempt: /^[1-9]\d{0,9}$/,
  engine: /^"[0-9a-f]{64}"$/,
  id: /^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/,
  pack: /^"[0-9a-f]{64}"$/,
  startedAt: /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/,
};

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

function summarise({
  records,
  torn,
  ended,
  waiting,
}: Pick<FolderRun, "records" | "torn" | "ended" | "waiting">): string {
  const count = `${records.length} ${records.length === 1 ? "record" : "records"}`;
  const half = torn > 0 ? `; the last ${torn} bytes were cut off` : "";
  if (ended !== undefined) return `The run has ended (${ended}) with ${count}${half}.`;
  const effects = waiting.map(
    ({ request: { key, type, task } }) => `effect ${key} (${type}) of task ${task}`,
  );
  const state = effects.length > 0 ? `waiting on ${effects.join(", ")}` : "not begun";
  return `The run was interrupted: it had ${count} and was ${state}${half}.`;
}
