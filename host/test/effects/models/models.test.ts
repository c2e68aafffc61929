// call llm against a service on loopback that speaks chat completions (GRANT-13, WF-54 to WF-57).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8, makePack, replay } from "@reach-fabric/engine";
import { memoryRecorder, readGrant, run } from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf, json, newFolder, serve } from "../../helpers.ts";

const says = (text: string, finish_reason = "stop"): object => ({
  id: "x",
  model: "model-2026-01",
  choices: [{ index: 0, finish_reason, message: { role: "assistant", content: text } }],
  usage: { total_tokens: 9 },
});
const secrets = { key: { token: "tok-abcdef" } };

async function runWith(
  origin: string,
  args: object,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "models", version: "1.0.0" };
  const call = { call: "llm", with: { model: "small", prompt: "Well?", ...args } };
  const pack = makePack(engine, {
    id: "test/models",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: [{ ask: call }] }) },
  });
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant: { models: ["small"] },
    providers: {
      small: { api: "openai-chat", url: `${origin}/v1/`, model: "their-name", secret: "key" },
    },
    secrets,
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

describe("a question to a model", () => {
  it("goes to the provider with our parameters in its words, and the secret", async () => {
    const { origin, requests } = await serve(json(says('{"risk":"low"}')));
    const schema = { document: { type: "object", required: ["risk"] } };
    const parameters = { temperature: 0, maxTokens: 10, seed: 7 };
    const result = await runWith(origin, { system: "Be brief.", parameters, schema });
    expect(result.output).toEqual({ risk: "low" });
    const [request] = requests;
    expect(request).toMatchObject({ method: "POST", url: "/v1/chat/completions" });
    expect(request?.headers["authorization"]).toBe("Bearer tok-abcdef");
    expect(request?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{64}$/);
    expect(request?.headers["x-reach-attempt"]).toBe("1");
    expect(JSON.parse(request?.body ?? "")).toEqual({
      model: "their-name",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Well?" },
      ],
      temperature: 0,
      max_completion_tokens: 10,
      seed: 7,
      stream: true,
      stream_options: { include_usage: true },
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", strict: true, schema: schema.document },
      },
    });
    const trace = result.records.map((record) => fromUtf8(record)).join("\n");
    expect(trace).not.toContain("tok-abcdef");
    expect(trace).not.toContain("their-name");
    expect(trace).toContain("model-2026-01");
  });

  it("GRANT-18: has no answer where the text ends in the middle of a character", async () => {
    const { origin } = await serve((_, response) =>
      response.end(JSON.stringify(says("so \ud83d"))),
    );
    const result = await runWith(origin, {});
    expect(result.error).toMatchObject({ status: 502, detail: "protocol" });
    expect(result.annotations[1]).toMatchObject({ code: "REACH-E3236" });
  });

  it("what is no answer is a failure of its own", async () => {
    const errorWith = async (body: unknown, status = 200): Promise<unknown> => {
      const { origin } = await serve(json(body, status));
      const { error } = await runWith(origin, {});
      return (error as { status: number }).status;
    };
    expect(await errorWith({ error: "slow down" }, 429)).toBe(429);
    expect(await errorWith({ choices: [] })).toBe(502);
    expect(await errorWith(says("x", "length"))).toBe(502);
    expect(await errorWith({ ...says("x"), model: 5 })).toBe(502);
    expect(await errorWith(says("the token is tok-abcdef"))).toBe(403);
  });

  it("a reason that is none of the API's is another one", async () => {
    for (const reason of ["eos", "constructor", "__proto__", ""]) {
      const { origin } = await serve(json(says("x", reason)));
      const { output } = await runWith(origin, { output: "response" });
      expect(output).toEqual({ content: "x", finish: "other", model: "model-2026-01" });
    }
  });

  it("is asked of nobody without a grant, a provider and its secret", async () => {
    const { origin, requests } = await serve(json(says("x")));
    const statusOf = async (more: Partial<RunOptions>): Promise<unknown> =>
      ((await runWith(origin, {}, more)).error as { status: number }).status;
    expect(await statusOf({ grant: {} })).toBe(403);
    expect(await statusOf({ providers: {} })).toBe(403);
    expect(await statusOf({ secrets: {} })).toBe(403);
    expect(requests).toEqual([]);
  });
});

it("a grant file says which models, and where they are", async () => {
  const path = join(await newFolder(), "grant.json");
  const provider = { api: "openai-chat", url: "https://m.example/v1", model: "x", secret: "k" };
  const file = { format: "reach/grant/v1", models: ["b", "a", "b"], providers: { a: provider } };
  await writeFile(path, JSON.stringify(file));
  expect(await readGrant(path)).toEqual({
    grant: { models: ["a", "b"] },
    addresses: {},
    providers: { a: provider },
    directories: {},
    bounds: {},
    repeatable: {},
  });
  await writeFile(path, JSON.stringify({ ...file, models: ["b"] }));
  expect((await errorOf(readGrant(path))).code).toBe("REACH-E4216");
});
