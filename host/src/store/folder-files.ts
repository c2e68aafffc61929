// The files of a run's folder: what it holds before the first line, and reading all of it. docs/spec/run-folder.md, RUN-1 to RUN-5.
import type { Pack } from "@reach-fabric/engine";
import { utf8 } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { packManifest, runRequest } from "@reach-fabric/schema";
import type { RunRequest } from "@reach-fabric/schema";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { makeFolder, readRegularFile, systemCode, writeFileAtomic } from "../files/files.ts";
import { parseJournal, withBodies } from "../record/journal.ts";
import { damagedRun, forgotten } from "./errors.ts";
import { bodiesBeside, withoutRoom } from "./journal-file.ts";
import { stateIn } from "./folder-state.ts";
import { labelsOf } from "./store.ts";
import type { NewRun, RunFile, RunLabels } from "./store.ts";

/** The form of a run's folder: docs/spec/run-folder.md. */
const RUN_FORMAT = "reach/run/v3";

/** Names inside it. */
export const names = {
  meta: "run.json",
  secret: "secret",
  pack: "pack",
  entered: "entered.jsonl",
  request: "request.json",
  state: "state.json",
  lock: "lock",
} as const;

/** Largest journal that is read back. */
const MAX_JOURNAL = 1024 * 1024 * 1024;
/** Largest record that is read back. */
const MAX_BODY = 256 * 1024 * 1024;

/** run.json: what RUN-2 says. */
interface Meta extends Omit<RunLabels, "request"> {
  readonly attempt: number;
  readonly engine: string;
  readonly format: string;
  readonly id: string;
  readonly pack: string;
  readonly startedAt: string;
}

export async function readMeta(folder: string): Promise<Meta> {
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
    throw damagedRun(path, "it is not JSON");
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
  const strange = Object.keys(others).find(
    (name) => !Object.hasOwn(META, name) && !Object.hasOwn(LABELS, name),
  );
  if (strange !== undefined) throw damagedRun(path, `it has a field ${JSON.stringify(strange)}`);
  for (const [name, form] of Object.entries(META)) {
    if (!form.test(JSON.stringify(others[name]) ?? ""))
      throw damagedRun(path, `${name} is missing or odd`);
  }
  for (const [name, form] of Object.entries(LABELS)) {
    const text = JSON.stringify(others[name]);
    if (text !== undefined && !form.test(text)) throw damagedRun(path, `${name} is odd`);
  }
  return meta as unknown as Meta;
}

/** The text of each field of run.json beside its format (RUN-2). */
const META: Readonly<Record<Exclude<keyof Meta, "format" | keyof RunLabels>, RegExp>> = {
  attempt: /^[1-9]\d{0,9}$/,
  engine: /^"[0-9a-f]{64}"$/,
  id: /^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/,
  pack: /^"[0-9a-f]{64}"$/,
  startedAt: /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/,
};

/** The text of each field that it may have beside these. */
const LABELS: Readonly<Record<Exclude<keyof RunLabels, "request">, RegExp>> = {
  workflow: /^"/,
  labels: /^\{("[^"]+":"[^"]*"(,|\}$))+$/,
  pool: /^"/,
  priority: /^-?\d{1,9}$/,
};

async function readSecret(path: string): Promise<Uint8Array> {
  const text = new TextDecoder().decode(await readRegularFile(path, { limit: 256 })).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw damagedRun(path, "it is not 32 bytes in hex");
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** Whether a file is a run secret, or there is none. */
export const isSecret = (path: string): Promise<boolean> =>
  readSecret(path).then(
    () => true,
    (error: unknown) => error instanceof ReachError && error.code === hostCode.missing,
  );

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

async function readRequest(folder: string): Promise<RunRequest | undefined> {
  const path = join(folder, names.request);
  const bytes = await readOrEmpty(path);
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw damagedRun(path, "it is not JSON");
  }
  const { success, data } = runRequest.safeParse(value);
  if (!success) throw damagedRun(path, "it has another form");
  return data;
}

/** All that a folder keeps, and how many bytes of its journal are whole. */
export async function readRunFile(
  folder: string,
): Promise<{ readonly file: RunFile; readonly whole: number }> {
  const meta = await readMeta(folder);
  const { evidence } = await stateIn(folder);
  if (evidence !== undefined) throw forgotten(folder, evidence);
  const secret = await readSecret(join(folder, names.secret));
  const pack = await readPack(join(folder, names.pack), meta.pack);
  const request = await readRequest(folder);
  const where = join(folder, names.entered);
  const journal = withoutRoom(await readOrEmpty(where));
  const { lines: kept, torn, bad } = parseJournal(journal);
  if (bad !== undefined) throw damagedRun(where, `line ${bad} is not as it was written`);
  const { lines, bad: without } = await withBodies(kept, (digest) =>
    readRegularFile(join(bodiesBeside(where), digest), { limit: MAX_BODY }).catch(() => undefined),
  );
  if (without !== undefined)
    throw damagedRun(where, `the record of line ${without} is not as it was written`);
  const { id, attempt, startedAt, engine } = meta;
  return {
    file: {
      run: { id, attempt, secret, startedAt },
      engine,
      pack,
      lines,
      torn,
      ...(request === undefined ? {} : { request }),
    },
    whole: journal.length - torn,
  };
}

/** Writes what a folder has before the first line; `run.json` last. */
export async function writeBeginning(folder: string, run: NewRun): Promise<void> {
  const { pack, engine, startedAt, request } = run;
  const secret = utf8(`${Buffer.from(run.run.secret).toString("hex")}\n`);
  await writeFileAtomic(join(folder, names.secret), secret, 0o600);
  await makeFolder(join(folder, names.pack));
  await writeFileAtomic(join(folder, names.pack, "pack.json"), pack.manifest, 0o600);
  // Under their digests: no name of a pack ever becomes a name on this disk.
  const byPath = new Map(pack.files.map(({ path, bytes }) => [path, bytes]));
  for (const { path, sha256 } of manifestOf(pack).files) {
    const bytes = byPath.get(path);
    if (!bytes || !/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError("A pack that is not one");
    await writeFileAtomic(join(folder, names.pack, sha256), bytes, 0o600);
  }
  if (request !== undefined) {
    await writeFileAtomic(join(folder, names.request), encode(request), 0o600);
  }
  const { attempt, id } = run.run;
  const meta: Meta = {
    attempt,
    engine,
    format: RUN_FORMAT,
    id,
    pack: pack.digest,
    startedAt,
    ...labelsOf(run),
  };
  await writeFileAtomic(join(folder, names.meta), encode(meta), 0o600);
}

const encode = (value: unknown): Uint8Array => utf8(JSON.stringify(value));
