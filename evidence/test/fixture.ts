// Runs to make evidence of, and the means to take evidence apart and put it together otherwise.
import { createEngine, fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import {
  createEvidence,
  EvidenceError,
  newKey,
  publicKeyOf,
  signerOf,
  verify as verifyOn,
} from "@reach-fabric/evidence";
import type { CreateOptions, Policy, Report, Verdict } from "@reach-fabric/evidence";
import { readFields } from "../src/file/field-lines.ts";
import { commitFields } from "../src/commitments/fields.ts";
import type { Line } from "../src/encoding/json.ts";
import { readContainer, writeContainer } from "../src/file/container.ts";
import type { Entry } from "../src/file/container.ts";
import { writeBundle } from "../src/signature/bundle.ts";
import { openFields, shownIn, withValues } from "../src/redaction/opened-fields.ts";
import { writeStatement } from "../src/signature/statement.ts";

export const engine = createEngine();

/** Bytes that are the same in every test run. */
export function pseudoRandom(seed: string): (size: number) => Uint8Array {
  let count = 0;
  return (size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 32) {
      bytes.set(engine.sha256(utf8(`${seed} ${count++}`)).subarray(0, size - at), at);
    }
    return bytes;
  };
}

const alice = newKey(pseudoRandom("alice"));
const mallory = newKey(pseudoRandom("mallory"));
export const signer = signerOf(alice.private);
/** The 32 secret bytes of `signer`. */
export const signerSeed = Uint8Array.from(atob(alice.private.private), (unit) =>
  unit.charCodeAt(0),
);
export const trusted = publicKeyOf(alice.public);
export const attacker = signerOf(mallory.private);

export const canonical = (value: unknown): Uint8Array<ArrayBuffer> =>
  engine.canonicalize(JSON.stringify(value));

/** The code with which something is refused, or `accepted`. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof EvidenceError) return error.code;
    throw error;
  }
  return "accepted";
}

/** A pack of these files, whose contents are JSON values. */
export function packOf(contents: Record<string, unknown>, version = "1.0.0"): Pack {
  const files = Object.entries(contents).map(([path, value]) => ({
    path,
    bytes: canonical(value),
  }));
  const manifest = canonical({
    format: "reach/pack/v1",
    id: "test/loan",
    version,
    files: files.map(({ path, bytes }) => ({
      path,
      sha256: toHex(engine.sha256(bytes)),
      size: bytes.length,
    })),
    workflows: ["loan.yaml"],
    tables: [],
  });
  return { manifest, files, digest: toHex(engine.sha256(manifest)) };
}

/** Asks a bureau for a score, and accepts from a limit on. */
export const workflowWith = (limit: number): object => ({
  document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
  do: [
    {
      ask: {
        call: "http",
        with: { method: "get", endpoint: "https://bureau.example/v1/score" },
      },
    },
    { decide: { set: { accept: `\${ (.score + 0) >= ${limit} }` } } },
  ],
});

export const pack = packOf({ "loan.yaml": workflowWith(700) });

const grant = { http: [{ methods: ["GET"], origin: "https://bureau.example", paths: ["/v1/*"] }] };

/** The records of a run that the engine computed, with this score as the bureau's answer. */
export function recorded(
  score: unknown,
  options: { pack?: Pack; input?: unknown; cancel?: boolean } = {},
): Uint8Array[] {
  engine.load(options.pack ?? pack);
  const start = engine.admitStart({ grant }, JSON.stringify(options.input ?? { income: 3200 }));
  const { records } = engine.start(start);
  const answer = options.cancel
    ? engine.admitCancel("not wanted any more")
    : engine.admitResult("0", { status: 200, headers: {} }, JSON.stringify({ score }));
  return [start, ...records, answer, ...engine.advance(answer).records];
}

export const facts = {
  id: "0191b0c0-0000-4000-8000-000000000001",
  tenant: "acme",
  actor: "maria@acme.example",
  attempt: 1,
  startedAt: "2026-11-23T07:00:00.000Z",
  endedAt: "2026-11-23T07:00:01.250Z",
};

/** Evidence about a run as it is made, with what is given in place of the usual. */
export const wholeEvidence = (
  options: Partial<CreateOptions> = {},
  replay?: Parameters<typeof createEvidence>[1],
): Uint8Array<ArrayBuffer> =>
  createEvidence(
    {
      engine,
      pack,
      records: recorded(712),
      runSecret: pseudoRandom("run secret")(32),
      signer,
      run: facts,
      ...options,
    },
    replay,
  );

export const verify = (bytes: Uint8Array, policy?: Policy): Report =>
  verifyOn(engine, bytes, policy);

