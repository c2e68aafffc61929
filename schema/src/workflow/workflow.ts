// The workflow document: what surrounds the tasks, and the names that only the whole can check.
import * as z from "zod";
import { anyObject, label, semver } from "../fields/common.ts";
import { tasksBelow } from "./lists.ts";
import {
  besideUnknown,
  problemCode,
  report,
  shorten,
  strict,
  typeName,
} from "../fields/problem.ts";
import type { Context, Path } from "../fields/problem.ts";
import { authentication } from "./authentication.ts";
import { input, output, timeout, timeoutBody } from "./clauses.ts";
import { error, retry } from "./errors.ts";
import { schedule } from "./events.ts";
import { refused } from "../fields/refusals.ts";
import { extensions, functionBody, taskList } from "./tasks.ts";

const use = strict({
  errors: z.record(z.string(), error).optional(),
  retries: z.record(z.string(), retry).optional(),
  authentications: z.record(z.string(), authentication).optional(),
  extensions: extensions.optional(),
  functions: z.record(z.string(), functionBody).optional(),
  secrets: z.array(z.string()).optional(),
  timeouts: z.record(z.string(), timeoutBody).optional(),
  catalogs: z
    .record(z.string(), strict({ endpoint: z.union([z.string(), strict({ uri: z.string() })]) }))
    .optional(),
});

const evaluate = strict({
  language: z.literal("jq", { error: "Expected jq, the only language of expressions." }).optional(),
  mode: z
    .string()
    .check((context) => {
      if (context.value === "strict") return;
      const finding =
        context.value === "loose"
          ? refused("`evaluate.mode: loose`", "It makes a text an expression by accident.")
          : { code: problemCode.badValue, what: "Expected strict." };
      report(context, [], finding);
    })
    .optional(),
});

const fields = strict({
  /** For editors: no part of the workflow. */
  $schema: z.string().optional(),
  document: strict({
    dsl: z.string().regex(/^1\.0\.[0-3]$/, {
      error: "Expected a version of the DSL that this engine runs: 1.0.0 to 1.0.3.",
    }),
    namespace: label,
    name: label,
    version: semver,
    title: z.string().optional(),
    summary: z.string().optional(),
    tags: anyObject.optional(),
    metadata: anyObject.optional(),
  }),
  input: input.optional(),
  use: use.optional(),
  do: taskList,
  timeout: timeout.optional(),
  output: output.optional(),
  schedule: schedule.optional(),
  evaluate: evaluate.optional(),
});

/**
 * A workflow document that this version runs, with everything else refused by name.
 *
 * @example
 * problemsOf(workflow, document); // → []
 */
export const workflow: typeof fields = fields.superRefine((_, context) => {
  const { use: named, do: tasks } = context.value;
  const errors = Object.keys(named?.errors ?? {});
  const retries = Object.keys(named?.retries ?? {});
  const timeouts = Object.keys(named?.timeouts ?? {});
  checkName(context, ["timeout"], context.value.timeout, timeouts, "use.timeouts");
  const authentications = Object.keys(named?.authentications ?? {});
  for (const { path, policy } of policiesOf(context.value)) {
    for (const [scheme, body] of Object.entries(policy)) {
      const secret = member(body, "use");
      checkName(context, [...path, scheme, "use"], secret, named?.secrets ?? [], "use.secrets");
    }
    const wanted = member(policy, "use");
    checkName(context, [...path, "use"], wanted, authentications, "use.authentications");
  }
  for (const { path, task } of tasksBelow(tasks, ["do"])) {
    const raised = member(member(task, "raise"), "error");
    const retried = member(member(task, "catch"), "retry");
    checkName(context, [...path, "raise", "error"], raised, errors, "use.errors");
    checkName(context, [...path, "catch", "retry"], retried, retries, "use.retries");
    checkName(context, [...path, "timeout"], member(task, "timeout"), timeouts, "use.timeouts");
  }
}, besideUnknown);

/** A workflow document. */
export type Workflow = z.infer<typeof workflow>;

function checkName(
  context: Context,
  path: Path,
  name: unknown,
  names: readonly string[],
  where: string,
): void {
  if (typeof name !== "string" || names.includes(name)) return;
  report(context, path, {
    code: problemCode.unknownName,
    what: `\`${shorten(name)}\` is not in ${where}.`,
    hint: names.length > 0 ? `There: ${names.join(", ")}.` : `There is no ${where}.`,
  });
}

