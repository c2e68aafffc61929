/**
 * `@reach-fabric/host`: performs the effects of a run and keeps its records. Everything that touches
 * the machine is here: files, the network, the clock, randomness. Needs Node 22.19 or later.
 */
export type { Address, AddressLookup } from "./effects/egress/address.ts";
export type { Authentication, Secrets } from "./effects/egress/authorize.ts";
export { readDocument, readJson } from "./files/document.ts";
export type { ReadDocument } from "./files/document.ts";
export type { EffectNote, Performed } from "./effects/egress/performed.ts";
export type { CloudEvent } from "./effects/emit.ts";
export type { Effects } from "./effects/outside.ts";
export { commandFile } from "./run/commands.ts";
export { eventFile, eventSink } from "./run/event-files.ts";
export { createEgress } from "./effects/egress/egress.ts";
export { DEFAULT_LIMITS } from "./effects/egress/limits.ts";
export type { HttpResult } from "./effects/egress/answer.ts";
export type { Egress, EgressOptions, RequestContext } from "./effects/egress/egress.ts";
export type { EgressLimits } from "./effects/egress/limits.ts";
export type { HttpRequest } from "./effects/egress/request.ts";
export { ReachError } from "./files/error.ts";
export type { ErrorDetails, PlacedProblem } from "./files/error.ts";
export type { Place as DocumentPlace } from "./files/place.ts";
export type { Failure } from "./effects/egress/failure.ts";
export { readRegularFile, writeFileAtomic } from "./files/files.ts";
export { readFolder } from "./record/folder.ts";
export type { FolderRun } from "./record/folder.ts";
export { effectiveGrant, readGrant } from "./effects/egress/grant.ts";
export type { EffectiveGrant } from "./effects/egress/grant.ts";
export { machineDisk } from "./log/disk.ts";
export type { Disk } from "./log/disk.ts";
export { fsck } from "./log/fsck.ts";
export type { Fault, FsckReport } from "./log/fsck.ts";
export type { CheckpointNote, LogIdentity } from "./log/layout.ts";
export { cosignLog } from "./log/cosigning.ts";
export type { Cosigned } from "./log/cosigning.ts";
export { continueLog, initLog, openLog } from "./log/log.ts";
export type { InitOptions, Log, OpenOptions } from "./log/log.ts";
export { readLog } from "./log/reader.ts";
export type { LogReader } from "./log/reader.ts";
export { logEvidence, loggedRecorder } from "./log/runs.ts";
export type { Appended } from "./log/sequencer.ts";
export { serveLog, serveWitness } from "./log/servers.ts";
export type { ListenAddress, Listening } from "./log/servers.ts";
export { openWitness } from "./log/witness-store.ts";
export type { WitnessOptions, WitnessStore } from "./log/witness-store.ts";
export type { Question } from "./effects/llm.ts";
export { loadPack } from "./pack/pack.ts";
export { folderOfPack, writePack } from "./pack/pack-folder.ts";
export { pullPack, pushPack } from "./oci/packs.ts";
export type { Pushed } from "./oci/packs.ts";
export type { RegistryOptions } from "./oci/client.ts";
export { createPerformer } from "./run/performer.ts";
export { operationOf } from "./effects/table.ts";
export type { Performer, PerformerOptions } from "./run/performer.ts";
export { readSecrets } from "./effects/egress/secrets.ts";
export { folderRecorder, memoryRecorder } from "./record/recorder.ts";
export type {
  Annotation,
  Beginning,
  IdentityOptions,
  Recorder,
  RunIdentity,
} from "./record/recorder.ts";
export { run } from "./run/run.ts";
export type { RunOptions } from "./run/options.ts";
export type { RunResult } from "./run/run.ts";
