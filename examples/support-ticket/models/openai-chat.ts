// OpenAI's Chat Completions, as https://platform.openai.com/docs/api-reference/chat has them.
import { event, isBearer, list, openaiError, pieces, textsIn } from "./said.ts";
import type { Ending, Protocol, Said } from "./said.ts";

const FINISHES: Readonly<Record<Ending, string>> = {
  stop: "stop",
  length: "length",
  filter: "content_filter",
  refusal: "stop",
  tools: "tool_calls",
};
const head = { id: "chatcmpl-1", created: 1_790_000_000 };

const usageOf = ({ usage }: Said): object | undefined =>
  usage && {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };

const functionOf = ({ name, arguments: given }: Said["calls"][number]): object => ({
  name,
  arguments: given,
});

export const openaiChat: Protocol = {
  path: "/v1/chat/completions",
  asked: (body) => ({
    model: String(body["model"]),
    text: textsIn(list(body["messages"]).map(({ content }) => content)),
    tools: list(body["tools"]).map((tool) => (tool["function"] as { name: string }).name),
    isStructured: body["response_format"] !== undefined,
    isStream: body["stream"] === true,
  }),
  whole: (model, said) => ({
    ...head,
    object: "chat.completion",
    model,
    choices: [
      {
        index: 0,
        finish_reason: FINISHES[said.ending],
        logprobs: null,
        message: {
          role: "assistant",
          content: said.text === "" || said.ending === "refusal" ? null : said.text,
          refusal: said.ending === "refusal" ? said.text : null,
          ...(said.calls.length > 0 && {
            tool_calls: said.calls.map((call) => ({
              id: call.id,
              type: "function",
              function: functionOf(call),
            })),
          }),
        },
      },
    ],
    ...(said.usage && { usage: usageOf(said) }),
  }),
  events: (model, said) => {
    const chunk = (delta: object, finish_reason: string | null = null): string =>
      event({
        ...head,
        object: "chat.completion.chunk",
        model,
        choices: [{ index: 0, delta, logprobs: null, finish_reason }],
        ...(said.usage && { usage: null }),
      });
    const member = said.ending === "refusal" ? "refusal" : "content";
    return [
      chunk({ role: "assistant", content: said.ending === "refusal" ? null : "", refusal: null }),
      ...pieces(said.text, said.piece).map((text) => chunk({ [member]: text })),
      ...said.calls.flatMap((call, index) => [
        chunk({
          tool_calls: [
            { index, id: call.id, type: "function", function: { name: call.name, arguments: "" } },
          ],
        }),
        ...pieces(call.arguments, said.piece).map((text) =>
          chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
        ),
      ]),
      chunk({}, FINISHES[said.ending]),
      ...(said.usage
        ? [
            event({
              ...head,
              object: "chat.completion.chunk",
              model,
              choices: [],
              usage: usageOf(said),
            }),
          ]
        : []),
      "data: [DONE]\n\n",
    ];
  },
  error: (status) => ({ error: { ...openaiError(status), param: null } }),
  errorEvent: (status) => event({ error: { ...openaiError(status), param: null } }),
  hasKey: isBearer,
  accepts: (_, body) =>
    !(Object.hasOwn(body, "max_tokens") && Object.hasOwn(body, "max_completion_tokens")),
};
