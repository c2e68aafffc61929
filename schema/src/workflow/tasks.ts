// Tasks of the Open Workflow DSL 1.0.3 as far as this version runs them. The engine validates again
// and is the authority (docs/spec/workflow.md); this schema finds the same things earlier, all of
// them at once, and says them better. What the language has and Reach does not run is refused by
// name, with the reason, and never ignored.
//
// A task's kind is the field that it has. The schema of that kind alone is tried: a union would try
// all of them at each level, which takes time that doubles with every level of nesting.
import * as z from "zod";
import { calls, expression, isBuiltIn } from "./calls.ts";
import { base, exports, output } from "./clauses.ts";
import { anyObject, json, label, onlyMember, semver } from "../fields/common.ts";
import { duration } from "../fields/duration.ts";
import { error, errorFilter, retry } from "./errors.ts";
import { attributes, listenTo } from "./events.ts";
import {
  problemCode,
  problemsOf,
  report,
  shorten,
  strict,
  typeName,
  unknownField,
} from "../fields/problem.ts";
import type { Context, Path, UnplacedProblem } from "../fields/problem.ts";
import { refused } from "../fields/refusals.ts";

const runTask = strict({
  ...base,
  run: strict({
    await: z
      .boolean()
      .check((context) => {
        if (context.value) return;
        const why = "What a workflow does is not recorded if nothing waits for it.";
        report(context, [], refused("`await: false`", why));
      })
      .optional(),
    /** A workflow is no process: its output, or nothing. */
    return: z
      .enum(["stdout", "none"], { error: "Expected stdout (the workflow's output) or none." })
      .optional(),
    workflow: strict({
      namespace: label,
      name: label,
      version: z
        .union([semver, z.literal("latest")], { error: "Expected 1.2.3 or latest." })
        .optional(),
      input: json.optional(),
    }),
  }),
});
/** What else `run` may start: all of it refused. */
const runs: Record<string, UnplacedProblem> = {
  shell: refused("`run.shell`", "Reach never starts a shell: nothing could record what it did."),
  script: refused("`run.script`", "Foreign code needs a plugin tier that isolates and meters it."),
  container: refused("`run.container`", "Foreign code needs a plugin tier that isolates it."),
};

// ---- Lists of tasks ----------------------------------------------------------------------------

/** Where `then` may lead beside the tasks of its own list. */
const DIRECTIVES = ["continue", "exit", "end"];

function checkThen(context: Context, path: Path, target: unknown, names: readonly string[]): void {
  if (typeof target !== "string" || target === "") return;
  if (DIRECTIVES.includes(target) || names.includes(target)) return;
  report(context, path, {
    code: problemCode.unknownName,
    what: `\`then\` names no task of the same list: \`${shorten(target)}\`.`,
    hint: `Expected continue, exit, end or one of ${[...new Set(names)].join(", ")}.`,
  });
}

/** A list of `- name: task`; what is in a task is checked, but not said by this type. */
export type TaskList = readonly Readonly<Record<string, unknown>>[];

/** The task that a function is. */
export const functionBody: z.ZodType = z
  .unknown()
  .check((context) => checkTask(context, [], context.value, []))
  .meta({ $ref: "#/$defs/task" });

/** Tasks around others. */
const extension = strict({
  extend: z.enum(
    [
      "all",
      "call",
      "composite",
      "emit",
      "for",
      "listen",
      "raise",
      "run",
      "set",
      "switch",
      "try",
      "wait",
    ],
    { error: "Expected all, composite, or a kind of task." },
  ),
  when: z.string().optional(),
  before: z.lazy(() => taskList).optional(),
  after: z.lazy(() => taskList).optional(),
});
/** A list of named extensions. */
export const extensions: z.ZodType<TaskList> = z
  .array(z.unknown())
  .check((context) =>
    checkList(context, context.value, (_, path, value) => {
      for (const { path: below, ...finding } of problemsOf(extension, value)) {
        report(context, [...path, ...below], finding);
      }
    }),
  )
  .meta({ items: { $ref: "#/$defs/namedExtension" } }) as unknown as z.ZodType<TaskList>;

