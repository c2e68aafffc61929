// trace.jsonl: the leaves of a trace, one for each record. docs/spec/trace.md, TRACE-11 to TRACE-13;
// docs/spec/evidence.md, EVID-13 and EVID-17.
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { traceLeaf } from "@reach-fabric/schema";
import type { EvidenceRun, TraceLeaf } from "@reach-fabric/schema";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { inShape, parseLines } from "../encoding/json.ts";
import { ENTRY } from "./layout.ts";

/** One line of trace.jsonl. */
export interface Leaf {
  readonly bytes: Uint8Array;
  readonly value: TraceLeaf;
}

/**
 * The leaves of a trace, each by itself: what they say together is checked by requireTrace().
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5105`, `REACH-E5601`
 */
export function readLeaves(engine: Engine, bytes: Uint8Array): Leaf[] {
  return parseLines(engine, bytes, ENTRY.trace).map(({ bytes: line, value }, i) => ({
    bytes: line,
    value: inShape(traceLeaf, value, `${ENTRY.trace}, line ${i + 1}`, "REACH-E5601"),
  }));
}

/** Root and size of a trace as run.json holds them. */
export const traceRoot = (engine: Engine, leaves: readonly Uint8Array[]): EvidenceRun["trace"] => ({
  root: toHex(engine.merkleRoot(leaves)),
  size: leaves.length,
});

/**
 * Requires that the leaves are all leaves of one run that has ended: numbered without a gap, begun
 * once, ended once, as many as were signed, and under the root that was signed.
 *
 * @throws EvidenceError `REACH-E5602` to `REACH-E5604`
 */
export function requireTrace(engine: Engine, run: EvidenceRun, leaves: readonly Leaf[]): void {
  const last = leaves.length - 1;
  leaves.forEach(({ value: { seq, kind } }, i) => {
    if (seq !== i) {
      throw new EvidenceError("REACH-E5602", `record ${i} of the trace has the number ${seq}`);
    }
    if ((kind === "start") !== (i === 0)) {
      throw new EvidenceError("REACH-E5603", `record ${i} of the trace is ${a(kind)}`);
    }
    if ((kind === "outcome") !== (i === last)) {
      const why = i === last ? "the trace ends before its run" : "the trace goes on after its end";
      throw new EvidenceError("REACH-E5603", `${why}: record ${i} is ${a(kind)}`);
    }
  });
  const { root, size } = traceRoot(
    engine,
    leaves.map(({ bytes }) => bytes),
  );
  if (size !== run.trace.size) {
    throw new EvidenceError(
      "REACH-E5604",
      `the trace has ${size} records, run.json says ${run.trace.size}`,
    );
  }
  if (root !== run.trace.root) {
    throw new EvidenceError("REACH-E5604", `the trace's root is ${root}, not that of run.json`);
  }
}

const a = (kind: string): string => (kind === "outcome" ? "an outcome" : `a ${kind}`);

/**
 * Requires that a trace, whose first leaf is given, is that of run.json: the same pack, workflow and semantics.
 *
 * @throws EvidenceError `REACH-E5605`
 */
export function requireSameRun(run: EvidenceRun, start: Leaf["value"] | undefined): void {
  if (start?.kind !== "start") throw new EvidenceError("REACH-E5603", "the trace has no start");
  for (const name of ["pack", "workflow", "semantics"] as const) {
    if (start[name] !== run[name]) {
      throw new EvidenceError(
        "REACH-E5605",
        `the run started with ${name} ${quoted(`${start[name]}`)}, run.json says ${quoted(`${run[name]}`)}`,
      );
    }
  }
}
