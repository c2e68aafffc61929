// Where a task stands in its document, and which record of a run is the one before it.
import type { Place, StepLeaf, TaskLeaf } from "./leaf.ts";

/** A list of tasks on the way to a task, and which of its tasks the way goes through. */
export interface Level {
  readonly list: "do" | "try" | "catch" | "branches" | "foreach" | "workflow";
  /** The pointer of the list, with a slash behind it, and of the task. */
  readonly before: string;
  readonly at: string;
  readonly index: number;
  /** As it stands in the document. */
  readonly name: string;
}

/** What stands in pointers before the index of a task in a list. */
const LISTS: readonly (readonly [Level["list"], string])[] = [
  ["do", "/do/"],
  ["try", "/try/"],
  ["catch", "/catch/do/"],
  ["branches", "/fork/branches/"],
  ["foreach", "/foreach/do/"],
  ["workflow", "/run/workflow/do/"],
];
const TASK = /^(\d+)\/([^/]*)/;

/** The way from the workflow's own list to a task; empty for what is not the pointer of one. */
export function levelsOf(pointer: string): readonly Level[] {
  const levels: Level[] = [];
  for (let at = 0; at < pointer.length;) {
    const [list, text] = LISTS.find(([, start]) => pointer.startsWith(start, at)) ?? [];
    if (list === undefined || text === undefined) return [];
    const [found, index, name] = TASK.exec(pointer.slice(at + text.length)) ?? [];
    if (found === undefined || index === undefined || name === undefined) return [];
    const end = at + text.length + found.length;
    levels.push({
      list,
      before: pointer.slice(0, at + text.length),
      at: pointer.slice(0, end),
      index: Number(index),
      name: name.replaceAll("~1", "/").replaceAll("~0", "~"),
    });
    at = end;
  }
  return levels;
}

const isAtOrBelow = (task: string, pointer: string): boolean =>
  task === pointer || task.startsWith(`${pointer}/`);

/** Whether a record is one of a task's own: of a task in it, or a request of either. */
export const isPartOf = (leaf: StepLeaf, { task, iteration }: Place): boolean =>
  "task" in leaf &&
  isAtOrBelow(leaf.task, task) &&
  (leaf.kind !== "task" || leaf.task !== task) &&
  iteration.every((turn, i) => leaf.iteration[i] === turn);

/** Whether it is a task of a workflow that the run's own one runs, or that workflow. */
export const isInOther = (task: string): boolean => task.includes("/run/workflow");

/**
 * Whether a record can be the one before a task: of the tasks that ended before in its own branch, the last one has
 * the $context that the task began with. What other branches of a fork around it do meanwhile is not on its way.
 */
export const precedes = (leaf: StepLeaf, own: TaskLeaf): leaf is TaskLeaf =>
  leaf.kind === "task" &&
  leaf.seq < own.seq &&
  !isPartOf(leaf, own) &&
  !levelsOf(own.task).some(
    ({ list, before, at }) =>
      list === "branches" && leaf.task.startsWith(before) && !isAtOrBelow(leaf.task, at),
  );
