// How long a request may take and what it may bring, as an entry of a grant says it: docs/spec/grant.md, GRANT-21.
import * as z from "zod";
import { strict } from "../fields/problem.ts";

/** GRANT-21: how long a request may take, in milliseconds, and how many bytes its answer may have. */
const time = z
  .int({ error: "Expected a whole number of milliseconds." })
  .min(1, { error: "At least 1 ms." })
  .max(3_600_000, { error: "At most 3600000 ms, an hour." });
export const requestBounds = strict({
  /** Until the answer's headers. */
  headers: time.optional(),
  /** Until the answer's last byte. */
  total: time.optional(),
  /** Of the answer's body. */
  bytes: z
    .int({ error: "Expected a whole number of bytes." })
    .min(1, { error: "At least 1 byte." })
    .max(16 * 1024 * 1024, { error: "At most 16777216 bytes, 16 MiB." })
    .optional(),
});

/** What an entry of a grant says of the requests that it allows (GRANT-21). */
export type RequestBounds = z.infer<typeof requestBounds>;
