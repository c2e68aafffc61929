// OpenAI's Chat Completions, which most other services speak as well:
// https://platform.openai.com/docs/api-reference/chat
import * as z from "zod";
import type { Provider } from "@reach-fabric/schema";
import type { StreamedEvent } from "../egress/event-stream.ts";
import { statusOfError, usageOf } from "./api.ts";
import type { AnswerStream, ModelApi } from "./api.ts";
import { finishOf, GatheredAnswer, theSame } from "./gathered.ts";
import type { Finish, ModelMessage, ModelResult, Question, Usage } from "./question.ts";
import { jsonAs, notTheApi } from "./strict-json.ts";

const FINISHES: Readonly<Record<string, Finish>> = {
  stop: "stop",
  length: "length",
  content_filter: "filter",
  tool_calls: "tools",
};

const text = z.string().nullish();
const usage = z
  .looseObject({
    prompt_tokens: z.unknown().optional(),
    completion_tokens: z.unknown().optional(),
    prompt_tokens_details: z.looseObject({ cached_tokens: z.unknown().optional() }).nullish(),
  })
  .nullish();
const called = z.looseObject({ name: text, arguments: text });
const callPiece = z.looseObject({
  index: z.int().min(0).optional(),
  id: text,
  function: called.nullish(),
});
const delta = z.looseObject({
  content: text,
  refusal: text,
  tool_calls: z.array(callPiece).nullish(),
});
const chunk = z.looseObject({
  model: text,
  choices: z
    .array(
      z.looseObject({
        index: z.literal(0).optional(),
        delta: delta.nullish(),
        finish_reason: text,
      }),
    )
    .max(1)
    .nullish(),
  usage,
  error: z.looseObject({ code: z.unknown().optional(), type: z.unknown().optional() }).nullish(),
});
const completion = z.looseObject({
  model: z.string(),
  choices: z
    .array(
      z.looseObject({
        index: z.literal(0).optional(),
        finish_reason: text,
        message: z.looseObject({
          content: text,
          refusal: text,
          tool_calls: z.array(z.looseObject({ id: text, function: called })).nullish(),
        }),
      }),
    )
    .length(1),
  usage,
});

/** How it ended: with what it refused, or asked for, even where the service calls that a stop. */
function ended(answer: GatheredAnswer, reason: string): ModelResult {
  const finish = finishOf(FINISHES, reason);
  if (finish !== "stop") return answer.result(finish);
  return answer.result(answer.isRefused ? "refusal" : answer.calls > 0 ? "tools" : "stop");
}

function tookBy(said: z.infer<typeof usage>): ReturnType<typeof usageOf> {
  const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: of } = said ?? {};
  return usageOf(input, output, of?.cached_tokens);
}

class ChatStream implements AnswerStream {
  readonly #answer = new GatheredAnswer();
  #reason: string | undefined;
  #isCounted = true;

  take({ data }: StreamedEvent): ModelResult | undefined {
    if (data === "[DONE]") {
      if (this.#reason === undefined) throw notTheApi("the answer is done and has not ended");
      return ended(this.#answer, this.#reason);
    }
    const { model, choices, usage: said, error } = jsonAs(chunk, data);
    if (error !== undefined && error !== null) {
      const status = statusOfError(error.code, error.type);
      if (status === undefined) throw notTheApi("the service ends its answer with an error");
      return status;
    }
    this.#answer.model(model);
    if (said !== undefined && said !== null) this.#count(tookBy(said));
    const [choice] = choices ?? [];
    if (choice === undefined) return undefined;
    if (choice.delta) this.#piece(choice.delta);
    if (typeof choice.finish_reason === "string") {
      this.#reason = theSame(this.#reason, choice.finish_reason);
    }
    return undefined;
  }

  /** Counts that come later are of more of the answer: those that are none, or fewer, leave nothing known. */
  #count(took: Usage | undefined): void {
    const { input, output } = this.#answer.usage ?? { input: 0, output: 0 };
    if (took === undefined || took.input < input || took.output < output) this.#isCounted = false;
    this.#answer.usage = this.#isCounted ? took : undefined;
  }

  #piece({ content, refusal, tool_calls: calls }: z.infer<typeof delta>): void {
    const isSaying = Boolean(content) || Boolean(refusal) || (calls ?? []).length > 0;
    if (isSaying && this.#reason !== undefined) {
      throw notTheApi("the answer goes on after it has ended");
    }
    this.#answer.text(content);
    this.#answer.refusal(refusal);
    for (const { index = this.#answer.calls, id, function: of } of calls ?? []) {
      if (index === this.#answer.calls) this.#answer.beginCall(id, of?.name);
      this.#answer.argument(index, of?.arguments);
    }
  }
}

/** A question as a service of Chat Completions wants it. */
export const openaiChat: ModelApi = {
  path: "/chat/completions",
  headers: () => ({}),
  stream: () => new ChatStream(),
  whole: (body) => {
    const { model, choices, usage: said } = jsonAs(completion, body);
    const answer = new GatheredAnswer();
    answer.model(model);
    answer.usage = tookBy(said);
    const [choice] = choices;
    const { content, refusal, tool_calls: calls } = choice?.message ?? {};
    answer.text(content);
    answer.refusal(refusal);
    for (const [at, { id, function: of }] of (calls ?? []).entries()) {
      answer.beginCall(id, of.name);
      answer.argument(at, of.arguments);
    }
    return ended(answer, choice?.finish_reason ?? "");
  },
  body: ({ messages, parameters, schema, tools }, provider) => ({
    model: provider.model,
    messages: messages.map(messageOf),
    ...limitOf(parameters, provider),
    ...(parameters.seed === undefined ? {} : { seed: parameters.seed }),
    ...(parameters.temperature === undefined ? {} : { temperature: parameters.temperature }),
    ...(parameters.topP === undefined ? {} : { top_p: parameters.topP }),
    ...(schema === undefined
      ? {}
      : {
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", strict: true, schema },
          },
        }),
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ schema: parameters, ...tool }) => ({
            type: "function",
            function: { ...tool, parameters },
          })),
        }),
    ...(provider.stream === false ? {} : { stream: true, stream_options: { include_usage: true } }),
  }),
};

function limitOf(
  { maxTokens }: Question["parameters"],
  { maxTokensField = "max_completion_tokens", maxTokens: otherwise }: Provider,
): object {
  const limit = maxTokens ?? otherwise;
  return limit === undefined ? {} : { [maxTokensField]: limit };
}

function messageOf(message: ModelMessage): object {
  const { role, content } = message;
  if (role === "tool") return { role, content, tool_call_id: message.id };
  if (role !== "assistant" || message.tools === undefined) return { role, content };
  return {
    role,
    content: content === "" ? null : content,
    tool_calls: message.tools.map(({ arguments: given, id, name }) => ({
      id,
      type: "function",
      function: { name, arguments: JSON.stringify(given) },
    })),
  };
}
