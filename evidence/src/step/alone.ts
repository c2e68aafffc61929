// The pack in which a task runs alone: its workflow, in which all tasks but this one are replaced.
//
// It stands where it stood, so that pointers in errors and in $task, and where `then` leads, are the same. In front
// of it, where there is a place for that, a task takes an event with the input and the $context that it had. Loops
// around it become plain lists: what is left of them are pointers.
import { packOf } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { canonicalBytes } from "../encoding/json.ts";
import { manifestOf } from "../file/pack.ts";
import { listIn } from "./plan.ts";
import type { Plan } from "./plan.ts";

const EVENT = "reach.step";

/** The event with what the task is given. */
export const eventOf = (data: { readonly input: unknown; readonly context?: unknown }): object => ({
  event: { data, id: "1", source: "urn:reach:step", specversion: "1.0", type: EVENT },
});

export interface Alone {
  readonly pack: Pack;
  /** The pointer of the task that takes the event; undefined where the task is the first that runs. */
  readonly entry: string | undefined;
}

/** The pack of a task alone. */
export function packAlone(engine: Engine, pack: Pack, plan: Plan): Alone {
  const { document, levels, definition, path, runInput } = plan;
  // Every list but that of branches begins with its first task, which can lead to any other.
  const jump = levels.findIndex(({ list, index }) => list !== "branches" && index > 0);
  let inner: object = definition;
  const around = aroundOf(plan);
  for (let i = levels.length - 1; i >= 0; i--) {
    const { list, index, name } = levels[i] as (typeof levels)[number];
    const others = listIn(around[i], list).map((item) => Object.keys(item as object)[0] ?? "");
    const tasks = others.map((other, at): object => {
      if (at === index) return { [name]: inner };
      if (list === "branches") return { [other]: { set: { none: true } } };
      if (at > 0 || i < jump) return { [other]: { set: { none: true }, then: "end" } };
      const first = i === jump ? entering(plan) : { set: "${ . }" };
      return { [other]: { ...first, then: name } };
    });
    inner = i === 0 ? { do: tasks } : container(list, tasks);
  }
  const { use, input } = document;
  const made = canonicalBytes(engine, {
    document: document.document,
    ...(use === undefined ? {} : { use }),
    ...(runInput && input !== undefined ? { input } : {}),
    ...inner,
  });
  const files = pack.files.map((file) => (file.path === path ? { path, bytes: made } : file));
  const entry = levels[jump];
  return {
    pack: packOf(engine, manifestOf(pack), files),
    entry: entry && `${entry.before}0/`,
  };
}

/** What holds the list of each level: the workflow, or a task. */
function aroundOf({ document, levels }: Plan): unknown[] {
  let around: unknown = document;
  return levels.map(({ list, index, name }) => {
    const held = around;
    around = (listIn(around, list)[index] as Record<string, unknown>)[name];
    return held;
  });
}

/** A task that does nothing but begin the one in it. */
function container(list: Plan["levels"][number]["list"], tasks: readonly object[]): object {
  switch (list) {
    case "try":
      return { try: tasks, catch: {} };
    case "catch": {
      const error = { type: "urn:reach:step", status: 500 };
      return { try: [{ fails: { raise: { error } } }], catch: { do: tasks } };
    }
    case "branches":
      return { fork: { branches: tasks } };
    default:
      return { do: tasks };
  }
}

/** Takes the event, and gives what is in it to the next task. */
const entering = ({ context }: Plan): object => ({
  do: [
    { given: { listen: { to: { one: { with: { type: EVENT } } } }, output: { as: ".[0]" } } },
    {
      values: {
        set: "${ .input }",
        ...(context === "task before" || context === "input"
          ? { export: { as: "${ $input.context }" } }
          : {}),
      },
    },
  ],
});
