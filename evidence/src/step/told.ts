// What the records of a step tell of its task.
import type { Pack, RequestRecord, StartRecord, TaskRecord } from "@reach-fabric/engine";
import type { StepLeaf, TaskLeaf } from "./leaf.ts";
import { isInOther, isPartOf, precedes } from "./place.ts";

/** A record of a step. */
export interface StepRecord {
  readonly leaf: StepLeaf;
  /** With holes in place of what is hidden. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** What a step is computed from. */
export interface StepParts {
  /** `namespace/name:version` */
  readonly workflow: string;
  readonly pack: Pack;
  /** From the start to the task's own. */
  readonly records: readonly StepRecord[];
}

export interface GivenAnswer {
  readonly key: string;
  readonly result: unknown;
}

/** The records by what they are to the task. */
export interface Told {
  readonly start: StartRecord;
  readonly own: TaskRecord;
  readonly leaf: TaskLeaf;
  /** The task that ended before it began. */
  readonly before: TaskRecord | undefined;
  readonly requests: readonly RequestRecord[];
  readonly results: readonly (GivenAnswer & Seq)[];
  /** What was asked for once in the run, before the task, by its name; both records. */
  readonly once: ReadonlyMap<
    string,
    { readonly request: number; readonly answer: GivenAnswer & Seq }
  >;
}

interface Seq {
  readonly seq: number;
}

export function tell(records: readonly StepRecord[]): Told {
  const leaf = records.at(-1)?.leaf;
  const start = records[0]?.record;
  if (leaf?.kind !== "task" || start === undefined)
    throw new TypeError("not the records of a step");
  const before = records.findLast((each) => precedes(each.leaf, leaf));
  const since = before?.leaf.seq ?? 0;
  const isOwn = (each: StepLeaf): boolean => each.seq > since && isPartOf(each, leaf);
  const kindOf = <T>(kind: StepLeaf["kind"], wanted: (each: StepLeaf) => boolean): T[] =>
    records
      .filter((each) => each.leaf.kind === kind && wanted(each.leaf))
      .map(({ record }) => record as unknown as T);
  const requests = kindOf<RequestRecord>("request", isOwn);
  const others = kindOf<RequestRecord>("request", (each) => !isOwn(each));
  const answers = kindOf<GivenAnswer & Seq>("result", () => true);
  const keys = new Set(requests.map(({ key }) => key));
  const once = others.flatMap(({ key, request, task, seq }) => {
    const what = onceAsked(request, task);
    const answer = answers.find((each) => each.key === key);
    return what === undefined || answer === undefined
      ? []
      : [[what, { request: seq, answer }] as const];
  });
  return {
    start: start as unknown as StartRecord,
    own: records.at(-1)?.record as unknown as TaskRecord,
    leaf,
    before: before?.record as unknown as TaskRecord | undefined,
    requests,
    results: answers.filter(({ key }) => keys.has(key)),
    once: new Map(once),
  };
}

/**
 * What a request asks for once in the run: a workflow that runs inside has a time of its own; the id is that of
 * the run everywhere.
 */
export function onceAsked(request: unknown, task: string): string | undefined {
  const { for: what } = Object(request) as { readonly for?: unknown };
  if (what === "workflow.startedAt" && !isInOther(task)) return what;
  return what === "workflow.id" ? what : undefined;
}
