// The lists of tasks inside a task: one list of places for all that walk a workflow.
import { onlyMember } from "../fields/common.ts";
import { typeName } from "../fields/problem.ts";
import type { Path } from "../fields/problem.ts";

/** Where a task holds lists of tasks; branches are no sequence, so that all of them run. */
export const TASK_LISTS: readonly { readonly place: Path; readonly isSequence: boolean }[] = [
  { place: ["do"], isSequence: true },
  { place: ["try"], isSequence: true },
  { place: ["catch", "do"], isSequence: true },
  { place: ["foreach", "do"], isSequence: true },
  { place: ["fork", "branches"], isSequence: false },
];

/** A task, wherever it stands. */
export interface PlacedTask {
  readonly path: Path;
  readonly name: string;
  readonly task: unknown;
}

/** Every task below a list, in document order; works on documents not yet checked. */
export function* tasksBelow(list: unknown, path: Path): Generator<PlacedTask> {
  if (!Array.isArray(list)) return;
  for (const [index, item] of list.entries()) {
    const named = onlyMember(item);
    if (!named) continue;
    const [name, task] = named;
    const here = [...path, index, name];
    yield { path: here, name, task };
    for (const { place } of TASK_LISTS) yield* tasksBelow(at(task, place), [...here, ...place]);
  }
}

/** The value at a place, or undefined. */
export function at(value: unknown, path: Path): unknown {
  let inner = value;
  for (const step of path) {
    const isThere = typeName(inner) === "object" || Array.isArray(inner);
    inner = isThere ? (inner as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return inner;
}
