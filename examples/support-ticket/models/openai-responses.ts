// OpenAI's Responses, as https://platform.openai.com/docs/api-reference/responses has them.
import { event, isBearer, list, openaiError, pieces, textsIn } from "./said.ts";
import type { Protocol, Said } from "./said.ts";

/** Why a response is incomplete. */
const REASONS: Readonly<Record<string, string>> = {
  length: "max_output_tokens",
  filter: "content_filter",
};

function itemsOf({ text, ending, calls }: Said): { [name: string]: unknown; id: string }[] {
  const part =
    ending === "refusal"
      ? { type: "refusal", refusal: text }
      : { type: "output_text", text, annotations: [], logprobs: [] };
  return [
    ...(text === ""
      ? []
      : [
          { id: "msg_1", type: "message", status: "completed", role: "assistant", content: [part] },
        ]),
    ...calls.map(({ id, name, arguments: given }) => ({
      id: `fc_${id}`,
      type: "function_call",
      status: "completed",
      call_id: id,
      name,
      arguments: given,
    })),
  ];
}

function response(model: string, said: Said, status: string): object {
  const hasEnded = status !== "in_progress";
  const { usage } = said;
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: status === "incomplete" ? { reason: REASONS[said.ending] } : null,
    instructions: null,
    metadata: {},
    model,
    output: hasEnded ? itemsOf(said) : [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage:
      hasEnded && usage
        ? {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: 0 },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: usage.input + usage.output,
          }
        : null,
  };
}

const statusOf = ({ ending }: Said): string =>
  Object.hasOwn(REASONS, ending) ? "incomplete" : "completed";

/** The events of one item of the output. */
function eventsOf(
  item: ReturnType<typeof itemsOf>[number],
  at: number,
  size: number,
): { readonly type: string; readonly [name: string]: unknown }[] {
  const [where, named] = [{ output_index: at }, { item_id: item.id, output_index: at }];
  const done = { type: "response.output_item.done", ...where, item };
  if (item["type"] === "function_call") {
    const given = String(item["arguments"]);
    const begun = { ...item, status: "in_progress", arguments: "" };
    const type = "response.function_call_arguments";
    return [
      { type: "response.output_item.added", ...where, item: begun },
      ...pieces(given, size).map((delta) => ({ type: `${type}.delta`, ...named, delta })),
      { type: `${type}.done`, ...named, name: item["name"], arguments: given },
      done,
    ];
  }
  const [part = {}] = list(item["content"]);
  const isText = part["type"] === "output_text";
  const [name, type] = isText ? ["text", "response.output_text"] : ["refusal", "response.refusal"];
  const inside = { ...named, content_index: 0 };
  return [
    {
      type: "response.output_item.added",
      ...where,
      item: { ...item, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...inside, part: { ...part, [name]: "" } },
    ...pieces(String(part[name]), size).map((delta) => ({
      type: `${type}.delta`,
      ...inside,
      delta,
      ...(isText && { logprobs: [] }),
    })),
    { type: `${type}.done`, ...inside, [name]: part[name], ...(isText && { logprobs: [] }) },
    { type: "response.content_part.done", ...inside, part },
    done,
  ];
}

export const openaiResponses: Protocol = {
  path: "/v1/responses",
  asked: (body) => ({
    model: String(body["model"]),
    text:
      typeof body["input"] === "string"
        ? body["input"]
        : textsIn(list(body["input"]).map(({ content, output }) => content ?? output)),
    tools: list(body["tools"]).map(({ name }) => String(name)),
    isStructured: body["text"] !== undefined,
    isStream: body["stream"] === true,
  }),
  whole: (model, said) => response(model, said, statusOf(said)),
  events: (model, said) => {
    const begun = response(model, said, "in_progress");
    const status = statusOf(said);
    const all = [
      { type: "response.created", response: begun },
      { type: "response.in_progress", response: begun },
      ...itemsOf(said).flatMap((item, at) => eventsOf(item, at, said.piece)),
      { type: `response.${status}`, response: response(model, said, status) },
    ];
    return all.map((data, sequence_number) => event({ ...data, sequence_number }, data.type));
  },
  error: (status) => ({ error: { ...openaiError(status), param: null } }),
  errorEvent: (status) => {
    const { code, message } = openaiError(status);
    return event({ type: "error", code, message, param: null, sequence_number: 3 }, "error");
  },
  hasKey: isBearer,
  accepts: (_, body) => !Object.hasOwn(body, "seed"),
};
