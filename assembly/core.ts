/**
 * The ABI of the core: JSON, hashing and Merkle trees, for `@reach-fabric/engine/core`. Each export is the engine's
 * own (index.ts), so that it gives the same bytes; what the core leaves out is not in its module.
 */
export { abi, semantics, input, output, outputLength, fuelUsed } from "./abi/call";
export { errorCode, errorOffset, errorDepth } from "./errors/errors";
export { errorText, errorWhere } from "./abi/call";
export { sha256, hmacSha256, hashFrames, hashEach } from "./abi/hash";
export { hashReset, hashUpdate, hashFinal, hashSave, hashRestore } from "./abi/hash";
export { merkleRoot, merkleProof, merkleVerify } from "./abi/merkle";
export { treeReset, treeAppend, treeRoot, treeSave, treeRestore } from "./abi/merkle";
export { checkJson, canonicalize, canonicalHash, numbersToJson, numbersFromJson } from "./abi/json";
