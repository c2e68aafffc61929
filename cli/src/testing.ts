// What tests look at beside the public API, so that a move of files breaks no test. Not part of the package.
export { reach } from "./program.ts";
export type { Input, Machine, Output } from "./ui/machine.ts";
export { VERSION } from "./version.ts";
export { bomOf } from "./commands/pack/supply-chain.ts";
export { readSigner } from "./read/keys.ts";
export { sealerOf } from "./read/sealer.ts";
export { brief, runError, taskName } from "./ui/names.ts";
export { problemOf } from "./ui/problem.ts";
export { columns } from "./ui/table.ts";
export { shellWord } from "./ui/terminal.ts";
export { clip, joined, jsonText, line, safe, safeJson, styled } from "./ui/text.ts";
