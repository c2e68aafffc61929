// Walking and rewriting the tasks of a checked document.
import { TASK_LISTS } from "@reach-fabric/schema";
import type { Path, Problem, TaskList } from "@reach-fabric/schema";
import { refusalOf, whereOf } from "../files/document.ts";
import type { ReachError } from "../files/error.ts";
import type { DocumentPlace } from "../files/place.ts";

/** A task, or any other object of a document. */
export type Fields = { readonly [name: string]: unknown };

/** What the fields of every task are; the others are its own. */
export const COMMON: readonly string[] = [
  "if",
  "input",
  "output",
  "export",
  "timeout",
  "then",
  "metadata",
];

/** A list with each task, the inner ones first, replaced by what `change` makes of it. */
export function mapTasks(
  list: TaskList,
  path: Path,
  change: (task: Fields, path: Path, name: string) => Fields,
): TaskList {
  return list.map((item, index) => {
    const [[name, task] = ["", {}]] = Object.entries(item) as [string, Fields][];
    const here = [...path, index, name];
    let whole = task;
    for (const { place } of TASK_LISTS) {
      const inner = valueAt(whole, place);
      if (!Array.isArray(inner)) continue;
      whole = withValue(
        whole,
        place,
        mapTasks(inner as TaskList, [...here, ...place], change),
      ) as Fields;
    }
    return { [name]: change(whole, here, name) };
  });
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) at = (at as Fields | undefined)?.[step as string];
  return at;
}

function withValue(value: unknown, [first, ...rest]: Path, replacement: unknown): unknown {
  if (first === undefined) return replacement;
  const fields = value as Fields;
  return { ...fields, [first]: withValue(fields[first as string], rest, replacement) };
}

/** The fields of a task that all tasks may have, or those that are its own. */
export const pick = (task: Fields, common: boolean): Fields =>
  Object.fromEntries(Object.entries(task).filter(([name]) => COMMON.includes(name) === common));

/** What is wrong in a document, as the schema says it. */
export class CompileError extends Error {
  readonly path: Path;
  readonly problem: Omit<Problem, "path">;
  constructor(path: Path, problem: Omit<Problem, "path">) {
    super(problem.what);
    this.path = path;
    this.problem = problem;
  }

  /** The same at its place in a file. */
  at(locate: (path: Path) => DocumentPlace): ReachError {
    const place = locate(this.path);
    return refusalOf([{ ...this.problem, ...place, where: whereOf(place, "workflow") }], this);
  }
}
