// call llm by each API of models, against a real server that speaks it (GRANT-13, GRANT-23, WF-56, WF-57, WF-71).
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { describe, expect, it, test } from "vitest";
import {
  canonicalize,
  createEngine,
  fromUtf8,
  makePack,
  parseRecord,
  replay,
} from "@reach-fabric/engine";
import { memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import type { Provider } from "@reach-fabric/schema";
import { startModels } from "../../../../examples/support-ticket/models/server.ts";
import type {
  ModelServer,
  ModelServerOptions,
} from "../../../../examples/support-ticket/models/server.ts";
import { later, listen } from "../../helpers.ts";

const KEY = "sk-test-0123456789";
const apis = ["openai-chat", "openai-responses", "anthropic"] as const;
type Api = (typeof apis)[number];

async function models(options: ModelServerOptions = {}): Promise<ModelServer> {
  const server = await startModels({ key: KEY, ...options });
  later(() => server.stop());
  return server;
}

interface Asking {
  readonly origin: string;
  readonly api: Api;
  readonly model: string;
  readonly args?: object;
  readonly provider?: Partial<Provider>;
  readonly more?: Partial<RunOptions>;
  /** The task, where it is another one. */
  readonly tasks?: readonly object[];
}

async function asked({
  origin,
  api,
  model,
  args = {},
  provider,
  more,
  tasks,
}: Asking): Promise<RunResult & { readonly recorded: object | undefined }> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "models", version: "1.0.0" };
  const call = {
    call: "llm",
    with: { model: "m", prompt: "Charged twice?", output: "response", ...args },
  };
  const pack = makePack(engine, {
    id: "test/models",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: tasks ?? [{ ask: call }] }) },
  });
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant: { models: ["m"] },
    providers: { m: { api, url: `${origin}/v1`, model, secret: "key", ...provider } },
    secrets: { key: { token: KEY } },
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  expect(result.records.map((record) => fromUtf8(record)).join("\n")).not.toContain(KEY);
  const answers = result.records.flatMap((bytes) => {
    const record = parseRecord(bytes);
    return record.kind === "result" ? [record.result] : [];
  });
  return { ...result, recorded: answers.at(-1) };
}

const schema = {
  document: {
    type: "object",
    additionalProperties: false,
    required: ["topic", "urgent"],
    properties: { topic: { type: "string" }, urgent: { type: "boolean" } },
  },
};
const lookup = {
  name: "lookup_order",
  description: "Looks an order up.",
  schema: {
    document: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
  },
};