/** The result and code of one verdict, in one text: `fail REACH-E5303`. */
export function finding(report: Report, verdict: Verdict): string {
  const { result, code } = report.verdicts[verdict];
  return code === undefined ? result : `${result} ${code}`;
}

/** A pack whose run asks nobody and does one task for each of so many numbers. */
export const counting = (turns: number): Pack =>
  packOf({
    "loan.yaml": {
      document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
      do: [
        {
          each: {
            for: { each: "n", in: `\${ [range(${turns})] }` },
            do: [{ note: { set: { n: "${ $n }", note: "counted" } } }],
          },
        },
      ],
    },
  });

/** The records of a run that needs no answer. */
export function computed(of: Pack, input: unknown = {}): Uint8Array[] {
  engine.load(of);
  const start = engine.admitStart({}, JSON.stringify(input));
  return [start, ...engine.start(start).records];
}

// ---- Taking evidence apart ----------------------------------------------------------------------

/** The entries of a file by name, as texts and blobs to change. */
export const entries = (file: Uint8Array): Map<string, Uint8Array> =>
  new Map(readContainer(file).map(({ name, bytes }) => [name, bytes]));

export const fileOf = (parts: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> =>
  writeContainer([...parts].map(([name, bytes]): Entry => ({ name, bytes })));

/** The file with other bytes for some entries; undefined takes one out. Nothing is signed again. */
export function withEntries(
  file: Uint8Array,
  changes: Readonly<Record<string, Uint8Array | string | undefined>>,
): Uint8Array<ArrayBuffer> {
  const parts = entries(file);
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) parts.delete(name);
    else parts.set(name, typeof content === "string" ? utf8(content) : content);
  }
  return fileOf(parts);
}

export const textOf = (file: Uint8Array, name: string): string =>
  fromUtf8(entries(file).get(name) ?? new Uint8Array());

export const jsonOf = (file: Uint8Array, name: string): Record<string, unknown> =>
  JSON.parse(textOf(file, name)) as Record<string, unknown>;

export const linesOf = (file: Uint8Array, name: string): string[] =>
  textOf(file, name).split("\n").slice(0, -1);

export const joined = (lines: readonly string[]): string =>
  lines.map((line) => `${line}\n`).join("");

/**
 * The file as its own signer would sign it with other contents: run.json and the statement are made
 * to fit, so that only what is inside is wrong.
 */
export function signedAgain(
  file: Uint8Array,
  changes: {
    readonly trace?: readonly string[];
    readonly disclosures?: readonly string[];
    readonly run?: Readonly<Record<string, unknown>>;
    readonly by?: typeof signer;
    readonly statement?: (statement: Record<string, unknown>) => unknown;
  },
): Uint8Array<ArrayBuffer> {
  const by = changes.by ?? signer;
  const traceLines = changes.trace ?? linesOf(file, "trace.jsonl");
  const root = toHex(engine.merkleRoot(traceLines.map((line) => utf8(line))));
  const run = canonical({
    ...jsonOf(file, "run.json"),
    trace: { root, size: traceLines.length },
    key: { alg: "Ed25519", public: btoa(String.fromCharCode(...by.key.bytes)) },
    ...changes.run,
  });
  const trace = utf8(joined(traceLines));
  const {
    format,
    pack: packDigest,
    engine: wasm,
  } = JSON.parse(fromUtf8(run)) as Record<string, string>;
  const statement = writeStatement(engine, {
    format: format as "reach/evidence/v2",
    run,
    trace,
    pack: packDigest ?? "",
    engine: wasm ?? "",
  });
  const signed =
    changes.statement === undefined
      ? statement
      : canonical(changes.statement(JSON.parse(fromUtf8(statement)) as Record<string, unknown>));
  return withEntries(file, {
    "run.json": run,
    "run.sigstore.json": writeBundle(engine, signed, by),
    "trace.jsonl": trace,
    ...(changes.disclosures === undefined
      ? {}
      : { "disclosures.jsonl": joined(changes.disclosures) }),
  });
}

/** The same evidence with its trace and its disclosures in place of its records. */
export function expanded(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const opened = openFields(engine, file);
  return withValues(opened, shownIn(opened, opened.trees), false);
}

/** Evidence about a run in the form that can be taken apart, with what is given in place of the usual. */
export const evidence = (...about: Parameters<typeof wholeEvidence>): Uint8Array<ArrayBuffer> =>
  expanded(wholeEvidence(...about));

/** A line of disclosures.jsonl as it is read. */
export const lineOf = (text: string): Line => ({
  bytes: utf8(text),
  text,
  value: JSON.parse(text),
});

/** The commitment that belongs to lines about one slot. */
export function commitmentTo(...lines: readonly string[]): string {
  const trees = readFields(lines.map(lineOf));
  commitFields(engine, trees);
  return toHex(trees[0]?.commitment ?? new Uint8Array());
}
