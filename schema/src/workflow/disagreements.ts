// Places of a workflow that runtimes of the DSL read differently: what Reach makes of them is written down
// (docs/spec/workflow.md), what another does is not known.
import { isExpression } from "../fields/duration.ts";
import { at, tasksBelow } from "./lists.ts";
import { typeName } from "../fields/problem.ts";
import type { Path } from "../fields/problem.ts";

export interface Disagreement {
  readonly path: Path;
  readonly what: string;
}

/**
 * The places where two runtimes would disagree, in document order.
 *
 * @example
 * const [first] = disagreements({ do: [{ a: { set: { n: ".n" } } }] });
 * first?.path; // → ["do", 0, "a", "set", "n"]
 */
export function disagreements(document: { readonly do: unknown }): Disagreement[] {
  return [...tasksBelow(document.do, ["do"])].flatMap(({ path, task }) => [
    ...looseTexts(task, path),
    ...(path.at(-3) === "branches" ? exportsOf(task, path) : []),
    ...retriesOf(task, path),
  ]);
}

/** Where a text is data, unless it is `${ }` as a whole. */
const VALUES: readonly Path[] = [
  ["set"],
  ["with"],
  ["run", "workflow", "input"],
  ["emit", "event", "with"],
];

function looseTexts(task: unknown, path: Path): Disagreement[] {
  return VALUES.flatMap((place) => {
    const value = at(task, place);
    return typeName(value) === "object" ? textsIn(value, [...path, ...place]) : [];
  });
}

function textsIn(value: unknown, path: Path): Disagreement[] {
  if (typeof value === "string") {
    if (isExpression(value)) return [];
    const inside = value.includes("${");
    if (!inside && !/^[.$][a-zA-Z_][\w.[\]]*$/.test(value)) return [];
    const what = inside
      ? "A text with `${ }` inside is a text; other runtimes put a value there"
      : `${value} is a text; other runtimes evaluate it: write \${ ${value} }`;
    return [{ path, what }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    textsIn(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

function exportsOf(task: unknown, path: Path): Disagreement[] {
  const inside = [
    { path, task },
    ...tasksBelow(at(task, ["do"]), [...path, "do"]),
    ...tasksBelow(at(task, ["try"]), [...path, "try"]),
  ];
  return inside
    .filter((one) => at(one.task, ["export", "as"]) !== undefined)
    .map((one) => ({
      path: [...one.path, "export"],
      what:
        "A branch of a fork exports: Reach merges what the branches change, in their order; others " +
        "keep the last that arrives, or nothing",
    }));
}

function retriesOf(task: unknown, path: Path): Disagreement[] {
  const retry = ["catch", "retry"];
  return [
    ...(at(task, [...retry, "limit", "attempt", "duration"]) === undefined
      ? []
      : [
          {
            path: [...path, ...retry, "limit", "attempt", "duration"],
            what: "It bounds each attempt, the first included; others bound all retries by it",
          },
        ]),
    ...(typeName(at(task, retry)) === "object" && at(task, [...retry, "limit"]) === undefined
      ? [
          {
            path: [...path, ...retry],
            what: "A retry without a limit goes on until one of the run's is hit",
          },
        ]
      : []),
  ];
}
