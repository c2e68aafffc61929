// OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses
import * as z from "zod";
import type { StreamedEvent } from "../egress/event-stream.ts";
import { cannotAsk, statusOfError, usageOf } from "./api.ts";
import type { AnswerStream, ModelApi } from "./api.ts";
import { finishOf, GatheredAnswer } from "./gathered.ts";
import type { Finish, ModelMessage, ModelResult } from "./question.ts";
import { jsonAs, notTheApi } from "./strict-json.ts";

/** Why a response is incomplete. */
const INCOMPLETE: Readonly<Record<string, Finish>> = {
  max_output_tokens: "length",
  content_filter: "filter",
};

const item = z.looseObject({
  type: z.string(),
  status: z.string().nullish(),
  content: z
    .array(
      z.looseObject({
        type: z.string(),
        text: z.string().optional(),
        refusal: z.string().optional(),
      }),
    )
    .nullish(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
});
const response = z.looseObject({
  model: z.string(),
  status: z.string(),
  incomplete_details: z.looseObject({ reason: z.string().optional() }).nullish(),
  error: z.looseObject({ code: z.unknown().optional() }).nullish(),
  output: z.array(item),
  usage: z
    .looseObject({
      input_tokens: z.unknown().optional(),
      output_tokens: z.unknown().optional(),
      input_tokens_details: z.looseObject({ cached_tokens: z.unknown().optional() }).nullish(),
    })
    .nullish(),
});
type Response = z.infer<typeof response>;

const event = z.looseObject({ type: z.string() });
const last = z.looseObject({ response });
const done = z.looseObject({ item });
const piece = z.looseObject({ delta: z.string() });
const failure = z.looseObject({
  code: z.unknown().optional(),
  error: z.looseObject({ code: z.unknown().optional(), type: z.unknown().optional() }).nullish(),
});

/** What a response that has ended says; it holds all that the events before it said. */
function resultOf(said: Response, items: Response["output"] = said.output): ModelResult {
  const { status, error, incomplete_details: details, usage } = said;
  if (status === "failed") {
    const answered = statusOfError(error?.code);
    if (answered === undefined) throw notTheApi("the service says that it has failed");
    return answered;
  }
  if (status !== "completed" && status !== "incomplete") {
    throw notTheApi("the service's answer is not one that has ended");
  }
  const isCut = items.some((each) => (each.status ?? status) !== status);
  const isBroken = typeof details?.reason === "string" || (error ?? null) !== null;
  if (status === "completed" && (isCut || isBroken)) {
    throw notTheApi("the service says that its answer is whole, and has cut a part of it");
  }
  const answer = new GatheredAnswer();
  answer.model(said.model);
  const { input_tokens: input, output_tokens: output, input_tokens_details: of } = usage ?? {};
  answer.usage = usageOf(input, output, of?.cached_tokens);
  for (const { type, content, call_id: id, name, arguments: given } of items) {
    if (type === "function_call") {
      answer.beginCall(id, name);
      answer.argument(answer.calls - 1, given);
    }
    for (const part of type === "message" ? (content ?? []) : []) {
      if (part.type === "output_text") answer.text(part.text);
      if (part.type === "refusal") answer.refusal(part.refusal);
    }
  }
  if (status === "incomplete") return answer.result(finishOf(INCOMPLETE, details?.reason ?? ""));
  return answer.result(answer.calls > 0 ? "tools" : answer.isRefused ? "refusal" : "stop");
}

/** The events that end a response, and the status that it has then. */
const LAST: Readonly<Record<string, string>> = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
};

/** What items say that is read of them. */
const saidIn = (items: Response["output"]): string =>
  JSON.stringify(
    items.flatMap(({ type, content, call_id: id, name, arguments: given }) => {
      if (type === "function_call") return [[id, name, given]];
      if (type !== "message") return [];
      return (content ?? []).map((part) => [part.type, part.text, part.refusal]);
    }),
  );

