// What each build exports is what docs/spec/abi.md lists, name by name and parameter by parameter.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The calls of each table whose first column is `call`, in their order: `merkleProof(length, start, end)` has 3. */
function tablesOfCalls(page: string): Record<string, number>[] {
  const [, ...tables] = page.split(/^\| call \|.*\n\| --- .*\n/m);
  return tables.map((table) => {
    const [rows = ""] = table.split(/^(?!\|)/m);
    const cells = rows.split("\n").map((row) => row.split(" | ")[0] ?? "");
    const calls = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)\(([^()]*)\)`/g)]);
    const named = calls.map(([, name = "", list = ""]) => [name, parametersIn(list)]);
    expect(new Set(named.map(([name]) => name)).size, "a call is listed once").toBe(named.length);
    return Object.fromEntries(named) as Record<string, number>;
  });
}

const parametersIn = (list: string): number => (list === "" ? 0 : list.split(",").length);

/** The functions that a build exports, each with the number of its parameters. */
function callsOf(target: string): Record<string, number> {
  const module = new WebAssembly.Module(readFileSync(`${root}build/${target}/engine.wasm`));
  const { exports } = new WebAssembly.Instance(module);
  const kinds = WebAssembly.Module.exports(module);
  expect(kinds.filter(({ kind }) => kind !== "function")).toEqual([
    { name: "memory", kind: "memory" },
  ]);
  const functions = kinds.filter(({ kind }) => kind === "function");
  return Object.fromEntries(
    functions.map(({ name }) => {
      const { length } = exports[name] as () => void;
      return [name, length];
    }),
  );
}

const [ofBoth = {}, ofEngine = {}, ...others] = tablesOfCalls(
  readFileSync(`${root}docs/spec/abi.md`, "utf8"),
);

test.each(["debug", "release", "release-simd"])(
  "the calls of the build %s are those of the page",
  (target) => {
    expect(others).toEqual([]);
    expect(callsOf(target)).toEqual({ ...ofBoth, ...ofEngine });
  },
);

test("ABI-13 the core has the calls of the first table, and no other", () => {
  expect(callsOf("core")).toEqual(ofBoth);
});

test("TypeScript knows the same calls", () => {
  const source = readFileSync(`${root}bindings/src/core/core.ts`, "utf8");
  const callsIn = (name: string): string[] => {
    const [, body = ""] = source.split(`export interface ${name} `);
    const [members = ""] = body.split("\n}");
    return [...members.matchAll(/^ {2}readonly (\w+): \w+;$/gm)].map(([, member = ""]) => member);
  };
  const data = callsIn("DataExports").filter((name) => name !== "memory");
  expect(data.sort()).toEqual(Object.keys(ofBoth).sort());
  expect(callsIn("Exports").sort()).toEqual(Object.keys(ofEngine).sort());
});
