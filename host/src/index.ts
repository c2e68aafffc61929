/**
 * `@reach-fabric/host`: performs the effects of a run and keeps its records. Everything that touches
 * the machine is here: files, the network, the clock, randomness. Needs Node 22.19 or later.
 */
export type { Address, AddressLookup } from "./effects/egress/address.ts";
export { createLookup } from "./effects/egress/names.ts";
export type { NameOptions } from "./effects/egress/names.ts";
export type { Authentication } from "./effects/egress/authorize.ts";
export { readDocument, readJson } from "./files/document.ts";
export type { ReadDocument } from "./files/document.ts";
export type { EffectNote, Performed } from "./effects/egress/performed.ts";
export type { CloudEvent } from "./effects/emit.ts";
export type { Effects } from "./effects/outside.ts";
export { commandFile } from "./run/commands.ts";
export { eventFile, eventSink, openEventSink } from "./run/event-files.ts";
export { commandRun, signalRun } from "./run/messages.ts";
export { createEgress } from "./effects/egress/egress.ts";
export { DEFAULT_LIMITS } from "./effects/egress/limits.ts";
export type { HttpResult } from "./effects/egress/answer.ts";
export type { Egress, EgressOptions, RequestContext, OpenAnswer } from "./effects/egress/egress.ts";
export type { EgressLimits } from "./effects/egress/limits.ts";
export type { HttpRequest } from "./effects/egress/request.ts";
export { ReachError } from "./files/error.ts";
export type { ErrorDetails, PlacedProblem } from "./files/error.ts";
export type { DocumentPlace } from "./files/place.ts";
export type { Failure } from "./effects/egress/failure.ts";
export { HostTrouble } from "./effects/egress/trouble.ts";
export { changingFile } from "./files/change.ts";
export { readRegularFile, writeFileAtomic } from "./files/files.ts";
export { readKept } from "./run/so-far.ts";
export type { OpenEffect, RunSoFar } from "./run/so-far.ts";
export { copyRun } from "./store/copy.ts";
export { folderStore } from "./store/folder-store.ts";
export { memoryStore } from "./store/memory.ts";
export { sqliteStore } from "./store/sqlite/sqlite-store.ts";
export type { SqliteStore, SqliteStoreOptions } from "./store/sqlite/sqlite-store.ts";
export type { StoreStats } from "./store/sqlite/thread-client.ts";
export { runFolder } from "./store/run-folder.ts";
export { ENDED } from "./store/store.ts";
export type {
  AwaitedHead,
  DueRuns,
  InboxReader,
  KeptRun,
  Lease,
  Message,
  NewRun,
  Rest,
  RunFile,
  RunFilter,
  RunHead,
  RunLabels,
  RunPage,
  RunState,
  RunStore,
} from "./store/store.ts";
export { effectiveGrant, readGrant } from "./effects/egress/grant.ts";
export type { EffectiveGrant } from "./effects/egress/grant.ts";
export { machineDisk } from "./log/disk.ts";
export type { Disk } from "./log/disk.ts";
export { fsck } from "./log/fsck.ts";
export type { Fault, FsckReport } from "./log/fsck.ts";
export type { CheckpointNote, LogIdentity } from "./log/layout.ts";
export { lockFile } from "./files/lock.ts";
export type { InUse, Lock } from "./files/lock.ts";
export { noteAct } from "./log/acts.ts";
export type { ActDetails, DoneAct, IntendedAct } from "./log/acts.ts";
export { cosignLog } from "./log/cosigning.ts";
export type { Cosigned } from "./log/cosigning.ts";
export { continueLog, initLog, openLog } from "./log/log.ts";
export type { InitOptions, Log, OpenOptions } from "./log/log.ts";
export { servedGrowth } from "./log/growth.ts";
export type { GrowthWanted } from "./log/growth.ts";
export { readLog, readServedLog } from "./log/reader.ts";
export type { LogReader } from "./log/reader.ts";
export { logEvidence, loggedRecorder } from "./log/runs.ts";
export type { LoggedOptions, LoggedRecorder } from "./log/runs.ts";
export type { Appended } from "./log/sequencer.ts";
export { isAddress, requireAddress } from "./log/source.ts";
export { monitorLog } from "./log/monitor.ts";
export type { LogFinding, MonitorOptions, SignedState } from "./log/monitor.ts";
export type { UnfinishedRun } from "./log/open-runs.ts";
export { walkLog } from "./log/walk.ts";
export type { Walked, WalkOptions } from "./log/walk.ts";
export { serveLog, serveWitness } from "./log/servers.ts";
export type { ListenAddress, Listening } from "./log/servers.ts";
export { openWitness } from "./log/witness-store.ts";
export type { WitnessOptions, WitnessStore } from "./log/witness-store.ts";
export type { Question } from "./effects/models/question.ts";
export { loadPack } from "./pack/pack.ts";
export { folderOfPack, writePack } from "./pack/pack-folder.ts";
export { pullPack, pushPack } from "./oci/packs.ts";
export { parseReference } from "./oci/reference.ts";
export type { Pulled, PullOptions, Pushed } from "./oci/packs.ts";
export type { Skipped } from "./oci/referrers.ts";
export type { RegistryOptions } from "./oci/access.ts";
export type { Parallel } from "./effects/places.ts";
export type { TroubleLimits } from "./run/trouble.ts";
export { createPerformer } from "./run/performer.ts";
export { createEnginePool } from "./pool/pool.ts";
export type { EnginePool, EnginePoolOptions } from "./pool/pool.ts";
export type { Executor } from "./pool/executor.ts";
export { operationOf } from "./effects/table.ts";
export type { Performer, PerformerOptions } from "./run/performer.ts";
export { redact } from "./secrets/redact.ts";
export type { KnownSecrets } from "./secrets/redact.ts";
export { readSecrets, takingFrom } from "./secrets/file.ts";
export type { Variables } from "./secrets/file.ts";
export { openSecrets } from "./secrets/vault/open.ts";
export type { OpenedSecrets, OpenSecretsOptions } from "./secrets/vault/open.ts";
export { checkSecrets, usesOf } from "./secrets/check.ts";
export type { SecretFinding } from "./secrets/check.ts";
export { createVault, openVault } from "./secrets/vault/vault.ts";
export type { Vault, VaultOptions, VaultVersion } from "./secrets/vault/vault.ts";
export type { VaultRemark } from "./secrets/vault/seen.ts";
export type { Secret, Secrets } from "./secrets/texts.ts";
export type { GotTexts, SecretsNow, SecretSource } from "./secrets/source.ts";
export { createTokenCache } from "./secrets/token-cache.ts";
export type { KeptToken, TenantTokens, TokenCache, TokenWanted } from "./secrets/token-cache.ts";
export { refusalEvent } from "./security/effect-events.ts";
export { securityFile } from "./security/file-sink.ts";
export { createSecurityLog } from "./security/security-log.ts";
export type { SecurityLog, SecurityLogOptions, SecuritySink } from "./security/security-log.ts";
export { watchedSigner } from "./security/watched-signer.ts";
export { securityEntries } from "./log/security-entries.ts";
export type { Annotation, Begun, Entry, Line } from "./record/journal.ts";
export { folderRecorder, memoryRecorder, storeRecorder } from "./store/recorder.ts";
export type { Recorder } from "./store/recorder.ts";
export type { Beginning, IdentityOptions, RunIdentity } from "./record/identity.ts";
export { resolveEffect } from "./run/resolve.ts";
export type { ResolveOptions } from "./run/resolve.ts";
export { resume, run } from "./run/run.ts";
export type { ResumeOptions } from "./run/run.ts";
export type { RefusedGiven } from "./secrets/given.ts";
export { RunWaits } from "./run/waiting.ts";
export type { Awaited } from "./run/waiting.ts";
export { isRepeatable } from "./effects/repeatable.ts";
export type { Needed, Permission } from "./effects/needs.ts";
export { requireDirectories } from "./effects/files/directories.ts";
export { grantAllowing, suggestGrant } from "./effects/suggest.ts";
export type { SuggestedGrant, SuggestOptions } from "./effects/suggest.ts";
export type { RunOptions } from "./run/options.ts";
export type { RunResult } from "./run/run.ts";
