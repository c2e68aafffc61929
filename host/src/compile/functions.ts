// Functions: each call becomes the function's own task, on the call's arguments (WF-49).
import { isBuiltIn, problemCode } from "@reach-fabric/schema";
import type { Path, TaskList } from "@reach-fabric/schema";
import { CompileError, mapTasks, pick } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

/** The function of a name: a task. Undefined where there is none. */
export type FunctionLookup = (name: string, path: Path) => Fields | undefined;

/**
 * A list whose calls of functions are replaced by what they do.
 *
 * @throws CompileError for a function that calls itself, or that is not there
 */
export function inlineFunctions(
  list: TaskList,
  path: Path,
  lookup: FunctionLookup,
  inside: readonly string[] = [],
): TaskList {
  return mapTasks(list, path, (task, here) => {
    const { call, with: args } = task;
    if (typeof call !== "string" || isBuiltIn(call)) return task;
    const where = [...here, "call"];
    if (inside.includes(call)) {
      throw new CompileError(where, {
        code: problemCode.refused,
        what: `The function ${call} calls itself.`,
        why: "functions are put in the place of their calls",
      });
    }
    const found = lookup(call, where);
    if (found === undefined) {
      throw new CompileError(where, {
        code: problemCode.unknownName,
        what: `There is no function ${call}.`,
        hint: "Define it in `use.functions`.",
      });
    }
    const name = /([A-Za-z][\w-]*)(?::[^/@]*)?(?:@[^/]*)?$/.exec(call)?.[1] ?? "function";
    const body = inlineFunctions([{ [name]: found }], where, lookup, [...inside, call]);
    const isEmpty = args === undefined || Object.keys(args as object).length === 0;
    return { ...pick(task, true), do: [{ arguments: { set: isEmpty ? "{}" : args } }, ...body] };
  });
}
