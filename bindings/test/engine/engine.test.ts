import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  codes,
  createEngine,
  EngineError,
  engineDigest,
  EngineTrap,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import { enough, fakeModule } from "./fake-engine.ts";

/** An engine that is no build of its own: the debug build and a section that WebAssembly skips, of one letter. */
const other = new Uint8Array([
  ...readFileSync(new URL("../../../build/debug/engine.wasm", import.meta.url)),
  0,
  2,
  1,
  0x78,
]);

describe("createEngine", () => {
  test("makes either build, and the digest is the scalar one's", () => {
    for (const build of ["auto", "scalar", "simd"] as const) {
      const engine = createEngine({ build });
      expect(toHex(engine.canonicalize("[ 1.0 ]"))).toBe(toHex(utf8("[1]")));
      expect(engine.digest).toBe(engineDigest);
      expect(engine.semantics).toBe(codes.SEMANTICS);
      expect(engine.trapped).toBe(false);
    }
  });

  test("takes other bytes, and names them by their own digest", () => {
    const engine = createEngine({ bytes: other });
    expect(engine.digest).toBe(toHex(createEngine().sha256(other)));
    expect(engine.digest).not.toBe(engineDigest);
  });

  test("refuses what is no engine of this ABI", () => {
    const make = (bytes: Uint8Array<ArrayBuffer>) => () => createEngine({ bytes });
    expect(make(new Uint8Array([1, 2, 3]))).toThrow(WebAssembly.CompileError);
    expect(make(fakeModule(enough, ["clock"]))).toThrow("Not an engine: it has imports");
    expect(make(fakeModule({}))).toThrow("Not an engine: its exports are others");
    expect(make(fakeModule({ ...enough, abi: 2 }))).toThrow(
      "Not an engine: its ABI has another version",
    );
    // @ts-expect-error: not one of the three
    expect(() => createEngine({ build: "fast" })).toThrow(TypeError);
  });

  test("each engine has a memory of its own", () => {
    const [a, b] = [createEngine(), createEngine()];
    const one = a.hasher().update(utf8("a"));
    const other = b.hasher().update(utf8("b"));
    expect(toHex(one.digest())).toBe(toHex(a.sha256(utf8("a"))));
    expect(toHex(other.digest())).toBe(toHex(a.sha256(utf8("b"))));
  });
});

describe("ABI-1 the windows", () => {
  test("a memory that grew during a call is looked at anew", () => {
    const engine = createEngine();
    const before = engine.canonicalize("[1,2]");
    // Many megabytes: input(), the call and its output all grow the memory.
    const long = `[${"1.0,".repeat(4_000_000)}1]`;
    const grown = engine.canonicalize(long);
    expect(grown.length).toBe(8_000_003);
    expect(toHex(engine.sha256(grown))).toBe(toHex(engine.canonicalHash(long)));
    expect(toHex(engine.canonicalize("[1,2]"))).toBe(toHex(before));
  });

  test("results are copies: later calls do not change them", () => {
    const engine = createEngine();
    const first = engine.canonicalize('{"a":1}');
    const digest = engine.sha256(first);
    const text = toHex(first);
    const digestText = toHex(digest);
    engine.canonicalize('["something else altogether"]');
    first.fill(0);
    engine.sha256(new Uint8Array(1 << 20));
    expect(toHex(engine.canonicalize('{"a":1}'))).toBe(text);
    expect(toHex(digest)).toBe(digestText);
  });

  test("views into larger buffers, shared memory and buffers that are gone", () => {
    const engine = createEngine();
    const around = utf8("xx[1.0]xx");
    expect(toHex(engine.canonicalize(around.subarray(2, 7)))).toBe(toHex(utf8("[1]")));
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set(utf8("[1]"));
    expect(toHex(engine.canonicalize(shared))).toBe(toHex(utf8("[1]")));
    const gone = utf8("[1]");
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => engine.canonicalize(gone)).toThrow(TypeError);
    expect(engine.trapped).toBe(false);
  });

  test("64 MiB fit, one byte more is an error that costs nothing", () => {
    const engine = createEngine();
    const most = new Uint8Array(codes.MAX_INPUT).fill(0x20);
    most[0] = 0x31;
    expect(engine.canonicalize(most)).toEqual(utf8("1"));
    const over = new Uint8Array(codes.MAX_INPUT + 1).fill(0x20);
    expect(() => engine.canonicalize(over)).toThrow(
      expect.objectContaining({ code: "REACH-E1204" }),
    );
    expect(() => engine.canonicalize("é".repeat(codes.MAX_INPUT / 2 + 1))).toThrow(EngineError);
    expect(engine.canonicalize("1")).toEqual(utf8("1"));
  });

  test("texts of every size and width arrive whole", () => {
    const engine = createEngine();
    for (const letter of ["a", "é", "€", "😀"]) {
      for (const size of [0, 1, 21_844, 21_845, 21_846, 65_535, 65_536, 100_000]) {
        const text = JSON.stringify(letter.repeat(size));
        expect(new TextDecoder().decode(engine.canonicalize(text))).toBe(text);
      }
    }
  });
});

