/** Makes cores: the engine's JSON, hashing and Merkle trees, and nothing else of it. */

import { ArgumentError } from "../core/arguments.ts";
import { toHex } from "../core/bytes.ts";
import { Core } from "../core/core.ts";
import type { DataExports } from "../core/core.ts";
import { hashCalls } from "../calls/hash.ts";
import type { HashCalls } from "../calls/hash.ts";
import { jsonCalls } from "../calls/json.ts";
import type { JsonCalls } from "../calls/json.ts";
import { merkleCalls } from "../calls/merkle.ts";
import type { MerkleCalls } from "../calls/merkle.ts";
import { ABI_VERSION } from "../generated/codes.ts";

/** One instance of the core: the same calls as an Engine has, with the same answers. */
export interface CoreEngine extends JsonCalls, HashCalls, MerkleCalls {
  /** SHA-256 of the module's bytes, in hex; undefined where it came compiled. */
  readonly digest: string | undefined;
  /** True once a call has thrown an EngineTrap: every further call will, too. */
  readonly trapped: boolean;
}

/** A core of a module that is there already, compiled or as bytes. */
export function coreOf(wasm: object, known?: string): CoreEngine {
  const isCompiled = wasm instanceof WebAssembly.Module;
  if (!isCompiled && !(wasm instanceof Uint8Array)) {
    throw new ArgumentError("wasm", "a WebAssembly.Module or a Uint8Array of its bytes", wasm);
  }
  const module = isCompiled ? wasm : new WebAssembly.Module(wasm);
  if (WebAssembly.Module.imports(module).length > 0) throw notACore("it has imports");
  const exports: Partial<DataExports> = new WebAssembly.Instance(module).exports;
  if (!isCore(exports)) throw notACore("its exports are others");
  if (exports.abi() !== ABI_VERSION) throw notACore("its ABI has another version");
  // A copy: the object that the host gives is slow to look things up in.
  const core = new Core<DataExports>({ ...exports });
  const hashing = hashCalls(core);
  return {
    digest: known ?? (isCompiled ? undefined : toHex(hashing.sha256(wasm as Uint8Array))),
    get trapped(): boolean {
      return core.trapped;
    },
    ...jsonCalls(core),
    ...hashing,
    ...merkleCalls(core),
  };
}

const notACore = (why: string): TypeError => new TypeError(`Not a core: ${why}`);

function isCore(exports: Partial<DataExports>): exports is DataExports {
  return (
    exports.memory instanceof WebAssembly.Memory &&
    typeof exports.abi === "function" &&
    typeof exports.canonicalHash === "function"
  );
}
