// The raw exports, as somebody sees them who writes another binding from docs/spec/abi.md alone.
import { fromBase64 } from "@reach-fabric/engine";
import { engineScalar } from "@reach-fabric/engine/testing";
import { expect, test } from "vitest";

type Raw = Record<string, (...args: number[]) => number> & { memory: WebAssembly.Memory };

const bytes = fromBase64(engineScalar);
const raw = (): Raw => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Raw;

const put = (engine: Raw, at: number, content: Uint8Array): void => {
  new Uint8Array(engine.memory.buffer, at, content.length).set(content);
};
const output = (engine: Raw): Uint8Array =>
  new Uint8Array(engine.memory.buffer, engine["output"]?.(), engine["outputLength"]?.()).slice();
const frames = (...parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    parts.flatMap((part) => [new Uint8Array(new Uint32Array([part.length]).buffer), part]),
  );
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

test("ABI-1 write at input(), call, read at output()", () => {
  const engine = raw();
  put(engine, engine["input"]?.(5) ?? 0, text("[1.0]"));
  expect(engine["canonicalize"]?.(5, 0)).toBe(0);
  expect(output(engine)).toEqual(text("[1]"));
  expect(engine["input"]?.(64 * 1024 * 1024)).toBeGreaterThan(0);
  expect(engine["input"]?.(64 * 1024 * 1024 + 1)).toBe(0);
  expect(engine["input"]?.(-1)).toBe(0);
});

test("ABI-2 status 1: code, offset, depth, then a message", () => {
  const engine = raw();
  put(engine, engine["input"]?.(3) ?? 0, text("[[x"));
  expect(engine["canonicalize"]?.(3, 0)).toBe(1);
  expect(["errorCode", "errorOffset", "errorDepth"].map((name) => engine[name]?.())).toEqual([
    1102, 2, 2,
  ]);
  const length = engine["errorText"]?.();
  const message = output(engine);
  expect(message).toHaveLength(length ?? -1);
  expect(new TextDecoder().decode(message)).toBe("unexpected character in JSON");
});

test("ABI-2 errorWhere(): the file and the pointer as frames, nothing where there is no place", () => {
  const engine = raw();
  const whereOf = (name: string, content: Uint8Array): Uint8Array => {
    put(engine, engine["input"]?.(content.length) ?? 0, content);
    expect(engine[name]?.(content.length, 0)).toBe(1);
    const length = engine["errorWhere"]?.();
    expect(output(engine)).toHaveLength(length ?? -1);
    return output(engine);
  };
  expect(whereOf("canonicalize", text("[[x"))).toHaveLength(0);
  const manifest = text('{"files":[],"format":"reach/pack/v1"}');
  expect(whereOf("load", frames(manifest))).toEqual(
    new Uint8Array(frames(text("pack.json"), text("/workflows"))),
  );
  // The text is in the window no longer, and can still be asked for.
  expect(engine["errorText"]?.()).toBe(output(engine).length);
  expect(new TextDecoder().decode(output(engine))).not.toContain("pack.json");
  // The error before leaves nothing behind.
  expect(whereOf("canonicalize", text("x"))).toHaveLength(0);
});

test("ABI-4 frames that do not add up are refused, whatever is wrong with them", () => {
  const engine = raw();
  const good = frames(text("a"), text(""), text("bc"));
  const call = (name: string, content: Uint8Array, ...more: number[]): number | undefined => {
    put(engine, engine["input"]?.(content.length) ?? 0, content);
    return engine[name]?.(content.length, ...more);
  };
  expect(call("hashFrames", good, -1)).toBe(0);
  expect(output(engine)).toHaveLength(96);
  const wrong = [
    good.subarray(0, -1),
    good.subarray(0, 3),
    Buffer.concat([good, new Uint8Array(1)]),
    new Uint8Array([255, 255, 255, 255]),
    new Uint8Array([252, 255, 255, 255, 0, 0, 0, 0]),
    new Uint8Array([0, 0, 0, 128]),
  ];
  for (const content of wrong) {
    for (const name of ["hashFrames", "merkleRoot"]) {
      expect(call(name, content, -1)).toBe(1);
      expect(engine["errorCode"]?.()).toBe(1002);
    }
    expect(call("load", content)).toBe(1);
  }
  expect(call("hashFrames", new Uint8Array(), -1)).toBe(0);
  expect(output(engine)).toHaveLength(0);
});

test("ABI-3 lengths that nobody wrote are statuses or nothing, never a trap", () => {
  const names = [
    "canonicalize",
    "canonicalHash",
    "sha256",
    "hashFrames",
    "merkleRoot",
    "load",
    "admit",
    "start",
    "advance",
    "restore",
    "evaluate",
    "hmacSha256",
    "hashUpdate",
    "fingerprint",
    "commit",
    "commitValue",
    "leaves",
  ];
  for (const name of names) {
    for (const length of [0, 1, 4, 100_000, -1, 0x7fffffff, -0x80000000]) {
      const engine = raw();
      expect(() => engine[name]?.(length, length, 0, 0), `${name}(${length})`).not.toThrow();
    }
  }
});
