/**
 * `@reach-fabric/engine`: everything that a decision computes, in one WebAssembly module that
 * imports nothing. The same bytes come out in Node, in browsers, and on every machine.
 */

export { fromHex, fromUtf8, sameBytes, toHex, utf8 } from "./bytes.ts";
export type { Text } from "./bytes.ts";
export {
  canonicalHash,
  canonicalize,
  checkJson,
  consistencyProof,
  evaluate,
  explain,
  hashEach,
  hasher,
  hashFrames,
  hmacSha256,
  inclusionProof,
  matchRegex,
  merkleRoot,
  merkleTree,
  numbersFromJson,
  numbersToJson,
  sha256,
  subtreeProof,
  verifyConsistency,
  verifyInclusion,
  verifySubtree,
} from "./default.ts";
export { listing, outputsOf } from "./bytecode.ts";
export type { Bytecode, Instruction, Outputs } from "./bytecode.ts";
export { createEngine, engineDigest } from "./engine.ts";
export type { Engine, EngineOptions } from "./engine.ts";
export { codeName, EngineError, EngineTrap } from "./errors.ts";
export type { EvaluateOptions, Evaluation } from "./expr.ts";
export * as codes from "./generated/codes.ts";
export { taggedHash } from "./hash.ts";
export type { Hasher } from "./hash.ts";
export type { JsonOptions } from "./json.ts";
export type * from "./merkle.ts";
export { makePack } from "./pack.ts";
export type { PackSource } from "./pack.ts";
export type { RegexMatch, RegexOptions } from "./regex.ts";
export type { SchemaFailure, ValidateOptions } from "./schema.ts";
export { isInput, parseRecord } from "./records.ts";
export type * from "./records.ts";
export { firstDifference, replay } from "./replay.ts";
export type { Difference, Divergence, ReplayResult } from "./replay.ts";
export type { Advance, ListedExpression, Pack, StartOptions } from "./run.ts";
export type { Json } from "./value.ts";
