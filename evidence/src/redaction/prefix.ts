// How far a run is computed without what is hidden. docs/spec/evidence.md, EVID-38, EVID-41 and EVID-42.
import { isInput, opaqueReplay } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import {
  childrenOf,
  hasHole,
  isHole,
  parseWithHoles,
  textWithHoles,
} from "../commitments/holes.ts";
import { EvidenceError } from "../errors/errors.ts";

type Members = Readonly<Record<string, unknown>>;

/** Why no more is computed. */
export interface Stop {
  /** JSON pointer of the task; empty: the workflow itself. */
  readonly task: string;
  /**
   * `answer`: what comes next answers a request that holds a hidden value. `limit`: a limit ended the run.
   * `expression`, or a word for what else looked at a hidden value.
   */
  readonly what: string;
  /** The jq program that looked. */
  readonly expression?: string;
}

/**
 * Computes a run in which values are hidden, as far as nothing looks at them.
 *
 * @param shown its records, of which those that entered have holes
 * @param records the records as they were
 * @returns the first records, with holes; null where all are computed
 * @throws EvidenceError `REACH-E5803` the engine computes something else than it did: nothing can be shown then
 */
export function computedPrefix(
  engine: Engine,
  pack: Pack,
  shown: readonly Members[],
  records: readonly Members[],
): { readonly computed: readonly Members[]; readonly stop: Stop | null } {
  const computed: Members[] = [];
  /** The tasks of requests that hold something hidden, by key. */
  const asked = new Map<unknown, string>();
  let stop: Stop | undefined;
  function* inputs(): Generator<Uint8Array> {
    for (const record of shown) {
      if (!isInput(record as { kind: string })) continue;
      const task = asked.get(record["key"]);
      if (task !== undefined) {
        stop = { task, what: "answer" };
        return;
      }
      yield textWithHoles(record);
    }
  }
  const replay = opaqueReplay(engine, pack, inputs(), {
    onRecord: (bytes) => {
      const record = parseWithHoles(bytes) as Members;
      computed.push(record);
      if (record["kind"] !== "request" || !hasHole(record)) return;
      asked.set(record["key"], String(record["task"]));
    },
  });
  const same = computed.findIndex((record, seq) => !isSame(record, records[seq]));
  if (same >= 0) {
    if (!isAtLimit(records.at(-1)) && !isAtLimit(computed.at(-1))) {
      throw new EvidenceError(
        "REACH-E5803",
        `record ${same} is computed otherwise with values hidden`,
      );
    }
    computed.length = same;
    stop = { task: textOf(records[same]?.["task"]), what: "limit" };
  }
  if (computed.length === 0) {
    const why = replay.refusal?.message ?? "nothing is computed";
    throw new EvidenceError("REACH-E5803", `the run does not begin with values hidden: ${why}`);
  }
  if (computed.length === records.length) return { computed, stop: null };
  const { task = "", what = "limit", expression } = replay.looked ?? {};
  return {
    computed,
    stop: stop ?? { task, what, ...(expression && { expression: expression.trim() }) },
  };
}

/** Whether a value is another one but for its holes. */
function isSame(shown: unknown, value: unknown): boolean {
  if (isHole(shown)) return value !== undefined;
  const [left, right] = [childrenOf(shown), childrenOf(value)];
  if (left === undefined || right === undefined) return shown === value;
  return (
    Array.isArray(shown) === Array.isArray(value) &&
    left.length === right.length &&
    left.every(([name, child], i) => name === right[i]?.[0] && isSame(child, right[i]?.[1]))
  );
}

/** The error of an outcome at a limit (WF-28); a task can raise the same, and then no more is shown than could be. */
function isAtLimit(record: Members | undefined): boolean {
  const error = record?.["kind"] === "outcome" ? record["error"] : undefined;
  const { type, status } = (error ?? {}) as Members;
  return status === 500 && String(type).endsWith("/runtime");
}

/** A text, or none in the place of anything else. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