describe.each(apis)("%s", (api) => {
  it.each([true, false])("answers, as a stream: %s, and the same is recorded", async (stream) => {
    const { origin, requests } = await models();
    const { output, recorded, records } = await asked({
      origin,
      api,
      model: "stand-in",
      provider: { stream },
    });
    const usage = { input: 4, output: 6, cached: 0 };
    expect(recorded).toEqual({
      finish: "stop",
      model: "stand-in-1",
      text: "It is about billing.",
      usage,
    });
    expect(output).toEqual({
      content: "It is about billing.",
      finish: "stop",
      model: "stand-in-1",
      usage,
    });
    expect(records.length).toBe(5);
    expect(requests[0]?.body["stream"]).toBe(stream ? true : undefined);
    expect(requests[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is given a schema, and what comes back fits it by the engine's own reading", async () => {
    const { origin } = await models();
    const { output } = await asked({
      origin,
      api,
      model: "stand-in",
      args: { schema, output: "content" },
    });
    expect(output).toEqual({ topic: "billing", urgent: false });
    const says = (): string => '{"topic":"billing","urgent":"no"}';
    const other = await models({ says });
    const { error } = await asked({
      origin: other.origin,
      api,
      model: "stand-in",
      args: { schema },
    });
    expect(error).toMatchObject({ status: 400, title: "A value does not fit its schema" });
    const twice = await models({ says: () => '{"topic":"a","topic":"b","urgent":true}' });
    const found = await asked({ origin: twice.origin, api, model: "stand-in", args: { schema } });
    expect(found.error).toMatchObject({ status: 502, title: "The model's answer is not JSON" });
  });

  it.each([true, false])(
    "WF-71: asks for a tool, as a stream: %s, and is told what came of it",
    async (stream) => {
      const { origin, requests } = await models();
      const asking = { origin, api, model: "tools", provider: { stream } };
      const { output, recorded } = await asked({ ...asking, args: { tools: [lookup] } });
      expect(recorded).toMatchObject({
        finish: "tools",
        text: "",
        tools: [{ arguments: '{"id":"7"}', id: "call_1", name: "lookup_order" }],
      });
      expect(output).toMatchObject({
        tools: [{ arguments: { id: "7" }, id: "call_1", name: "lookup_order" }],
      });
      const messages = [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Where is it?" },
        {
          role: "assistant",
          content: "",
          tools: [{ id: "call_1", name: "lookup_order", arguments: { id: "7" } }],
        },
        { role: "tool", id: "call_1", content: "in Bern" },
      ];
      const again = { prompt: undefined, messages, tools: [lookup] };
      const next = await asked({ ...asking, model: "stand-in", args: again });
      expect(next.output).toMatchObject({ finish: "stop", content: "It is about other." });
      const sent = JSON.stringify(requests[1]?.body);
      for (const part of [
        "Be brief.",
        "Where is it?",
        "call_1",
        "lookup_order",
        "in Bern",
        "Looks an order up.",
      ]) {
        expect(sent).toContain(part);
      }
    },
  );

  it.each([
    ["long", "length"],
    ["refuses", "refusal"],
    ["filtered", api === "anthropic" ? "refusal" : "filter"],
  ])("WF-56: what is %s ends with %s, whole or as a stream", async (model, finish) => {
    const { origin } = await models();
    for (const stream of [true, false]) {
      const { recorded } = await asked({ origin, api, model, provider: { stream } });
      const words = model === "refuses" ? { refusal: "I cannot help with that.", text: "" } : {};
      expect(recorded).toMatchObject({ finish, ...words });
      const { error } = await asked({
        origin,
        api,
        model,
        args: { output: "content" },
        provider: { stream },
      });
      expect(error).toMatchObject({ status: 502, detail: finish });
    }
  });

  it("WF-57: a service that is busy, broken or cut off is told from all of these", async () => {
    const { origin } = await models();
    const said = async (model: string, provider: Partial<Provider> = {}): Promise<unknown> =>
      (await asked({ origin, api, model, provider })).recorded;
    expect(await said("busy")).toEqual({ status: 429 });
    expect(await said("down")).toEqual({ status: 503 });
    expect(await said("overloaded")).toEqual({ status: api === "anthropic" ? 529 : 500 });
    expect(await said("cut")).toEqual({ failure: "protocol" });
    expect(await said("ends")).toEqual({ failure: "protocol" });
    expect(await said("garbled")).toEqual({ failure: "protocol" });
    expect(await said("stays")).toMatchObject({ finish: "stop" });
    expect(await said("stand-in", { secretHeader: "api-key" })).toEqual({ status: 401 });
  });

  it("429 is tried again by the workflow, and answers", async () => {
    const { origin, requests } = await models();
    const question = { call: "llm", with: { model: "m", prompt: "Slow today." } };
    const retry = { delay: { milliseconds: 1 }, limit: { attempt: { count: 2 } } };
    const tasks = [
      { again: { try: [{ ask: question }], catch: { when: ".status == 429", retry } } },
    ];
    const { output } = await asked({ origin, api, model: "busy", tasks });
    expect(output).toBe("It is about fault.");
    expect(requests.length).toBe(2);
  });

  it("GRANT-23: half a character finds its other half in the next event, or there is no answer", async () => {
    const { origin } = await models();
    const whole = await asked({ origin, api, model: "halves" });
    expect(whole.recorded).toMatchObject({ text: "so \u{1f600} then" });
    const half = await asked({ origin, api, model: "half" });
    expect(half.recorded).toEqual({ failure: "protocol" });
  });

  it("GRANT-23: says what was kept, or nothing of its usage, and a limit wants to know", async () => {
    const { origin } = await models();
    const kept = await asked({ origin, api, model: "kept" });
    expect(kept.recorded).toMatchObject({ usage: { input: 4, cached: 2 } });
    const silent = await asked({ origin, api, model: "silent" });
    expect(silent.recorded).not.toHaveProperty("usage");
    const more = { grant: { models: ["m"], spending: { tokens: 1000 } } };
    const limited = await asked({ origin, api, model: "silent", more });
    expect(JSON.stringify(limited.error)).toContain("REACH-E1210");
    const over = { grant: { models: ["m"], spending: { tokens: 8 } } };
    const beyond = await asked({ origin, api, model: "kept", more: over });
    expect(JSON.stringify(beyond.error)).toContain("REACH-E1208");
  });

  it("GRANT-20: an answer that holds the key is denied, also where two events have a part of it", async () => {
    const { origin } = await models({ says: () => `the key is ${KEY}` });
    for (const stream of [true, false]) {
      const { recorded } = await asked({ origin, api, model: "stand-in", provider: { stream } });
      expect(recorded).toEqual({ failure: "denied" });
    }
  });
});

test("GRANT-20: the key is looked for in what is not recorded, too", async () => {
  const whole = {
    id: KEY,
    model: "x",
    choices: [{ finish_reason: "stop", message: { content: "hi" } }],
  };
  const [body, stream] = [JSON.stringify(whole), chat({ id: KEY }) + good + DONE];
  for (const origin of [await saying(body, "application/json"), await saying(stream)]) {
    const { recorded } = await asked({ origin, api: "openai-chat", model: "x" });
    expect(recorded).toEqual({ failure: "denied" });
  }
});

/** What is asked, in the words of each API. */
test("GRANT-13: parameters go in each API's own words, and what it lacks is denied", async () => {
  const { origin, requests } = await models();
  const parameters = { maxTokens: 10, temperature: 0, topP: 1 };
  const bodies: Record<string, object> = {};
  for (const api of apis) {
    const older = api === "anthropic" ? { apiVersion: "2023-06-01" as const } : {};
    const question = { origin, api, model: "stand-in", args: { parameters } };
    expect((await asked({ ...question, provider: older })).recorded).toHaveProperty("text");
    bodies[api] = requests.at(-1)?.body ?? {};
  }
  expect(bodies).toMatchObject({
    "openai-chat": {
      max_completion_tokens: 10,
      temperature: 0,
      top_p: 1,
      stream_options: { include_usage: true },
    },
    "openai-responses": { max_output_tokens: 10, temperature: 0, top_p: 1, store: false },
    anthropic: { max_tokens: 10, temperature: 0, top_p: 1 },
  });
  const own = { maxTokensField: "max_tokens" } as const;
  await asked({
    origin,
    api: "openai-chat",
    model: "stand-in",
    args: { parameters },
    provider: own,
  });
  expect(requests.at(-1)?.body).toMatchObject({ max_tokens: 10 });
  expect(requests.at(-1)?.body).not.toHaveProperty("max_completion_tokens");
  await asked({ origin, api: "anthropic", model: "stand-in" });
  expect(requests.at(-1)?.body).toMatchObject({ max_tokens: 4096 });
  await asked({ origin, api: "anthropic", model: "stand-in", provider: { maxTokens: 77 } });
  expect(requests.at(-1)?.body).toMatchObject({ max_tokens: 77 });
  const before = requests.length;
  for (const api of ["openai-responses", "anthropic"] as const) {
    const { recorded, annotations } = await asked({
      origin,
      api,
      model: "stand-in",
      args: { parameters: { seed: 1 } },
    });
    expect(recorded).toEqual({ failure: "denied" });
    expect(annotations.find((one) => "code" in one)).toMatchObject({
      why: `the API ${api} has no seed`,
    });
  }
  for (const parameters of [{ temperature: 0 }, { topP: 1 }]) {
    const question = { origin, api: "anthropic", model: "stand-in", args: { parameters } } as const;
    expect((await asked(question)).recorded).toEqual({ failure: "denied" });
  }
  expect(requests.length).toBe(before);
});

/** A service that gives bytes as they are. */
async function saying(
  text: string | Uint8Array,
  type = "text/event-stream",
  end = (response: ServerResponse): void => void response.end(),
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": type });
      response.write(text);
      end(response);
    });
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

const DONE = "data: [DONE]\n\n";
const chat = (...chunks: object[]): string =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("");
const piece = (delta: object, finish_reason: string | null = null): object => ({
  model: "x",
  choices: [{ index: 0, delta, finish_reason }],
});
const good = chat(piece({ content: "fine" }), piece({}, "stop"));

describe("GRANT-23: a stream that is none", () => {
  const recordedOf = async (origin: string, provider: Partial<Provider> = {}): Promise<unknown> =>
    (await asked({ origin, api: "openai-chat", model: "x", provider })).recorded;

  it.each([
    ["nothing", ""],
    ["no end", good],
    ["an end without a reason", chat(piece({ content: "x" })) + DONE],
    ["an end that is cut", good + DONE.slice(0, -1)],
    ["two reasons", good + chat(piece({}, "length")) + DONE],
    ["text behind its reason", good + chat(piece({ content: "more" })) + DONE],
    ["no model", chat({ choices: [{ delta: { content: "x" }, finish_reason: "stop" }] }) + DONE],
    ["two choices", chat({ model: "x", choices: [{ index: 1, delta: {} }] }) + good + DONE],
    ["a text that is none", chat(piece({ content: 7 }), piece({}, "stop")) + DONE],
    ["a name twice", `data: {"model":"x","model":"y"}\n\n${good}${DONE}`],
    ["an integer that no double has", `data: {"seed":9007199254740993}\n\n${good}${DONE}`],
    ["no JSON", `data: {\n\n${good}${DONE}`],
    ["a nesting without end", `data: ${"[".repeat(3000)}\n\n${good}${DONE}`],
    ["an error that is not known", chat({ error: { code: "odd" } }) + good + DONE],
    [
      "a call that does not begin",
      chat(piece({ tool_calls: [{ index: 2 }] }), piece({}, "tool_calls")) + DONE,
    ],
    [
      "a call without a name",
      chat(piece({ tool_calls: [{ index: 0, id: "c" }] }), piece({}, "tool_calls")) + DONE,
    ],
    ["tools and no call", chat(piece({}, "tool_calls")) + DONE],
    ["bytes that are no UTF-8", Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a)],
  ])("%s", async (_, text) => {
    expect(await recordedOf(await saying(text))).toEqual({ failure: "protocol" });
  });

  it("and so is a whole answer that says two", async () => {
    const choice = { finish_reason: "stop", message: { content: "hi" } };
    const said = async (...choices: object[]): Promise<unknown> =>
      recordedOf(await saying(JSON.stringify({ model: "x", choices }), "application/json"));
    expect(await said(choice)).toEqual({ finish: "stop", model: "x", text: "hi" });
    expect(await said(choice, choice)).toEqual({ failure: "protocol" });
  });

  it("is one where it ends, whatever follows", async () => {
    const origin = await saying(`${good}${DONE}data: {\n\n`, "text/event-stream", () => undefined);
    expect(await recordedOf(origin)).toEqual({ finish: "stop", model: "x", text: "fine" });
  });

  it("that is larger than its limit is too large, in one event or in many", async () => {
    const big = good.replace("fine", "x".repeat(5000));
    const many = chat(...Array.from({ length: 100 }, () => piece({ content: "x" }))) + good;
    for (const text of [big, many]) {
      const origin = await saying(text + DONE);
      expect(await recordedOf(origin, { limits: { bytes: 4000 } })).toEqual({
        failure: "tooLarge",
      });
      expect(await recordedOf(origin, { limits: { bytes: 40_000 } })).toMatchObject({
        finish: "stop",
      });
    }
  });

  it("and that does not go on, has its provider's time and no more", async () => {
    const origin = await saying(good, "text/event-stream", () => undefined);
    expect(await recordedOf(origin, { limits: { total: 200 } })).toEqual({ failure: "timeout" });
  });

  it("a usage that is no whole number, or a part that is more than all, is none", async () => {
    for (const usage of [
      { prompt_tokens: 1.5, completion_tokens: 1 },
      { prompt_tokens: "1", completion_tokens: 1 },
      { prompt_tokens: 1, completion_tokens: 2e9 },
      { prompt_tokens: 1, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 2 } },
    ]) {
      const recorded = await recordedOf(
        await saying(good + chat({ model: "x", choices: [], usage }) + DONE),
      );
      expect(recorded).toEqual({ finish: "stop", model: "x", text: "fine" });
    }
  });

  it("a usage that goes down, or is none behind one that was, is none", async () => {
    const counted = (prompt_tokens: number, completion_tokens: number): string =>
      chat({ model: "x", choices: [], usage: { prompt_tokens, completion_tokens } });
    const told = async (...counts: string[]): Promise<unknown> =>
      recordedOf(await saying(good + counts.join("") + DONE));
    const plain = { finish: "stop", model: "x", text: "fine" };
    expect(await told(counted(100, 100), counted(1, 1))).toEqual(plain);
    expect(await told(counted(1, 1), counted(1, -1), counted(2, 2))).toEqual(plain);
    expect(await told(counted(1, 1), counted(1, 2))).toEqual({
      ...plain,
      usage: { input: 1, output: 2 },
    });
  });
});

