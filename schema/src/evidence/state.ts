// What a verifier keeps from one time to the next, format reach/state/v1. docs/spec/keys.md, KEY-15 and KEY-16.
import * as z from "zod";
import { strict } from "../fields/problem.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

/** The file of a verifier's state. */
export const stateFile = strict({
  format: z.literal("reach/state/v1"),
  /** The newest keyring of each root, by the digest of the root. */
  keyrings: z
    .array(
      strict({
        root: digest,
        serial: z.int().min(1).max(0xffffffff),
        digest,
        /** The digest of the root that had signed it. */
        signedBy: digest,
      }),
    )
    .max(10_000),
  /** The last checkpoint of each log, by the text of its key. */
  logs: z
    .array(
      strict({
        key: z.string().min(1).max(512),
        origin: z.string().min(1).max(256),
        size: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
        root: digest,
      }),
    )
    .max(10_000),
});

/** What a verifier keeps: see {@link stateFile}. */
export type StateFile = z.infer<typeof stateFile>;