describe("what is not text or bytes", () => {
  test("is a TypeError of the caller, before the engine sees it", () => {
    const engine = createEngine();
    for (const wrong of [undefined, null, 1, {}, [1], new ArrayBuffer(2), new Uint16Array(2)]) {
      // @ts-expect-error: on purpose
      expect(() => engine.checkJson(wrong)).toThrow(TypeError);
      // @ts-expect-error: on purpose
      expect(() => engine.sha256(wrong)).toThrow(TypeError);
    }
    expect(engine.trapped).toBe(false);
  });

  test("lone surrogates are refused, with the byte where they stand", () => {
    const engine = createEngine();
    const offset = (text: string): unknown => {
      try {
        engine.canonicalize(text);
      } catch (error) {
        return error instanceof EngineError && [error.code, error.offset];
      }
      return undefined;
    };
    expect(offset('["\ud800"]')).toEqual(["REACH-E1106", 2]);
    expect(offset('["é😀\udc00"]')).toEqual(["REACH-E1106", 8]);
    expect(offset("\ud800".padStart(100_000))).toEqual(["REACH-E1106", 99_999]);
    expect(() => engine.evaluate('"\ud800"', "1")).not.toThrow();
    expect(engine.evaluate('"\ud800"', "1").error).toMatchObject({
      code: "REACH-E1106",
      offset: 1,
    });
  });
});

describe("ABI-3 a trap", () => {
  test.each(["trap", "overflow"] as const)(
    "is an EngineTrap (%s), and the end of the instance",
    (body) => {
      const engine = createEngine({ bytes: fakeModule({ ...enough, canonicalize: body }) });
      expect(engine.trapped).toBe(false);
      expect(() => engine.canonicalize("1")).toThrow(EngineTrap);
      expect(engine.trapped).toBe(true);
      // Even calls that would work are refused from now on.
      expect(() => engine.sha256(new Uint8Array(1))).toThrow(
        "This instance of the engine has stopped before",
      );
      expect(() => engine.sha256(new Uint8Array(1))).toThrow(EngineTrap);
      expect(createEngine().canonicalize("1")).toEqual(utf8("1"));
    },
  );

  test("keeps what was thrown as its cause", () => {
    const engine = createEngine({ bytes: fakeModule({ ...enough, canonicalize: "trap" }) });
    expect(() => engine.canonicalize("1")).toThrow(
      expect.objectContaining({ cause: expect.any(WebAssembly.RuntimeError) }),
    );
  });
});

describe("ABI-2 an error", () => {
  test("has a code, an offset, a depth, a message and often a hint", () => {
    const engine = createEngine();
    const attempt = (): unknown => engine.canonicalize('[{"a":1,"a":2}]');
    expect(attempt).toThrow(EngineError);
    expect(attempt).toThrow(
      expect.objectContaining({
        name: "EngineError",
        code: "REACH-E1109",
        offset: 8,
        depth: 2,
        message: "duplicate key in an object",
        hint: expect.stringContaining("keep one"),
      }),
    );
  });

  test("leaves the engine as it was", () => {
    const engine = createEngine();
    const hasher = engine.hasher().update(utf8("ab"));
    for (let i = 0; i < 100; i++) expect(() => engine.canonicalize("{")).toThrow(EngineError);
    expect(toHex(hasher.update(utf8("c")).digest())).toBe(toHex(engine.sha256(utf8("abc"))));
  });
});
