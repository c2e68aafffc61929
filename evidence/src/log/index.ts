// The log's proofs, for whoever has them in hand: no file and no network is touched.
export { checkGrowth, formatCheckpoint, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
export type { Checkpoint, SignedCheckpoint } from "./checkpoint.ts";
export { formatNoteKey, noteKey, openNote, parseNoteKey, signNote } from "./note.ts";
export type { NoteKey, NoteKind, NoteSignature, OpenedNote } from "./note.ts";
export { formatTlogProof, parseTlogProof, verifyTlogProof } from "./proof.ts";
export type { TlogProof } from "./proof.ts";
export {
  checkEntries,
  entriesPath,
  formatEntries,
  parseEntries,
  parseTile,
  parseTilePath,
  tilePath,
  tilesOf,
} from "./tile.ts";
export type { TileName } from "./tile.ts";
