/**
 * Golden files: what every engine, on every machine, must answer (format reach/golden/v1).
 *
 * A file holds cases of one area; a case names the rule that it is about, says why it is there,
 * what is asked (`op` and its operands) and what comes of it: `expect`, or `error` with a code.
 * Released files never change. Reading files is the caller's work, so this runs in a browser too.
 */

import { concat, fromHex, fromUtf8, toHex, utf8 } from "./core/bytes.ts";
import type { Engine } from "./engine/engine.ts";
import { EngineError } from "./core/errors.ts";
import type { JsonOptions } from "./calls/json.ts";
import { makePack } from "./run/pack.ts";
import { parseRecord } from "./run/records.ts";
import { firstDifference } from "./run/replay.ts";
import type { RegexOptions } from "./calls/regex.ts";
import type { Pack, StartOptions } from "./calls/run.ts";
import type { Json } from "./core/value.ts";

/** A file of golden/v1, decoded. */
export interface GoldenFile {
  readonly format: "reach/golden/v1";
  readonly area: string;
  /** The page of docs/spec with the rules. */
  readonly spec: string;
  readonly notes: string;
  readonly cases: readonly GoldenCase[];
}

/** Bytes that a case is about: a text, hex, or a unit that is repeated. */
export type GoldenBytes =
  | string
  | { readonly hex: string }
  | { readonly repeat: GoldenBytes; readonly times: number }
  | readonly GoldenBytes[];

interface Common {
  readonly id: string;
  /** Rule ids of the spec page: one, or several. */
  readonly rule: string | readonly string[];
  readonly why: string;
}

/** What came of a case: one of the two. */
export interface GoldenOutcome {
  readonly expect?: Json;
  readonly error?: { readonly code: string; readonly [more: string]: Json };
}

type Operation =
  | {
      readonly op: "canonicalize" | "canonicalHash" | "checkJson";
      readonly input: GoldenBytes;
      readonly options?: JsonOptions;
    }
  | { readonly op: "canonicalizeValue"; readonly value: Json }
  /** Doubles as 16 hexadecimal digits each, their sign first. */
  | { readonly op: "numbersToJson"; readonly bits: readonly string[] }
  | { readonly op: "numbersFromJson"; readonly input: GoldenBytes }
  | HashOperation
  | MerkleOperation
  | {
      readonly op: "evaluate";
      readonly program: string;
      readonly input: GoldenBytes;
      readonly options?: { readonly fuel?: number; readonly one?: boolean };
    }
  /** Where the first match is, and the fuel that looking for it took. */
  | {
      readonly op: "matchRegex";
      readonly pattern: string;
      readonly text: GoldenBytes;
      readonly options?: RegexOptions;
    }
  /** What fails first in a value, and the fuel that finding it took. */
  | {
      readonly op: "validateJson";
      readonly schema: Json;
      readonly value: Json;
      readonly documents?: Readonly<Record<string, Json>>;
      readonly fuel?: number;
    }
  | CommitOperation
  | RunOperation;

type HashOperation =
  | { readonly op: "sha256"; readonly input: GoldenBytes }
  /** The digest of the pieces one after another, and the state before the last of them. */
  | { readonly op: "hasher"; readonly pieces: readonly GoldenBytes[] }
  | { readonly op: "hmacSha256"; readonly key: GoldenBytes; readonly input: GoldenBytes }
  | { readonly op: "hashFrames"; readonly frames: readonly GoldenBytes[]; readonly prefix?: number }
  | {
      readonly op: "hashEach";
      readonly input: GoldenBytes;
      readonly size: number;
      readonly prefix?: number;
    };

/** Leaves are the data of leaves; hashes are hexadecimal, sizes and places decimal. */
type MerkleOperation =
  | { readonly op: "merkleRoot"; readonly leaves: readonly GoldenBytes[] }
  | { readonly op: "merkleTree"; readonly appends: readonly (readonly GoldenBytes[])[] }
  | { readonly op: "merkleTreeState"; readonly state: GoldenBytes }
  | {
      readonly op: "merkleProof";
      readonly leaves: readonly GoldenBytes[];
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly op: "merkleVerify";
      readonly start: string;
      readonly end: string;
      readonly size: string;
      readonly hash: string;
      readonly root: string;
      readonly proof: readonly string[];
    };

