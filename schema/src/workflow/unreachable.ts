// Tasks of a workflow to which nothing leads: their list goes past them whatever it is given.
import { onlyMember } from "../fields/common.ts";
import { at, TASK_LISTS } from "./lists.ts";
import type { Path } from "../fields/problem.ts";

type Loose = Readonly<Record<string, unknown>>;

/**
 * The places of tasks that can never run, in document order; what is inside them is not listed again.
 *
 * @example
 * unreachableTasks({ do: [{ a: { set: "1", then: "end" } }, { b: { set: "2" } }] }); // → [["do", 1, "b"]]
 */
export function unreachableTasks(document: { readonly do: unknown }): Path[] {
  return inList(document.do, ["do"]);
}

function inList(list: unknown, path: Path, isSequence = true): Path[] {
  if (!Array.isArray(list)) return [];
  const tasks = list.map((item) => onlyMember(item) ?? ["", {}]) as [string, unknown][];
  const names = tasks.map(([name]) => name);
  const reached = isSequence ? reachedIn(tasks, names) : new Set(tasks.keys());
  return tasks.flatMap(([name, task], index) => {
    const here = [...path, index, name];
    if (!reached.has(index)) return [here];
    return TASK_LISTS.flatMap(({ place, isSequence: sequence }) =>
      inList(at(task, place), [...here, ...place], sequence),
    );
  });
}

function reachedIn(
  tasks: readonly [string, unknown][],
  names: readonly string[],
): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = tasks.length > 0 ? [0] : [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    const [, task = {}] = tasks[next] ?? [];
    for (const flow of flowsOf(task as Loose)) {
      const target = flow === "continue" ? next + 1 : names.indexOf(flow);
      if (target >= 0 && target < tasks.length) open.push(target);
    }
  }
  return reached;
}

/** Where a task may lead: `continue`, `exit`, `end`, or a task's name. */
function flowsOf(task: Loose): string[] {
  const own = typeof task["then"] === "string" ? task["then"] : "continue";
  // A task that is skipped is passed over.
  const flows = task["if"] === undefined ? [] : ["continue"];
  if (task["raise"] !== undefined) return flows;
  const cases = task["switch"];
  if (Array.isArray(cases)) {
    const bodies = cases.map((item) => onlyMember(item)?.[1] as Loose | undefined);
    const targets = bodies.map((body) => body?.["then"]);
    flows.push(...targets.filter((target) => typeof target === "string"));
    if (bodies.some((body) => body?.["when"] === undefined)) return flows;
  }
  const handled = at(task, ["catch", "then"]);
  return [...flows, own, ...(typeof handled === "string" ? [handled] : [])];
}
