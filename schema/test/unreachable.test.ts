import { expect, it } from "vitest";
import { unreachableTasks } from "@reach-fabric/schema";

const set = (then?: string): object => ({ set: "1", ...(then === undefined ? {} : { then }) });
const places = (list: unknown): string[] =>
  unreachableTasks({ do: list }).map((path) => path.join("/"));

it.each([
  ["a sequence", [{ a: set() }, { b: set() }], []],
  ["behind the end", [{ a: set("end") }, { b: set() }, { c: set() }], ["do/1/b", "do/2/c"]],
  ["jumped over", [{ a: set("c") }, { b: set() }, { c: set() }], ["do/1/b"]],
  ["jumped over, and back", [{ a: set("c") }, { b: set("exit") }, { c: set("b") }], []],
  ["a task that may be skipped", [{ a: { ...set("end"), if: ".x" } }, { b: set() }], []],
  ["behind a raise", [{ a: { raise: { error: "e" } } }, { b: set() }], ["do/1/b"]],
  [
    "a switch with a default",
    [
      { s: { switch: [{ one: { when: ".x", then: "c" } }, { other: { then: "d" } }] } },
      { b: set() },
      { c: set("exit") },
      { d: set() },
    ],
    ["do/1/b"],
  ],
  [
    "a switch without",
    [{ s: { switch: [{ one: { when: ".x", then: "c" } }] } }, { b: set() }, { c: set() }],
    [],
  ],
  [
    "a catch that leads on",
    [{ t: { try: [{ x: set() }], catch: { then: "c" }, then: "end" } }, { b: set() }, { c: set() }],
    ["do/1/b"],
  ],
  [
    "inside tasks; branches all run",
    [
      {
        f: {
          fork: {
            branches: [{ a: set("end") }, { b: { do: [{ c: set("exit") }, { d: set() }] } }],
          },
        },
      },
      { l: { listen: {}, foreach: { do: [{ g: set("exit") }, { h: set() }] } } },
    ],
    ["do/0/f/fork/branches/1/b/do/1/d", "do/1/l/foreach/do/1/h"],
  ],
])("%s", (_, list, expected) => {
  expect(places(list)).toEqual(expected);
});