/** Events that say a piece of a text, and of which text it is one. */
const PIECES: Readonly<Record<string, string>> = {
  "response.output_text.delta": "output_text",
  "response.refusal.delta": "refusal",
  "response.function_call_arguments.delta": "arguments",
};

/** The texts of that kind in items, one behind the other, as their pieces come. */
const textsIn = (items: Response["output"], kind: string): string =>
  items
    .flatMap(({ type, content, arguments: given }) => {
      if (type === "function_call" && kind === "arguments") return [given];
      const parts = type === "message" ? (content ?? []) : [];
      return parts.filter((part) => part.type === kind).map((part) => part.text ?? part.refusal);
    })
    .join("");

class ResponseStream implements AnswerStream {
  readonly #items: Response["output"] = [];
  readonly #texts = new Map<string, string>();

  take({ data }: StreamedEvent): ModelResult | undefined {
    const { type } = jsonAs(event, data);
    if (Object.hasOwn(LAST, type)) {
      const { response: said } = jsonAs(last, data);
      if (said.status !== LAST[type]) {
        throw notTheApi(`the service ends its answer with ${type}, and with another status in it`);
      }
      // Some services say what they have made when it is made, and not again; some the other way round.
      const [early, late] = [this.#items, said.output];
      const items = late.length > 0 ? late : early;
      const isOther = [...this.#texts].some(([kind, text]) => textsIn(items, kind) !== text);
      if (said.status === "completed" && isOther) {
        throw notTheApi("the service's answer has another text than its pieces");
      }
      if (late.length > 0 && early.length > 0 && saidIn(early) !== saidIn(late)) {
        throw notTheApi("the service's answer is another one at its end than in its parts");
      }
      return resultOf(said, items);
    }
    if (Object.hasOwn(PIECES, type)) {
      const kind = PIECES[type] ?? "";
      this.#texts.set(kind, (this.#texts.get(kind) ?? "") + jsonAs(piece, data).delta);
    }
    if (type === "response.output_item.done") this.#items.push(jsonAs(done, data).item);
    if (type !== "error") return undefined;
    const { code, error } = jsonAs(failure, data);
    const status = statusOfError(code, error?.code, error?.type);
    if (status === undefined) throw notTheApi("the service ends its answer with an error");
    return status;
  }
}

/** A question as OpenAI's Responses want it. */
export const openaiResponses: ModelApi = {
  path: "/responses",
  headers: () => ({}),
  stream: () => new ResponseStream(),
  whole: (body) => resultOf(jsonAs(response, body)),
  body: ({ messages, parameters, schema, tools }, provider) => {
    const { maxTokens = provider.maxTokens, seed, temperature, topP } = parameters;
    if (seed !== undefined) throw cannotAsk("the API openai-responses has no seed");
    return {
      model: provider.model,
      input: messages.flatMap(itemsOf),
      // Nothing is asked for there again.
      store: false,
      ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(schema === undefined
        ? {}
        : { text: { format: { type: "json_schema", name: "answer", strict: true, schema } } }),
      ...(tools === undefined
        ? {}
        : {
            tools: tools.map(({ schema: form, ...tool }) => ({
              type: "function",
              ...tool,
              parameters: form,
              strict: false,
            })),
          }),
      ...(provider.stream === false ? {} : { stream: true }),
    };
  },
};

function itemsOf(message: ModelMessage): object[] {
  const { role, content } = message;
  if (role === "tool")
    return [{ type: "function_call_output", call_id: message.id, output: content }];
  const calls = (role === "assistant" ? message.tools : undefined) ?? [];
  return [
    ...(content === "" && calls.length > 0 ? [] : [{ role, content }]),
    ...calls.map(({ arguments: given, id, name }) => ({
      type: "function_call",
      call_id: id,
      name,
      arguments: JSON.stringify(given),
    })),
  ];
}
