/**
 * `@reach-fabric/engine`: everything that a decision computes, in one WebAssembly module that
 * imports nothing. The same bytes come out in Node, in browsers, and on every machine.
 */

export {
  concat,
  fromBase64,
  fromHex,
  fromUtf8,
  sameBytes,
  toBase64,
  toHex,
  utf8,
} from "./core/bytes.ts";
export type { Text } from "./core/bytes.ts";
export {
  canonicalHash,
  canonicalHashValue,
  canonicalize,
  canonicalizeValue,
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
} from "./engine/default.ts";
export { ARGUMENTS, listing, outputsOf, variablesOf } from "./calls/bytecode.ts";
export type { Bytecode, Instruction, Outputs } from "./calls/bytecode.ts";
export { createEngine, engineDigest } from "./engine/engine.ts";
export type { Engine, EngineOptions } from "./engine/engine.ts";
export { ArgumentError } from "./core/arguments.ts";
export { codeName, EngineError, EngineTrap } from "./core/errors.ts";
export { hole } from "./calls/commit.ts";
export type { CommitCalls, Commitments, CommitOptions, TreeHead } from "./calls/commit.ts";
export type { EvaluateOptions, Evaluation } from "./calls/expr.ts";
export * as codes from "./generated/codes.ts";
export { effectTypes } from "./generated/effects.ts";
export type { EffectType } from "./generated/effects.ts";
export { taggedHash } from "./calls/hash.ts";
export type { Hasher } from "./calls/hash.ts";
export type { JsonOptions } from "./calls/json.ts";
export type * from "./calls/merkle.ts";
export { pathOf, pointerBelow, pointerOf, taskName, valueAt } from "./core/pointer.ts";
export { makePack, packOf } from "./run/pack.ts";
export type { PackContents } from "./run/pack.ts";
export type { RegexMatch, RegexOptions } from "./calls/regex.ts";
export type { SchemaFailure, ValidateOptions } from "./calls/schema.ts";
export { headOf, isInput, isTiming, parseRecord } from "./run/records.ts";
export type * from "./run/records.ts";
export { opaqueReplay } from "./run/hidden.ts";
export type { OpaqueReplay, OpaqueReplayOptions } from "./run/hidden.ts";
export { recompute } from "./run/recompute.ts";
export type { Recomputed, RecomputeOptions } from "./run/recompute.ts";
export { firstDifference, replay } from "./run/replay.ts";
export type { Difference, Divergence, ReplayResult } from "./run/replay.ts";
export { step } from "./run/step.ts";
export type { EnteredRecord, LeftRecord, Step, StepInput, StepOptions } from "./run/step.ts";
export type {
  Advance,
  EffectResult,
  ListedExpression,
  Looked,
  Pack,
  RunToken,
  StartOptions,
} from "./calls/run.ts";
export type { Json } from "./core/value.ts";
