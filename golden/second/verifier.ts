// A second verifier of evidence v4, written from docs/spec alone. It has neither the code of
// evidence/ nor the engine's commitments: all that it takes from elsewhere is `recompute`, by which a
// caller gives it the records that follow from those that entered. It says whether a file is authentic,
// its roots, and what it discloses. It has no policy, no decision digest and no limits of size; which
// members a record has it leaves to the engine, and keys that are unsafe (KEY-2) it takes as OpenSSL does.
import { linesOf, readContainer } from "./container.ts";
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";
import { readPack, readRun, treeOf } from "./run.ts";
import type { PackFiles } from "./run.ts";
import { readEntered, readShown } from "./shown.ts";

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

/** The entries in their order (EVID-5). */
const NAMES =
  /^run\.json,run\.sig(,run\.tlog-proof)?(,start\.tlog-proof)?(,pack\.sigstore\.jsonl)?(,entered\.jsonl|(,redaction\.sigstore\.json)?,shown\.jsonl)(,blobs\/sha256\/[0-9a-f]{64})*$/;

export function verify(file: Uint8Array, recompute?: Recompute): Answer {
  const nothing = { disclosed: new Map(), hidden: [], complete: false } as const;
  let answer: Answer = { authentic: false, ...nothing, replayed: "not checked" };
  try {
    const entries = readContainer(file);
    d.need(NAMES.test([...entries.keys()].join(",")), "other entries, or in another order");
    for (const [name, bytes] of entries) {
      if (name.endsWith(".json")) d.parse(bytes);
      if (name.endsWith(".jsonl")) linesOf(bytes);
    }
    const run = readRun(entries);
    const pack = readPack(d.textOf(run["pack"]), entries);
    const isWhole = entries.has("entered.jsonl");
    const lines = linesOf(entries.get(isWhole ? "entered.jsonl" : "shown.jsonl"));
    const shown = (isWhole ? readEntered : readShown)(run, lines);
    const isOne = !isWhole || isOneRun(run, [...shown.inputs, d.members(shown.outcome)]);
    const { disclosed, hidden } = shown.openings;
    answer = {
      ...answer,
      authentic: true,
      enteredRoot: treeOf(run, "entered").root,
      // What an engine computes that comes to something else is not shown at all.
      disclosed: new Map(disclosed),
      hidden: [...hidden],
      ...(shown.outcome === undefined ? {} : { outcome: shown.outcome }),
      complete: pack !== null && isWhole && isOne,
    };
    if (recompute === undefined || pack === null || !isOne) return answer;
    answer = { ...answer, replayed: "fail" };
    const inputs = shown.inputs.map((record) => Buffer.from(d.canonical(record)));
    shown.compare(recompute(pack, inputs).map((text) => d.members(d.parse(text, true))));
    const outcome = shown.outcome === undefined ? {} : { outcome: shown.outcome };
    const traceRoot = treeOf(run, "trace").root;
    return { ...answer, replayed: "pass", traceRoot, disclosed, hidden, ...outcome };
  } catch (error) {
    return { ...answer, why: error instanceof Error ? error.message : "" };
  }
}

/** Begins once, with what was signed; ascends; ends with the last record (EVID-17). */
function isOneRun(run: Members, records: readonly Members[]): boolean {
  const [start = {}] = records;
  const begins = ["pack", "semantics", "workflow"].every((name) => start[name] === run[name]);
  const numbers = records.map(d.seqOf);
  const rises = numbers.every((seq, i) => seq > (numbers[i - 1] ?? -1));
  const starts = records.filter(({ kind }) => kind === "start");
  const isOnce = starts.length === 1 && start["kind"] === "start" && numbers[0] === 0;
  return begins && rises && isOnce && numbers.at(-1) === treeOf(run, "trace").size - 1;
}
