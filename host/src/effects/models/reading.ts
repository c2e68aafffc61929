// An answer of a model as its bytes come: a stream or whole, by its type, within its bounds (GRANT-23).
import { hostCode } from "../../files/codes.ts";
import type { SecretGuard } from "../../secrets/guard.ts";
import { mostPieces } from "../egress/answer.ts";
import type { OpenAnswer } from "../egress/egress.ts";
import { EventStreamReader } from "../egress/event-stream.ts";
import { RequestFailed } from "../egress/failure.ts";
import { GrowingBytes } from "../egress/growing-bytes.ts";
import type { AnswerStream, ModelApi } from "./api.ts";
import type { ModelResult } from "./question.ts";
import { notTheApi } from "./strict-json.ts";

/** One answer that comes as a stream. What it comes to depends on its bytes alone, not on where they were cut. */
export class StreamedAnswer {
  readonly #events: EventStreamReader;
  readonly #stream: AnswerStream;

  /**
   * @param limit bytes of one event
   */
  constructor(api: ModelApi, limit: number) {
    this.#events = new EventStreamReader(limit);
    this.#stream = api.stream();
  }

  /**
   * Takes the next bytes.
   *
   * @returns what the answer comes to, once it has said that it is all: nothing is to be given it then
   * @throws RequestFailed
   */
  push(bytes: Uint8Array): ModelResult | undefined {
    for (const event of this.#events.each(bytes)) {
      const result = this.#stream.take(event);
      if (result !== undefined) return result;
    }
    return undefined;
  }
}

/**
 * Reads an answer whose headers are there, as far as it goes: of a stream nothing behind its end.
 *
 * @param limit bytes of the answer
 * @param guard looks at all bytes that were read, also at what is not recorded
 * @throws RequestFailed; whatever ends the answer
 */
export async function readAnswer(
  api: ModelApi,
  answer: OpenAnswer,
  limit: number,
  guard: SecretGuard | undefined,
): Promise<ModelResult> {
  const { status } = answer;
  if (status >= 400) return { status };
  if (status < 200 || status >= 300) throw notTheApi("the answer has no status of the API");
  const isStream = /^text\/event-stream *(?:;|$)/i.test(answer.headers["content-type"] ?? "");
  const streamed = isStream ? new StreamedAnswer(api, limit) : undefined;
  const read = new GrowingBytes();
  let result: ModelResult | undefined;
  let pieces = 0;
  for await (const chunk of answer.body) {
    pieces += 1;
    // What is beyond the limit is not looked at, wherever the bytes were cut.
    const piece = chunk.subarray(0, limit - read.length);
    read.add(piece);
    result = streamed?.push(piece);
    if (result !== undefined) break;
    if (piece.length < chunk.length || pieces > mostPieces(limit)) {
      const why = `the answer is over the limit of ${limit} bytes, or comes in too many pieces`;
      throw new RequestFailed("tooLarge", hostCode.largeAnswer, why);
    }
  }
  if (guard?.holds(read.bytes) === true) {
    throw new RequestFailed("denied", hostCode.secretCaught, "the answer holds a secret");
  }
  if (result !== undefined) return result;
  if (isStream) throw notTheApi("the answer ends before it has said that it is all");
  return api.whole(textOf(read.bytes));
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notTheApi("the answer is not UTF-8");
  }
}
