/** The two builds of the engine as this package carries them: in text, which needs no host to be read. */

import { fromBase64 } from "../core/bytes.ts";
import { engineScalar, engineSimd } from "../generated/engine.ts";

export type Build = "scalar" | "simd";

/** The bytes of a build's WebAssembly module. */
export const wasmBytes = (build: Build): Uint8Array<ArrayBuffer> =>
  fromBase64(build === "simd" ? engineSimd : engineScalar);
