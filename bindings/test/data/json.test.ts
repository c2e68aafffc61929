import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  canonicalHash,
  canonicalHashValue,
  canonicalize,
  canonicalizeValue,
  checkJson,
  createEngine,
  EngineError,
  fromUtf8,
  numbersFromJson,
  numbersToJson,
  toHex,
} from "@reach-fabric/engine";
import type { Json } from "@reach-fabric/engine";

test("ABI-5 the flags of the JSON calls", () => {
  const text = '{"b":9007199254740993,"a":1.0}';
  expect(() => canonicalize(text)).toThrow(
    expect.objectContaining({ code: "REACH-E1111", offset: 5 }),
  );
  expect(fromUtf8(canonicalize(text, { integers: "text" }))).toBe('{"a":1,"b":"9007199254740993"}');
  expect(fromUtf8(canonicalize(text, { mode: "jq" }))).toBe('{"a":1,"b":9007199254740992}');
  expect(fromUtf8(canonicalize('{"a":1,"a":2}', { mode: "jq" }))).toBe('{"a":2}');
});

test("options that do not exist or exclude each other are TypeErrors", () => {
  // @ts-expect-error: on purpose
  expect(() => canonicalize("1", { integers: "number" })).toThrow(TypeError);
  // @ts-expect-error: on purpose
  expect(() => canonicalize("1", { mode: "strict" })).toThrow(TypeError);
  expect(() => canonicalize("1", { mode: "jq", integers: "text" })).toThrow(TypeError);
});

test("canonicalHash is the SHA-256 of canonicalize", () => {
  const engine = createEngine();
  for (const text of ["0", '{"b":[1,{"d":null,"c":"é"}],"a":1e21}', `["${"x".repeat(300_000)}"]`]) {
    const canonical = engine.canonicalize(text);
    expect(toHex(engine.canonicalHash(text))).toBe(
      createHash("sha256").update(canonical).digest("hex"),
    );
  }
  expect(toHex(canonicalHash('{"b":1,"a":2}'))).toBe(
    toHex(canonicalHash('{ "a": 2.0, "b": 1e0 }')),
  );
});

describe("values", () => {
  const bare = Object.assign(Object.create(null) as object, { z: 1 });

  test.for([
    [null, "null"],
    [true, "true"],
    [-0, "0"],
    [2 ** 60, "1152921504606847000"],
    [1e21, "1e+21"],
    [[], "[]"],
    [{ b: [1.5, "\u0000é"], a: { "": null } }, '{"a":{"":null},"b":[1.5,"\\u0000é"]}'],
    [bare as Json, '{"z":1}'],
  ] as const)("%j is canonicalized and hashed as its text is", ([value, text]) => {
    expect(fromUtf8(canonicalizeValue(value))).toBe(text);
    expect(toHex(canonicalHashValue(value))).toBe(toHex(canonicalHash(text)));
  });

  test("what JSON does not have is REACH-E1114, with its place", () => {
    class Money {
      amount = 1;
    }
    const wrong: [unknown, string][] = [
      [{ a: [{ "b/c~d": undefined }] }, "/a/0/b~1c~0d"],
      [[1, Number.NaN], "/1"],
      [[Number.POSITIVE_INFINITY], "/0"],
      [{ n: 1n }, "/n"],
      [{ f: () => 1 }, "/f"],
      [{ s: Symbol("s") }, "/s"],
      [{ d: new Date(0) }, "/d"],
      [{ m: new Map() }, "/m"],
      [{ c: new Money() }, "/c"],
      [{ u: new Uint8Array(2) }, "/u"],
      // oxlint-disable-next-line no-sparse-arrays -- on purpose
      [[1, , 2], "/1"],
    ];
    for (const [value, pointer] of wrong) {
      expect(() => canonicalHashValue(value as Json)).toThrow(
        expect.objectContaining({
          code: "REACH-E1114",
          message: expect.stringMatching(new RegExp(` at ${pointer}$`)) as string,
        }),
      );
    }
    for (const value of [undefined, () => 1, Symbol("s"), 1n]) {
      expect(() => canonicalHashValue(value as unknown as Json)).toThrow(
        expect.objectContaining({ code: "REACH-E1114" }),
      );
    }
  });

  test("a value inside itself, and a lone surrogate, are errors like those of texts", () => {
    const loop: Json[] = [];
    loop.push(loop);
    expect(() => canonicalizeValue(loop)).toThrow(expect.objectContaining({ code: "REACH-E1203" }));
    expect(() => canonicalizeValue(["\ud800"])).toThrow(
      expect.objectContaining({ code: "REACH-E1106" }),
    );
    const nested = (depth: number): Json => (depth === 0 ? [] : [nested(depth - 1)]);
    expect(canonicalizeValue(nested(1023))).toHaveLength(2048);
    expect(() => canonicalizeValue(nested(1024))).toThrow(
      expect.objectContaining({ code: "REACH-E1203" }),
    );
  });

  test("toJSON and getters have no say: a member is read once, and as it is", () => {
    let reads = 0;
    const value = {
      get a(): number {
        return ++reads;
      },
    };
    expect(fromUtf8(canonicalizeValue(value))).toBe('{"a":1}');
    expect(reads).toBe(1);
    expect(() => canonicalizeValue({ toJSON: () => 1 } as unknown as Json)).toThrow(
      expect.objectContaining({ code: "REACH-E1114" }),
    );
  });
});

