// The stand-ins for models speak their APIs as the services' own clients read them: OpenAI's and Anthropic's packages
// take from their answers, whole and as streams, what was said.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { startModels } from "../../../../examples/support-ticket/models/server.ts";

const key = "sk-stand-in";
async function clients(): Promise<{ openai: OpenAI; claude: Anthropic }> {
  const server = await startModels({ key });
  onTestFinished(() => server.stop());
  return {
    openai: new OpenAI({ apiKey: key, baseURL: `${server.origin}/v1`, maxRetries: 1 }),
    claude: new Anthropic({ apiKey: key, baseURL: server.origin, maxRetries: 1 }),
  };
}

const content = "Charged twice?";
const text = "It is about billing.";
const parameters = { type: "object", properties: { id: { type: "string" } } } as const;

describe("the stand-in for chat completions", () => {
  const messages = [{ role: "user" as const, content }];
  const tools = [{ type: "function" as const, function: { name: "look", parameters } }];

  test("is read by OpenAI's client", async () => {
    const { openai } = await clients();
    const { chat } = openai;
    const whole = await chat.completions.create({ model: "kept", messages });
    expect(whole.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: text } });
    expect(whole.usage).toMatchObject({
      prompt_tokens: 4,
      prompt_tokens_details: { cached_tokens: 2 },
    });
    const options = { include_usage: true };
    const stream = chat.completions.stream({ model: "kept", messages, stream_options: options });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: text },
    });
    expect(streamed.usage).toEqual(whole.usage);
    const called = await chat.completions
      .stream({ model: "tools", messages, tools })
      .finalChatCompletion();
    expect(called.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        tool_calls: [{ id: "call_1", function: { name: "look", arguments: '{"id":"7"}' } }],
      },
    });
    const refused = await chat.completions
      .stream({ model: "refuses", messages })
      .finalChatCompletion();
    expect(refused.choices[0]?.message.refusal).toBe("I cannot help with that.");
    const halves = await chat.completions
      .stream({ model: "halves", messages })
      .finalChatCompletion();
    expect(halves.choices[0]?.message.content).toBe("so \u{1f600} then");
  });

  test("fails as OpenAI's client knows failures", async () => {
    const { openai } = await clients();
    // The client waits as Retry-After says, and asks again.
    const busy = await openai.chat.completions.create({ model: "busy", messages });
    expect(busy.choices[0]?.message.content).toBe(text);
    const down = openai.chat.completions.create({ model: "down", messages }, { maxRetries: 0 });
    await expect(down).rejects.toMatchObject({ status: 503 });
    const stream = openai.chat.completions.stream({ model: "overloaded", messages });
    await expect(stream.finalChatCompletion()).rejects.toMatchObject({ code: "server_error" });
    await expect(
      openai.chat.completions.stream({ model: "cut", messages }).finalChatCompletion(),
    ).rejects.toThrow();
    const other = new OpenAI({ apiKey: "another", baseURL: openai.baseURL });
    await expect(other.chat.completions.create({ model: "x", messages })).rejects.toMatchObject({
      status: 401,
    });
  });
});

describe("the stand-in for responses", () => {
  const tools = [{ type: "function" as const, name: "look", parameters, strict: false }];

  test("is read by OpenAI's client", async () => {
    const { openai } = await clients();
    const whole = await openai.responses.create({ model: "kept", input: content });
    expect(whole).toMatchObject({ status: "completed", output_text: text });
    expect(whole.usage).toMatchObject({
      input_tokens: 4,
      input_tokens_details: { cached_tokens: 2 },
    });
    const pieces: string[] = [];
    const stream = openai.responses.stream({ model: "kept", input: content });
    stream.on("response.output_text.delta", ({ delta }) => void pieces.push(delta));
    const streamed = await stream.finalResponse();
    expect(pieces.join("")).toBe(text);
    expect(streamed).toMatchObject({ status: "completed", output_text: text, usage: whole.usage });
    const called = await openai.responses
      .stream({ model: "tools", input: content, tools })
      .finalResponse();
    expect(called.output).toMatchObject([
      { type: "function_call", name: "look", arguments: '{"id":"7"}' },
    ]);
    const refused = await openai.responses
      .stream({ model: "refuses", input: content })
      .finalResponse();
    expect(refused.output).toMatchObject([{ content: [{ refusal: "I cannot help with that." }] }]);
    const long = await openai.responses.stream({ model: "long", input: content }).finalResponse();
    expect(long.incomplete_details).toEqual({ reason: "max_output_tokens" });
  });

  test("fails as OpenAI's client knows failures", async () => {
    const { openai } = await clients();
    const busy = await openai.responses.create({ model: "busy", input: content });
    expect(busy.output_text).toBe(text);
    const stream = openai.responses.stream({ model: "overloaded", input: content });
    await expect(stream.finalResponse()).rejects.toThrow("stand-in");
  });
});

describe("the stand-in for messages", () => {
  const asked = { max_tokens: 100, messages: [{ role: "user" as const, content }] };
  const tools = [{ name: "look", input_schema: parameters }];

  test("is read by Anthropic's client", async () => {
    const { claude } = await clients();
    const whole = await claude.messages.create({ model: "kept", ...asked });
    expect(whole).toMatchObject({ stop_reason: "end_turn", content: [{ text }] });
    expect(whole.usage).toMatchObject({ input_tokens: 2, cache_read_input_tokens: 2 });
    const stream = claude.messages.stream({ model: "kept", ...asked });
    expect(await stream.finalText()).toBe(text);
    expect((await stream.finalMessage()).usage).toMatchObject({
      output_tokens: 6,
      cache_read_input_tokens: 2,
    });
    const called = await claude.messages.stream({ model: "tools", ...asked, tools }).finalMessage();
    expect(called).toMatchObject({
      stop_reason: "tool_use",
      content: [{ type: "tool_use", id: "call_1", name: "look", input: { id: "7" } }],
    });
    const refused = await claude.messages.stream({ model: "refuses", ...asked }).finalMessage();
    expect(refused).toMatchObject({
      stop_reason: "refusal",
      stop_details: { explanation: "I cannot help with that." },
    });
  });

  test("fails as Anthropic's client knows failures", async () => {
    const { claude } = await clients();
    const busy = await claude.messages.create({ model: "busy", ...asked });
    expect(busy.content).toMatchObject([{ text }]);
    const stream = claude.messages.stream({ model: "overloaded", ...asked });
    await expect(stream.finalMessage()).rejects.toThrow("overloaded_error");
    const down = claude.messages.create({ model: "down", ...asked }, { maxRetries: 0 });
    await expect(down).rejects.toMatchObject({ status: 503 });
    const cut = claude.messages.stream({ model: "cut", ...asked });
    await expect(cut.finalMessage()).rejects.toThrow();
  });
});
