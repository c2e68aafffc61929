// The log's proofs (C2SP), from bytes in hand: no file and no network is touched, and nothing of evidence is known.
export {
  checkConsistency,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
} from "./checkpoint.ts";
export type { Checkpoint, SignedCheckpoint } from "./checkpoint.ts";
export {
  emptyFrontier,
  frontierFiles,
  frontierRoot,
  grow,
  growTiles,
  readFrontier,
} from "./frontier.ts";
export type { Frontier, Growth } from "./frontier.ts";
export { formatEntry, leafHash, parseEntry } from "./entry.ts";
export { formatConsistencyProof, parseConsistencyProof } from "./consistency.ts";
export type { ConsistencyProof } from "./consistency.ts";
export { formatNoteKey, noteKey, openNote, parseNoteKey, signNote } from "./note.ts";
export type { NoteKey, NoteKind, NoteSignature, OpenedNote } from "./note.ts";
export { formatPeriod, isPeriod, verifyPeriod } from "./period.ts";
export type { Period, PeriodParts } from "./period.ts";
export { parseTlogPolicy } from "./policy-file.ts";
export type { TlogPolicy } from "./policy-file.ts";
export { formatTlogProof, parseTlogProof, verifyTlogProof } from "./proof.ts";
export type { TlogProof } from "./proof.ts";
export { differentKeys, witnessedAt } from "./quorum.ts";
export type { Quorum, WitnessGroup } from "./quorum.ts";
export { newMatterKey, readMatterKey, SubjectSearch, subjectsUnder } from "./subject.ts";
export type { FoundRuns, MatterKey, RunAbout } from "./subject.ts";
export { tallyRuns } from "./tally.ts";
export type { AttemptTally, RunTallies } from "./tally.ts";
export { Subtrees } from "./subtrees.ts";
export type { TileSource } from "./subtrees.ts";
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
export { cosign, formatAddCheckpoint, parseAddCheckpoint } from "./witness.ts";
export type { AddCheckpoint, Seen, Witness, WitnessAnswer } from "./witness.ts";
