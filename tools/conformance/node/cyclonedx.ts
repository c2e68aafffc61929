// The bill of materials of a pack against CycloneDX 1.6's own schema, and, so that the schema is known to
// refuse, the schema against the documents of others that it is for. It is of draft-07: what that spells
// otherwise is respelled. The lists of licences and the forms of signatures that it refers to are not among the
// vectors: they are taken for anything.
import { bomOf } from "@reach-fabric/cli/testing";
import { makePack } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { jsonOf, textOf } from "../suite.ts";
import type { Suite, SuiteResult, Vectors } from "../suite.ts";

const folder = "cyclonedx";
const schemas = "http://cyclonedx.org/schema";
const elsewhere = {
  [`${schemas}/spdx.schema.json`]: "true",
  [`${schemas}/jsf-0.82.schema.json`]: JSON.stringify({ definitions: { signature: true } }),
};
/** Refused for what is not looked at here: by a list of licences, by the form of an instant. */
const LEFT_OUT = ["license-id", "metadata-license", "metadata-timestamp"].map(
  (what) => `invalid-${what}-1.6.json`,
);

/** Draft-07 as draft 2020-12: a list of schemas for `items` is `prefixItems` there. */
function respelled(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(respelled);
  if (typeof schema !== "object" || schema === null) return schema;
  const { items, additionalItems, ...rest } = schema as Record<string, unknown>;
  const members = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, respelled(value)]),
  );
  if (!Array.isArray(items))
    return items === undefined ? members : { ...members, items: respelled(items) };
  return {
    ...members,
    prefixItems: items.map(respelled),
    items: respelled(additionalItems ?? true),
  };
}

/** A pack that asks for all that a bill of materials can name. */
const WORKFLOW = {
  document: { dsl: "1.0.3", namespace: "vectors", name: "bom", version: "1.0.0" },
  do: [
    { think: { call: "llm", with: { model: "small", prompt: "hello" } } },
    { get: { call: "http", with: { method: "get", endpoint: "https://a.example/v1" } } },
  ],
};

function run(engine: Engine, vectors: Vectors): SuiteResult {
  const read = jsonOf(vectors, `${folder}/bom-1.6.schema.json`) as Record<string, unknown>;
  const dialect = "https://json-schema.org/draft/2020-12/schema";
  const schema = JSON.stringify(respelled({ ...read, $schema: dialect }));
  const isValid = (text: string): boolean =>
    engine.validateJson(schema, text, { documents: elsewhere }) === null;

  const pack = makePack(engine, {
    id: "vectors/bom",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify(WORKFLOW) },
  });
  const bom = bomOf(pack);
  const cases = vectors
    .list(`${folder}/1.6`)
    .filter((path) => path.endsWith(".json") && !LEFT_OUT.some((name) => path.endsWith(name)))
    .map((path) => ({ name: path, wanted: path.includes("/valid-"), text: textOf(vectors, path) }));
  cases.push({ name: "the bill of a pack", wanted: true, text: JSON.stringify(bom) });
  const { bomFormat: _, ...without } = bom;
  cases.push({ name: "the same without its format", wanted: false, text: JSON.stringify(without) });
  const failed = cases
    .filter(({ wanted, text }) => isValid(text) !== wanted)
    .map(({ name, wanted }) => `${name}: ${wanted ? "refused" : "accepted"}`);
  return {
    passed: cases.length - failed.length,
    failed,
    skipped: LEFT_OUT,
  };
}

export const cyclonedx: Suite = { name: "cyclonedx", run };