/** A run with scripted answers: no host, no clock, no network. */
/** Commitments (TRACE-12, TRACE-13, TRACE-20, TRACE-21) under a seed in hex. */
type CommitOperation =
  | { readonly op: "commitValue"; readonly seed: string; readonly input: GoldenBytes }
  /** The leaves of records, and their hashes. */
  | { readonly op: "leaves"; readonly seed: string; readonly records: readonly Json[] };

export interface RunOperation {
  readonly op: "run";
  /** Path and content: the first one is the workflow, those in schemas/ are schemas, the others tables. */
  readonly pack: { readonly [path: string]: Json };
  /** JSON text. */
  readonly input: string;
  readonly grant?: object;
  readonly limits?: object;
  /** In the order in which they arrive. */
  readonly answers?: readonly Answer[];
}

type Answer =
  | { readonly key: string; readonly result: object; readonly body?: GoldenBytes }
  | { readonly cancel: string }
  | { readonly suspend: string }
  | { readonly resume: true };

export type GoldenCase = Common & Operation & GoldenOutcome;

/** What a check found; a failure names file, case and the first difference. */
export interface GoldenResult {
  readonly passed: number;
  readonly failed: readonly string[];
}

/**
 * Checks golden files against an engine. Never throws for what is in them.
 *
 * @example
 * import { verifyGolden } from "@reach-fabric/engine/golden";
 * verifyGolden(createEngine(), [{ path, text: golden }]).failed; // → []
 */
export function verifyGolden(
  engine: Engine,
  files: readonly { readonly path: string; readonly text: string }[],
): GoldenResult {
  let passed = 0;
  const failed: string[] = [];
  for (const { path, text } of files) {
    // The index of golden/runs is about evidence, which is not known here.
    if (text.includes('"reach/golden-runs/v1"')) continue;
    let file: GoldenFile;
    try {
      file = readGolden(text);
    } catch (error) {
      failed.push(`${path}: ${messageOf(error)}`);
      continue;
    }
    for (const item of file.cases) {
      const problem = checkCase(engine, item);
      if (problem === undefined) passed += 1;
      else failed.push(`${path} ${item.id}: ${problem}`);
    }
  }
  return { passed, failed };
}

/** The file in a text. Throws a TypeError for anything that is not of this format. */
export function readGolden(text: string): GoldenFile {
  const file = JSON.parse(text) as GoldenFile;
  if (file.format !== "reach/golden/v1") throw new TypeError("its format is not reach/golden/v1");
  if (!Array.isArray(file.cases) || file.cases.length === 0) throw new TypeError("it has no cases");
  const ids = new Set(file.cases.map(({ id }) => id));
  if (ids.size < file.cases.length) throw new TypeError("two of its cases have one id");
  return file;
}

/** What is wrong with a case; undefined where nothing is. */
export function checkCase(engine: Engine, item: GoldenCase): string | undefined {
  if (item.expect === undefined && item.error === undefined) return "it expects nothing";
  let actual: GoldenOutcome;
  try {
    actual = outcomeOf(engine, item);
  } catch (error) {
    return messageOf(error);
  }
  const expected = outcomePart(item);
  const found = firstDifference(expected, comparable(expected, actual));
  return found && `${found.pointer}: expected ${show(found.a)}, found ${show(found.b)}`;
}

/** `expect` and `error` of a case, and nothing else of it. */
function outcomePart({ expect, error }: GoldenOutcome): GoldenOutcome {
  return {
    ...(expect === undefined ? {} : { expect }),
    ...(error === undefined ? {} : { error }),
  };
}

/**
 * The actual outcome, reduced to the members that the expected one speaks of: a case may leave
 * out what it is not about (an offset, the fuel), never what tells success from failure.
 */
