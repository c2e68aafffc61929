/**
 * `@reach-fabric/schema`: the shapes of all that Reach reads, as zod schemas that refuse unknown
 * fields, and the types that follow from them. No I/O, and no Node: it runs in a browser.
 */
export { runCommand } from "./command.ts";
export type { RunCommand } from "./command.ts";
export { packPath, whyNotPackPath } from "./common.ts";
export { editorDocuments, editorSchema } from "./editor.ts";
export type { EditorDocument } from "./editor.ts";
export * from "./evidence.ts";
export { grant, grantFile, mayCall, mayEmit, whyNotPath } from "./grant.ts";
export type { Grant, GrantFile, HttpGrant, Provider } from "./grant.ts";
export * from "./keyring.ts";
export * from "./keys.ts";
export { TASK_LISTS, tasksBelow } from "./lists.ts";
export type { PlacedTask } from "./lists.ts";
export { disagreements } from "./disagreements.ts";
export type { Disagreement } from "./disagreements.ts";
export { limits } from "./limits.ts";
export type { Limits } from "./limits.ts";
export * from "./log.ts";
export * from "./oci.ts";
export { packManifest, packSource } from "./pack.ts";
export type { PackManifest, PackSource } from "./pack.ts";
export { pinsFile } from "./pins.ts";
export { policyFile, verdictNames } from "./policy.ts";
export type { PolicyFile } from "./policy.ts";
export { pointerOf, problemCode, problemsOf } from "./problem.ts";
export type { Path, Problem } from "./problem.ts";
export { secretsFile } from "./secrets.ts";
export { strictOauth2, strictOidc } from "./authentication.ts";
export type { Oauth2 } from "./authentication.ts";
export { table } from "./table.ts";
export type { Table } from "./table.ts";
export { lintTable } from "./table-lint.ts";
export type { TableFinding } from "./table-lint.ts";
export { unreachableTasks } from "./unreachable.ts";
export { inlineSchemasOf, schemasOf, tablesOf, workflow, workflowsOf } from "./workflow.ts";
export type { NamedFile, NamedWorkflow, Workflow } from "./workflow.ts";
