/** The ABI: every export of the engine, and nothing else (docs/spec/abi.md). */
export { abi, semantics, input, output, outputLength, fuelUsed } from "./abi/call";
export { errorCode, errorOffset, errorDepth } from "./errors/errors";
export { errorText, errorWhere } from "./abi/call";
export { sha256, hmacSha256, hashFrames, hashEach } from "./abi/hash";
export { hashReset, hashUpdate, hashFinal, hashSave, hashRestore } from "./abi/hash";
export { merkleRoot, merkleProof, merkleVerify } from "./abi/merkle";
export { treeReset, treeAppend, treeRoot, treeSave, treeRestore } from "./abi/merkle";
export { checkJson, canonicalize, canonicalHash, numbersToJson, numbersFromJson } from "./abi/json";
export { evaluate, explain } from "./abi/expr";
export { matchRegex } from "./abi/regex";
export { validate } from "./abi/schema";
export {
  load,
  listExpressions,
  start,
  admit,
  advance,
  dropped,
  snapshot,
  restore,
  outcome,
  decision,
  fingerprint,
  looked,
} from "./abi/run";
export { commit, commitments, commitValue, leaves } from "./abi/commit";
