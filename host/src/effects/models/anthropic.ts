// Anthropic's Messages: https://platform.claude.com/docs/en/api/messages, /build-with-claude/streaming and /api/migration-2026-10-21
import * as z from "zod";
import type { StreamedEvent } from "../egress/event-stream.ts";
import { cannotAsk, statusOfError, usageOf } from "./api.ts";
import type { AnswerStream, ModelApi } from "./api.ts";
import { finishOf, GatheredAnswer, theSame } from "./gathered.ts";
import type { Finish, ModelMessage, ModelResult, Usage } from "./question.ts";
import { jsonAs, notTheApi } from "./strict-json.ts";

const FINISHES: Readonly<Record<string, Finish>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tools",
  refusal: "refusal",
};
/** The version that has no parameters of sampling. */
const CURRENT = "2026-10-21";
/** The API wants a limit, and a workflow need not say one. */
const DEFAULT_TOKENS = 4096;

const count = z.unknown().optional();
const usage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
});
type Said = z.infer<typeof usage>;
const details = z.looseObject({ explanation: z.string().nullish() }).nullish();
const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
});
const message = z.looseObject({
  model: z.string(),
  content: z.array(block),
  stop_reason: z.string().nullable(),
  stop_details: details,
  usage: usage.nullish(),
});
const index = z.int().min(0);
const delta = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  partial_json: z.string().optional(),
});
const events = {
  message_start: z.looseObject({
    message: z.looseObject({ model: z.string(), usage: usage.nullish() }),
  }),
  content_block_start: z.looseObject({ index, content_block: block }),
  content_block_delta: z.looseObject({ index, delta }),
  content_block_stop: z.looseObject({ index }),
  message_delta: z.looseObject({
    delta: z.looseObject({ stop_reason: z.string().nullish(), stop_details: details }),
    usage: usage.nullish(),
  }),
  error: z.looseObject({ error: z.looseObject({ type: z.string() }) }),
};
const anyEvent = z.looseObject({ type: z.string() });

/** All that was read is input, also what was kept, or is kept from now on. */
function tookBy(said: Said | null | undefined): Usage | undefined {
  const { input_tokens: plain, output_tokens: output } = said ?? {};
  const { cache_read_input_tokens: read, cache_creation_input_tokens: made } = said ?? {};
  const parts = [plain, read ?? 0, made ?? 0];
  if (!parts.every((part) => typeof part === "number")) return undefined;
  const input = parts.reduce((sum: number, part) => sum + part, 0);
  return usageOf(input, output, read);
}

/** The counts that come later are of the whole answer, and stand for those before. */
function later(before: Said | null | undefined, after: Said | null | undefined): Said {
  const known = Object.entries(after ?? {}).filter(([, value]) => value !== null);
  return { ...before, ...Object.fromEntries(known) };
}

class MessageStream implements AnswerStream {
  readonly #answer = new GatheredAnswer();
  #hasBegun = false;
  /** What the block at hand is: the number of its call, or that it is text, or neither. */
  #block: { readonly at: number; readonly call?: number; readonly isText: boolean } | undefined;
  #blocks = 0;
  #reason: string | undefined;
  #usage: Said | null | undefined;

  take({ data }: StreamedEvent): ModelResult | undefined {
    const { type } = jsonAs(anyEvent, data);
    if (type === "error") {
      const { error } = jsonAs(events.error, data);
      const status = statusOfError(error.type);
      if (status === undefined) throw notTheApi("the service ends its answer with an error");
      return status;
    }
    if (type === "message_start") this.#begin(data);
    else if (type === "content_block_start") this.#beginBlock(data);
    else if (type === "content_block_delta") this.#piece(data);
    else if (type === "content_block_stop") {
      if (jsonAs(events.content_block_stop, data).index !== this.#block?.at) throw outOfOrder();
      this.#block = undefined;
    } else if (type === "message_delta") this.#ending(data);
    else if (type === "message_stop") return this.#end();
    // Others may come, and are not to be minded: `ping`, and what the API has not thought of.
    return undefined;
  }

  #begin(data: string): void {
    if (this.#hasBegun) throw outOfOrder();
    this.#hasBegun = true;
    const { message: said } = jsonAs(events.message_start, data);
    this.#answer.model(said.model);
    this.#usage = said.usage;
  }

  #beginBlock(data: string): void {
    const { index: at, content_block: begun } = jsonAs(events.content_block_start, data);
    const isInOrder = this.#hasBegun && this.#block === undefined && at === this.#blocks;
    if (!isInOrder || this.#reason !== undefined) throw outOfOrder();
    this.#blocks += 1;
    const isText = begun.type === "text";
    if (isText) this.#answer.text(begun.text);
    if (begun.type === "tool_use") {
      this.#block = { at, call: this.#answer.calls, isText };
      this.#answer.beginCall(begun.id, begun.name);
    } else this.#block = { at, isText };
  }

  #piece(data: string): void {
    const { index: at, delta: piece } = jsonAs(events.content_block_delta, data);
    const { call, isText, at: own } = this.#block ?? {};
    if (at !== own) throw outOfOrder();
    if (piece.type === "text_delta" && isText === true) this.#answer.text(piece.text);
    if (piece.type === "input_json_delta" && call !== undefined) {
      this.#answer.argument(call, piece.partial_json);
    }
  }

