// Entries of an audit log, and the file that says which log a folder is. docs/spec/log.md, LOG-12 to
// LOG-15.
import * as z from "zod";
import { instant } from "../fields/texts.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const name = z.string().min(1).max(256);

const run = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "a lower-case UUID");
const attempt = z.int().min(1).max(0xffffffff);

/** Where a log stood: what another log, or a policy, says of one that is closed. */
export const logHead = z.strictObject({ origin: name, size: count, root: digest });

/** The last state of a log. */
export type LogHead = z.infer<typeof logHead>;

const head = { v: z.literal(1), at: instant };
const signed = { keyId: z.string().regex(/^[0-9a-f]{16}$/, "16 hex digits"), paeHash: digest };

/** Whom a run is about, for who has the matter key: the id of that key, and codes in their order, each once. */
const subjects = z
  .strictObject({
    key: z.string().regex(/^[0-9a-f]{16}$/, "16 hex digits"),
    codes: z.array(digest).min(1).max(64),
  })
  .refine(({ codes }) => codes.every((code, i) => i === 0 || code > (codes[i - 1] ?? "")), {
    error: "codes in their order, each once",
  });

/** The members of entries, by what they are about. `at` is the log's own time: it never goes back. */
const bodies = {
  /** The first entry of every log. `previous`: it goes on from a log that is closed. */
  opened: z.strictObject({ previous: logHead.optional() }),
  /** The last entry of a log that another one goes on from. */
  closed: z.strictObject({ reason: name }),
  /** A run begins: it stands here before its first effect. */
  started: z.strictObject({
    run,
    attempt,
    pack: digest,
    engine: digest,
    /** To what it began with and when: LOG-61. */
    commitment: digest,
    subjects: subjects.optional(),
  }),
  /** Evidence of a run was signed: SHA-256 of its run.json. */
  evidence: z.strictObject({ run, attempt, sha256: digest }),
  /** Something that security depends on was done, or tried. Names no person and no secret. */
  act: z.strictObject({
    type: z.string().regex(/^[a-z]+(\.[a-z]+)+$/, "words joined by dots, as key.revoked"),
    actor: name,
    outcome: z.enum(["intended", "success", "failure"]),
    /** Index of the entry in which it was intended. */
    intent: count.optional(),
    details: z.record(z.string().max(64), z.union([z.string().max(1024), count])).optional(),
  }),
};

/** One entry of an audit log. */
export const logEntry = z.discriminatedUnion("type", [
  z.strictObject({ ...head, type: z.literal("opened"), body: bodies.opened }),
  z.strictObject({ ...head, type: z.literal("closed"), body: bodies.closed }),
  z.strictObject({ ...head, type: z.literal("started"), body: bodies.started }),
  z.strictObject({ ...head, ...signed, type: z.literal("evidence"), body: bodies.evidence }),
  z.strictObject({ ...head, type: z.literal("act"), body: bodies.act }),
]);

/** One entry of an audit log. */
export type LogEntry = z.infer<typeof logEntry>;

type Unstamped<T> = T extends unknown ? Omit<T, "v" | "at"> : never;

/** An entry as it is handed to a log, which adds the version and its time. */
export type NewLogEntry = Unstamped<LogEntry>;

/** log.json: which log a folder is. Everything in it is bound by the log's signature or by itself. */
export const logFile = z.strictObject({
  format: z.literal("reach/log/v1"),
  origin: name,
  /** The log's key as the text of a note's key. */
  key: z.string().max(512),
  /** Those of the witnesses that cosign its checkpoints. */
  witnesses: z.array(z.string().max(512)).max(32),
});

/** log.json. */
export type LogFile = z.infer<typeof logFile>;

/** The proof that a log has grown from one size to another, LOG-37. */
export const logGrowth = z.strictObject({
  format: z.literal("reach/growth/v1"),
  origin: z.string().min(1).max(256),
  from: count,
  to: count,
  /** In base64. */
  hashes: z.array(z.string().length(44)).max(64),
});

/** The proof that a period of a log is complete, LOG-17. */
export const logPeriod = z.strictObject({
  format: z.literal("reach/period/v1"),
  from: instant,
  to: instant,
  /** The signed checkpoint, as it stands. */
  checkpoint: z.string().max(1_000_000),
  /** Index of the first of `entries`. */
  first: count,
  /** The period's entries, and the one before and the one behind it where there is one. */
  entries: z.array(logEntry).max(1_000_000),
  /** Roots of the perfect subtrees beside them, left to right, in base64. */
  hashes: z.array(z.string().length(44)).max(128),
});

/** The proof that a period of a log is complete. */
export type LogPeriod = z.infer<typeof logPeriod>;
