/**
 * `@reach-fabric/host/packs`: packs and documents as files, for programs that perform nothing. It loads nothing that reaches
 * out (undici, gRPC, MCP): a command that only reads would spend most of its time on them.
 */
export { readDocument, readJson } from "./files/document.ts";
export type { ReadDocument } from "./files/document.ts";
export { ReachError } from "./files/error.ts";
export { readRegularFile, writeFileAtomic } from "./files/files.ts";
export { placeText } from "./files/place.ts";
export { loadPack, loadWritten } from "./pack/pack.ts";
export type { WrittenPack } from "./pack/pack.ts";
export { folderOfPack, writePack } from "./pack/pack-folder.ts";
