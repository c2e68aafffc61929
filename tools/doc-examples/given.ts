// What the `@example` blocks of the sources take for granted, by name: a user has such things at hand. Each name is
// made anew for each block that mentions it.
import { deepStrictEqual, throws } from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canonicalize, createEngine, makePack, packOf, replay, utf8 } from "@reach-fabric/engine";
import type { EffectResult, Pack, RequestRecord } from "@reach-fabric/engine";
import {
  createEvidence,
  formatConsistencyProof,
  formatNoteKey,
  leafHash,
  manifestOf,
  newKey,
  noteKey,
  packPredicate,
  publicKeyOf,
  signerOf,
  signPack,
  stripPack,
  writePackFile,
  yankPack,
} from "@reach-fabric/evidence";
import {
  initLog,
  memoryRecorder,
  openLog,
  openWitness,
  readLog,
  serveWitness,
} from "@reach-fabric/host";
import type { Log, LogReader } from "@reach-fabric/host";
import type { Grant, Table } from "@reach-fabric/schema";
import {
  canonical,
  facts,
  pseudoRandom,
  recorded,
  signer,
  trusted,
  workflowWith,
} from "../../evidence/test/fixtures/fixture.ts";
import { acme, now } from "../../evidence/test/fixtures/keyring-fixture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const engine = createEngine();

/** Requires that a claim holds. */
export const isThat = (found: unknown, wanted: unknown): void => deepStrictEqual(found, wanted);

/** Requires that an error with a code is thrown. */
export const throwsThat = (work: () => unknown, code: string): void => throws(work, { code });

// ---- Decisions ----------------------------------------------------------------------------------

const loan = (limit: number): Pack =>
  packOf(
    engine,
    {
      id: "test/loan",
      version: "1.0.0",
      workflows: ["loan.yaml"],
      tables: [],
      classification: [{ class: "personal", in: "input", pointer: "/applicant/income" }],
    },
    [{ path: "loan.yaml", bytes: canonical(workflowWith(limit)) }],
  );
const pack = loan(700);
const applicant = { name: "Ada", income: 3200 };
const records = (score: number): Uint8Array[] => recorded(score, { pack, input: { applicant } });
const options = () => ({
  engine,
  pack,
  records: records(712),
  runSecret: pseudoRandom("run secret")(32),
  signer,
  run: facts,
});
const document = {
  document: { dsl: "1.0.3", namespace: "demo", name: "sum", version: "1.0.0" },
  do: [{ sum: { set: { sum: "${ .a + .b }" } } }],
};
const text = JSON.stringify(document);
const policy: Table = {
  table: { name: "scores", version: "1.0.0" },
  hitPolicy: "first",
  inputs: ["score"],
  rules: [
    { id: "R1", when: { score: { lt: 500 } }, then: "reject", reasons: ["LOW"] },
    { id: "R4", when: { score: { lt: 400 } }, then: "reject", reasons: ["LOW"] },
  ],
  default: { then: "refer", reasons: ["OTHER"] },
};

const publisher = newKey(pseudoRandom("publisher"), "P-256");
function packFile(): Uint8Array {
  const predicate = packPredicate(manifestOf(pack));
  const bundle = signPack(engine, pack, "pack", predicate, signerOf(publisher.private));
  return writePackFile(engine, pack, new Map([["pack", [bundle]]]));
}

// ---- Logs ---------------------------------------------------------------------------------------

const origin = "example.com/log";
const logKey = noteKey(origin, "note", trusted);
const watching = newKey(pseudoRandom("witness"));
const name = noteKey("witness.example", "cosignature", publicKeyOf(watching.public));
const logs = new Map([[origin, logKey]]);
const audit = (): Promise<LogReader> => readLog("audit");

async function witnessUrl(): Promise<string> {
  const watcher = signerOf(watching.private);
  const { url } = await serveWitness(await openWitness("seen", { name, signer: watcher, logs }));
  return url;
}

/** A registry that takes everything, and gives it back by its tag or digest. */
async function registry(): Promise<string> {
  const kept = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url = "" } = request;
      const name = decodeURIComponent(url).split(/[/=]/).at(-1) ?? "";
      if (method === "PUT") kept.set(name, Buffer.concat(chunks));
      const found = kept.get(name);
      const status = method === "POST" ? 202 : method === "PUT" ? 201 : found ? 200 : 404;
      response.writeHead(status, { location: `${url}one`, "oci-subject": "kept" });
      response.end(method === "GET" ? found : undefined);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What an effect gives: the answer of the bureau. */
