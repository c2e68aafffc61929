/** The calls that need no engine of their own, on one that is made when it is first needed. */

import { createEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";

let shared: Engine | undefined;

/** The shared engine; after a trap a new one. */
function engine(): Engine {
  if (shared === undefined || shared.trapped) shared = createEngine();
  return shared;
}

/** `canonicalize` of a shared engine: the RFC 8785 text of one JSON text. */
export const canonicalize: Engine["canonicalize"] = (text, options) =>
  engine().canonicalize(text, options);

/** `canonicalHash` of a shared engine: SHA-256 of the RFC 8785 text. */
export const canonicalHash: Engine["canonicalHash"] = (text, options) =>
  engine().canonicalHash(text, options);

/** `sha256` of a shared engine. */
export const sha256: Engine["sha256"] = (bytes) => engine().sha256(bytes);

/** `hmacSha256` of a shared engine. */
export const hmacSha256: Engine["hmacSha256"] = (key, message) => engine().hmacSha256(key, message);

/** `hashFrames` of a shared engine: SHA-256 of each frame. */
export const hashFrames: Engine["hashFrames"] = (frames, prefix) =>
  engine().hashFrames(frames, prefix);

/** `merkleRoot` of a shared engine: the RFC 6962 tree head. */
export const merkleRoot: Engine["merkleRoot"] = (leaves) => engine().merkleRoot(leaves);

/** `evaluate` of a shared engine: runs a jq program on one JSON input. */
export const evaluate: Engine["evaluate"] = (program, input, options) =>
  engine().evaluate(program, input, options);