const member = (value: unknown, name: string): unknown =>
  typeName(value) === "object" ? (value as Record<string, unknown>)[name] : undefined;

/** Every authentication of a document, with its place. */
function policiesOf(document: unknown): { path: Path; policy: object }[] {
  const named = member(member(document, "use"), "authentications");
  const ofUse = typeName(named) === "object" ? Object.entries(named as object) : [];
  const all: { path: Path; policy: unknown }[] = [
    ...ofUse.map(([name, policy]: [string, unknown]) => ({
      path: ["use", "authentications", name],
      policy,
    })),
    ...[...tasksBelow(member(document, "do"), ["do"])].map(({ path, task }) => ({
      path: [...path, "with", "endpoint", "authentication"],
      policy: member(member(member(task, "with"), "endpoint"), "authentication"),
    })),
  ];
  return all.flatMap(({ path, policy }) =>
    typeName(policy) === "object" ? [{ path, policy: policy as object }] : [],
  );
}

/** A file of the pack that a workflow names, and the place that does. */
export interface NamedFile {
  readonly path: Path;
  readonly file: string;
}

/** The decision tables that a workflow calls, with the place of each call, in document order. */
export function tablesOf(document: Workflow): NamedFile[] {
  return [...tasksBelow(document.do, ["do"])].flatMap(({ path, task }) => {
    const table = member(member(task, "with"), "table");
    if (member(task, "call") !== "decide" || typeof table !== "string") return [];
    return [{ path: [...path, "with", "table"], file: table }];
  });
}

/** A workflow that another runs; without a version the latest one. */
export interface NamedWorkflow {
  readonly path: Path;
  readonly namespace: string;
  readonly name: string;
  readonly version: string | undefined;
}

/** The workflows that a workflow runs, with the place of each, in document order. */
export function workflowsOf(document: Workflow): NamedWorkflow[] {
  return [...tasksBelow(document.do, ["do"])].flatMap(({ path, task }) => {
    const named = member(member(task, "run"), "workflow");
    if (typeName(named) !== "object") return [];
    const { namespace, name, version } = named as Record<string, string>;
    if (namespace === undefined || name === undefined) return [];
    return [{ path: [...path, "run", "workflow"], namespace, name, version }];
  });
}

/** Every place of a document where a schema may stand, with what stands there. */
function schemaPlaces(document: Workflow): { path: Path; schema: unknown }[] {
  const owners: { path: Path; task: unknown }[] = [
    { path: [], task: document },
    ...tasksBelow(document.do, ["do"]),
  ];
  const clauses = ["input", "output", "export"];
  const places = [
    ...clauses.map((name) => [name]),
    ...clauses.map((name) => ["foreach", name]),
    ["with"],
  ];
  return owners.flatMap(({ path, task }) => {
    const own = places.map((place) => ({
      path: [...path, ...place],
      owner: place.reduce((value: unknown, name) => member(value, name), task),
    }));
    const tools = member(member(task, "with"), "tools");
    const offered = (Array.isArray(tools) ? tools : []).map((owner: unknown, i) => ({
      path: [...path, "with", "tools", i],
      owner,
    }));
    return [...own, ...offered].map((one) => ({
      path: [...one.path, "schema"],
      schema: member(one.owner, "schema"),
    }));
  });
}

/** The files with schemas that a workflow names, in document order. */
export function schemasOf(document: Workflow): NamedFile[] {
  return schemaPlaces(document).flatMap(({ path, schema }) => {
    const endpoint = member(member(schema, "resource"), "endpoint");
    const file = typeof endpoint === "string" ? endpoint : member(endpoint, "uri");
    return typeof file === "string" ? [{ path: [...path, "resource", "endpoint"], file }] : [];
  });
}

/** The schemas that stand in the workflow itself, with their places. */
export function inlineSchemasOf(document: Workflow): { path: Path; schema: unknown }[] {
  return schemaPlaces(document).flatMap(({ path, schema }) => {
    const own = member(schema, "document");
    return own === undefined ? [] : [{ path: [...path, "document"], schema: own }];
  });
}
