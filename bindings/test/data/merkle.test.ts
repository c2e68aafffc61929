// Trees and proofs (docs/spec/merkle.md). With REACH_LONG=1 every single bit of every claim about
// every tree is changed; otherwise all bits in small trees, and one bit of each byte in large ones.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createEngine, fromHex, toHex, utf8 } from "@reach-fabric/engine";
import type { SubtreeClaim } from "@reach-fabric/engine";

const long = process.env["REACH_LONG"] === "1";
const engine = createEngine();
const MOST = 70;
const TIME = long ? 1_800_000 : 60_000;
// Two million claims are refused by an error of the engine, whose stack would take longer than the proof.
Error.stackTraceLimit = 0;

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const leaf = (i: number): Uint8Array => utf8(`leaf ${i}`.repeat(i % 9));
const leaves = Array.from({ length: MOST }, (_, i) => leaf(i));
const hashes = leaves.map((content) => sha256(new Uint8Array([0]), content));

/** MERKLE-1 and MERKLE-2, word by word. */
function root(list: readonly Uint8Array[]): Uint8Array {
  const [first] = list;
  if (first === undefined) return sha256();
  if (list.length === 1) return first;
  let k = 1;
  while (2 * k < list.length) k *= 2;
  return sha256(new Uint8Array([1]), root(list.slice(0, k)), root(list.slice(k)));
}

/** On which side the other half lies, level by level: the same for two sizes, or not. */
function turns(start: bigint, end: bigint, size: bigint): string {
  if (start === 0n && end === size) return "";
  let k = 1n;
  while (2n * k < size) k *= 2n;
  if (end <= k) return `L${turns(start, end, k)}`;
  if (start >= k) return `R${turns(start - k, end - k, size - k)}`;
  return `B${turns(0n, end - k, size - k)}`;
}

function fits(start: bigint, end: bigint, size: bigint): boolean {
  let room = 1n;
  while (room < end - start) room *= 2n;
  return start < end && end <= size && start % room === 0n;
}

