// whatIf(): what a recorded run would have come to with other rules, or another answer.
// docs/spec/evidence.md, EVID-29.
import {
  EngineError,
  fromBase64,
  isInput,
  isTiming,
  parseRecord,
  pathOf,
  step,
  utf8,
  valueAt,
} from "@reach-fabric/engine";
import type {
  EffectResult,
  Engine,
  Json,
  OutcomeRecord,
  Pack,
  RequestRecord,
  ResultRecord,
  TraceRecord,
} from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import { manifestOf } from "../file/pack.ts";
import type { ReplayOptions } from "../verify/replay.ts";
import { firstStep } from "./diff.ts";
import type { DiffReport } from "./diff.ts";

/** Another value at a place of a record that entered the run: its start, or an answer. */
export interface Change {
  /** The record's number. */
  readonly seq: number;
  /** JSON pointer in the record, such as `/input/amount` or `/result/body/score`. */
  readonly pointer: string;
  readonly value: Json;
}

/** What would have been. Nobody was asked but where `live` says so, and nothing of it is signed. */
export interface Hypothesis {
  /** `not recorded`: it asks for something to which no answer was recorded; see `asks`. */
  readonly status: OutcomeRecord["status"] | "not recorded";
  readonly outcome?: OutcomeRecord;
  /** True if it ends as the recorded run did: completed with the same output, or the same error. */
  readonly same: boolean;
  /** The decision digest, if it has come to an end. */
  readonly decision?: string;
  /** What it would ask, and cannot be told. */
  readonly asks?: RequestRecord;
  /** What was asked of the world, because no answer was recorded. */
  readonly live: readonly RequestRecord[];
  /** The first record that is not the recorded one, as diff() says it; absent where none differs. */
  readonly first?: Pick<DiffReport, "step" | "task" | "kind" | "pointer" | "values">;
  /** The records, as far as it went. */
  readonly records: readonly Uint8Array[];
}

/**
 * Runs a pack on the input, the grant and the answers of a recorded run.
 *
 * An answer is used for the request that stands at the same place (the names of its tasks, the
 * iteration, the occurrence) and asks for the same, byte for byte. Answers come in the order in which
 * they came; how long anything takes is not modelled.
 *
 * @param change an answer, or a part of the input, to be replaced; everything before it is as it was
 * @throws EngineError for a pack that cannot be loaded; TypeError for a change at a path that does not exist
 *
 * @example
 * const { status, first } = whatIf(engine, stricterPack, records);
 */
export function whatIf(
  engine: Engine,
  pack: Pack,
  recorded: readonly Uint8Array[],
  change?: Change,
  work: Work = {},
): Hypothesis {
  const step = hypothesis(engine, pack, recorded, { change, ...work }).next();
  if (step.done === true) return step.value;
  return step.value.end;
}

/** How a hypothesis tells where it is, and is told to stop; looked at before each answer that it takes. */
type Work = Pick<ReplayOptions, "onProgress" | "signal">;

/**
 * whatIf() that asks the world for what was not recorded.
 *
 * @param ask is given the requests that wait, and gives the answer to one of them; undefined ends the
 *   hypothesis there, as `not recorded`
 * @param grant what may be asked beside what the recorded grant allows
 *
 * @example
 * await whatIfLive(engine, pack, records, {
 *   ask: async ([request]) => request && perform(request),
 *   grant,
 * });
 */
export async function whatIfLive(
  engine: Engine,
  pack: Pack,
  recorded: readonly Uint8Array[],
  {
    ask,
    ...given
  }: Work & {
    readonly ask: (requests: readonly RequestRecord[]) => Promise<KeyedResult | undefined>;
    readonly grant?: Grant;
    readonly change?: Change;
  },
): Promise<Hypothesis> {
  const steps = hypothesis(engine, pack, recorded, given);
  for (let step = steps.next(); ;) {
    if (step.done === true) return step.value;
    const answer = await ask(step.value.open);
    if (answer === undefined) return step.value.end;
    step = steps.next(answer);
  }
}

/** What came of the effect with this key. */
type KeyedResult = EffectResult & { readonly key: string };

/** Where nothing that is recorded helps on: what waits, and what the hypothesis is if it ends here. */
interface Stop {
  readonly open: readonly RequestRecord[];
  readonly end: Hypothesis;
}

