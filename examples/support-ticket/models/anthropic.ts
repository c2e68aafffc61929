// Anthropic's Messages, as https://platform.claude.com/docs/en/api/messages and /build-with-claude/streaming have them.
import { event, isBearer, list, pieces, textsIn } from "./said.ts";
import type { Ending, Protocol, Said } from "./said.ts";

/** The API has no word for a filter: a refusal is one. */
const REASONS: Readonly<Record<Ending, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  filter: "refusal",
  refusal: "refusal",
  tools: "tool_use",
};
const ERRORS: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

const usageOf = ({ usage }: Said, output: number): object | undefined =>
  usage && {
    input_tokens: usage.input - usage.cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached,
    output_tokens: output,
    output_tokens_details: null,
    server_tool_use: null,
  };

const detailsOf = ({ text, ending }: Said): object | null =>
  ending === "refusal" ? { type: "refusal", category: null, explanation: text } : null;

/** What a refusal says is in its details. */
const textOf = ({ text, ending }: Said): string => (ending === "refusal" ? "" : text);

const head = { id: "msg_1", type: "message", role: "assistant", container: null };

const errorOf = (status: number): object => ({
  type: "error",
  error: { type: ERRORS[status] ?? "api_error", message: "This is a stand-in." },
  request_id: null,
});

export const anthropic: Protocol = {
  path: "/v1/messages",
  asked: (body) => ({
    model: String(body["model"]),
    text: textsIn([body["system"] ?? "", ...list(body["messages"]).map(({ content }) => content)]),
    tools: list(body["tools"]).map(({ name }) => String(name)),
    isStructured: body["output_config"] !== undefined,
    isStream: body["stream"] === true,
  }),
  whole: (model, said) => ({
    ...head,
    model,
    content: [
      ...(textOf(said) === "" ? [] : [{ type: "text", text: textOf(said), citations: null }]),
      ...said.calls.map(({ id, name, arguments: given }) => ({
        type: "tool_use",
        id,
        name,
        input: JSON.parse(given) as unknown,
      })),
    ],
    stop_reason: REASONS[said.ending],
    stop_details: detailsOf(said),
    stop_sequence: null,
    ...(said.usage && { usage: usageOf(said, said.usage.output) }),
  }),
  events: (model, said) => {
    const text = textOf(said);
    const blocks = [
      ...(text === ""
        ? []
        : [
            {
              begun: { type: "text", text: "", citations: null },
              deltas: pieces(text, said.piece).map((piece) => ({
                type: "text_delta",
                text: piece,
              })),
            },
          ]),
      ...said.calls.map(({ id, name, arguments: given }) => ({
        begun: { type: "tool_use", id, name, input: {} },
        deltas: pieces(given, said.piece).map((piece) => ({
          type: "input_json_delta",
          partial_json: piece,
        })),
      })),
    ];
    const begun = {
      ...head,
      model,
      content: [],
      stop_reason: null,
      stop_details: null,
      stop_sequence: null,
      ...(said.usage && { usage: usageOf(said, 1) }),
    };
    const all = [
      { type: "message_start", message: begun },
      { type: "ping" },
      ...blocks.flatMap((block, index) => [
        { type: "content_block_start", index, content_block: block.begun },
        ...block.deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index },
      ]),
      {
        type: "message_delta",
        delta: {
          container: null,
          stop_reason: REASONS[said.ending],
          stop_details: detailsOf(said),
          stop_sequence: null,
        },
        ...(said.usage && { usage: usageOf(said, said.usage.output) }),
      },
      { type: "message_stop" },
    ];
    return all.map((data) => event(data, data.type));
  },
  error: errorOf,
  errorEvent: (status) => event(errorOf(status), "error"),
  hasKey: (headers, key) => headers["x-api-key"] === key || isBearer(headers, key),
  accepts: (headers, body) =>
    headers["anthropic-version"] === "2023-06-01" ||
    (headers["anthropic-version"] === "2026-10-21" &&
      !["temperature", "top_p", "top_k"].some((name) => Object.hasOwn(body, name))),
};
