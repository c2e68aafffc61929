// A second verifier of evidence v4, written from docs/spec alone. It has neither the code of
// evidence/ nor the engine's commitments: all that it takes from elsewhere is `recompute`, by which a
// caller gives it the records that follow from those that entered. It says no policy and no decision
// digest; keys that are unsafe (KEY-2) it takes as OpenSSL does.
import { linesOf, readContainer } from "./container.ts";
import type { Entries } from "./container.ts";
import * as d from "./data.ts";
import type { Value } from "./data.ts";
import { readRedacted } from "./redacted.ts";
import { readPack, readRun } from "./run.ts";
import type { Known, PackFiles } from "./run.ts";
import { readWhole } from "./whole.ts";

/**
 * All records of the run, in order, those that entered among them, as far as they can be computed: of a
 * run with holes up to the first look. Holes are written as canonical() has them.
 */
export type Recompute = (pack: PackFiles, inputs: readonly Uint8Array[]) => readonly Uint8Array[];

export interface Answer {
  readonly authentic: boolean;
  readonly why?: string;
  readonly enteredRoot?: string;
  /** Where the records were computed again. */
  readonly traceRoot?: string;
  /** By pointer, each value that is shown, as high up as it is shown whole. */
  readonly disclosed: ReadonlyMap<string, Value>;
  /** Hidden values of what is shown in part. Records that are hidden as a whole have no pointer. */
  readonly hidden: readonly string[];
  /** The outcome's record, or its leaf where no more is there. */
  readonly outcome?: Value;
  readonly complete: boolean;
  readonly replayed: "pass" | "fail" | "not checked";
}

export function verify(file: Uint8Array, recompute?: Recompute): Answer {
  let known: Known;
  try {
    known = readEvidence(readContainer(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    const nothing = { disclosed: new Map(), hidden: [], complete: false } as const;
    return { authentic: false, why, ...nothing, replayed: "not checked" };
  }
  const { run, pack, entered } = known;
  const enteredRoot = d.textOf(d.members(run["entered"])["root"]);
  // What is shown by an engine that then computes something else is not shown at all.
  const before = { disclosed: new Map(known.disclosed), hidden: [...known.hidden] };
  const replay = (): Partial<Answer> & Pick<Answer, "replayed"> => {
    if (recompute === undefined || pack === null || !known.isOneRun)
      return { replayed: "not checked" };
    try {
      const inputs = entered.map((record) => Buffer.from(d.canonical(record)));
      const records = recompute(pack, inputs).map((text) => d.recordOf(d.parse(text, true)));
      known.compare(records);
      return { replayed: "pass", traceRoot: d.textOf(d.members(run["trace"])["root"]) };
    } catch (error) {
      return { ...before, replayed: "fail", why: error instanceof Error ? error.message : "" };
    }
  };
  const replayed = replay();
  const { disclosed, hidden, outcome, isComplete: complete } = known;
  const shown = outcome === undefined ? {} : { outcome };
  return { authentic: true, enteredRoot, disclosed, hidden, ...shown, complete, ...replayed };
}

const NAMES =
  /^run\.json,run\.sig(,run\.tlog-proof)?(,start\.tlog-proof)?(,pack\.sigstore\.jsonl)?(,entered\.jsonl|(,redaction\.sigstore\.json)?,shown\.jsonl)(,blobs\/sha256\/[0-9a-f]{64})*$/;

function readEvidence(entries: Entries): Known {
  d.need(NAMES.test([...entries.keys()].join(",")), "other entries, or in another order");
  for (const [name, bytes] of entries) {
    if (name.endsWith(".json")) d.parse(bytes);
    if (name.endsWith(".jsonl")) linesOf(bytes);
  }
  const run = readRun(entries);
  const pack = readPack(d.textOf(run["pack"]), entries);
  const known: Known = {
    run,
    pack,
    disclosed: new Map(),
    hidden: [],
    entered: [],
    isComplete: false,
    isOneRun: true,
    compare: () => d.fail("nothing to compare"),
  };
  if (entries.has("entered.jsonl")) readWhole(known, linesOf(entries.get("entered.jsonl")));
  else readRedacted(known, linesOf(entries.get("shown.jsonl")));
  return known;
}
