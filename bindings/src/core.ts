/**
 * `@reach-fabric/engine/core`: canonical JSON, hashing and Merkle trees in a module of their own, which has the
 * engine's code for them and nothing else: the same answers for a thirteenth of the size. Its module is in it, in text,
 * so that every bundler and browser can take it; `core/from-wasm` leaves it out.
 *
 * @example
 * import { canonicalHash, canonicalHashValue, toHex } from "@reach-fabric/engine/core";
 * // Of a JSON text, and of a value:
 * toHex(canonicalHash('{"a":1.0}')).slice(0, 8); // → "015abd7f"
 * toHex(canonicalHashValue({ a: 1 })).slice(0, 8); // → "015abd7f"
 */

import { fromBase64 } from "./core/bytes.ts";
import { coreOf } from "./engine/core.ts";
import type { CoreEngine } from "./engine/core.ts";
import { coreDigest } from "./generated/core-digest.ts";
import { coreWasm } from "./generated/core.ts";

export * from "./core-parts.ts";

let compiled: WebAssembly.Module | undefined;

/**
 * A new core with a memory of its own, ready at once.
 *
 * @throws RangeError where the host has no memory left
 *
 * @example createCore().merkleRoot([utf8("a"), utf8("b")]).length; // → 32
 */
export function createCore(): CoreEngine {
  compiled ??= new WebAssembly.Module(fromBase64(coreWasm));
  return coreOf(compiled, coreDigest);
}

let shared: CoreEngine | undefined;

/** The shared core; after a trap a new one. */
function core(): CoreEngine {
  if (shared === undefined || shared.trapped) shared = createCore();
  return shared;
}

/** `canonicalize` of a shared core: the RFC 8785 text of a JSON text. */
export const canonicalize: CoreEngine["canonicalize"] = (text, options) =>
  core().canonicalize(text, options);

/** `canonicalizeValue` of a shared core: the RFC 8785 text of a value. */
export const canonicalizeValue: CoreEngine["canonicalizeValue"] = (value) =>
  core().canonicalizeValue(value);

/** `canonicalHash` of a shared core: SHA-256 of the RFC 8785 text of a JSON text. */
export const canonicalHash: CoreEngine["canonicalHash"] = (text, options) =>
  core().canonicalHash(text, options);

/** `canonicalHashValue` of a shared core: SHA-256 of the RFC 8785 text of a value. */
export const canonicalHashValue: CoreEngine["canonicalHashValue"] = (value) =>
  core().canonicalHashValue(value);

/** `checkJson` of a shared core: throws for a text that canonicalize() would refuse. */
export const checkJson: CoreEngine["checkJson"] = (text, options) =>
  core().checkJson(text, options);

/** `numbersToJson` of a shared core: the RFC 8785 text of an array of numbers. */
export const numbersToJson: CoreEngine["numbersToJson"] = (numbers) =>
  core().numbersToJson(numbers);

/** `numbersFromJson` of a shared core: the numbers of a JSON array. */
export const numbersFromJson: CoreEngine["numbersFromJson"] = (text) =>
  core().numbersFromJson(text);

/** `sha256` of a shared core. */
export const sha256: CoreEngine["sha256"] = (bytes) => core().sha256(bytes);

/** `hasher` of a shared core: SHA-256 over bytes that come in pieces. */
export const hasher: CoreEngine["hasher"] = (state) => core().hasher(state);

/** `hmacSha256` of a shared core. */
export const hmacSha256: CoreEngine["hmacSha256"] = (key, message) =>
  core().hmacSha256(key, message);

/** `hashFrames` of a shared core: SHA-256 of each frame. */
export const hashFrames: CoreEngine["hashFrames"] = (frames, prefix) =>
  core().hashFrames(frames, prefix);

/** `hashEach` of a shared core: SHA-256 of each of many messages of one size. */
export const hashEach: CoreEngine["hashEach"] = (messages, size, prefix) =>
  core().hashEach(messages, size, prefix);

/** `merkleRoot` of a shared core: the root of the tree over leaves. */
export const merkleRoot: CoreEngine["merkleRoot"] = (leaves) => core().merkleRoot(leaves);

/** `merkleTree` of a shared core: a tree that grows. */
export const merkleTree: CoreEngine["merkleTree"] = (state) => core().merkleTree(state);

/** `inclusionProof` of a shared core. */
export const inclusionProof: CoreEngine["inclusionProof"] = (leafHashes, index) =>
  core().inclusionProof(leafHashes, index);

/** `consistencyProof` of a shared core. */
export const consistencyProof: CoreEngine["consistencyProof"] = (leafHashes, oldSize) =>
  core().consistencyProof(leafHashes, oldSize);

/** `subtreeProof` of a shared core. */
export const subtreeProof: CoreEngine["subtreeProof"] = (leafHashes, start, end) =>
  core().subtreeProof(leafHashes, start, end);

/** `verifyInclusion` of a shared core: whether a leaf is in a tree. */
export const verifyInclusion: CoreEngine["verifyInclusion"] = (claim) =>
  core().verifyInclusion(claim);

/** `verifyConsistency` of a shared core: whether one tree has grown into another. */
export const verifyConsistency: CoreEngine["verifyConsistency"] = (claim) =>
  core().verifyConsistency(claim);

/** `verifySubtree` of a shared core: whether leaves are a subtree of a tree. */
export const verifySubtree: CoreEngine["verifySubtree"] = (claim) => core().verifySubtree(claim);
