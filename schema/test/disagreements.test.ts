// Places of a workflow that runtimes read differently.
import { expect, it } from "vitest";
import { disagreements } from "@reach-fabric/schema";

const places = (list: unknown): string[] =>
  disagreements({ do: list }).map(({ path }) => `/${path.join("/")}`);

it.each([
  [
    "a text that looks like a path",
    { set: { a: ".b.c", d: ["$item.x", "${ .y }"] } },
    ["/do/0/t/set/a", "/do/0/t/set/d/0"],
  ],
  ["a text with an expression inside", { set: { a: "Hello ${ .name }" } }, ["/do/0/t/set/a"]],
  [
    "a plain text, a number, a file name",
    { set: { a: "b.c", n: 1, f: "x.json", e: "$ 5", o: "..." } },
    [],
  ],
  ["set as a whole is an expression", { set: ".a" }, []],
  ["arguments and inputs", { call: "f", with: { q: ".q" } }, ["/do/0/t/with/q"]],
  [
    "of a workflow that is run",
    { run: { workflow: { namespace: "a", name: "b", input: { q: ".q" } } } },
    ["/do/0/t/run/workflow/input/q"],
  ],
  [
    "events",
    { emit: { event: { with: { type: "t", data: ".d" } } } },
    ["/do/0/t/emit/event/with/data"],
  ],
  [
    "exports of branches",
    {
      fork: {
        branches: [
          { x: { set: "1", export: { as: "." } } },
          { y: { do: [{ z: { set: "1", export: { as: "." } } }] } },
        ],
      },
    },
    ["/do/0/t/fork/branches/0/x/export", "/do/0/t/fork/branches/1/y/do/0/z/export"],
  ],
  ["exports elsewhere", { set: "1", export: { as: "." } }, []],
  [
    "a retry without a limit",
    { try: [], catch: { retry: { delay: { seconds: 1 } } } },
    ["/do/0/t/catch/retry"],
  ],
  [
    "a limit of an attempt",
    { try: [], catch: { retry: { limit: { attempt: { duration: { seconds: 1 } } } } } },
    ["/do/0/t/catch/retry/limit/attempt/duration"],
  ],
])("%s", (_, task, expected) => {
  expect(places([{ t: task }])).toEqual(expected);
});
