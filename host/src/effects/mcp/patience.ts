// How long an answer is waited for: so long as the server shows that it works, up to a bound.
import { hostCode } from "../../files/codes.ts";
import { Deadline, within } from "../egress/deadline.ts";
import { RequestFailed } from "../egress/failure.ts";

/** By what the whole call may exceed its limit where there is progress. */
export const MOST_EXTENSION = 10;

/**
 * What comes of some work within a limit of time that begins again with each sign of progress, and within ten times the
 * limit.
 *
 * @param limit milliseconds
 * @throws RequestFailed `timeout`; the signal's reason; whatever the work throws
 */
export function withPatience<T>(
  limit: number,
  signal: AbortSignal,
  work: (stop: AbortController, heard: () => void) => Promise<T>,
): Promise<T> {
  const late = (after: number): RequestFailed =>
    new RequestFailed("timeout", hostCode.timeout, `no answer in ${after} ms`);
  const most = limit * MOST_EXTENSION;
  return within(most, late(most), signal, async (stop) => {
    const begin = (): Deadline => new Deadline(limit, () => stop.abort(late(limit)));
    let deadline = begin();
    try {
      return await work(stop, () => {
        deadline.stop();
        deadline = begin();
      });
    } finally {
      deadline.stop();
    }
  });
}
