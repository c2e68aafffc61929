/**
 * `@reach-fabric/schema`: the shapes of all that Reach reads, as zod schemas that refuse unknown
 * fields, and the types that follow from them. No I/O, and no Node: it runs in a browser.
 */
export { runRequest } from "./run/request.ts";
export type { RunRequest } from "./run/request.ts";
export { runCommand } from "./run/command.ts";
export type { RunCommand } from "./run/command.ts";
export { packPath } from "./fields/common.ts";
export { CLASSIFIED_IN, isPackId, LABEL, POINTER, SEMVER, whyNotPackPath } from "./fields/names.ts";
export { editorDocuments, editorSchema } from "./editor.ts";
export type { EditorDocument } from "./editor.ts";
export {
  foreignBundle,
  foreignStatement,
  inTotoStatement,
  packYank,
  sigstoreBundle,
} from "./evidence/evidence.ts";
export type { InTotoStatement, SigstoreBundle } from "./evidence/evidence.ts";
export { mayAccess } from "./run/folders.ts";
export type { FolderAccess } from "./run/folders.ts";
export { grant, grantFile, calledIn, mayCall, mayEmit, whyNotPath } from "./run/grant.ts";
export type { Callable, Grant, GrantBounds, GrantFile, HttpGrant } from "./run/grant.ts";
export type { RequestBounds } from "./run/bounds.ts";
export type { Provider, Spending } from "./run/models.ts";
export {
  keyringEntry,
  keyringFile,
  keyringPayload,
  keyRoles,
  rootChangePayload,
  signedRootChange,
  tenantName,
} from "./evidence/keyring.ts";
export type {
  KeyringEntry,
  KeyringPayload,
  KeyRole,
  SignedRootChange,
} from "./evidence/keyring.ts";
export { keyFile, sealedKey } from "./evidence/keys.ts";
export type { KeyFile, SealedKey } from "./evidence/keys.ts";
export { isBuiltIn } from "./workflow/calls.ts";
export { TASK_LISTS, tasksBelow } from "./workflow/lists.ts";
export type { PlacedTask } from "./workflow/lists.ts";
export type { TaskList } from "./workflow/tasks.ts";
export { disagreements } from "./workflow/disagreements.ts";
export type { Disagreement } from "./workflow/disagreements.ts";
export { limits } from "./fields/limits.ts";
export type { Limits } from "./fields/limits.ts";
export { logMonitorState, MOST_OPEN } from "./evidence/log-monitor.ts";
export type { LogMonitorState } from "./evidence/log-monitor.ts";
export { matterKeyFile } from "./evidence/matter-key.ts";
export type { MatterKeyFile } from "./evidence/matter-key.ts";
export { logEntry, logFile, logGrowth, logHead, logPeriod } from "./evidence/log.ts";
export type { LogEntry, LogFile, LogHead, LogPeriod, NewLogEntry } from "./evidence/log.ts";
export { ociDescriptor, ociIndex, ociManifest } from "./pack/oci.ts";
export type { OciDescriptor, OciIndex, OciManifest } from "./pack/oci.ts";
export { misplaced } from "./pack/listed.ts";
export type { ListedFiles, Misplaced } from "./pack/listed.ts";
export { packManifest, packSource } from "./pack/pack.ts";
export type { PackManifest, PackSource } from "./pack/pack.ts";
export { pinsFile } from "./pack/pins.ts";
export { whyNotPlain } from "./fields/look-alikes.ts";
export { lagPattern } from "./evidence/policy-members.ts";
export { policyFile } from "./evidence/policy.ts";
export type { PolicyFile } from "./evidence/policy.ts";
export { namesRules } from "./evidence/policy-checks.ts";
export { stateFile } from "./evidence/state.ts";
export type { StateFile } from "./evidence/state.ts";
export { verdictNames } from "./evidence/verdicts.ts";
export { inOrder, problemCode, problemsOf } from "./fields/problem.ts";
export type { Path, Problem } from "./fields/problem.ts";
export { compareVersions, isInRange } from "./fields/versions.ts";
export { credentials, secretsFile } from "./run/secrets.ts";
export type { ScryptParameters } from "./fields/scrypt.ts";
export { gotTexts, secretName, seenVaults, vaultFile } from "./run/vault.ts";
export type { SeenVault, VaultFile } from "./run/vault.ts";
export { securityRecord } from "./run/security.ts";
export type { SecurityEvent, SecurityRecord, SecurityType } from "./run/security.ts";
export { strictOauth2, strictOidc } from "./workflow/authentication.ts";
export type { Oauth2 } from "./workflow/authentication.ts";
export { table } from "./table/table.ts";
export type { Table } from "./table/table.ts";
export { lintTable } from "./table/table-lint.ts";
export type { TableFinding } from "./table/table-lint.ts";
export { unreachableTasks } from "./workflow/unreachable.ts";
export {
  inlineSchemasOf,
  schemasOf,
  tablesOf,
  workflow,
  workflowsOf,
} from "./workflow/workflow.ts";
export type { NamedFile, NamedWorkflow, Workflow } from "./workflow/workflow.ts";
