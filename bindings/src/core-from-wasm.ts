/**
 * `@reach-fabric/engine/core/from-wasm`: the core without its module, which the caller brings: the file
 * `@reach-fabric/engine/core.wasm` beside the bundle. 5 KB less than `@reach-fabric/engine/core`, which has it in text.
 */

import { coreOf } from "./engine/core.ts";
import type { CoreEngine } from "./engine/core.ts";

export * from "./core-parts.ts";

/**
 * A new core with a memory of its own, of a module that is there.
 *
 * @param wasm a WebAssembly.Module, or its bytes as a Uint8Array; `coreDigest` is the SHA-256 of this package's
 * @throws ArgumentError `REACH-E1005` for anything else; TypeError for a module that is not a core of this ABI;
 *   RangeError where the host has no memory left
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { createCore, toHex } from "@reach-fabric/engine/core/from-wasm";
 * // In a browser: createCore(await WebAssembly.compileStreaming(fetch(url))).
 * const url = new URL(import.meta.resolve("@reach-fabric/engine/core.wasm"));
 * const core = createCore(readFileSync(url));
 * toHex(core.canonicalHashValue({ a: 1 })).slice(0, 8); // → "015abd7f"
 */
export function createCore(wasm: object): CoreEngine {
  return coreOf(wasm);
}
