/**
 * `@reach-fabric/evidence`: signed evidence about a run in one file, and verify(), which says what
 * it shows and what it does not. No I/O and no Node: it runs in a browser.
 */
export { firstDifferentByte } from "./encoding/bytes.ts";
export { runSeedOf } from "./commitments/seeds.ts";
export { attachPack, stripPack } from "./file/attach.ts";
export { createEvidence } from "./file/create.ts";
export type { CreateOptions, RunFacts } from "./file/create.ts";
export { recordsGiven, recordsOf, REPLAY_FUEL } from "./file/cursor.ts";
export type { Budget, RunRecord } from "./file/cursor.ts";
export { bundleOf } from "./file/export.ts";
export { diff } from "./compare/diff.ts";
export type { Both, DiffReport } from "./compare/diff.ts";
export { EvidenceError } from "./errors/errors.ts";
export type { EvidenceCode } from "./errors/errors.ts";
export { canonicalBytes, parseCanonicalJson } from "./encoding/json.ts";
export type { AlgorithmName } from "./keys/algorithms.ts";
export {
  newKey,
  openKeyFile,
  publicKeyFile,
  publicKeyOf,
  readKeyFile,
  sealKeyFile,
  signerOf,
} from "./keys/key-file.ts";
export type { PrivateKeyFile, Sealer } from "./keys/key-file.ts";
export { issueKeyring, openKeyring, requireSuccessor } from "./trust/keyring.ts";
export type { Issue, Keyring } from "./trust/keyring.ts";
export {
  isEnrolled,
  keyWithId,
  withCompromise,
  withEnd,
  withKey,
} from "./trust/keyring-changes.ts";
export { digestOfRoot, rootOf } from "./trust/roots.ts";
export type { Root, RootSigners } from "./trust/roots.ts";
export { emptyState, formatState, mergedState, readState } from "./trust/state.ts";
export type { KeptKeyring, VerifierState } from "./trust/state.ts";
export type { Enrolment } from "./trust/keyring-changes.ts";
export { publicKey, publicKeyPem, sameKey } from "./keys/key.ts";
export type { PublicKey, Signer } from "./keys/key.ts";
export { reportHtml } from "./verify/html.ts";
export { lifecycleEvents } from "./compare/lifecycle.ts";
export type { LifecycleEvent, LifecycleRun } from "./compare/lifecycle.ts";
export { openEvidence } from "./file/open.ts";
export type { Evidence, Outcome, Run } from "./file/open.ts";
export { manifestOf } from "./file/pack.ts";
export * from "./log/index.ts";
export {
  evidenceEntryOf,
  sameLoggedRun,
  startedEntryIn,
  verifyLoggedEntry,
  withProof,
} from "./verify/logged.ts";
export type { EvidenceEntry, LoggedEntry } from "./verify/logged.ts";
export { sameStart, startedEntryOf, subjectsIn } from "./verify/started.ts";
export type { RunStart, StartedEntry } from "./verify/started.ts";
export { pointersOfClasses } from "./redaction/classes.ts";
export { redact } from "./redaction/redact.ts";
export type { RedactOptions, Redaction } from "./redaction/redact.ts";
export type { Stop } from "./redaction/prefix.ts";
export type { Tell } from "./redaction/tells.ts";
export { attest } from "./verify/attest.ts";
export type { Attested } from "./verify/attest.ts";
export type { RedactedBy, RedactionStatement } from "./signature/redaction.ts";
export {
  isSignedBy,
  MOST_BUNDLES,
  packPredicate,
  readPackFile,
  signPack,
  statementIn,
  STATEMENTS,
  withBundle,
  writePackFile,
} from "./pack/pack-file.ts";
export { importStatement, importWithdrawal } from "./pack/import.ts";
export type { ImportedStatement, ImportedWithdrawal } from "./pack/import.ts";
export type { PackFile, StatementName } from "./pack/pack-file.ts";
export { packVerdicts, verifyPack, yankPack } from "./pack/verify-pack.ts";
export type { PackPolicy, PackReport, PackVerdict } from "./pack/verify-pack.ts";
export { defaultRequired, verdicts } from "./trust/verdicts.ts";
export type { Finding, Judgement, Report, ReportedPack, Verdict } from "./trust/verdicts.ts";
export { standingOf } from "./trust/standing.ts";
export type { Standing } from "./trust/standing.ts";
export { proveStep } from "./step/prove.ts";
export { isStep } from "./step/step.ts";
export { stepVerdicts, verifyStep } from "./step/verify-step.ts";
export type { StepReport, StepVerdict } from "./step/verify-step.ts";
export { whatIf, whatIfLive } from "./compare/what-if.ts";
export type { Change, Hypothesis } from "./compare/what-if.ts";
export { readPolicy } from "./trust/policy.ts";
export type { LogPolicy, Policy, PolicyCircumstances, Signers } from "./trust/policy.ts";
export { beyondGrant } from "./trust/rules.ts";
export type { AllowedPack, Rules } from "./trust/rules.ts";
export { requirePast, sayTime } from "./encoding/clock.ts";
export type { SignedAt } from "./encoding/clock.ts";
export { requireFresh, signerEntry, signerTrust } from "./trust/trust.ts";
export type { Circumstances, Freshness, SignatureClaim } from "./trust/trust.ts";
export { periodVerdicts, verifyPeriodBy } from "./verify/period.ts";
export type { PeriodReport, PeriodVerdict } from "./verify/period.ts";
export { explainPolicy } from "./verify/explain.ts";
export type { ExplainedPolicy } from "./verify/explain.ts";
export { wantedGrowth } from "./verify/growth.ts";
export type { WantedGrowth } from "./verify/growth.ts";
export { verify } from "./verify/verify.ts";
export type { VerifyOptions } from "./verify/verify.ts";
export { replayEvidence } from "./verify/replay.ts";
export type { Progress, ReplayOptions } from "./verify/replay.ts";
export type { KeyFile } from "@reach-fabric/schema";