function* hypothesis(
  engine: Engine,
  pack: Pack,
  recorded: readonly Uint8Array[],
  given: Work & {
    readonly change?: Change | undefined;
    readonly grant?: Grant;
  },
): Generator<Stop, Hypothesis, KeyedResult> {
  const { change, onProgress, signal } = given;
  const live: RequestRecord[] = [];
  const before = recorded.map((bytes) => parseRecord(bytes));
  if (change !== undefined) before[change.seq] = changed(before[change.seq], change);
  const [first] = before;
  if (first?.kind !== "start") throw new TypeError("There is no start record");
  const answers = answersOf(before);

  engine.load(pack);
  const { limits, input, workflow } = first;
  const grant = united(first.grant as Grant, given.grant ?? {});
  const options = { grant, limits: limits as object };
  // Another version of a workflow has another name: the pack's own is meant.
  const { workflows, id } = manifestOf(pack);
  const isOwn = workflows.length === 1 || workflow.startsWith(`${id}:`);
  const named = isOwn ? options : { ...options, workflow };
  const start = engine.admitStart(named, JSON.stringify(input));
  const records: Uint8Array[] = [];
  const open: RequestRecord[] = [];
  let found = step(engine, [{ start }], BARE);
  const total = before.filter((record) => isInput(record)).length;
  for (let done = 1; ; done++) {
    onProgress?.({ phase: "compute", done: Math.min(done, total), total });
    signal?.throwIfAborted();
    records.push(...found.records);
    open.push(...found.effects);
    for (const key of found.dropped) drop(open, key);
    if (found.outcome !== undefined) {
      const outcome = parseRecord(records.at(-1) as Uint8Array) as OutcomeRecord;
      const { status } = outcome;
      const same = ending(outcome) === ending(before.at(-1));
      const decision = engine.decision();
      return { status, outcome, same, decision, live, ...rest(recorded, records) };
    }
    let next = nextAnswer(engine, open, answers) ?? cancellation(engine, before, open, answers);
    if (next === undefined) {
      const unknown = open.filter((request) => !answers.has(placeOf(request)));
      const [asks] = unknown.length > 0 ? unknown : open;
      const asked = asks === undefined ? {} : { asks };
      const rests = rest(recorded, records);
      const end = {
        status: "not recorded",
        same: false,
        ...asked,
        live: [...live],
        ...rests,
      } as const;
      const answer = yield { open: unknown, end };
      next = engine.admitResult(answer.key, answer.result, answer.body);
      live.push(...open.filter(({ key }) => key === answer.key));
      drop(open, answer.key);
    }
    found = step(engine, [{ record: next }], BARE);
  }
}

/** A hypothesis commits to nothing. */
const BARE = { commits: false } as const;

/** What either grant allows; of what models may take the second one's limit, or else the first one's. */
function united(a: Grant, b: Grant): object {
  const { spending: ofRun, ...was } = a;
  const { spending = ofRun, ...asked } = b;
  const names = [...new Set([...Object.keys(was), ...Object.keys(asked)])] as (keyof typeof was)[];
  const all: Omit<Grant, "spending"> = Object.fromEntries(
    names.map((name) => [name, [...(was[name] ?? []), ...(asked[name] ?? [])]]),
  );
  const models = [...new Set(all.models ?? [])];
  const grant = { ...all, ...(all.models === undefined ? {} : { models }) };
  if (spending === undefined) return grant;
  if (spending.prices === undefined) return { ...grant, spending };
  // A model that this limit does not know was asked under another one.
  const known = { ...ofRun?.prices, ...spending.prices };
  const prices = Object.fromEntries(models.map((name) => [name, known[name] ?? FREE]));
  return { ...grant, spending: { ...spending, prices } };
}
const FREE = { input: 0, output: 0 };

const rest = (
  recorded: readonly Uint8Array[],
  records: readonly Uint8Array[],
): Pick<Hypothesis, "first" | "records"> => {
  // A hypothesis has no records of when something came.
  const timeless = recorded.filter((bytes) => !isTiming(bytes));
  // What may be asked now is no difference of the rules.
  const start = parseRecord(records[0] as Uint8Array);
  const own = start.kind === "start" ? { grant: start.grant } : {};
  const aligned = timeless.map((bytes, seq) =>
    numbered(bytes, seq === 0 ? { seq, ...own } : { seq }),
  );
  const first = firstStep(aligned, records);
  if (first.step === undefined) return { records };
  const at = timeless[first.step];
  const step = at === undefined ? recorded.length : parseRecord(at).seq;
  return { first: { ...first, step }, records };
};

