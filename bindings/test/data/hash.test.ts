import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  ArgumentError,
  createEngine,
  fromHex,
  hashEach,
  hashFrames,
  hmacSha256,
  sha256,
  taggedHash,
  toHex,
  utf8,
} from "@reach-fabric/engine";

const reference = (...parts: Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};
const bytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 37 + 11) & 255);

test("SHA-256 of every length around the block size", () => {
  for (let length = 0; length < 200; length++)
    expect(toHex(sha256(bytes(length)))).toBe(reference(bytes(length)));
});

test("a hasher gives the same for every split", () => {
  const engine = createEngine();
  const whole = bytes(200);
  const wanted = reference(whole);
  for (let i = 0; i <= 200; i++) {
    for (let j = i; j <= 200; j += 13) {
      const hasher = engine.hasher().update(whole.subarray(0, i)).update(whole.subarray(i, j));
      expect(toHex(hasher.update(whole.subarray(j)).digest())).toBe(wanted);
    }
  }
});

test("hashers of one engine take turns, each with its own state", () => {
  const engine = createEngine();
  const hashers = Array.from({ length: 5 }, () => engine.hasher());
  for (let round = 0; round < 40; round++) {
    for (const [i, hasher] of hashers.entries()) hasher.update(bytes(round * i));
  }
  const wanted = hashers.map((_, i) =>
    reference(...Array.from({ length: 40 }, (__, round) => bytes(round * i))),
  );
  expect(hashers.map((hasher) => toHex(hasher.digest()))).toEqual(wanted);
});

test("a hasher that was read has ended, and says so", () => {
  const engine = createEngine();
  const first = engine.hasher().update(utf8("a"));
  const second = engine.hasher();
  first.digest();
  const ended = expect.objectContaining({ code: "REACH-E1001" });
  for (const use of [() => first.update(utf8("a")), () => first.digest(), () => first.state()]) {
    expect(use).toThrow(ended);
  }
  expect(toHex(second.update(utf8("b")).digest())).toBe(reference(utf8("b")));
});

test("HASH-6 a state goes on in another engine of another build, at every length", () => {
  const scalar = createEngine({ build: "scalar" });
  const simd = createEngine({ build: "simd" });
  for (let length = 0; length < 200; length++) {
    const state = scalar.hasher().update(bytes(length)).state();
    expect(state).toHaveLength(112);
    expect(simd.hasher().update(bytes(length)).state()).toEqual(state);
    expect(toHex(simd.hasher(state).update(bytes(77)).digest())).toBe(
      reference(bytes(length), bytes(77)),
    );
  }
});

test("HASH-6 bytes that are no state are REACH-E1004, and what was open goes on", () => {
  const engine = createEngine();
  const open = engine.hasher().update(bytes(70));
  const state = engine.hasher().update(bytes(70)).state();
  const wrong = [new Uint8Array(), state.subarray(1), new Uint8Array(113)];
  for (const at of [38, 95, 103, 104, 111]) {
    // Beyond the open block, in the high bits of the length, in what is unused.
    const changed = state.slice();
    changed[at] = 0xff;
    wrong.push(changed);
  }
  for (const bytesOfNone of wrong) {
    expect(() => engine.hasher(bytesOfNone)).toThrow(
      expect.objectContaining({ code: "REACH-E1004" }),
    );
  }
  expect(toHex(open.digest())).toBe(reference(bytes(70)));
});

test("other calls do not disturb an open hasher", () => {
  const engine = createEngine();
  const hasher = engine.hasher().update(bytes(70));
  engine.sha256(bytes(1000));
  engine.hmacSha256(bytes(10), bytes(10));
  engine.canonicalHash('{"b":1,"a":[1,2,3]}');
  engine.hashFrames([bytes(65), bytes(65)], 1);
  engine.merkleRoot([bytes(1), bytes(2), bytes(3)]);
  expect(toHex(hasher.update(bytes(5)).digest())).toBe(reference(bytes(70), bytes(5)));
});

test("bytes beyond the input window are hashed in pieces", () => {
  const engine = createEngine();
  const long = new Uint8Array(64 * 1024 * 1024 + 1).fill(7);
  expect(toHex(engine.sha256(long))).toBe(reference(long));
});

