// Merkle trees and proofs as docs/spec/merkle.md defines them: recursive, and without any thought
// of speed.
import { join, sha256Model } from "./sha256.ts";

type Hash = Uint8Array;

/** Known hashes: the same trees are asked about again and again. */
const cache = new Map<string, Hash>();

function sha256(...parts: readonly Uint8Array[]): Hash {
  const bytes = join(...parts);
  const key = Buffer.from(bytes).toString("latin1");
  let hash = cache.get(key);
  if (hash === undefined) {
    if (cache.size > 100_000) cache.clear();
    hash = sha256Model(bytes);
    cache.set(key, hash);
  }
  return hash;
}

export const leafHash = (leaf: Uint8Array): Hash => sha256(new Uint8Array([0]), leaf);
const node = (left: Hash, right: Hash): Hash => sha256(new Uint8Array([1]), left, right);

/** The largest power of two below n. */
const half = (n: bigint): bigint => (n <= 2n ? 1n : 2n * half((n + 1n) / 2n));

/** The root over leaf hashes. */
export function root(hashes: readonly Hash[]): Hash {
  const [first] = hashes;
  if (first === undefined) return sha256();
  if (hashes.length === 1) return first;
  const k = Number(half(BigInt(hashes.length)));
  return node(root(hashes.slice(0, k)), root(hashes.slice(k)));
}

export function isSubtree(start: bigint, end: bigint, size: bigint): boolean {
  let room = 1n;
  while (room < end - start) room *= 2n;
  return start < end && end <= size && start % room === 0n;
}

/** MERKLE-4. */
export function proof(start: number, end: number, hashes: readonly Hash[], known = true): Hash[] {
  if (start === 0 && end === hashes.length) return known ? [] : [root(hashes)];
  const k = Number(half(BigInt(hashes.length)));
  const left = hashes.slice(0, k);
  const right = hashes.slice(k);
  if (end <= k) return [...proof(start, end, left, known), root(right)];
  if (start >= k) return [...proof(start - k, end - k, right, known), root(left)];
  return [...proof(0, end - k, right, false), root(left)];
}

/** What is claimed, of any types. */
export interface Claim {
  readonly start: unknown;
  readonly end: unknown;
  readonly size: unknown;
  readonly hash: unknown;
  readonly root: unknown;
  readonly proof: unknown;
}

const isHash = (value: unknown): value is Hash =>
  value instanceof Uint8Array && value.length === 32;
const same = (a: Hash, b: Hash): boolean => a.every((byte, i) => byte === b[i]);

function count(value: unknown): bigint | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) value = BigInt(value);
  return typeof value === "bigint" && value >= 0n && value < 2n ** 64n ? value : undefined;
}

/** Whether a claim holds: MERKLE-6 and MERKLE-7. */
export function holds(claim: Claim): boolean {
  const [start, end, size] = [claim.start, claim.end, claim.size].map(count);
  if (start === undefined || end === undefined || size === undefined) return false;
  if (!isHash(claim.hash) || !isHash(claim.root)) return false;
  if (!Array.isArray(claim.proof) || !claim.proof.every(isHash)) return false;
  const path: readonly Hash[] = claim.proof;
  if (start === end) {
    const nothing = root([]);
    if (end > size || path.length > 0 || !same(claim.hash, nothing)) return false;
    return size > 0n || same(claim.root, nothing);
  }
  if (!isSubtree(start, end, size)) return false;
  const made = joined(start, end, size, claim.hash, path);
  return made !== undefined && same(made.subtree, claim.hash) && same(made.tree, claim.root);
}

/** Subtree and tree that come out of a proof; undefined where its length is wrong. */
function joined(
  start: bigint,
  end: bigint,
  size: bigint,
  hash: Hash | undefined,
  path: readonly Hash[],
): { subtree: Hash; tree: Hash } | undefined {
  if (start === 0n && end === size) {
    const [only = hash] = path;
    const right = hash === undefined ? path.length === 1 : path.length === 0;
    return right && only !== undefined ? { subtree: only, tree: only } : undefined;
  }
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const rest = path.slice(0, -1);
  const k = half(size);
  if (end <= k) {
    const below = joined(start, end, k, hash, rest);
    return below && { subtree: below.subtree, tree: node(below.tree, last) };
  }
  if (start >= k) {
    const below = joined(start - k, end - k, size - k, hash, rest);
    return below && { subtree: below.subtree, tree: node(last, below.tree) };
  }
  const below = joined(0n, end - k, size - k, undefined, rest);
  return below && { subtree: node(last, below.subtree), tree: node(last, below.tree) };
}
