// Extensions: tasks before and after others, put there when the pack is built (WF-50).
import type { TaskList } from "@reach-fabric/schema";
import { problemCode } from "@reach-fabric/schema";
import { CompileError, mapTasks } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

/** `extend`, and the field that makes a task one of these. */
const KINDS: Readonly<Record<string, string>> = {
  call: "call",
  composite: "do",
  emit: "emit",
  for: "for",
  listen: "listen",
  raise: "raise",
  run: "run",
  set: "set",
  switch: "switch",
  try: "try",
  wait: "wait",
};

/** A list with the extensions, a list of named ones, around the tasks that they extend. */
export function applyExtensions(list: TaskList, extensions: TaskList): TaskList {
  // The first one is the outermost.
  const all = extensions.flatMap((item) => Object.values(item) as Fields[]).reverse();
  return mapTasks(list, ["do"], (task, path, name) =>
    all.reduce((extended: Fields, extension) => {
      if (!isMeant(task, extension["extend"])) return extended;
      if (leadsOut(task)) {
        throw new CompileError(path, {
          code: problemCode.notBuiltYet,
          what: "An extension of a task that leads to others (`switch`, `catch.then`): not built yet.",
          hint: "Put the tasks before and after it yourself.",
        });
      }
      return around(extended, task, name, extension);
    }, task),
  );
}

/** A `for` and a `try` hold `do`, too. */
function isMeant(task: Fields, extend: unknown): boolean {
  if (extend === "all") return true;
  const field = KINDS[String(extend)] ?? "";
  return field in task && (field !== "do" || !("for" in task || "try" in task));
}

const leadsOut = (task: Fields): boolean =>
  "switch" in task || (task["catch"] as Fields | undefined)?.["then"] !== undefined;

function around(extended: Fields, task: Fields, name: string, extension: Fields): Fields {
  const { if: condition, then, ...inner } = extended;
  const {
    when,
    before = [],
    after = [],
  } = extension as {
    when?: string;
    before?: TaskList;
    after?: TaskList;
  };
  // jq: `$task` is what is extended, whatever it is called around it.
  const definition = JSON.stringify(task);
  const applies = when === undefined ? undefined : `(${definition} as $task | ${bare(when)})`;
  const own = (list: TaskList): TaskList =>
    list.map((item) =>
      Object.fromEntries(
        (Object.entries(item) as [string, Fields][]).map(([key, value]) => [
          key === name ? `${key} (extension)` : key,
          handingOn(guarded(value, applies)),
        ]),
      ),
    );
  return {
    ...(condition === undefined ? {} : { if: condition }),
    ...(then === undefined ? {} : { then }),
    do: [...own(before), { [name]: inner }, ...own(after)],
  };
}

const bare = (expression: string): string =>
  /^\s*\$\{([\s\S]*)\}\s*$/.exec(expression)?.[1] ?? expression;

function guarded(task: Fields, applies: string | undefined): Fields {
  if (applies === undefined) return task;
  const { if: own } = task as { if?: string };
  const both = own === undefined ? applies : `${applies} and (${bare(own)})`;
  return { ...task, if: `\${ ${both} }` };
}

/** The data goes past a task of an extension, unless it ends what it extends or says an output. */
function handingOn(task: Fields): Fields {
  const ends = task["then"] === "exit" || task["then"] === "end";
  return ends || task["output"] !== undefined
    ? task
    : { ...task, output: { as: "${ $task.input }" } };
}
