// One request to a registry, and its answer. Nothing here knows credentials: what a request carries is said by the
// caller, and redirects are not followed.
import { request } from "undici";
import type { Dispatcher } from "undici";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/** An answer whose body was read. */
export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Uint8Array;
}

/** What is asked. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Most bytes that an answer may have. */
  readonly limit?: number;
}

const PATIENCE = 30_000;
const SMALL = 4 * 1024 * 1024;

/** @throws ReachError `REACH-E4142` no answer, `REACH-E4145` one that is too large */
export async function exchange(
  url: URL,
  { method, body, headers = {}, limit = SMALL }: Ask,
  authorization?: string,
): Promise<Answer> {
  try {
    const answer = await request(url, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      headersTimeout: PATIENCE,
      bodyTimeout: PATIENCE,
    });
    const bytes = await readUpTo(answer.body, limit, url.host);
    return { status: answer.statusCode, headers: answer.headers, body: bytes };
  } catch (error) {
    if (error instanceof ReachError) throw error;
    throw new ReachError(hostCode.noRegistry, "The registry cannot be reached.", {
      where: url.host,
      why: error instanceof Error ? error.message : "no answer",
      cause: error,
    });
  }
}

async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  where: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) {
      throw new ReachError(
        hostCode.registryMismatch,
        "The registry gave something other than what was asked for.",
        {
          where,
          why: `more than ${limit} bytes`,
        },
      );
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}