test("HMAC-SHA-256 with keys shorter and longer than a block", () => {
  for (const size of [0, 1, 32, 63, 64, 65, 200]) {
    const wanted = createHmac("sha256", bytes(size)).update(bytes(100)).digest("hex");
    expect(toHex(hmacSha256(bytes(size), bytes(100)))).toBe(wanted);
  }
});

test("hashFrames hashes each frame, with a prefix or without", () => {
  for (const count of [0, 1, 2, 3, 4, 5, 8, 9, 33]) {
    // Equal lengths, and mixed ones: SIMD lanes may not depend on it.
    for (const frames of [
      Array.from({ length: count }, () => bytes(64)),
      Array.from({ length: count }, (_, i) => bytes(i * 7)),
    ]) {
      for (const build of ["scalar", "simd"] as const) {
        const engine = createEngine({ build });
        expect(engine.hashFrames(frames).map((digest) => toHex(digest))).toEqual(
          frames.map((frame) => reference(frame)),
        );
        expect(engine.hashFrames(frames, 1).map((digest) => toHex(digest))).toEqual(
          frames.map((frame) => reference(new Uint8Array([1]), frame)),
        );
      }
    }
  }
  for (const prefix of [256, -2, 0.5]) expect(() => hashFrames([], prefix)).toThrow(ArgumentError);
});

test("HASH-7 hashEach is one digest a message, whatever the sizes and the build", () => {
  for (const build of ["scalar", "simd"] as const) {
    const engine = createEngine({ build });
    for (const size of [1, 31, 32, 54, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1000, 1100]) {
      for (const count of [0, 1, 3, 4, 5, 8, 9]) {
        const messages = bytes(size * count);
        for (const prefix of [-1, 0, 255]) {
          const before = prefix < 0 ? new Uint8Array() : new Uint8Array([prefix]);
          const wanted = Array.from({ length: count }, (_, i) =>
            reference(before, messages.subarray(i * size, (i + 1) * size)),
          );
          expect(toHex(engine.hashEach(messages, size, prefix))).toBe(wanted.join(""));
        }
      }
    }
  }
});

test("HASH-7 more messages than one call takes, and sizes that are none", () => {
  const messages = new Uint8Array(40_000_000).fill(7);
  const digests = hashEach(messages, 40_000);
  expect(digests).toHaveLength(32_000);
  const one = reference(messages.subarray(0, 40_000));
  expect(toHex(digests)).toBe(one.repeat(1000));
  expect(() => hashEach(bytes(5), 2)).toThrow(expect.objectContaining({ code: "REACH-E1002" }));
  for (const size of [0, -1, 0.5, Number.NaN]) {
    expect(() => hashEach(bytes(4), size)).toThrow(ArgumentError);
  }
  expect(() => hashEach(bytes(4), 2, 256)).toThrow(ArgumentError);
});

test("random chunkings give the digest of the whole", () => {
  const engine = createEngine();
  let state = 20_261_126;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state % below;
  };
  for (let round = 0; round < 300; round++) {
    const whole = bytes(random(5000));
    const hasher = engine.hasher();
    for (let at = 0; at < whole.length;) {
      const next = Math.min(whole.length, at + random(1 + random(1000)));
      hasher.update(whole.subarray(at, next));
      at = next;
    }
    expect(toHex(hasher.digest())).toBe(reference(whole));
  }
});

test("taggedHash is H of the trace: tags and lengths make it unambiguous", () => {
  const engine = createEngine();
  const wanted = reference(
    utf8("reach/v1/fp\0"),
    fromHex("0000000000000003"),
    utf8("abc"),
    fromHex("0000000000000000"),
  );
  expect(toHex(taggedHash(engine, "fp", ["abc", new Uint8Array()]))).toBe(wanted);
  const digests = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""]].map((parts) =>
    toHex(taggedHash(engine, "t", parts)),
  );
  expect(new Set(digests).size).toBe(4);
});

test("hex reads what it writes, and nothing else", () => {
  expect(fromHex(toHex(bytes(256)))).toEqual(bytes(256));
  expect(fromHex("00fF")).toEqual(new Uint8Array([0, 255]));
  for (const wrong of ["0", "0g", "0x00", " 00", "00\n"])
    expect(() => fromHex(wrong)).toThrow(TypeError);
});
