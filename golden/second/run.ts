// run.json, its signature, the pack, and what both forms of evidence v4 have.
import { createPublicKey, verify as isSigned } from "node:crypto";
import type { Entries } from "./container.ts";
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";

export interface PackFiles {
  readonly manifest: Uint8Array;
  readonly digest: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** What is known of a run: filled while it is checked. */
export interface Known {
  readonly run: Members;
  readonly pack: PackFiles | null;
  readonly disclosed: Map<string, Value>;
  readonly hidden: string[];
  readonly entered: Members[];
  outcome?: Value;
  isComplete: boolean;
  /** False where it is seen without an engine that these are not the records of one run (EVID-17). */
  isOneRun: boolean;
  /** Requires that all that the engine computed is what was signed. */
  compare: (records: readonly Members[]) => void;
}

const RUN = `actor annotations? attempt decision endedAt engine entered format id key pack semantics
  startedAt tenant trace workflow`.replace(/\s+/g, " ");
const TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}Z$/;
const isCount = (value: Value | undefined): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 0xffffffff;

/** The DSSE pre-authentication encoding of the statement that follows from run.json. */
export function signedBytes(bytes: Uint8Array, run: Members): { statement: string; pae: Buffer } {
  const subject = (name: string, sha256: Value): Value => ({ name, digest: { sha256 } });
  const statement = d.canonical({
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      subject("run.json", d.hex(d.sha256(bytes))),
      subject("pack.json", run["pack"] ?? null),
      subject("engine.wasm", run["engine"] ?? null),
    ],
    predicateType: "urn:reach:evidence:v1",
    predicate: { format: run["format"] ?? null },
  });
  const [type, size] = ["application/vnd.in-toto+json", Buffer.byteLength(statement)];
  return { statement, pae: Buffer.from(`DSSEv1 ${type.length} ${type} ${size} ${statement}`) };
}

export function readRun(entries: Entries): Members {
  const bytes = entries.get("run.json") ?? new Uint8Array();
  const run = d.exactly(d.parse(bytes), RUN);
  d.need(run["format"] === "reach/evidence/v4", "another format");
  for (const name of ["pack", "engine", "tenant", "actor", "decision"]) d.hash32(run[name]);
  if (Object.hasOwn(run, "annotations")) d.hash32(run["annotations"]);
  for (const name of ["trace", "entered"]) {
    const { root, size } = d.exactly(run[name], "root size");
    d.hash32(root);
    d.need(isCount(size), "not a size");
  }
  const [startedAt, endedAt] = [d.textOf(run["startedAt"]), d.textOf(run["endedAt"])];
  d.need(TIME.test(startedAt) && TIME.test(endedAt) && startedAt <= endedAt, "not its times");
  d.need(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(d.textOf(run["id"])), "not an id");
  for (const name of ["attempt", "semantics"]) {
    d.need(isCount(run[name]), `not a number: ${name}`);
  }
  const { workflow } = run;
  const isName = typeof workflow === "string" && workflow !== "" && workflow.length <= 512;
  d.need(isName, "not a workflow");
  const { alg, public: text } = d.exactly(run["key"], "alg public");
  const x = Buffer.from(d.textOf(text), "base64");
  d.need(alg === "Ed25519" && x.length === 32 && x.toString("base64") === text, "not a key");
  const jwk = { kty: "OKP", crv: "Ed25519", x: x.toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const signature = entries.get("run.sig") ?? new Uint8Array();
  const isValid =
    signature.length === 64 && isSigned(null, signedBytes(bytes, run).pae, key, signature);
  d.need(isValid, "the signature is not valid");
  return run;
}

/** The pack, or null where not all of it is enclosed. */
export function readPack(digest: string, entries: Entries): PackFiles | null {
  const blobs = new Map<string, Uint8Array>();
  let last = "";
  for (const [name, bytes] of entries) {
    if (!name.startsWith("blobs/")) continue;
    d.need(name > last && name.endsWith(d.hex(d.sha256(bytes))), "a blob of another name or place");
    blobs.set(name.slice("blobs/sha256/".length), bytes);
    last = name;
  }
  const manifest = blobs.get(digest);
  d.need(manifest !== undefined || blobs.size === 0, "blobs without pack.json");
  if (manifest === undefined) return null;
  const listed = d.elements(d.members(d.parse(manifest))["files"]).map((file) => {
    const { path, sha256, size } = d.exactly(file, "path sha256 size");
    const bytes = blobs.get(d.textOf(sha256));
    d.need(bytes === undefined || bytes.length === size, "a file of another size");
    return { path: d.textOf(path), sha256, bytes };
  });
  const belongs = new Set([digest, ...listed.map(({ sha256 }) => sha256)]);
  d.need(
    [...blobs.keys()].every((name) => belongs.has(name)),
    "a blob that belongs to nothing",
  );
  const files = listed.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }]));
  return files.length === listed.length ? { manifest, digest, files } : null;
}

// What both forms have.

export const runSlots = (run: Members): string[] =>
  ["actor", "annotations", "decision", "tenant"].filter((name) => Object.hasOwn(run, name));

/** What is said of the run by name has its form: texts of a person, digests of a decision. */
export function requireRunValue(name: string, value: Value): void {
  if (d.hasHole(value) || name === "annotations") return;
  if (name === "decision") Object.values(d.exactly(value, "decision fingerprint")).map(d.hash32);
  else d.need(typeof value === "string" && value !== "" && value.length <= 256, "not a name");
}

/** The leaves that are known and the hashes of the others have the root that was signed. */
export function requireRoot(
  run: Members,
  tree: "trace" | "entered",
  leaves: readonly Buffer[],
  others: readonly Buffer[],
): void {
  const { root, size } = d.members(run[tree]);
  const actual = d.hex(d.rootOf(leaves, Number(size), others));
  d.need(actual === root, `${tree} is not what was signed`);
}

export function requireNumbers(records: readonly Members[]): void {
  d.need(
    records.every(({ seq }, i) => seq === i),
    "not numbered without a gap",
  );
}

/** The engine was given these records, and says that it took them: each in its place. */
export function requireSameInputs(records: readonly Members[], entered: readonly Members[]): void {
  const took = records.filter(d.enters).map(d.canonical);
  const gave = entered.map(d.canonical);
  d.need(took.length === gave.length && took.every((text, i) => text === gave[i]), "other inputs");
}
