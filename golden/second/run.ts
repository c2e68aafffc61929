// run.json, its signature, and the pack (EVID-6 to EVID-10, EVID-16).
import { createPublicKey, verify as isSigned } from "node:crypto";
import type { Entries } from "./container.ts";
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";

export interface PackFiles {
  readonly manifest: Uint8Array;
  readonly digest: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** The text of each member of run.json. */
const FORM: readonly (readonly [names: string, text: RegExp])[] = [
  ["actor decision engine pack tenant", /^"[0-9a-f]{64}"$/],
  ["attempt semantics", /^[1-9]\d{0,9}$/],
  ["entered trace", /^\{"root":"[0-9a-f]{64}","size":[1-9]\d{0,9}\}$/],
  [
    "endedAt startedAt",
    /^"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}Z"$/,
  ],
  ["format", /^"reach\/evidence\/v4"$/],
  ["id", /^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/],
  ["key", /^\{"alg":"Ed25519","public":"[A-Za-z0-9+/]{43}="\}$/],
  ["workflow", /^".+"$/],
];

/** The slots of run.json that there are. */
export const runSlots = (run: Members): string[] => d.slotsOf(run).sort();

/** The root of one of the trees that were signed, and its size. */
export function treeOf(run: Members, tree: "trace" | "entered"): { root: string; size: number } {
  const { root, size } = d.members(run[tree]);
  return { root: d.textOf(root), size: Number(size) };
}

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
  const { annotations, ...run } = d.members(d.parse(bytes));
  d.exactly(run, FORM.map(([names]) => names).join(" "));
  if (annotations !== undefined) d.hash32(annotations);
  for (const [names, text] of FORM) {
    for (const name of names.split(" ")) {
      d.need(text.test(d.canonical(run[name] ?? null)), `not a ${name}`);
    }
  }
  const { attempt, semantics, startedAt, endedAt, workflow, key } = run;
  const sizes = [attempt, semantics, treeOf(run, "trace").size, treeOf(run, "entered").size];
  d.need(
    sizes.every((size) => Number(size) <= d.RUN),
    "a number that is too large",
  );
  d.need(d.textOf(startedAt) <= d.textOf(endedAt), "it ended before it began");
  d.need(d.textOf(workflow).length <= 512, "not the name of a workflow");
  const text = d.textOf(d.members(key)["public"]);
  const x = Buffer.from(text, "base64");
  d.need(x.toString("base64") === text, "a key in another spelling");
  const jwk = { kty: "OKP", crv: "Ed25519", x: x.toString("base64url") };
  const holder = createPublicKey({ key: jwk, format: "jwk" });
  const signature = entries.get("run.sig") ?? new Uint8Array();
  const { pae } = signedBytes(bytes, run);
  d.need(isSigned(null, pae, holder, signature), "the signature is not valid");
  return annotations === undefined ? run : { ...run, annotations };
}

/** The pack, or null where not all of it is enclosed. */
export function readPack(digest: string, entries: Entries): PackFiles | null {
  const names = [...entries.keys()].filter((name) => name.startsWith("blobs/"));
  d.need(names.join() === names.toSorted().join(), "blobs out of order");
  const blobs = new Map(names.map((name) => [name.slice(-64), entries.get(name) ?? Buffer.of()]));
  for (const [name, bytes] of blobs) d.need(name === d.hex(d.sha256(bytes)), "not its SHA-256");
  const manifest = blobs.get(digest);
  d.need(manifest !== undefined || blobs.size === 0, "blobs without pack.json");
  if (manifest === undefined) return null;
  const listed = d.elements(d.members(d.parse(manifest))["files"]).map(d.members);
  const files = listed.flatMap(({ path, sha256, size }) => {
    const bytes = blobs.get(d.textOf(sha256));
    d.need(bytes === undefined || bytes.length === size, "a file of another size");
    return bytes === undefined ? [] : [{ path: d.textOf(path), bytes }];
  });
  const belongs = new Set([digest, ...listed.map(({ sha256 }) => sha256)]);
  d.need(
    [...blobs.keys()].every((name) => belongs.has(name)),
    "a blob that belongs to nothing",
  );
  return files.length === listed.length ? { manifest, digest, files } : null;
}
