/** Makes engines: which build, from which bytes, with which identity. */

import { fromHex, toHex } from "../core/bytes.ts";
import { ArgumentError, requireBytes, requireOptions } from "../core/arguments.ts";
import { Core } from "../core/core.ts";
import type { Exports } from "../core/core.ts";
import { commitCalls } from "../calls/commit.ts";
import type { CommitCalls } from "../calls/commit.ts";
import { exprCalls } from "../calls/expr.ts";
import type { ExprCalls } from "../calls/expr.ts";
import { ABI_VERSION } from "../generated/codes.ts";
import { engineDigest } from "../generated/engine.ts";
import { hashCalls } from "../calls/hash.ts";
import type { HashCalls } from "../calls/hash.ts";
import { jsonCalls } from "../calls/json.ts";
import type { JsonCalls } from "../calls/json.ts";
import { merkleCalls } from "../calls/merkle.ts";
import type { MerkleCalls } from "../calls/merkle.ts";
import { regexCalls } from "../calls/regex.ts";
import { schemaCalls } from "../calls/schema.ts";
import type { SchemaCalls } from "../calls/schema.ts";
import type { RegexCalls } from "../calls/regex.ts";
import { runCalls } from "../calls/run.ts";
import type { Pack, RunCalls, RunToken } from "../calls/run.ts";
import { wasmBytes } from "./wasm.ts";
import type { Build } from "./wasm.ts";

/** SHA-256 of the scalar engine.wasm, in hex: the identity of this package's engine. */
export { engineDigest };

export interface EngineOptions {
  /**
   * Which of the two builds: `"simd"` where the host has 128-bit SIMD, `"scalar"` everywhere,
   * `"auto"` (the default) the faster one that runs here. Both give the same bytes.
   */
  readonly build?: "auto" | Build;
  /** Another engine.wasm, for example a released one that a run was recorded with. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

/** One instance of the engine: every computation, and one run at a time. */
export interface Engine
  extends
    JsonCalls,
    HashCalls,
    MerkleCalls,
    ExprCalls,
    RegexCalls,
    SchemaCalls,
    RunCalls,
    CommitCalls {
  /** SHA-256 of the scalar wasm, or of the `bytes` given, in hex: what a fingerprint names. */
  readonly digest: string;
  /** Version of the meaning of a run: it is part of every decision digest. */
  readonly semantics: number;
  /** True once a call has thrown an EngineTrap: every further call will, too. */
  readonly trapped: boolean;
}

/**
 * A new engine with a memory of its own, ready at once (about 0.1 ms after the first one).
 *
 * @throws TypeError for bytes that are not an engine of this ABI; ArgumentError for an unknown option; RangeError where the host has no
 *   memory left
 *
 * @example
 * import { createEngine } from "@reach-fabric/engine";
 * const engine = createEngine();
 * engine.evaluate(".a + 1", '{"a":1}').outputs; // → ["2"]
 */
export function createEngine(options: EngineOptions = {}): Engine {
  requireOptions("options", options, ["build", "bytes"]);
  const { build = "auto", bytes } = options;
  if (bytes !== undefined) requireBytes("options.bytes", bytes);
  const module = bytes === undefined ? ownModule(build) : new WebAssembly.Module(bytes);
  if (WebAssembly.Module.imports(module).length > 0) throw notAnEngine("it has imports");
  const exports: Partial<Exports> = new WebAssembly.Instance(module).exports;
  if (!isEngine(exports)) throw notAnEngine("its exports are others");
  if (exports.abi() !== ABI_VERSION) throw notAnEngine("its ABI has another version");

  // A copy: the object that the host gives is slow to look things up in.
  const core = new Core({ ...exports });
  const hashing = hashCalls(core);
  const digest = bytes === undefined ? engineDigest : toHex(hashing.sha256(bytes));
  const runs = runCalls(core, digest);
  return {
    digest,
    semantics: exports.semantics(),
    get trapped(): boolean {
      return core.trapped;
    },
    ...jsonCalls(core),
    ...hashing,
    ...merkleCalls(core),
    ...exprCalls(core),
    ...regexCalls(core),
    ...schemaCalls(core),
    ...commitCalls(core),
    ...runs,
    // Spread above, it would be what it is now.
    get loaded(): Pack | undefined {
      return runs.loaded;
    },
    get run(): RunToken | undefined {
      return runs.run;
    },
  };
}

const notAnEngine = (why: string): TypeError => new TypeError(`Not an engine: ${why}`);

function isEngine(exports: Partial<Exports>): exports is Exports {
  return exports.memory instanceof WebAssembly.Memory && typeof exports.abi === "function";
}

const modules = new Map<Build, WebAssembly.Module>();

function ownModule(build: "auto" | Build): WebAssembly.Module {
  if (build === "auto") return ownModule(hasSimd() ? "simd" : "scalar");
  if (build !== "simd" && build !== "scalar") {
    throw new ArgumentError("options.build", '"auto", "scalar" or "simd"', build);
  }
  const known = modules.get(build) ?? new WebAssembly.Module(wasmBytes(build));
  modules.set(build, known);
  return known;
}

/** A module with one function that makes a vector: valid where 128-bit SIMD is. */
const simdProbe = fromHex(
  "0061736d01000000" + // \0asm, version 1
    "0105016000017b" + // one type: () -> v128
    "03020100" + // one function of that type
    "0a080106004100fd110b", // i32.const 0, i32x4.splat, end
);

function hasSimd(): boolean {
  return WebAssembly.validate(simdProbe);
}