/** For the JSON Schema of editors (editor.ts), which cannot look into a check. */
const NAMED_TASKS = { items: { $ref: "#/$defs/namedTask" } };
/** An ordered list of named tasks. */
export const taskList: z.ZodType<TaskList> = z
  .array(z.unknown())
  .check((context) => checkList(context, context.value, checkTask))
  .meta(NAMED_TASKS) as unknown as z.ZodType<TaskList>;

/** A branch leads to no other. */
function checkBranch(context: Context, path: Path, task: unknown): void {
  checkTask(context, path, task, []);
}

function checkTask(context: Context, path: Path, task: unknown, names: readonly string[]): void {
  const schema = schemaOf(task);
  if (!(schema instanceof z.ZodType)) {
    if (typeName(task) === "object" && kindOf(task as object) === undefined) {
      const known = [...KINDS, ...Object.keys(base)];
      for (const name of Object.keys(task as object)) {
        if (!known.includes(name)) report(context, [...path, name], unknownField(name, known));
      }
    }
    return report(context, path, schema);
  }
  for (const { path: below, ...finding } of problemsOf(schema, task)) {
    report(context, [...path, ...below], finding);
  }
  const { then } = task as { then?: unknown };
  checkThen(context, [...path, "then"], then, names);
  const kind = kindOf(task as object);
  if (kind === "switch") checkCases(context, [...path, "switch"], (task as Loose)["switch"], names);
  if (kind === "try") {
    const handler = (task as Loose)["catch"] as { then?: unknown } | null | undefined;
    checkThen(context, [...path, "catch", "then"], handler?.then, names);
  }
}

type Loose = Record<string, unknown>;
type Check = (context: Context, path: Path, value: unknown, names: readonly string[]) => void;

/** Walks a list of `- name: value` and reports names that do not stand alone or come twice. */
function checkList(context: Context, list: readonly unknown[], check: Check): void {
  const names = list.flatMap((item) => onlyMember(item)?.[0] ?? []);
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const member = onlyMember(item);
    if (!member) {
      const several = typeName(item) === "object" && Object.keys(item as object).length > 1;
      report(context, [index], {
        code: problemCode.badValue,
        what: "Expected one name with its definition.",
        hint: several
          ? "Each item of the list holds one name: start the next with its own `-`."
          : "Write `- name: {...}`.",
      });
      continue;
    }
    const [name, value] = member;
    if (seen.has(name)) {
      report(context, [index, name], {
        code: problemCode.duplicateName,
        what: `The name \`${shorten(name)}\` comes twice in one list.`,
      });
    }
    seen.add(name);
    check(context, [index, name], value, names);
  }
}

function checkCases(context: Context, path: Path, cases: unknown, names: readonly string[]): void {
  if (!Array.isArray(cases)) return;
  let defaults = 0;
  for (const [index, item] of cases.entries()) {
    const member = onlyMember(item);
    const value = member?.[1] as { when?: unknown; then?: unknown } | null | undefined;
    if (!member || typeName(value) !== "object") continue;
    checkThen(context, [...path, index, member[0], "then"], value?.then, names);
    if (value?.when !== undefined) continue;
    defaults += 1;
    if (defaults === 2) {
      report(context, [...path, index, member[0]], {
        code: problemCode.badValue,
        what: "A switch has at most one case without `when`.",
      });
    }
  }
}

const switchCase = strict({
  when: z.string().optional(),
  then: z.string().min(1, { error: "Expected the name of a task, continue, exit or end." }),
});

const cases = z
  .array(z.unknown())
  .min(1, { error: "A switch needs at least one case." })
  .check((context) => {
    checkList(context, context.value, (_, path, value) => {
      for (const { path: below, ...finding } of problemsOf(switchCase, value)) {
        report(context, [...path, ...below], finding);
      }
    });
  })
  .meta({ items: { $ref: "#/$defs/case" } });

// ---- Tasks -------------------------------------------------------------------------------------

const setTask = strict({
  ...base,
  set: z.union([
    z.string(),
    anyObject.refine((value) => Object.keys(value).length > 0, { error: "Expected a field." }),
  ]),
});
const switchTask = strict({ ...base, switch: cases });
const raiseTask = strict({ ...base, raise: strict({ error: z.union([z.string(), error]) }) });
const waitTask = strict({ ...base, wait: z.union([duration, expression]) });