const numbered = (bytes: Uint8Array, own: object): Uint8Array =>
  utf8(JSON.stringify({ ...parseRecord(bytes), ...own }));

/** What counts of an end, wherever it stands. */
const ending = (record: TraceRecord | undefined): string => JSON.stringify({ ...record, seq: 0 });

interface Answer {
  /** When it came. */
  readonly seq: number;
  readonly type: RequestRecord["type"];
  readonly result: ResultRecord["result"];
}

/** The recorded answers by what was asked, and where; null for what was asked and not answered. */
type Answers = ReadonlyMap<string, Answer | null>;

function answersOf(records: readonly TraceRecord[]): Answers {
  const requests = new Map<string, RequestRecord>();
  const answers = new Map<string, Answer | null>();
  for (const record of records) {
    if (record.kind === "request") {
      requests.set(record.key, record);
      answers.set(placeOf(record), null);
    }
    if (record.kind !== "result") continue;
    const request = requests.get(record.key);
    if (request === undefined) continue;
    const { seq, result } = record;
    answers.set(placeOf(request), { seq, type: request.type, result });
  }
  return answers;
}

/** Where a request stands and what it asks; records are canonical, so equal ones have equal texts. */
function placeOf({ task, iteration, occurrence, type, request }: RequestRecord): string {
  const names = task.split("/").filter((part) => !/^\d+$/.test(part));
  return JSON.stringify([names, iteration, occurrence, type, request]);
}

/** The record of the answer that came first among those to what is open; it is open no more. */
function nextAnswer(
  engine: Engine,
  open: RequestRecord[],
  answers: Answers,
): Uint8Array | undefined {
  const found = open
    .flatMap((request) => {
      const answer = answers.get(placeOf(request)) ?? null;
      return answer === null ? [] : [{ request, answer }];
    })
    .sort((a, b) => a.answer.seq - b.answer.seq);
  for (const { request, answer } of found) {
    try {
      const { result, body } = admissible(answer);
      const record = engine.admitResult(request.key, result, body);
      drop(open, request.key);
      return record;
    } catch (error) {
      // An event that the changed task does not take, for one.
      if (!(error instanceof EngineError)) throw error;
    }
  }
  return undefined;
}

function drop(open: RequestRecord[], key: string): void {
  const at = open.findIndex((request) => request.key === key);
  if (at >= 0) open.splice(at, 1);
}

/** A recorded result in the parts in which it came from outside. */
export function admissible({ type, result }: Pick<Answer, "type" | "result">): EffectResult {
  if (type !== "http" || "failure" in result) return { result };
  const { body, bytes, ...others } = result;
  if (typeof bytes !== "string") return { result: others, body: utf8(JSON.stringify(body)) };
  return { result: others, body: fromBase64(bytes) };
}

/** A run that somebody ended is ended here, too, where it waits for what that one waited for in vain. */
function cancellation(
  engine: Engine,
  before: readonly TraceRecord[],
  open: readonly RequestRecord[],
  answers: Answers,
): Uint8Array | undefined {
  const cancel = before.find((record) => record.kind === "cancel");
  if (cancel === undefined || open.some((request) => !answers.has(placeOf(request)))) {
    return undefined;
  }
  return engine.admitCancel(typeof cancel.reason === "string" ? cancel.reason : undefined);
}

/** A record with another value at a place. */
function changed(record: TraceRecord | undefined, { seq, pointer, value }: Change): TraceRecord {
  const refuse = (why: string): never => {
    throw new TypeError(`${why}: record ${seq}, ${pointer || "the whole"}`);
  };
  if (record === undefined) return refuse("there is no such record");
  if (record.kind !== "start" && record.kind !== "result") {
    return refuse(`a ${record.kind} record follows from others; change an answer or the input`);
  }
  const path = pathOf(pointer);
  const own = record.kind === "start" ? "input" : "result";
  if (path[0] !== own) return refuse(`expected a pointer that begins with /${own}`);
  const copy = structuredClone(record);
  if (valueAt(copy, path) === undefined) return refuse("there is nothing");
  const above = valueAt(copy, path.slice(0, -1)) as Record<string, unknown>;
  above[path.at(-1) ?? own] = value;
  return copy;
}
