// What an API of models is, whichever it is: how a question is written in it, and how an answer is read.
import type { Provider } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import { RequestFailed } from "../egress/failure.ts";
import type { StreamedEvent } from "../egress/event-stream.ts";
import type { ModelResult, Question, Usage } from "./question.ts";

/** An API that models are asked by. */
export interface ModelApi {
  /** Below the provider's URL. */
  readonly path: string;
  /** Beside those that every request has. */
  headers(provider: Provider): Readonly<Record<string, string>>;
  /** The header for a secret; none: as a bearer token. */
  readonly secretHeader?: string;
  /**
   * The body of the request.
   *
   * @throws RequestFailed `denied` for what the API cannot ask
   */
  body(question: Question, provider: Provider): object;
  /** Reads one answer that comes as a stream. */
  stream(): AnswerStream;
  /**
   * Reads one that comes whole.
   *
   * @throws RequestFailed `protocol`
   */
  whole(text: string): ModelResult;
}

/** One answer, as its events come. */
export interface AnswerStream {
  /**
   * Takes the next event.
   *
   * @returns what it comes to, once the stream has said that it is all; undefined before
   * @throws RequestFailed `protocol`
   */
  take(event: StreamedEvent): ModelResult | undefined;
}

/** The API cannot ask what a workflow wants to. */
export const cannotAsk = (why: string): RequestFailed =>
  new RequestFailed("denied", hostCode.noModel, why);

const MOST_TOKENS = 1e9;

/** GRANT-23: what an answer took, where that is known in whole numbers. */
export function usageOf(input: unknown, output: unknown, cached: unknown): Usage | undefined {
  const isCount = (n: unknown): n is number =>
    typeof n === "number" && Number.isInteger(n) && n >= 0 && n <= MOST_TOKENS;
  if (!isCount(input) || !isCount(output)) return undefined;
  if (cached === undefined || cached === null) return { input, output };
  return isCount(cached) && cached <= input ? { input, output, cached } : undefined;
}

/** The statuses of kinds of errors, which a stream names after its own status was said. */
const STATUSES: Readonly<Record<string, number>> = {
  // https://platform.claude.com/docs/en/api/errors
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
  // https://platform.openai.com/docs/guides/error-codes and ResponseError
  invalid_prompt: 400,
  context_length_exceeded: 400,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  server_error: 500,
};

/** GRANT-23: what is recorded of an error in the middle of a stream, by the first of its words that is known. */
export function statusOfError(
  ...words: readonly unknown[]
): { readonly status: number } | undefined {
  for (const word of words) {
    if (typeof word === "number" && Number.isInteger(word) && word >= 400 && word <= 599) {
      return { status: word };
    }
    const status =
      typeof word === "string" && Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined;
    if (status !== undefined) return { status };
  }
  return undefined;
}