export function comparable(expected: GoldenOutcome, actual: GoldenOutcome): GoldenOutcome {
  const reduce = (part: "expect" | "error"): GoldenOutcome => {
    const value = actual[part];
    if (value === undefined) return {};
    const wanted = expected[part];
    if (!isObject(value) || !isObject(wanted)) return { [part]: value };
    const entries = Object.entries(value).filter(([name]) => name in wanted);
    return { [part]: Object.fromEntries(entries) };
  };
  return { ...reduce("expect"), ...reduce("error") };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the engine answers now, with all that can be said about it. */
export function outcomeOf(engine: Engine, item: Operation): GoldenOutcome {
  try {
    return operate(engine, item);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { error: errorPart(error) };
  }
}

const errorPart = ({
  code,
  offset,
  message,
}: Omit<EngineError, "depth" | "hint" | "name">): {
  code: string;
  offset: number;
  message: string;
} => ({ code, offset, message });

function operate(engine: Engine, item: Operation): GoldenOutcome {
  switch (item.op) {
    case "canonicalize":
      return { expect: fromUtf8(engine.canonicalize(bytesOf(item.input), item.options)) };
    case "canonicalHash":
      return { expect: toHex(engine.canonicalHash(bytesOf(item.input), item.options)) };
    case "checkJson":
      engine.checkJson(bytesOf(item.input), item.options);
      return { expect: true };
    case "canonicalizeValue":
      return { expect: fromUtf8(engine.canonicalizeValue(item.value)) };
    case "numbersToJson":
      return { expect: fromUtf8(engine.numbersToJson(item.bits.map((bits) => doubleOf(bits)))) };
    case "numbersFromJson": {
      const numbers = engine.numbersFromJson(bytesOf(item.input));
      return { expect: Array.from(numbers, (number) => bitsOf(number)) };
    }
    case "sha256":
    case "hasher":
    case "hmacSha256":
    case "hashFrames":
    case "hashEach":
      return { expect: hashed(engine, item) };
    case "merkleRoot":
    case "merkleTree":
    case "merkleTreeState":
    case "merkleProof":
    case "merkleVerify":
      return { expect: merkle(engine, item) };
    case "evaluate": {
      const { outputs, error, fuel } = engine.evaluate(
        item.program,
        bytesOf(item.input),
        item.options,
      );
      return error === null
        ? { expect: { outputs, fuel } }
        : { error: { ...error, outputs, fuel } };
    }
    case "matchRegex": {
      const found = engine.matchRegex(item.pattern, bytesOf(item.text), item.options);
      return { expect: { match: found && { ...found }, fuel: engine.fuelUsed() } };
    }
    case "validateJson": {
      const { schema, value, documents = {}, fuel } = item;
      const texts = Object.entries(documents).map(([uri, d]) => [uri, JSON.stringify(d)] as const);
      const failure = engine.validateJson(JSON.stringify(schema), JSON.stringify(value), {
        documents: Object.fromEntries(texts),
        ...(fuel === undefined ? {} : { fuel }),
      });
      return { expect: { failure: failure && { ...failure }, fuel: engine.fuelUsed() } };
    }
    case "commitValue":
      return { expect: toHex(engine.commitValue(fromHex(item.seed), bytesOf(item.input))) };
    case "leaves": {
      const records = item.records.map((record) => engine.canonicalizeValue(record));
      const { hashes, texts = [] } = engine.leaves(fromHex(item.seed), records, { texts: true });
      return { expect: hashes.map((hash, i) => [toHex(hash), fromUtf8(texts[i] ?? utf8(""))]) };
    }
    case "run":
      return { expect: runCase(engine, item) };
    default:
      throw new TypeError(`unknown operation ${String((item as { op?: unknown }).op)}`);
  }
}

function hashed(engine: Engine, item: HashOperation): Json {
  switch (item.op) {
    case "sha256":
      return toHex(engine.sha256(bytesOf(item.input)));
    case "hasher": {
      const hasher = engine.hasher();
      let state = hasher.state();
      for (const piece of item.pieces) {
        state = hasher.state();
        hasher.update(bytesOf(piece));
      }
      return { state: toHex(state), digest: toHex(hasher.digest()) };
    }
    case "hmacSha256":
      return toHex(engine.hmacSha256(bytesOf(item.key), bytesOf(item.input)));
    case "hashFrames":
      return engine.hashFrames(item.frames.map(bytesOf), item.prefix).map(toHex);
    default:
      return toHex(engine.hashEach(bytesOf(item.input), item.size, item.prefix));
  }
}

function merkle(engine: Engine, item: MerkleOperation): Json {
  switch (item.op) {
    case "merkleRoot":
      return toHex(engine.merkleRoot(item.leaves.map(bytesOf)));
    case "merkleTree": {
      const tree = engine.merkleTree();
      for (const leaves of item.appends) tree.append(leaves.map(bytesOf));
      return { size: String(tree.size), root: toHex(tree.root()), state: toHex(tree.state()) };
    }
    case "merkleTreeState": {
      const tree = engine.merkleTree(bytesOf(item.state));
      return { size: String(tree.size), root: toHex(tree.root()) };
    }
    case "merkleProof": {
      const hashes = engine.hashFrames(item.leaves.map(bytesOf), 0);
      return engine.subtreeProof(hashes, item.start, item.end).map(toHex);
    }
    default:
      return engine.verifySubtree({
        start: BigInt(item.start),
        end: BigInt(item.end),
        size: BigInt(item.size),
        hash: fromHex(item.hash),
        root: fromHex(item.root),
        proof: item.proof.map(fromHex),
      });
  }
}

const word = new DataView(new ArrayBuffer(8));

function doubleOf(bits: string): number {
  word.setBigUint64(0, BigInt(`0x${bits}`));
  return word.getFloat64(0);
}

function bitsOf(number: number): string {
  word.setFloat64(0, number);
  return word.getBigUint64(0).toString(16).padStart(16, "0");
}

/** The seed of every run of the golden cases. */
export const runSeed: Uint8Array<ArrayBuffer> = utf8("the golden runs have this seed: ");

/** Drives the run that a case describes; it is still the engine's afterwards. */
export function runOf(
  engine: Engine,
  item: RunOperation,
): { readonly pack: Pack; readonly records: Uint8Array[]; readonly status: string } {
  const [[path, workflow] = ["", null], ...files] = Object.entries(item.pack);
  const isWorkflow = (content: unknown): boolean => Object.hasOwn(content as object, "document");
  const some = (kind: "schemas" | "tables" | "workflows"): Record<string, string> =>
    Object.fromEntries(
      files
        .filter(([file, content]) => {
          if (file.startsWith("schemas/")) return kind === "schemas";
          return isWorkflow(content) === (kind === "workflows") && kind !== "schemas";
        })
        .map(([file, content]) => [file, JSON.stringify(content)]),
    );
  const { namespace, name, version } = (workflow as { document: Record<string, string> }).document;
  const pack = makePack(engine, {
    id: `${namespace}/${name}`,
    version: version ?? "",
    // Those that the first one runs come before it.
    workflows: { ...some("workflows"), [path]: JSON.stringify(workflow) },
    tables: some("tables"),
    schemas: some("schemas"),
  });
  engine.load(pack);
  engine.commit(runSeed);
  const options: StartOptions = {
    ...(item.grant === undefined ? {} : { grant: item.grant }),
    ...(item.limits === undefined ? {} : { limits: item.limits }),
  };
  const first = engine.admitStart(options, item.input);
  let step = engine.start(first);
  const records: Uint8Array[] = [first, ...step.records];
  for (const answer of item.answers ?? []) {
    const record =
      "key" in answer
        ? engine.admitResult(
            answer.key,
            answer.result,
            answer.body === undefined ? undefined : bytesOf(answer.body),
          )
        : "cancel" in answer
          ? engine.admitCancel(answer.cancel)
          : "suspend" in answer
            ? engine.admitSuspend(answer.suspend)
            : engine.admitResume();
    step = engine.advance(record);
    records.push(record, ...step.records);
  }
  return { pack, records, status: step.status };
}

/**
 * The run that a case describes: its end, its digests, the root over all its records, and the roots over all
 * leaves and over those of what entered.
 */
function runCase(engine: Engine, item: RunOperation): Json {
  const { records, status } = runOf(engine, item);
  // Any later call has a fuel of its own.
  const fuel = engine.fuelUsed();
  const { root, entered } = engine.commitments();
  const common = {
    status,
    records: records.length,
    root: toHex(engine.merkleRoot(records)),
    fuel,
    leaves: toHex(root),
    entered: toHex(entered.root),
  };
  const last = records.at(-1);
  const outcome = last && parseRecord(last);
  if (outcome?.kind !== "outcome") return common;
  return {
    ...common,
    ...(outcome.output === undefined ? {} : { output: outcome.output }),
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    decision: engine.decision(),
    fingerprint: engine.fingerprint(),
  };
}

/** The bytes that a case means. */
export function bytesOf(bytes: GoldenBytes): Uint8Array {
  if (typeof bytes === "string") return utf8(bytes);
  if ("hex" in bytes) return fromHex(bytes.hex);
  if ("repeat" in bytes) {
    const unit = bytesOf(bytes.repeat);
    const whole = new Uint8Array(unit.length * bytes.times);
    for (let at = 0; at < whole.length; at += unit.length) whole.set(unit, at);
    return whole;
  }
  return concat(bytes.map((part) => bytesOf(part)));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