describe("GRANT-23: events of Anthropic's out of their order", () => {
  const events = (...all: object[]): string =>
    all.map((one) => `event: x\ndata: ${JSON.stringify(one)}\n\n`).join("");
  const start = {
    type: "message_start",
    message: { model: "x", usage: { input_tokens: 1, output_tokens: 1 } },
  };
  const block = (index: number): object => ({
    type: "content_block_start",
    index,
    content_block: { type: "text", text: "" },
  });
  const text = (index: number): object => ({
    type: "content_block_delta",
    index,
    delta: { type: "text_delta", text: "hi" },
  });
  const stop = (index: number): object => ({ type: "content_block_stop", index });
  const ending = {
    type: "message_delta",
    delta: { stop_reason: "end_turn" },
    usage: { output_tokens: 5 },
  };
  const end = { type: "message_stop" };

  it.each([
    ["a block before the beginning", [block(0), start, text(0), stop(0), ending, end]],
    ["two beginnings", [start, start, block(0), text(0), stop(0), ending, end]],
    ["a block in a block", [start, block(0), block(1), text(0), stop(0), ending, end]],
    ["a block that is left out", [start, block(1), text(1), stop(1), ending, end]],
    ["a piece of no block", [start, text(0), ending, end]],
    ["a piece of another block", [start, block(0), text(1), stop(0), ending, end]],
    ["an end of another block", [start, block(0), text(0), stop(1), ending, end]],
    ["an ending inside a block", [start, block(0), text(0), ending, end]],
    ["a block behind the ending", [start, ending, block(0), text(0), stop(0), end]],
    ["an end without an ending", [start, block(0), text(0), stop(0), end]],
    ["an ending that names no reason", [start, { ...ending, delta: { stop_reason: null } }, end]],
    [
      "two endings with two reasons",
      [start, ending, { ...ending, delta: { stop_reason: "max_tokens" } }, end],
    ],
  ])("%s", async (_, all) => {
    const origin = await saying(events(...all));
    const { recorded } = await asked({ origin, api: "anthropic", model: "x" });
    expect(recorded).toEqual({ failure: "protocol" });
  });

  it("others are not minded, and counts that come later are of the whole", async () => {
    const thinking = { type: "content_block_start", index: 0, content_block: { type: "thinking" } };
    const all = [
      start,
      { type: "ping" },
      thinking,
      stop(0),
      block(1),
      text(1),
      stop(1),
      { type: "new" },
      ending,
      end,
    ];
    const { recorded } = await asked({
      origin: await saying(events(...all)),
      api: "anthropic",
      model: "x",
    });
    expect(recorded).toEqual({
      finish: "stop",
      model: "x",
      text: "hi",
      usage: { input: 1, output: 5 },
    });
  });

  it("a number in a tool's arguments that no double has is not rounded: there is no answer", async () => {
    const content =
      '[{"type":"tool_use","id":"c","name":"pay","input":{"account":12345678901234567890}}]';
    const body = `{"model":"x","content":${content},"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`;
    const origin = await saying(body, "application/json");
    const { recorded } = await asked({ origin, api: "anthropic", model: "x" });
    expect(recorded).toEqual({ failure: "protocol" });
  });
});

