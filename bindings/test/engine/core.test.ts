// The core answers as the engine does, byte for byte, and its arguments are told by their names.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  concat,
  createEngine,
  EngineError,
  fromBase64,
  replay,
} from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import type { Engine, Json } from "@reach-fabric/engine";
import * as parts from "@reach-fabric/engine/core";
import { createCore as fromWasm } from "@reach-fabric/engine/core/from-wasm";
import { readGolden, verifyGolden } from "@reach-fabric/engine/golden";
import { coreWasm } from "@reach-fabric/engine/testing";
import { goldenFiles } from "../../../golden/files.ts";
import { enough, fakeModule } from "./fake-engine.ts";

// An object as an engine is one: the calls are looked up by their names.
const core = { ...parts };
const { canonicalHash, canonicalHashValue, canonicalizeValue, createCore, toHex } = core;
const engine = createEngine();
const own = fromBase64(coreWasm);

test("every golden case of json, hash and merkle", () => {
  const files = goldenFiles().filter(({ path }) => /v1\/(?:json|hash|merkle)\//.test(path));
  const areas = new Set(files.map(({ text }) => readGolden(text).area));
  expect([...areas].sort()).toEqual(["hash", "json", "merkle"]);
  // The operations of these areas are the core's.
  const { passed, failed } = verifyGolden(createCore() as unknown as Engine, files);
  expect(failed).toEqual([]);
  expect(passed).toBeGreaterThan(100);
});

/** What comes of a call: its bytes, or all that its error says. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { code, offset, depth, message, hint } = error;
    return { code, offset, depth, message, hint };
  }
}

describe("the same as the engine", () => {
  const seed = { seed: 20261129 };
  const bytes = fc.uint8Array({ maxLength: 300 });

  test("for texts, good and bad, with every option", () => {
    // A cut or a changed character makes most of the texts that are refused.
    const good = fc.json({ maxDepth: 4 });
    const text = fc.oneof(
      good,
      fc.tuple(good, fc.nat(), fc.string({ maxLength: 2 })).map(([whole, at, other]) => {
        const place = at % (whole.length + 1);
        return whole.slice(0, place) + other + whole.slice(place + 1);
      }),
      fc.string({ unit: "grapheme" }),
      bytes,
    );
    const options = fc.constantFrom(undefined, { integers: "text" }, { mode: "jq" } as const);
    fc.assert(
      fc.property(text, options as fc.Arbitrary<undefined>, (json, option) => {
        for (const name of ["canonicalize", "canonicalHash", "checkJson"] as const) {
          expect(outcome(() => core[name](json, option))).toEqual(
            outcome(() => engine[name](json, option)),
          );
        }
        expect(outcome(() => core.numbersFromJson(json))).toEqual(
          outcome(() => engine.numbersFromJson(json)),
        );
      }),
      { ...seed, numRuns: 500 },
    );
  });

  test("for values, numbers, hashes and trees", () => {
    const leaves = fc.array(bytes, { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.double()),
        leaves,
        fc.nat(),
        (value, numbers, all, n) => {
          expect(canonicalizeValue(value as Json)).toEqual(engine.canonicalizeValue(value as Json));
          expect(canonicalHashValue(value as Json)).toEqual(
            engine.canonicalHashValue(value as Json),
          );
          expect(core.numbersToJson(numbers)).toEqual(engine.numbersToJson(numbers));
          const one = concat(all);
          expect(core.sha256(one)).toEqual(engine.sha256(one));
          expect(core.hmacSha256(one, one)).toEqual(engine.hmacSha256(one, one));
          const hashes = core.hashFrames(all, 0);
          expect(hashes).toEqual(engine.hashFrames(all, 0));
          const root = core.merkleRoot(all);
          expect(root).toEqual(engine.merkleRoot(all));
          expect(core.merkleTree().append(all).state()).toEqual(
            engine.merkleTree().append(all).state(),
          );
          if (all.length === 0) return;
          const index = n % all.length;
          const proof = core.inclusionProof(hashes, index);
          expect(proof).toEqual(engine.inclusionProof(hashes, index));
          const leafHash = hashes[index] as Uint8Array;
          expect(core.verifyInclusion({ leafHash, index, size: all.length, root, proof })).toBe(
            true,
          );
        },
      ),
      { ...seed, numRuns: 200 },
    );
  });
});

describe("a text and a value", () => {
  test("are two functions: of a string, the hash of the string", () => {
    const hashes = [canonicalHashValue("1"), canonicalHash('"1"'), canonicalHashValue(1)].map(
      toHex,
    );
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).toBe(toHex(canonicalHash("1")));
    expect(hashes[0]).not.toBe(hashes[2]);
    expect(toHex(engine.canonicalHashValue("hello"))).toBe(toHex(canonicalHash('"hello"')));
  });

  test("bytes are a text of JSON, and no value", () => {
    expect(() => canonicalHashValue(core.utf8("1") as unknown as Json)).toThrow(
      expect.objectContaining({ code: "REACH-E1114" }),
    );
  });

  test.each([undefined, null, 1, true, {}, [1]])("%j is no text", (value) => {
    for (const ask of [core, engine]) {
      for (const name of ["canonicalize", "canonicalHash", "checkJson"] as const) {
        // @ts-expect-error: on purpose
        expect(() => ask[name](value)).toThrow(
          expect.objectContaining({ name: "ArgumentError", code: "REACH-E1005", argument: "text" }),
        );
      }
    }
  });
});

test("an argument of another kind is told by its name, before anything is done", () => {
  const hash = new Uint8Array(32);
  // oxlint-disable-next-line typescript/no-explicit-any -- what no caller with types writes
  const wrong: [argument: string, call: (calls: any) => unknown][] = [
    ["options", (c) => c.canonicalize("1", null)],
    ["options.integer", (c) => c.canonicalize("1", { integer: "text" })],
    ["options.integers", (c) => c.canonicalHash("1", { integers: true })],
    ["options.mode", (c) => c.checkJson("1", { mode: "JQ" })],
    ["numbers", (c) => c.numbersToJson("12")],
    ["numbers", (c) => c.numbersToJson()],
    ["numbers[1]", (c) => c.numbersToJson([1, "2"])],
    ["text", (c) => c.numbersFromJson([1])],
    ["bytes", (c) => c.sha256()],
    ["bytes", (c) => c.sha256({ length: 1e9 })],
    ["bytes", (c) => c.hasher().update("text")],
    ["state", (c) => c.hasher(1)],
    ["key", (c) => c.hmacSha256("key", hash)],
    ["message", (c) => c.hmacSha256(hash)],
    ["frames", (c) => c.hashFrames()],
    ["frames[0]", (c) => c.hashFrames(["text"])],
    ["prefix", (c) => c.hashFrames([], 256)],
    ["messages", (c) => c.hashEach("text", 2)],
    ["size", (c) => c.hashEach(hash, 0)],
    ["leaves", (c) => c.merkleRoot(hash)],
    ["leaves[1]", (c) => c.merkleRoot([hash, null])],
    ["state", (c) => c.merkleTree({})],
    ["leaves", (c) => c.merkleTree().append(hash)],
    ["hashes[0]", (c) => c.merkleTree().appendHashes([hash.subarray(1)])],
    ["leafHashes", (c) => c.inclusionProof(undefined, 0)],
    ["leafHashes[0]", (c) => c.consistencyProof(["00"], 1)],
    ["claim", (c) => c.verifyInclusion()],
    ["claim", (c) => c.verifyConsistency(null)],
    ["claim", (c) => c.verifySubtree(1)],
  ];
  for (const [argument, call] of wrong) {
    for (const calls of [core, engine]) {
      expect(() => call(calls), call.toString()).toThrow(
        expect.objectContaining({ code: "REACH-E1005", argument }),
      );
      expect(() => call(calls)).toThrow(TypeError);
    }
  }
  // What a core lacks: programs, schemas, runs.
  // oxlint-disable-next-line typescript/no-explicit-any -- what no caller with types writes
  const ofEngine: [argument: string, call: (e: any) => unknown][] = [
    ["program", (e) => e.evaluate()],
    ["input", (e) => e.evaluate(".a", { a: 1 })],
    ["options.fule", (e) => e.evaluate(".", "1", { fule: 1 })],
    ["pattern", (e) => e.matchRegex(/a/, "a")],
    ["options.dialect", (e) => e.matchRegex("a", "a", { dialect: "pcre" })],
    ["options.flag", (e) => e.matchRegex("a", "a", { flag: "i" })],
    ["schema", (e) => e.validateJson({}, "1")],
    ["value", (e) => e.validateJson("{}", 1)],
    ["options.document", (e) => e.validateJson("{}", "1", { document: {} })],
    ["pack.manifest", (e) => e.load({})],
    ["pack", (e) => e.listExpressions("pack.json")],
    ["pack.files", (e) => e.load({ manifest: hash, files: {}, digest: "" })],
    ["pack.files[0].bytes", (e) => e.load({ manifest: hash, files: [{ path: "a" }], digest: "" })],
    ["pack.digest", (e) => e.load({ manifest: hash, files: [] })],
    ["pack.manifest", (e) => replay(e, {} as Pack, [])],
    ["input", (e) => e.admitStart({}, { a: 1 })],
    ["options.grants", (e) => e.admitStart({ grants: {} }, "1")],
  ];
  for (const [argument, call] of ofEngine) {
    expect(() => call(engine), call.toString()).toThrow(
      expect.objectContaining({ code: "REACH-E1005", argument }),
    );
  }
  // @ts-expect-error: no such option
  expect(() => createEngine({ foo: 1 })).toThrow(
    new ArgumentError("options.foo", "left out: the options are build, bytes", 1),
  );
  expect(engine.trapped).toBe(false);
});

describe("a core of a module that is brought", () => {
  test("takes bytes, which name it, and a compiled module, which does not", () => {
    expect(fromWasm(own).digest).toBe(core.coreDigest);
    expect(createCore().digest).toBe(core.coreDigest);
    const compiled = fromWasm(new WebAssembly.Module(own));
    expect(compiled.digest).toBeUndefined();
    expect(toHex(compiled.canonicalHash("[1.0]"))).toBe(toHex(engine.canonicalHash("[1]")));
  });

  test("refuses what is none", () => {
    expect(() => fromWasm({})).toThrow(expect.objectContaining({ argument: "wasm" }));
    const make = (bytes: Uint8Array) => () => fromWasm(bytes);
    expect(make(fakeModule({ ...enough, canonicalHash: 0 }, ["clock"]))).toThrow("it has imports");
    expect(make(fakeModule({ abi: 1 }))).toThrow("its exports are others");
    expect(make(fakeModule({ ...enough, canonicalHash: 0, abi: 2 }))).toThrow("another version");
  });

  test("after a trap only its own instance is gone", () => {
    const broken = fromWasm(fakeModule({ ...enough, canonicalHash: "trap" }));
    expect(() => broken.canonicalHash("1")).toThrow(core.EngineTrap);
    expect(broken.trapped).toBe(true);
    expect(createCore().trapped).toBe(false);
  });
});