const perform = async ({ key }: RequestRecord): Promise<EffectResult & { key: string }> => ({
  key,
  result: { status: 200, headers: {} },
  body: utf8('{"score":650}'),
});

const grant: Grant = {
  http: [{ methods: ["GET"], origin: "https://bureau.example", paths: ["/v1/*"] }],
};

/** What every block may mention. */
export const given = {
  engine: () => createEngine(),
  a: () => utf8("a"),
  b: () => utf8("b"),
  c: () => utf8("c"),
  leaf: async () => leafHash(await (await audit()).entry(17)),
  engineDigest: () => engine.digest,
  decision: () => replay(createEngine(), pack, records(712)).decision ?? "",
  path: () => "golden/v1/json/numbers.json",
  golden: () => readFileSync(join(root, "golden/v1/json/numbers.json"), "utf8"),
  text: () => text,
  document: () => document,
  policy: () => policy,
  pack: () => pack,
  stricterPack: () => loan(720),
  records: () => records(712),
  runSecret: () => options().runSecret,
  run: () => facts,
  bytes: () => createEvidence(options()),
  withoutPack: () => stripPack(engine, createEvidence(options())),
  file: () => createEvidence(options()),
  before: () => createEvidence(options()),
  after: () => createEvidence({ ...options(), records: records(650) }),
  perform: () => perform,
  grant: () => grant,
  signer: () => signer,
  trustedKeys: () => [trusted],
  keyFile: () => newKey(pseudoRandom("alice")).public,
  rootFile: () => newKey(pseudoRandom("root")).public,
  keyring: () => acme.keyring,
  keyringBytes: () => acme.bytes,
  policyBytes: () => {
    const { alg, public: shared } = newKey(pseudoRandom("root")).public;
    return canonical({ format: "reach/policy/v1", root: { alg, public: shared } });
  },
  now: () => now,
  packFile,
  fromCosign: () =>
    signPack(engine, pack, "pack", packPredicate(manifestOf(pack)), signerOf(publisher.private)),
  manifestDigest: () => pack.digest,
  yankedByCosign: () =>
    yankPack(
      engine,
      pack.digest,
      { at: facts.endedAt, reason: "a wrong band" },
      signerOf(publisher.private),
    ),
  publisherFile: () => publisher.public,
  origin: () => origin,
  logKey: () => logKey,
  witnesses: () => [name],
  note: async () => (await audit()).note.note,
  vkey: () => formatNoteKey(logKey),
  proof: async () => (await audit()).prove(17),
  period: async () =>
    (await audit()).period("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
  growth: async () => {
    const log = await audit();
    const hashes = await log.consistency(5n);
    return formatConsistencyProof(engine, { origin, from: 5n, to: BigInt(log.size), hashes });
  },
  log: (): Promise<Log> => openLog("audit", { signer }),
  name: () => name,
  logs: () => logs,
  witnessUrl,
  registry,
  credentials: () => "user:password",
};

const sum = makePack(engine, { id: "demo/sum", version: "1.0.0", workflows: { "sum.json": text } });
const input = canonicalize('{"a":1,"b":2}');

/** What is another thing where a run is made: a pack that asks nobody. */
export const givenToHost = {
  ...given,
  pack: () => sum,
  input: () => input,
  recorder: () => memoryRecorder(),
  addresses: () => ({ "https://bureau.example": "http://127.0.0.1:4101" }),
  options: () => ({ engine: createEngine(), pack: sum, input, recorder: memoryRecorder() }),
};

/** The files that blocks name, in a folder that each of them gets a copy of. */
export async function makeFiles(folder: string): Promise<void> {
  symlinkSync(join(root, "examples"), join(folder, "examples"), "junction");
  const write = (file: string, content: string, mode = 0o644): void =>
    writeFileSync(join(folder, file), content, { mode });
  write("grant.json", JSON.stringify({ format: "reach/grant/v1", ...grant }));
  const secrets = { bureau: { token: "not a secret" } };
  write("secrets.json", JSON.stringify({ format: "reach/secrets/v1", secrets }), 0o600);
  write("approvals.ndjson", "");
  write("broken.yaml", "document: {dsl: 1.0.3}\ndo: []\n");
  let time = Date.UTC(2026, 10, 1);
  const at = { signer, now: () => (time += 1000) };
  const where = join(folder, "audit");
  await initLog(where, { ...at, origin, witnesses: [name] });
  const log = await openLog(where, at);
  const body = { type: "key.made", actor: "maria@acme.example", outcome: "success" } as const;
  await Promise.all(Array.from({ length: 20 }, () => log.append({ type: "act", body })));
  await log.close();
}