  #ending(data: string): void {
    const { delta: said, usage: took } = jsonAs(events.message_delta, data);
    if (!this.#hasBegun || this.#block !== undefined) throw outOfOrder();
    if (typeof said.stop_reason === "string") {
      this.#reason = theSame(this.#reason, said.stop_reason);
    }
    this.#answer.refusal(said.stop_details?.explanation);
    this.#usage = later(this.#usage, took);
  }

  #end(): ModelResult {
    if (this.#reason === undefined || this.#block !== undefined) throw outOfOrder();
    this.#answer.usage = tookBy(this.#usage);
    return this.#answer.result(finishOf(FINISHES, this.#reason));
  }
}

const outOfOrder = (): Error => notTheApi("the events of the answer are not in their order");

/** A question as Anthropic's Messages want it. */
export const anthropic: ModelApi = {
  path: "/messages",
  headers: ({ apiVersion = CURRENT }) => ({ "anthropic-version": apiVersion }),
  secretHeader: "x-api-key",
  stream: () => new MessageStream(),
  whole: (body) => {
    const {
      model,
      content,
      stop_reason: reason,
      stop_details: why,
      usage: took,
    } = jsonAs(message, body);
    const answer = new GatheredAnswer();
    answer.model(model);
    answer.usage = tookBy(took);
    answer.refusal(why?.explanation);
    for (const { type, text, id, name, input } of content) {
      if (type === "text") answer.text(text);
      if (type !== "tool_use") continue;
      answer.beginCall(id, name);
      answer.argument(answer.calls - 1, JSON.stringify(input ?? {}));
    }
    return answer.result(finishOf(FINISHES, reason ?? ""));
  },
  body: ({ messages, parameters, schema, tools }, provider) => {
    const {
      maxTokens = provider.maxTokens ?? DEFAULT_TOKENS,
      seed,
      temperature,
      topP,
    } = parameters;
    if (seed !== undefined) throw cannotAsk("the API anthropic has no seed");
    const { apiVersion = CURRENT } = provider;
    if (apiVersion === CURRENT && (temperature !== undefined || topP !== undefined)) {
      throw cannotAsk(`the API anthropic has no temperature and no topP since ${CURRENT}`);
    }
    const first = messages.findIndex(({ role }) => role !== "system");
    const system = messages.slice(0, first < 0 ? messages.length : first);
    return {
      model: provider.model,
      max_tokens: maxTokens,
      ...(system.length === 0
        ? {}
        : { system: system.map(({ content }) => ({ type: "text", text: content })) }),
      messages: turnsOf(messages.slice(system.length)),
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(schema === undefined
        ? {}
        : { output_config: { format: { type: "json_schema", schema } } }),
      ...(tools === undefined
        ? {}
        : { tools: tools.map(({ schema: form, ...tool }) => ({ ...tool, input_schema: form })) }),
      ...(provider.stream === false ? {} : { stream: true }),
    };
  },
};

/** What tools answer is the user's turn there, all of them together. */
function turnsOf(messages: readonly ModelMessage[]): object[] {
  const turns: { role: string; content: string | object[] }[] = [];
  for (const said of messages) {
    if (said.role === "tool") {
      const result = { type: "tool_result", tool_use_id: said.id, content: said.content };
      const open = turns.at(-1);
      if (open?.role === "user" && Array.isArray(open.content)) open.content.push(result);
      else turns.push({ role: "user", content: [result] });
    } else if (said.role === "assistant" && said.tools !== undefined) {
      turns.push({
        role: said.role,
        content: [
          ...(said.content === "" ? [] : [{ type: "text", text: said.content }]),
          ...said.tools.map(({ arguments: input, id, name }) => ({
            type: "tool_use",
            id,
            name,
            input,
          })),
        ],
      });
    } else turns.push({ role: said.role, content: said.content });
  }
  return turns;
}
