// What tests look at beside the public API, so that a move of files breaks no test. Not part of the package.
export { instantAt, millisecondsOf } from "./encoding/instant.ts";
export { catalogue } from "./errors/errors.ts";
export { CONTAINER_LIMITS, readContainer, writeContainer } from "./file/container.ts";
export type { ContainerEntry } from "./file/container.ts";
export { platformAccepts as browserAccepts } from "./keys/browser.ts";
export { SPKI, isPlainlyValid, isStrictlyValid } from "./keys/ed25519.ts";
export { isSignature } from "./keys/key.ts";
export { OUTCOME_BYTES, readEntered } from "./file/entered.ts";
export { readRunDocument } from "./file/open.ts";
export { readBundle, verifiedPayload, writeBundle } from "./signature/bundle.ts";
export { preAuthEncoding } from "./signature/dsse.ts";
export { signRun, signedRunBytes } from "./signature/statement.ts";
export { requireManifest } from "./file/manifest.ts";
export { stretchesOf } from "./commitments/cover.ts";
export { hasHole, holeAt, holesOf, parseWithHoles, textWithHoles } from "./commitments/holes.ts";
export { filled, openingOf, readOpening } from "./commitments/opening.ts";
export { filledSlots, readSlots, slotsOfRecord } from "./commitments/record.ts";
export { commitRunValues, recordSeed, RUN_SEQ, runSeedOf, slotSeed } from "./commitments/seeds.ts";