describe("GRANT-23: responses of OpenAI's", () => {
  const recordedOf = async (response: object, type = "response.completed"): Promise<unknown> => {
    const origin = await saying(chat({ type, response }));
    return (await asked({ origin, api: "openai-responses", model: "x" })).recorded;
  };
  const item = { type: "message", content: [{ type: "output_text", text: "hi" }] };

  it("that failed are the status of their kind, or none", async () => {
    const failed = (code: string): object => ({
      model: "x",
      status: "failed",
      output: [],
      error: { code },
    });
    expect(await recordedOf(failed("rate_limit_exceeded"), "response.failed")).toEqual({
      status: 429,
    });
    expect(await recordedOf(failed("server_error"), "response.failed")).toEqual({ status: 500 });
    expect(await recordedOf(failed("odd"), "response.failed")).toEqual({ failure: "protocol" });
  });

  it("that have not ended are none", async () => {
    const open = { model: "x", status: "in_progress", output: [item] };
    expect(await recordedOf(open)).toEqual({ failure: "protocol" });
  });

  it("have what was made before, where the last event does not say it again", async () => {
    const events = [
      { type: "response.output_item.done", item },
      { type: "response.completed", response: { model: "x", status: "completed", output: [] } },
    ];
    const origin = await saying(chat(...events));
    const { recorded } = await asked({ origin, api: "openai-responses", model: "x" });
    expect(recorded).toEqual({ finish: "stop", model: "x", text: "hi" });
  });

  it("that contradict themselves are none: a cut answer is not taken for a whole one", async () => {
    const whole = { model: "x", status: "completed", output: [item] };
    expect(await recordedOf(whole)).toMatchObject({ finish: "stop" });
    const cut = { model: "x", status: "incomplete", output: [item] };
    const none = { failure: "protocol" };
    expect(await recordedOf(whole, "response.incomplete")).toEqual(none);
    expect(await recordedOf(whole, "response.failed")).toEqual(none);
    expect(await recordedOf(cut)).toEqual(none);
    const half = { ...whole, output: [{ ...item, status: "incomplete" }] };
    expect(await recordedOf(half)).toEqual(none);
    const details = { incomplete_details: { reason: "max_output_tokens" } };
    expect(
      await recordedOf({ ...half, ...details, status: "incomplete" }, "response.incomplete"),
    ).toMatchObject({ finish: "length" });
  });

  it("that are whole and say why they are cut, or what went wrong, are none", async () => {
    const whole = { model: "x", status: "completed", output: [item] };
    const nothing = { incomplete_details: null, error: null };
    expect(await recordedOf({ ...whole, ...nothing })).toMatchObject({ finish: "stop" });
    for (const odd of [
      { incomplete_details: { reason: "max_output_tokens" } },
      { error: { code: "server_error" } },
    ]) {
      expect(await recordedOf({ ...whole, ...odd })).toEqual({ failure: "protocol" });
    }
  });

  it("whose texts are others than their pieces are none", async () => {
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
    const said = async (delta: object, output: object[]): Promise<unknown> => {
      const response = { model: "x", status: "completed", output };
      const origin = await saying(chat(delta, { type: "response.completed", response }));
      return (await asked({ origin, api: "openai-responses", model: "x" })).recorded;
    };
    const piece = (kind: string, delta: string): object => ({
      type: `response.${kind}.delta`,
      delta,
    });
    expect(await said(piece("output_text", "hi"), [item])).toMatchObject({ finish: "stop" });
    expect(await said(piece("output_text", "ho"), [item])).toEqual({ failure: "protocol" });
    expect(await said(piece("output_text", "hi"), [])).toEqual({ failure: "protocol" });
    expect(await said(piece("refusal", "no"), [item])).toEqual({ failure: "protocol" });
    const given = "function_call_arguments";
    expect(await said(piece(given, "{}"), [call])).toMatchObject({ finish: "tools" });
    expect(await said(piece(given, '{"a":1}'), [call])).toEqual({ failure: "protocol" });
  });

  it("whose end says another text than its parts are none", async () => {
    const said = async (text: string): Promise<unknown> => {
      const late = { ...item, content: [{ type: "output_text", text }] };
      const events = [
        { type: "response.output_item.done", item },
        {
          type: "response.completed",
          response: { model: "x", status: "completed", output: [late] },
        },
      ];
      const origin = await saying(chat(...events));
      return (await asked({ origin, api: "openai-responses", model: "x" })).recorded;
    };
    expect(await said("hi")).toMatchObject({ finish: "stop", text: "hi" });
    expect(await said("ho")).toEqual({ failure: "protocol" });
  });
});
