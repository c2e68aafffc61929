// The pack of a workflow file, made in memory: the workflow and those that it runs, the decision tables and
// the schemas that they name, each as canonical JSON, and the manifest that lists them. Nothing outside the workflow's folder is
// read, however it is named or linked.
import {
  canonicalize,
  createEngine,
  fromUtf8,
  packOf,
  pointerOf,
  sameBytes,
  sha256,
} from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import {
  inlineSchemasOf,
  packSource,
  problemCode,
  schemasOf,
  table,
  tablesOf,
  whyNotPackPath,
  workflow,
  workflowsOf,
} from "@reach-fabric/schema";
import type { PackManifest, PackSource, Path, Workflow } from "@reach-fabric/schema";
import { isUtf8 } from "node:buffer";
import { realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { compile } from "../compile/compile.ts";
import type { Read } from "../compile/read.ts";
import { CompileError, mapTasks } from "../compile/tasks.ts";
import type { Fields } from "../compile/tasks.ts";
import { hostCode } from "../files/codes.ts";
import { checked, readDocument } from "../files/document.ts";
import type { ReadDocument } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { cannotRead, readRegularFile, realFolderOf } from "../files/files.ts";
import { placeText } from "../files/place.ts";
import type { DocumentPlace } from "../files/place.ts";
import { isPackFolder, readPackFolder } from "./pack-folder.ts";
import { readPins } from "./pins.ts";
import { filesOf } from "./references.ts";
import type { SubflowResolver } from "./subflow-resolver.ts";

/** Files that one pack may have, and the bytes that they may have together. */
const MAX_FILES = 1000;

/**
 * The pack of one workflow file, the workflows that it runs, and the tables and schemas that they name;
 * of schemas, also those that these refer to.
 *
 * Guarantees: every file is strictly read (docs/spec/json.md; YAML 1.2 core without tags, merge
 * keys and duplicates), fits its schema, and lies in the workflow's own folder or below it, reached
 * without a symbolic link. The same documents give the same bytes and the same digest, whether they
 * were written as YAML or JSON; where the folder is plays no part.
 *
 * @param path the workflow, a .yaml, .yml or .json file; or a pack that was built: its folder, or its .pack
 *   file
 * @throws ReachError `REACH-E41xx` for files, `REACH-E42xx` for YAML and what a document says,
 *   `REACH-E11xx` for JSON; `problems` holds all that is wrong in a document
 *
 * @example
 * const pack = await loadPack("examples/loan-prescreen/workflow.yaml");
 * engine.load(pack);
 */
export const loadPack = async (path: string): Promise<Pack> => (await loadWritten(path)).pack;

/** A pack with the documents of its workflows. */
export interface WrittenPack {
  readonly pack: Pack;
  /** The workflows as they were written, by their paths in the pack; empty for a pack that was built. */
  readonly documents: ReadonlyMap<string, ReadDocument>;
}

/** The same, for what says where something stands: a document is not read once more for that. */
export async function loadWritten(path: string): Promise<WrittenPack> {
  const documents = new Map<string, ReadDocument>();
  if (await isPackFolder(path)) return { pack: await readPackFolder(path), documents };
  if (path.endsWith(".pack")) {
    const { readPackFile } = await import("@reach-fabric/evidence");
    return { pack: readPackFile(createEngine(), await readRegularFile(path)).pack, documents };
  }
  const folder = await realFolderOf(path);
  const name = basename(path);
  checkPath(name, { file: path });
  let subflows: SubflowResolver | undefined;
  const files: Files = new Map();
  /** Those that it runs come before it. */
  const add = async (
    file: string,
    read: ReadDocument,
    around: readonly string[],
  ): Promise<Workflow> => {
    const inside = [...around, file];
    const written = checked(workflow, read, "workflow");
    documents.set(file, read);
    const compiled = await compileWith(written, folder, read, files);
    const versions = new Map<string, string>();
    for (const named of workflowsOf(compiled)) {
      const where = read.locate(named.path);
      subflows ??= new (await import("./subflow-resolver.ts")).SubflowResolver(folder);
      const found = await subflows.find(named, where);
      if (inside.includes(found.file)) throw runsItself(where, [...inside, found.file]);
      if (!files.has(found.file)) await add(found.file, found.read, inside);
      versions.set(pointerOf(named.path), found.version);
    }
    const document = withVersions(compiled, versions);
    await addWorkflow(file, read, document, folder, files);
    return document;
  };
  const document = await add(name, readDocument(await readRegularFile(path), path), []);
  const pack = packOfFiles(document.document, files, await readSource(folder));
  return { pack, documents };
}

type Said = Omit<PackSource, "format">;

/** pack.yaml in the workflow's folder: what the author says beside it. */
async function readSource(folder: string): Promise<Said> {
  const path = join(folder, "pack.yaml");
  const bytes = await readRegularFile(path, { follow: false }).catch((error: unknown) => {
    if (error instanceof ReachError && error.code === hostCode.missing) return undefined;
    throw error;
  });
  if (bytes === undefined) return {};
  const { format: _format, ...said } = checked(
    packSource,
    readDocument(bytes, path),
    "pack source",
  );
  return said;
}

const runsItself = (place: DocumentPlace, files: readonly string[]): ReachError =>
  new ReachError(problemCode.refused, "A workflow runs itself.", {
    place,
    why: files.join(" runs "),
    hint: "A workflow is put in the place of the task that runs it; `for` and `then` repeat.",
  });

/** The document with the versions of the workflows that it runs, by the places that name them. */
function withVersions(document: Workflow, versions: ReadonlyMap<string, string>): Workflow {
  const change = (task: Fields, path: Path): Fields => {
    const version = versions.get(pointerOf([...path, "run", "workflow"]));
    const run = task["run"] as Fields;
    if (version === undefined) return task;
    return { ...task, run: { ...run, workflow: { ...(run["workflow"] as Fields), version } } };
  };
  if (versions.size === 0) return document;
  return { ...document, do: mapTasks(document.do, ["do"], change) };
}

/** A compiled workflow, with the tables and schemas that it names. */
async function addWorkflow(
  name: string,
  read: ReadDocument,
  document: Workflow,
  folder: string,
  files: Files,
): Promise<void> {
  const bytes = canonicalize(JSON.stringify(document));
  checkNew(name, files, { file: name });
  files.set(name, { kind: "workflows", bytes });
  // What was written stays with what is run.
  if (!sameBytes(bytes, read.canonical)) {
    files.set(`${SOURCES}${name}`, { kind: "sources", bytes: read.canonical });
  }
  const add = async (
    kind: Kind,
    path: string,
    where: DocumentPlace,
  ): Promise<ReadDocument | undefined> => {
    if (files.get(path)?.kind === kind) return undefined;
    checkNew(path, files, where);
    const found = await readBelow(folder, path, where);
    if (kind === "tables") checked(table, found, "decision table");
    files.set(path, { kind, bytes: found.canonical });
    return found;
  };
  for (const { file, path: where } of tablesOf(document)) {
    await add("tables", file, read.locate(where));
  }
  const wanted: Wanted[] = schemasOf(document).map(({ file, path: where }) => ({
    file,
    where: read.locate(where),
  }));
  for (const { schema, path: where } of inlineSchemasOf(document)) {
    for (const file of filesOf(schema, name)) wanted.push({ file, where: read.locate(where) });
  }
  for (let next = wanted.pop(); next; next = wanted.pop()) {
    const { file } = next;
    const found = await add("schemas", file, next.where);
    if (!found) continue;
    const schema: unknown = JSON.parse(fromUtf8(found.canonical));
    for (const other of filesOf(schema, file))
      wanted.push({ file: other, where: found.locate([]) });
  }
}

/** Where the pack keeps what its workflow was compiled from. */
const SOURCES = "sources/";

/** WF-49 to WF-52; the resources that are read become files of the pack. */
async function compileWith(
  document: object,
  folder: string,
  read: ReadDocument,
  files: Files,
): Promise<Workflow> {
  const pins = await readPins(folder);
  const pinned = async (
    endpoint: string,
    path: Path,
  ): Promise<{ where: DocumentPlace; file: string; bytes: Uint8Array; isUri: boolean }> => {
    const where = read.locate(path);
    const isUri = /^[a-z][a-z0-9+.-]*:/i.test(endpoint);
    const file = isUri ? pins.fileOf(endpoint, where) : endpoint;
    const bytes = await bytesBelow(folder, file, where);
    if (isUri) pins.check(endpoint, bytes, where);
    return { where, file, bytes, isUri };
  };
  const resource: Read["document"] = async (endpoint, path) => {
    const { where, file, bytes, isUri } = await pinned(endpoint, path);
    const found = readDocument(bytes, join(folder, ...file.split("/")));
    if (!files.has(`${SOURCES}${file}`)) checkNew(`${SOURCES}${file}`, files, where);
    files.set(`${SOURCES}${file}`, { kind: "sources", bytes: found.canonical });
    const value = JSON.parse(fromUtf8(found.canonical)) as Fields;
    return { document: value, ...(isUri ? { uri: endpoint } : {}) };
  };
  const text: Read["text"] = async (endpoint, path) => {
    const { where, file, bytes } = await pinned(endpoint, path);
    if (!isUtf8(bytes))
      throw new ReachError(hostCode.badEncoding, "This is not UTF-8.", {
        where: file,
        place: { file: join(folder, ...file.split("/")) },
      });
    if (files.get(file)?.kind !== "definitions") checkNew(file, files, where);
    files.set(file, { kind: "definitions", bytes });
    return { file, text: new TextDecoder().decode(bytes) };
  };
  try {
    const compiled = await compile(document as Fields, { document: resource, text });
    return compiled as unknown as Workflow;
  } catch (error) {
    throw error instanceof CompileError ? error.at((path) => read.locate(path)) : error;
  }
}

/** What a file is in the manifest; sources and definitions are in no list of it. */
type Kind = "workflows" | "tables" | "schemas" | "sources" | "definitions";
type Files = Map<string, { readonly kind: Kind; readonly bytes: Uint8Array }>;
interface Wanted {
  readonly file: string;
  /** Where it is named. */
  readonly where: DocumentPlace;
}

function checkPath(path: string, place: DocumentPlace): void {
  const why = whyNotPackPath(path);
  if (why === undefined) return;
  throw new ReachError(hostCode.badName, "A pack cannot hold a file of this name.", { place, why });
}

/** Two names that differ in case only are one file on some systems and two on others. */
function checkNew(path: string, files: ReadonlyMap<string, unknown>, place: DocumentPlace): void {
  const same = [...files.keys()].find((other) => other.toLowerCase() === path.toLowerCase());
  if (same !== undefined) {
    throw new ReachError(problemCode.duplicateName, "Two files whose names differ in case only.", {
      place,
      why: "on some systems they are one file",
    });
  }
  if (files.size >= MAX_FILES) {
    throw new ReachError(hostCode.tooLarge, "Too many files.", {
      place,
      why: `the limit is ${MAX_FILES}`,
    });
  }
}

async function readBelow(
  folder: string,
  path: string,
  where: DocumentPlace,
): Promise<ReadDocument> {
  return readDocument(await bytesBelow(folder, path, where), join(folder, ...path.split("/")));
}

async function bytesBelow(folder: string, path: string, where: DocumentPlace): Promise<Uint8Array> {
  checkPath(path, where);
  const full = join(folder, ...path.split("/"));
  let real: string;
  try {
    real = await realpath(full);
  } catch (error) {
    throw named(cannotRead(full, error), where);
  }
  if (real !== full) {
    throw new ReachError(
      hostCode.symbolicLink,
      "A file of the pack is reached through a symbolic link.",
      {
        where: full,
        why: "a pack holds files of the workflow's own folder only",
        hint: "Copy the file into the folder.",
      },
    );
  }
  return readRegularFile(full, { follow: false });
}

/** The same error, which also says where the file is named. */
const named = (error: Error, by: DocumentPlace): Error =>
  error instanceof ReachError
    ? new ReachError(error.code, error.message, {
        where: error.where,
        place: by,
        why: `${error.why ?? ""}; named at ${placeText(by)}`,
        hint: error.hint,
        cause: error,
      })
    : error;

/** The pack of these files, with what pack.yaml says. */
function packOfFiles(
  { namespace, name, version }: Workflow["document"],
  contents: Files,
  said: Said,
): Pack {
  const pathsOf = (kind: Kind): string[] =>
    [...contents].filter(([, file]) => file.kind === kind).map(([path]) => path);
  const schemas = pathsOf("schemas").sort();
  const manifest: Omit<PackManifest, "format" | "files"> = {
    ...said,
    id: `${namespace}/${name}`,
    ...(schemas.length > 0 ? { schemas } : {}),
    tables: pathsOf("tables").sort(),
    version,
    workflows: pathsOf("workflows"),
  };
  const files = [...contents].map(([path, { bytes }]) => ({ path, bytes }));
  return packOf({ canonicalize, sha256 }, manifest, files);
}
