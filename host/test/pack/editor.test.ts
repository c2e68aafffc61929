// The JSON Schema for editors says what the zod schemas say, as far as a JSON Schema can.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createEngine } from "@reach-fabric/engine";
import { editorDocuments, editorSchema, problemsOf, workflow } from "@reach-fabric/schema";

const engine = createEngine();
const vectors = new URL("../../../../shared/vectors/openworkflow/", import.meta.url);
const own = new URL("../../../examples/", import.meta.url);

const schema = JSON.stringify(editorSchema("workflow"));
const fits = (document: unknown): boolean =>
  engine.validateJson(schema, JSON.stringify(document)) === null;
/** Null for what is no YAML. */
const read = (file: URL): unknown => {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
};
const withTask = (task: unknown): object => ({
  document: { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" },
  do: [{ task }],
});

describe("the JSON Schema for editors", () => {
  it.each(editorDocuments)("of a %s is a schema that the engine reads", (name) => {
    expect(() => engine.validateJson(JSON.stringify(editorSchema(name)), "{}")).not.toThrow();
    expect(JSON.stringify(editorSchema(name)).length).toBeLessThan(60_000);
  });

  it("accepts our examples", () => {
    for (const name of readdirSync(own)) {
      expect(fits(read(new URL(`${name}/workflow.yaml`, own))), name).toBe(true);
    }
  });

  it("accepts whatever of the specification's examples Reach accepts", (context) => {
    if (!existsSync(vectors)) return context.skip("NOT CHECKED: no ../shared/vectors/openworkflow");
    const files = readdirSync(new URL("examples/", vectors));
    const accepted = files.filter((file) => {
      const document = read(new URL(`examples/${encodeURIComponent(file)}`, vectors));
      const isOurs = problemsOf(workflow, document).length === 0;
      if (isOurs) expect(fits(document), file).toBe(true);
      return isOurs;
    });
    expect(accepted.length).toBeGreaterThan(40);
    return undefined;
  });

  it("refuses the specification's invalid documents", (context) => {
    if (!existsSync(vectors)) return context.skip("NOT CHECKED: no ../shared/vectors/openworkflow");
    const files = readdirSync(new URL("invalid/", vectors));
    for (const file of files)
      expect(fits(read(new URL(`invalid/${file}`, vectors))), file).toBe(false);
    expect(files.length).toBe(3);
    return undefined;
  });

  it.each([
    ["an unknown field", { set: "1", els: 1 }],
    [
      "an unknown field inside",
      { call: "http", with: { method: "get", endpoint: "https://a", bdy: 1 } },
    ],
    ["a wrong type", { call: "llm", with: { model: 1, prompt: "x" } }],
    ["two tasks in one item of an inner list", { do: [{ a: { set: "1" }, b: { set: "1" } }] }],
    ["an unknown kind", { sett: "1" }],
    [
      "a wrong task deep inside",
      { try: [{ a: { fork: { branches: [{ b: { sett: "1" } }] } } }], catch: {} },
    ],
    ["a wrong case", { switch: [{ a: { when: ".x" } }] }],
    [
      "what is refused",
      {
        call: "http",
        with: { method: "get", endpoint: { uri: "https://a", authentication: { nope: {} } } },
      },
    ],
  ])("refuses %s", (_, task) => {
    expect(fits(withTask(task))).toBe(false);
    expect(problemsOf(workflow, withTask(task))).not.toEqual([]);
  });

  it("and Reach take $schema, which is no part of the workflow", () => {
    const document = { $schema: "workflow.schema.json", ...withTask({ set: "1" }) };
    expect([fits(document), problemsOf(workflow, document)]).toEqual([true, []]);
  });
});
