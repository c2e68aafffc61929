// One request to a registry, and its answer. Nothing here knows credentials: what a request carries is said by the
// caller, and redirects are not followed.
import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { mostPieces } from "../effects/egress/answer.ts";
import { GrowingBytes } from "../effects/egress/growing-bytes.ts";
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
  /** Ends it, and whatever it is a part of. */
  readonly signal?: AbortSignal | undefined;
}

/** Its own: that of the process may be a proxy of the environment's. */
const agent = new Agent();

/** How long an answer may take to begin, in milliseconds; its body has as long again, and more for each byte. */
export const PATIENCE = 30_000;
const SMALL = 4 * 1024 * 1024;
/** What comes more slowly, in bytes a millisecond, is not waited for: one byte now and then would never end. */
const SLOWEST = 64;

/** @throws ReachError `REACH-E4142` no answer in time, `REACH-E4145` one that is too large */
export async function exchange(
  url: URL,
  { method, body, headers = {}, limit = SMALL, signal }: Ask,
  { authorization, patience = PATIENCE }: { authorization?: string | undefined; patience?: number },
): Promise<Answer> {
  const most = 2 * patience + Math.ceil(Math.max(limit, body?.length ?? 0) / SLOWEST);
  const late = AbortSignal.timeout(most);
  const ends = signal === undefined ? late : AbortSignal.any([late, signal]);
  const once = async (): Promise<Answer> => {
    const answer = await request(url, {
      dispatcher: agent,
      method,
      ...(body === undefined ? {} : { body }),
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      headersTimeout: patience,
      bodyTimeout: patience,
      signal: ends,
    });
    const bytes = await readUpTo(answer.body, limit, url.host);
    return { status: answer.statusCode, headers: answer.headers, body: bytes };
  };
  try {
    // A connection that has lain idle may be closed just when it is used again.
    return await once().catch((error: unknown) => {
      if (isClosed(error) && (method === "GET" || method === "HEAD")) return once();
      throw error;
    });
  } catch (error) {
    if (error instanceof ReachError) throw error;
    const message = error instanceof Error ? error.message : "no answer";
    throw new ReachError(hostCode.noRegistry, "The registry cannot be reached.", {
      where: url.host,
      why: ends.aborted ? "its answer has not come in time" : message,
      cause: error,
    });
  }
}

const isClosed = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "ECONNRESET" || error.code === "UND_ERR_SOCKET");

async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  where: string,
): Promise<Uint8Array> {
  // In one buffer that grows: a chunk of one byte would cost a hundred if it was kept.
  const read = new GrowingBytes();
  let pieces = 0;
  for await (const chunk of body) {
    pieces += 1;
    if (read.length + chunk.length > limit || pieces > mostPieces(limit)) {
      throw new ReachError(
        hostCode.registryMismatch,
        "The registry gave something other than what was asked for.",
        { where, why: `more than ${limit} bytes, or too many pieces` },
      );
    }
    read.add(chunk);
  }
  return read.bytes.slice();
}