const emitTask = strict({
  ...base,
  emit: strict({
    event: strict({
      with: attributes.refine((value) => Object.hasOwn(value, "type"), {
        error: "An event needs a type.",
      }),
    }),
  }),
});

const listenTask = strict({
  ...base,
  listen: strict({
    to: listenTo,
    read: z
      .enum(["data", "envelope", "raw"], { error: "Expected data, envelope or raw." })
      .optional(),
  }),
  foreach: strict({
    item: z.string().optional(),
    at: z.string().optional(),
    do: taskList.optional(),
    output: output.optional(),
    export: exports.optional(),
  }).optional(),
});
const doTask = strict({ ...base, do: taskList });
const forTask = strict({
  ...base,
  for: strict({
    each: z.string().optional(),
    in: z.union([z.string(), z.array(z.unknown())]),
    at: z.string().optional(),
  }),
  while: z.string().optional(),
  do: taskList,
});
const forkTask = strict({
  ...base,
  fork: strict({
    branches: z
      .array(z.unknown())
      .min(1, { error: "A fork needs at least one branch." })
      .check((context) => checkList(context, context.value, checkBranch))
      .meta(NAMED_TASKS),
    compete: z.boolean().optional(),
  }),
});
const tryTask = strict({
  ...base,
  try: taskList,
  catch: strict({
    errors: strict({ with: errorFilter.optional() }).optional(),
    as: z.string().optional(),
    when: z.string().optional(),
    exceptWhen: z.string().optional(),
    retry: z.union([z.string(), retry]).optional(),
    do: taskList.optional(),
    then: z.string().optional(),
  }),
});

/** The field that makes a task what it is; `for` and `try` come before `do`. */
const kinds: Record<string, z.ZodType | UnplacedProblem> = {
  for: forTask,
  try: tryTask,
  do: doTask,
  set: setTask,
  switch: switchTask,
  raise: raiseTask,
  fork: forkTask,
  emit: emitTask,
  listen: listenTask,
  wait: waitTask,
};

const KINDS = ["call", "run", ...Object.keys(kinds)];

const kindOf = (task: object): string | undefined =>
  KINDS.find((kind) => Object.hasOwn(task, kind));

function schemaOf(task: unknown): z.ZodType | UnplacedProblem {
  if (typeName(task) !== "object") {
    return {
      code: problemCode.wrongType,
      what: `Expected a task (an object), found ${typeName(task)}.`,
      hint: "A task holds one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.",
    };
  }
  const fields = task as Loose;
  const kind = kindOf(fields);
  if (kind === "call") return callOf(fields["call"]);
  if (kind === "run") {
    const how = typeName(fields["run"]) === "object" ? Object.keys(fields["run"] as object) : [];
    const known = Object.keys(runs).find((name) => how.includes(name));
    return (known === undefined ? undefined : runs[known]) ?? runTask;
  }
  return (
    (kind === undefined ? undefined : kinds[kind]) ?? {
      code: problemCode.missing,
      what: "Unknown or missing task type.",
      hint: "A task holds one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.",
    }
  );
}

/** A call of a function: of `use.functions`, of a catalog, or by its URI. */
const functionTask = strict({
  ...base,
  call: z.string().meta({ not: { enum: Object.keys(calls) } }),
  with: anyObject.optional(),
});

function callOf(name: unknown): z.ZodType | UnplacedProblem {
  if (typeof name !== "string") {
    return { code: problemCode.wrongType, what: "`call` names a function: expected a string." };
  }
  if (isBuiltIn(name)) return calls[name] as z.ZodType | UnplacedProblem;
  return functionTask;
}

/** Every kind of task, and what stands in a list of its own: for the JSON Schema of editors. */
export const parts: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(
    [...Object.entries(kinds), ...Object.entries(calls)].flatMap(([name, schema]) =>
      schema instanceof z.ZodType ? [[name, schema]] : [],
    ),
  ),
  run: runTask,
  function: functionTask,
};
export { switchCase, extension };
