/** The calls that need no engine of their own, on one that is made when it is first needed. */

import { createEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";

let shared: Engine | undefined;

/** The shared engine; after a trap a new one. */
function engine(): Engine {
  if (shared === undefined || shared.trapped) shared = createEngine();
  return shared;
}

/** `canonicalize` of a shared engine: the RFC 8785 text of a JSON text. */
export const canonicalize: Engine["canonicalize"] = (text, options) =>
  engine().canonicalize(text, options);

/** `canonicalizeValue` of a shared engine: the RFC 8785 text of a value. */
export const canonicalizeValue: Engine["canonicalizeValue"] = (value) =>
  engine().canonicalizeValue(value);

/** `canonicalHash` of a shared engine: SHA-256 of the RFC 8785 text of a JSON text. */
export const canonicalHash: Engine["canonicalHash"] = (text, options) =>
  engine().canonicalHash(text, options);

/** `canonicalHashValue` of a shared engine: SHA-256 of the RFC 8785 text of a value. */
export const canonicalHashValue: Engine["canonicalHashValue"] = (value) =>
  engine().canonicalHashValue(value);

/** `checkJson` of a shared engine: throws for a text that canonicalize() would refuse. */
export const checkJson: Engine["checkJson"] = (text, options) => engine().checkJson(text, options);

/** `numbersToJson` of a shared engine: the RFC 8785 text of an array of numbers. */
export const numbersToJson: Engine["numbersToJson"] = (numbers) => engine().numbersToJson(numbers);

/** `numbersFromJson` of a shared engine: the numbers of a JSON array. */
export const numbersFromJson: Engine["numbersFromJson"] = (text) => engine().numbersFromJson(text);

/** `sha256` of a shared engine. */
export const sha256: Engine["sha256"] = (bytes) => engine().sha256(bytes);

/** `hasher` of a shared engine: SHA-256 over bytes that come in pieces. */
export const hasher: Engine["hasher"] = (state) => engine().hasher(state);

/** `hmacSha256` of a shared engine. */
export const hmacSha256: Engine["hmacSha256"] = (key, message) => engine().hmacSha256(key, message);

/** `hashFrames` of a shared engine: SHA-256 of each frame. */
export const hashFrames: Engine["hashFrames"] = (frames, prefix) =>
  engine().hashFrames(frames, prefix);

/** `hashEach` of a shared engine: SHA-256 of each of many messages of one size. */
export const hashEach: Engine["hashEach"] = (messages, size, prefix) =>
  engine().hashEach(messages, size, prefix);

/** `merkleRoot` of a shared engine: the root of the tree over leaves. */
export const merkleRoot: Engine["merkleRoot"] = (leaves) => engine().merkleRoot(leaves);

/** `merkleTree` of a shared engine: a tree that grows. */
export const merkleTree: Engine["merkleTree"] = (state) => engine().merkleTree(state);

/** `inclusionProof` of a shared engine. */
export const inclusionProof: Engine["inclusionProof"] = (leafHashes, index) =>
  engine().inclusionProof(leafHashes, index);

/** `consistencyProof` of a shared engine. */
export const consistencyProof: Engine["consistencyProof"] = (leafHashes, oldSize) =>
  engine().consistencyProof(leafHashes, oldSize);

/** `subtreeProof` of a shared engine. */
export const subtreeProof: Engine["subtreeProof"] = (leafHashes, start, end) =>
  engine().subtreeProof(leafHashes, start, end);

/** `verifyInclusion` of a shared engine: whether a leaf is in a tree. */
export const verifyInclusion: Engine["verifyInclusion"] = (claim) =>
  engine().verifyInclusion(claim);

/** `verifyConsistency` of a shared engine: whether one tree has grown into another. */
export const verifyConsistency: Engine["verifyConsistency"] = (claim) =>
  engine().verifyConsistency(claim);

/** `verifySubtree` of a shared engine: whether leaves are a subtree of a tree. */
export const verifySubtree: Engine["verifySubtree"] = (claim) => engine().verifySubtree(claim);

/** `explain` of a shared engine: what a jq program is compiled to. */
export const explain: Engine["explain"] = (program) => engine().explain(program);

/** `matchRegex` of a shared engine: the first match of a regular expression, in linear time. */
export const matchRegex: Engine["matchRegex"] = (pattern, text, options) =>
  engine().matchRegex(pattern, text, options);

/** `evaluate` of a shared engine: runs a jq program on one JSON input. */
export const evaluate: Engine["evaluate"] = (program, input, options) =>
  engine().evaluate(program, input, options);