test("checkJson says what canonicalize would, and nothing else", () => {
  for (const text of ["[]", " 1e0 ", '{"a":"\\u00e9"}']) expect(checkJson(text)).toBeUndefined();
  for (const text of ["", "[1,]", '{"a":1,"a":2}', "9007199254740993", "[".repeat(1025)]) {
    const found = (f: () => unknown): unknown => {
      try {
        return f();
      } catch (error) {
        const { code, offset, depth } = error as EngineError;
        return [code, offset, depth];
      }
    };
    expect(found(() => checkJson(text))).toEqual(found(() => canonicalize(text)));
    expect(() => checkJson(text)).toThrow(EngineError);
  }
  expect(checkJson("9007199254740993", { integers: "text" })).toBeUndefined();
  expect(checkJson('{"a":1,"a":2}', { mode: "jq" })).toBeUndefined();
});

describe("arrays of numbers", () => {
  test("are written as canonicalize writes them, and read back to the same bits", () => {
    const numbers = [0, -0, 0.1, -5e-324, 1.7976931348623157e308, 1e21, 2 ** 53, 1e-7, 123.456];
    const text = fromUtf8(numbersToJson(numbers));
    expect(text).toBe(fromUtf8(canonicalizeValue(numbers)));
    expect([...numbersFromJson(text)]).toEqual(numbers.map((x) => x + 0));
    expect(numbersToJson(Float64Array.from(numbers))).toEqual(numbersToJson(numbers));
    expect(fromUtf8(numbersToJson([]))).toBe("[]");
    expect(numbersFromJson(" [ ] ")).toHaveLength(0);
  });

  test("NaN is null, an infinity the largest double", () => {
    expect(fromUtf8(numbersToJson([Number.NaN, Infinity, -Infinity]))).toBe(
      "[null,1.7976931348623157e+308,-1.7976931348623157e+308]",
    );
  });

  test.for([
    ["", "REACH-E1101", 0],
    ["\ufeff[1]", "REACH-E1104", 0],
    ["1", "REACH-E1102", 0],
    ["[1,", "REACH-E1113", 3],
    ["[1 2]", "REACH-E1102", 3],
    ["[1,null]", "REACH-E1110", 3],
    ['["1"]', "REACH-E1110", 1],
    ["[1,]", "REACH-E1110", 3],
    ["[01]", "REACH-E1110", 2],
    ["[1e400]", "REACH-E1112", 1],
    ["[9007199254740993]", "REACH-E1111", 1],
    ["[1] x", "REACH-E1103", 4],
    ["[1]é", "REACH-E1103", 3],
  ] as const)("%j is %s", ([text, code, offset]) => {
    expect(() => numbersFromJson(text)).toThrow(expect.objectContaining({ code, offset }));
  });
});
