/**
 * `@reach-fabric/evidence`: signed evidence about a run in one file, and verify(), which says what
 * it shows and what it does not. No I/O and no Node: it runs in a browser.
 */
export { firstDifferentByte } from "./bytes.ts";
export { attachPack } from "./attach.ts";
export { createEvidence } from "./create.ts";
export type { CreateOptions, RunFacts } from "./create.ts";
export { diff } from "./diff.ts";
export type { Both, DiffReport } from "./diff.ts";
export { EvidenceError } from "./errors.ts";
export type { EvidenceCode } from "./errors.ts";
export { canonicalBytes, parseCanonicalJson } from "./json.ts";
export type { AlgorithmName } from "./algorithms.ts";
export {
  newKey,
  openKeyFile,
  publicKeyFile,
  publicKeyOf,
  readKeyFile,
  sealKeyFile,
  signerOf,
} from "./key-file.ts";
export type { PrivateKeyFile, Sealer } from "./key-file.ts";
export { issueKeyring, openKeyring, requireSuccessor } from "./keyring.ts";
export type { Issue, Keyring } from "./keyring.ts";
export { keyWithId, withCompromise, withEnd, withKey } from "./keyring-changes.ts";
export type { Enrolment } from "./keyring-changes.ts";
export { publicKey, publicKeyPem, sameKey } from "./keys.ts";
export type { PublicKey, Signer } from "./keys.ts";
export { reportHtml } from "./html.ts";
export { lifecycleEvents } from "./lifecycle.ts";
export type { LifecycleEvent, LifecycleRun } from "./lifecycle.ts";
export { openEvidence } from "./open.ts";
export type { Evidence, Outcome, Run } from "./open.ts";
export * from "./log/index.ts";
export { pointersOfClasses } from "./classes.ts";
export { isStep, proveStep } from "./step.ts";
export { stepVerdicts, verifyStep } from "./verify-step.ts";
export type { StepReport, StepVerdict } from "./verify-step.ts";
export { packPredicate, readPackFile, signPack, writePackFile } from "./pack-file.ts";
export type { PackFile, StatementName } from "./pack-file.ts";
export { packVerdicts, verifyPack, yankPack } from "./verify-pack.ts";
export type { PackPolicy, PackReport, PackVerdict } from "./verify-pack.ts";
export { discloseOnly, redact } from "./redact.ts";
export type { RedactOptions, Redaction } from "./redact.ts";
export type { Remainder } from "./copies.ts";
export { defaultRequired, verdicts } from "./verdicts.ts";
export type { Finding, Judgement, Report, Verdict } from "./verdicts.ts";
export { whatIf, whatIfLive } from "./what-if.ts";
export type { Change, Hypothesis, LiveAnswer } from "./what-if.ts";
export { readPolicy } from "./policy.ts";
export type { LogPolicy, Policy, PolicyCircumstances, Signers } from "./policy.ts";
export { requireFresh, signerEntry, signerTrust } from "./trust.ts";
export type { Circumstances, Freshness, SignatureClaim } from "./trust.ts";
export { REPLAY_FUEL, verify } from "./verify.ts";
export type { KeyFile } from "@reach-fabric/schema";
