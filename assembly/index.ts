/** The ABI: every export of the engine, and nothing else (docs/spec/abi.md). */
export { abi, semantics, input, output, outputLength, fuelUsed } from "./abi/call";
export { errorCode, errorOffset, errorDepth } from "./errors";
export { errorText } from "./abi/call";
export { sha256, hmacSha256, hashReset, hashUpdate, hashFinal, hashFrames, merkleRoot } from "./abi/hash";
export { canonicalize, canonicalHash } from "./abi/json";
export { evaluate } from "./abi/expr";
export { load, start, admit, advance, snapshot, restore, decision, fingerprint } from "./abi/run";
