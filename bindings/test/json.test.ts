import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canonicalHash, canonicalize, createEngine, fromUtf8, toHex } from "@reach-fabric/engine";

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
