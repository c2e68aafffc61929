/**
 * `@reach-fabric/host`: performs the effects of a run and keeps its records. Everything that touches
 * the machine is here: files, the network, the clock, randomness. Needs Node 22.19 or later.
 */
export type { Address, Lookup } from "./address.ts";
export type { Authentication, Secrets } from "./authorize.ts";
export { readDocument } from "./document.ts";
export type { ReadDocument } from "./document.ts";
export type { CloudEvent, Effects } from "./effects.ts";
export { commandFile } from "./commands.ts";
export { eventFile, eventSink } from "./event-files.ts";
export { createEgress, DEFAULT_LIMITS } from "./egress.ts";
export type {
  Egress,
  EgressLimits,
  EgressOptions,
  HttpAnswer,
  HttpRequest,
  Note,
  RequestContext,
} from "./egress.ts";
export { ReachError } from "./error.ts";
export type { ErrorDetails, PlacedProblem } from "./error.ts";
export type { Failure } from "./failure.ts";
export { readRegularFile, writeFileAtomic } from "./files.ts";
export { readFolder } from "./folder.ts";
export type { FolderRun } from "./folder.ts";
export { effectiveGrant, readGrant } from "./grant.ts";
export type { EffectiveGrant } from "./grant.ts";
export { machineDisk } from "./log/disk.ts";
export type { Disk } from "./log/disk.ts";
export { fsck } from "./log/fsck.ts";
export type { Fault, FsckReport } from "./log/fsck.ts";
export type { LogIdentity, Note as CheckpointNote } from "./log/layout.ts";
export { cosignLog } from "./log/cosigning.ts";
export type { Cosigned } from "./log/cosigning.ts";
export { continueLog, initLog, openLog } from "./log/log.ts";
export type { InitOptions, Log, OpenOptions } from "./log/log.ts";
export { readLog } from "./log/reader.ts";
export type { LogReader } from "./log/reader.ts";
export { loggedRecorder, logEvidence } from "./log/runs.ts";
export type { Appended } from "./log/sequencer.ts";
export { serveLog, serveWitness } from "./log/servers.ts";
export type { Listening, Place } from "./log/servers.ts";
export { openWitness } from "./log/witness-store.ts";
export type { WitnessOptions, WitnessStore } from "./log/witness-store.ts";
export type { Question } from "./models.ts";
export { loadPack } from "./pack.ts";
export { folderOfPack, writePack } from "./pack-folder.ts";
export { pullPack, pushPack } from "./oci/packs.ts";
export type { Pushed } from "./oci/packs.ts";
export type { RegistryOptions } from "./oci/client.ts";
export { createPerformer, operationOf } from "./performer.ts";
export type { Performer, PerformerOptions } from "./performer.ts";
export { readSecrets } from "./secrets.ts";
export { folderRecorder, memoryRecorder } from "./recorder.ts";
export type { Annotation, Beginning, IdentityOptions, Recorder, RunIdentity } from "./recorder.ts";
export { run } from "./run.ts";
export type { RunOptions, RunResult } from "./run.ts";
