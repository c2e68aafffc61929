// What tests look at beside the public API, so that a move of files breaks no test. Not part of the package.
export { commitCalls } from "./calls/commit.ts";
export { runCalls } from "./calls/run.ts";
export { Core } from "./core/core.ts";
export type { Exports } from "./core/core.ts";
export { coreWasm } from "./generated/core.ts";
export { engineScalar } from "./generated/engine.ts";
