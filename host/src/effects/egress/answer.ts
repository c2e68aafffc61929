// What comes back of a request: bounded, and in what is recorded no more than was asked for.
import type { Dispatcher } from "undici";
import { hostCode } from "../../files/codes.ts";
import { systemCode } from "../../files/files.ts";
import { AddressRefused } from "./address.ts";
import { failureOf, RequestFailed } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { Target } from "./grant.ts";
import type { Performed } from "./performed.ts";

/** TRACE-6: what of an answer is recorded, but for its body. */
export type HttpResult =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly failure: Failure };

export interface Received {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Dispatcher.ResponseData["body"];
  /** The operator's address that was contacted, if there is one. */
  readonly address: string | undefined;
  /** What was asked for at last. */
  readonly target: Target;
}

/** The body as it comes; RequestFailed `protocol` where it is encoded. */
export function chunksOf({ body, headers }: Received): AsyncIterable<Uint8Array> {
  const encoding = headers["content-encoding"];
  // RFC 9110, 8.4: codings in any case; nothing and `identity` are none.
  if (encoding !== undefined && !/^(?:identity)?$/i.test(String(encoding).trim())) {
    discard(body);
    throw new RequestFailed("protocol", hostCode.encodedAnswer, "the answer is encoded, unasked");
  }
  return body as AsyncIterable<Uint8Array>;
}

export async function readBody(answer: Received, limit: number): Promise<Uint8Array> {
  const chunks = chunksOf(answer);
  const { headers } = answer;
  let bytes = new Uint8Array(expected(headers["content-length"], limit));
  let [size, pieces] = [0, 0];
  for await (const chunk of chunks) {
    const from = size;
    size += chunk.length;
    pieces += 1;
    if (size > limit || pieces > mostPieces(limit)) {
      const why = `the answer is over the limit of ${limit} bytes, or comes in too many pieces`;
      throw new RequestFailed("tooLarge", hostCode.largeAnswer, why);
    }
    // One buffer that grows: a chunk of one byte would cost a hundred if it was kept.
    if (size > bytes.length) {
      const grown = new Uint8Array(Math.max(size, 2 * bytes.length));
      grown.set(bytes);
      bytes = grown;
    }
    bytes.set(chunk, from);
  }
  return size === bytes.length ? bytes : bytes.slice(0, size);
}

/** To take a piece costs as much as to take many bytes, however small it is. */
export const mostPieces = (limit: number): number => 1024 + limit / 64;

/** Bytes that are likely to come. */
function expected(length: string | string[] | undefined, limit: number): number {
  const said = Number(length ?? 1024);
  return Number.isSafeInteger(said) && said >= 0 ? Math.min(said, limit) : 0;
}

/** Ends an answer that nobody reads. */
export function discard(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => undefined);
  body.destroy();
}

/** TRACE-6: the headers that the workflow names, and nothing else. */
export function namedHeaders(
  headers: Dispatcher.ResponseData["headers"],
  names: readonly string[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name.toLowerCase()];
    if (value !== undefined) {
      found[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ");
    }
  }
  return found;
}

export function failed(error: unknown): Performed<HttpResult> {
  const failure = failureOf(error);
  const note =
    error instanceof RequestFailed
      ? { code: error.code, why: error.message }
      : { code: codeOf(error, failure), why: systemCode(error) || failure };
  return { result: { failure }, note };
}

const codeOf = (error: unknown, failure: Failure): string =>
  error instanceof AddressRefused
    ? hostCode.badAddress
    : (noteCodes[failure] ?? hostCode.otherFailure);

/** Codes for what the network said, rather than this client. */
const noteCodes: Partial<Record<Failure, string>> = {
  denied: hostCode.otherDenial,
  timeout: hostCode.timeout,
  refused: hostCode.refused,
  reset: hostCode.reset,
  dns: hostCode.noAddress,
  tls: hostCode.tls,
  protocol: hostCode.protocol,
};