const flipped = (hash: Uint8Array, bit: number): Uint8Array => {
  const copy = hash.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

/** The bits of a hash that are changed in a tree of this size. */
function bits(size: number, salt: number): number[] {
  if (long || size <= 9) return Array.from({ length: 256 }, (_, bit) => bit);
  return Array.from({ length: 32 }, (_, i) => 8 * i + ((i + salt) % 8));
}

/** Tries every change of a claim that holds, and gives what was wrong with the verdicts. */
function attack(claim: SubtreeClaim): string[] {
  const wrong: string[] = [];
  const size = Number(claim.size);
  const refuse = (what: string, changed: Partial<SubtreeClaim>): void => {
    if (engine.verifySubtree({ ...claim, ...changed })) wrong.push(`${what} held`);
  };
  if (!engine.verifySubtree(claim)) wrong.push("the claim itself was refused");
  const { proof } = claim;
  for (const bit of bits(size, Number(claim.start))) {
    refuse(`hash bit ${bit}`, { hash: flipped(claim.hash, bit) });
    refuse(`root bit ${bit}`, { root: flipped(claim.root, bit) });
    proof.forEach((hash, i) => {
      refuse(`proof ${i} bit ${bit}`, { proof: proof.with(i, flipped(hash, bit)) });
    });
  }
  const [start, end] = [BigInt(claim.start), BigInt(claim.end)];
  for (let bit = 0n; bit < 64n; bit++) {
    refuse(`start bit ${bit}`, { start: start ^ (1n << bit) });
    refuse(`end bit ${bit}`, { end: end ^ (1n << bit) });
    // A root does not contain its size: where the walk takes the same turns, the proof holds.
    const other = BigInt(claim.size) ^ (1n << bit);
    const same =
      fits(start, end, other) && turns(start, end, other) === turns(start, end, BigInt(size));
    if (engine.verifySubtree({ ...claim, size: other }) !== same) wrong.push(`size ${other}`);
  }
  refuse("a hash too many", { proof: [...proof, claim.root] });
  refuse("a hash in front", { proof: [claim.hash, ...proof] });
  if (proof.length > 0) {
    refuse("a hash too few", { proof: proof.slice(1) });
    refuse("the last hash missing", { proof: proof.slice(0, -1) });
    refuse("the proof reversed and doubled", { proof: [...proof, ...proof].reverse() });
  }
  return wrong;
}

test("merkleRoot is the tree head of RFC 6962, of all sizes up to 70 and around a batch", () => {
  for (let size = 0; size <= MOST; size++) {
    expect(toHex(engine.merkleRoot(leaves.slice(0, size)))).toBe(
      toHex(root(hashes.slice(0, size))),
    );
  }
  for (const size of [255, 256, 257, 511, 512, 513, 1000]) {
    const many = Array.from({ length: size }, (_, i) => leaf(i));
    const wanted = toHex(root(many.map((content) => sha256(new Uint8Array([0]), content))));
    for (const build of ["scalar", "simd"] as const) {
      expect(toHex(createEngine({ build }).merkleRoot(many))).toBe(wanted);
    }
  }
});

test("more leaves than the input window holds give the same tree head", () => {
  const large = Array.from({ length: 7 }, (_, i) => new Uint8Array(10_000_000).fill(i));
  const wanted = root(large.map((content) => sha256(new Uint8Array([0]), content)));
  expect(toHex(createEngine().merkleRoot(large))).toBe(toHex(wanted));
});

test(
  "inclusion: every leaf of every tree up to 70 leaves, and every change of a claim",
  () => {
    const wrong: string[] = [];
    for (let size = 1; size <= MOST; size++) {
      const list = hashes.slice(0, size);
      const head = root(list);
      for (let index = 0; index < size; index++) {
        const hash = hashes[index] ?? head;
        const proof = engine.inclusionProof(list, index);
        const claim = { start: index, end: index + 1, size, hash, root: head, proof };
        wrong.push(...attack(claim).map((what) => `${index} of ${size}: ${what}`));
        if (!engine.verifyInclusion({ leafHash: hash, index, size, root: head, proof })) {
          wrong.push(`${index} of ${size}: refused`);
        }
      }
    }
    expect(wrong).toEqual([]);
  },
  TIME,
);

test(
  "consistency: every pair of sizes up to 70 leaves, and every change of a claim",
  () => {
    const wrong: string[] = [];
    for (let size = 1; size <= MOST; size++) {
      const list = hashes.slice(0, size);
      const head = root(list);
      for (let oldSize = 1; oldSize <= size; oldSize++) {
        const hash = root(hashes.slice(0, oldSize));
        const proof = engine.consistencyProof(list, oldSize);
        if (oldSize < size) {
          const claim = { start: 0, end: oldSize, size, hash, root: head, proof };
          wrong.push(...attack(claim).map((what) => `${oldSize} to ${size}: ${what}`));
        } else if (proof.length > 0) wrong.push(`${size} to itself has a proof`);
        if (!engine.verifyConsistency({ oldSize, oldRoot: hash, size, root: head, proof })) {
          wrong.push(`${oldSize} to ${size}: refused`);
        }
      }
    }
    expect(wrong).toEqual([]);
  },
  TIME,
);

test("subtrees: every one of every tree up to 70 leaves has a proof, and nothing else has", () => {
  const wrong: string[] = [];
  for (let size = 1; size <= MOST; size++) {
    const list = hashes.slice(0, size);
    const head = root(list);
    for (let start = 0; start <= size; start++) {
      for (let end = 0; end <= size; end++) {
        const hash = root(hashes.slice(start, end));
        const is = fits(BigInt(start), BigInt(end), BigInt(size));
        if (is) {
          const proof = engine.subtreeProof(list, start, end);
          if (!engine.verifySubtree({ start, end, size, hash, root: head, proof })) {
            wrong.push(`[${start}, ${end}) of ${size}`);
          }
        } else {
          expect(() => engine.subtreeProof(list, start, end)).toThrow(
            expect.objectContaining({ code: "REACH-E1701" }),
          );
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("a verifier says no to anything else, and throws for nothing", () => {
  const proof = engine.inclusionProof(hashes, 3);
  const claim = { leafHash: hashes[3], index: 3, size: MOST, root: root(hashes), proof };
  const asked = (changed: object): boolean =>
    engine.verifyInclusion({ ...claim, ...changed } as Parameters<
      typeof engine.verifyInclusion
    >[0]);
  expect(asked({})).toBe(true);
  const long33 = new Uint8Array(33);
  for (const no of [
    undefined,
    null,
    "",
    "0",
    3.5,
    -1,
    Number.NaN,
    Infinity,
    2 ** 53,
    -1n,
    1n << 64n,
    (1n << 64n) - 1n,
    {},
    [],
  ]) {
    expect(asked({ index: no }), `index ${typeof no}`).toBe(false);
    if (no !== 2 ** 53) expect(asked({ size: no }), `size ${typeof no}`).toBe(false);
  }
  for (const no of [
    undefined,
    null,
    "a".repeat(32),
    new Uint8Array(31),
    long33,
    Array.from(long33),
    new Uint16Array(32),
  ]) {
    for (const name of ["leafHash", "root"]) expect(asked({ [name]: no }), name).toBe(false);
    expect(asked({ proof: proof.with(0, no as Uint8Array<ArrayBuffer>) })).toBe(false);
    expect(asked({ proof: no }), "proof").toBe(false);
  }
  expect(asked({ proof: Array.from({ length: 100_000 }, () => proof[0]) })).toBe(false);
  expect(asked({ proof: Array.from({ length: 65 }, () => proof[0]) })).toBe(false);
  expect(engine.trapped).toBe(false);
});

test("MERKLE-7 the empty list is part of every tree, and a tree without leaves has one root", () => {
  const nothing = sha256();
  const other = hashes[0] ?? nothing;
  const asked = (
    oldRoot: Uint8Array,
    size: number,
    head: Uint8Array,
    proof: Uint8Array[] = [],
  ): boolean => engine.verifyConsistency({ oldSize: 0, oldRoot, size, root: head, proof });
  expect(asked(nothing, 5, other)).toBe(true);
  expect(asked(nothing, 0, nothing)).toBe(true);
  expect(asked(nothing, 0, other)).toBe(false);
  expect(asked(other, 0, other)).toBe(false);
  expect(asked(other, 5, other)).toBe(false);
  expect(asked(nothing, 5, other, [other])).toBe(false);
  expect(engine.consistencyProof(hashes, 0)).toEqual([]);
  // Somewhere in the middle, too, but not behind the end.
  const claim = { start: 3, end: 3, size: 5, hash: nothing, root: other, proof: [] };
  expect(engine.verifySubtree(claim)).toBe(true);
  expect(engine.verifySubtree({ ...claim, start: 6, end: 6 })).toBe(false);
});

test("a node is never taken for a leaf", () => {
  // The two halves of a tree as one leaf of 64 bytes: another hash than the node.
  const [left, right] = [root(hashes.slice(0, 2)), root(hashes.slice(2, 4))];
  const forged = new Uint8Array([...left, ...right]);
  expect(toHex(engine.merkleRoot([forged]))).not.toBe(toHex(root(hashes.slice(0, 4))));
  const claim = { index: 0, size: 1, root: root(hashes.slice(0, 4)), proof: [] };
  expect(
    engine.verifyInclusion({ ...claim, leafHash: engine.hashFrames([forged], 0)[0] ?? left }),
  ).toBe(false);
});

test("proofs of places that are none are REACH-E1701, hashes that are none TypeErrors", () => {
  for (const index of [-1, MOST, 0.5, Number.NaN, 2 ** 32, 2 ** 53]) {
    expect(() => engine.inclusionProof(hashes, index)).toThrow(
      expect.objectContaining({ code: "REACH-E1701" }),
    );
  }
  expect(() => engine.consistencyProof(hashes, MOST + 1)).toThrow(
    expect.objectContaining({ code: "REACH-E1701" }),
  );
  expect(() => engine.inclusionProof([new Uint8Array(31)], 0)).toThrow(TypeError);
  expect(() => engine.merkleTree().appendHashes([new Uint8Array(33)])).toThrow(TypeError);
});

test("MERKLE-8 a tree grows to the same root in any two parts, by leaves and by hashes", () => {
  for (let size = 0; size <= MOST; size++) {
    const wanted = toHex(root(hashes.slice(0, size)));
    for (let cut = 0; cut <= size; cut++) {
      const tree = engine.merkleTree().append(leaves.slice(0, cut)).append(leaves.slice(cut, size));
      expect([toHex(tree.root()), tree.size]).toEqual([wanted, BigInt(size)]);
      const other = engine.merkleTree().appendHashes(hashes.slice(0, cut));
      expect(toHex(other.append(leaves.slice(cut, size)).root())).toBe(wanted);
    }
  }
});

test("MERKLE-8 a state goes on in another engine of another build; trees take turns", () => {
  const scalar = createEngine({ build: "scalar" });
  const simd = createEngine({ build: "simd" });
  const trees = [1, 2, 3].map(() => scalar.merkleTree());
  for (let i = 0; i < MOST; i++) {
    for (const [k, tree] of trees.entries()) if (i % (k + 1) === 0) tree.append([leaf(i)]);
  }
  for (const [k, tree] of trees.entries()) {
    const own = leaves.filter((_, i) => i % (k + 1) === 0);
    const moved = simd.merkleTree(tree.state()).append([leaf(1)]);
    expect(toHex(tree.root())).toBe(toHex(engine.merkleRoot(own)));
    expect(toHex(moved.root())).toBe(toHex(engine.merkleRoot([...own, leaf(1)])));
  }
});

test("MERKLE-8 bytes that are no state are REACH-E1004, and the tree before them goes on", () => {
  const own = createEngine();
  const tree = own.merkleTree().append(leaves.slice(0, 6));
  const state = tree.state();
  expect(state).toHaveLength(8 + 2 * 32);
  const huge = new Uint8Array(8 + 32);
  huge[5] = 1; // 2^40 leaves
  for (const none of [
    new Uint8Array(),
    new Uint8Array(7),
    state.subarray(1),
    new Uint8Array(state.length + 32),
    huge,
  ]) {
    expect(() => own.merkleTree(none)).toThrow(expect.objectContaining({ code: "REACH-E1004" }));
  }
  expect(toHex(tree.append([leaf(6)]).root())).toBe(toHex(root(hashes.slice(0, 7))));
});

test("MERKLE-8 a tree of nearly 2^40 leaves takes no more than that, and nothing breaks", () => {
  const own = createEngine();
  const full = new Uint8Array(8 + 40 * 32).fill(0xff);
  full.set(fromHex("ffffffffff000000"));
  const tree = own.merkleTree(full);
  expect(tree.size).toBe((1n << 40n) - 1n);
  const before = toHex(tree.root());
  for (const more of [[leaf(0)], leaves]) {
    expect(() => tree.append(more)).toThrow(expect.objectContaining({ code: "REACH-E1701" }));
  }
  expect(() => tree.appendHashes(hashes)).toThrow(expect.objectContaining({ code: "REACH-E1701" }));
  expect(toHex(tree.root())).toBe(before);
  expect(toHex(own.merkleRoot(leaves))).toBe(toHex(root(hashes)));
});
