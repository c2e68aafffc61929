/** What both entries of the core have. */

export { fromHex, fromUtf8, toHex, utf8 } from "./core/bytes.ts";
export type { Text } from "./core/bytes.ts";
export { ArgumentError } from "./core/arguments.ts";
export { codeName, EngineError, EngineTrap } from "./core/errors.ts";
export type { Json } from "./core/value.ts";
export type { Hasher } from "./calls/hash.ts";
export type { JsonOptions } from "./calls/json.ts";
export type * from "./calls/merkle.ts";
export type { CoreEngine } from "./engine/core.ts";
/** SHA-256 of the core's module of this package, in hex. */
export { coreDigest } from "./generated/core-digest.ts";
