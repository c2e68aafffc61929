// What a monitor of a log keeps between two looks. docs/spec/log.md, LOG-65.
import * as z from "zod";
import { strict } from "../fields/problem.ts";
import { instant } from "../fields/texts.ts";

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

/** So many starts can be open at a time. */
export const MOST_OPEN = 100_000;

/** A start that no evidence has followed so far, and whether that was said. */
const start = strict({ index: count, at: instant, named: z.literal(true).optional() });

/** The starts of one attempt that are open, and evidence of it that has ended others. */
const attempt = strict({
  run: z.string().length(36),
  attempt: z.int().min(1).max(0xffffffff),
  starts: z.array(start).min(1).max(MOST_OPEN),
  evidence: z.array(digest).max(MOST_OPEN),
});

/** What a monitor keeps, as a file. */
export const logMonitorState = strict({
  format: z.literal("reach/log-monitor/v1"),
  /** The log's key as the text of a note's key. */
  key: z.string().max(512),
  /** The last checkpoint that had grown from all before: a signed note. */
  note: z.string().max(1_000_000),
  /** The tree over its entries, in base64: the engine's own state, which is held to the note's root. */
  tree: z.string().max(8192),
  /** When it was first seen, by the monitor's clock, and the time of its last entry. */
  seenAt: instant,
  lastAt: instant.optional(),
  open: z.array(attempt).max(MOST_OPEN),
});

/** What a monitor keeps: see {@link logMonitorState}. */
export type LogMonitorState = z.infer<typeof logMonitorState>;
