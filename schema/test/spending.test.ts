// What a grant file says of spending on models, and of where models are.
import { expect, test } from "vitest";
import { grantFile } from "@reach-fabric/schema";

const whatOf = (more: object): string[] => {
  const found = grantFile.safeParse({ format: "reach/grant/v1", models: ["a", "b"], ...more });
  return found.success
    ? []
    : found.error.issues.map(({ message, path }) => `${path.join("/")} ${message}`);
};
const price = { input: 1, output: 2 };
const prices = { a: price, b: { ...price, cached: 0 } };
const provider = { api: "anthropic", url: "https://m.example/v1", model: "x" };

test("GRANT-24: a limit of tokens, of a cost by prices, or both", () => {
  expect(whatOf({ spending: { tokens: 1 } })).toEqual([]);
  expect(whatOf({ spending: { cost: 1, prices } })).toEqual([]);
  expect(whatOf({ spending: { tokens: 1e15, cost: 1e12, prices } })).toEqual([]);
});

test.each([
  [{}, "spending Expected a limit"],
  [{ tokens: 0 }, "spending/tokens Expected 1 or more"],
  [{ tokens: 1.5 }, "spending/tokens Expected a whole number"],
  [{ tokens: 1e15 + 2 }, "spending/tokens Expected at most"],
  [{ cost: 1 }, "spending A limit of `cost` is computed from `prices`"],
  [{ tokens: 1, prices }, "spending A limit of `cost`"],
  [{ cost: 1, prices: { a: price } }, "spending/prices No price for the model b"],
  [{ cost: 1, prices: { ...prices, c: price } }, "spending/prices/c A price for a model"],
  [
    { cost: 1, prices: { ...prices, a: { input: 0.15, output: 1 } } },
    "spending/prices/a/input Expected a whole",
  ],
  [{ cost: 1, prices: { ...prices, a: { input: 1 } } }, "spending/prices/a/output"],
])("GRANT-24: %j is refused", (spending, what) => {
  expect(whatOf({ spending }).join("\n")).toContain(what);
});

test.each([
  [{ api: "cohere" }, "Expected one of openai-chat, openai-responses, anthropic"],
  [{ maxTokensField: "max_tokens" }, "Only chat completions"],
  [{ api: "openai-chat", apiVersion: "2023-06-01" }, "has a version"],
  [{ apiVersion: "2025-01-01" }, "Expected 2023-06-01 or 2026-10-21"],
  [{ secretHeader: "api-key" }, "no `secret`"],
  [{ secretHeader: "Api Key", secret: "k" }, "lower case"],
  [{ maxTokens: 0 }, "Expected 1 or more"],
])("GRANT-13: a provider with %j is refused", (more, what) => {
  expect(whatOf({ providers: { a: { ...provider, ...more } } }).join("\n")).toContain(what);
});
