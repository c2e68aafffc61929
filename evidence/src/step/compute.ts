// One task computed again from what it had, and nothing else. docs/spec/evidence.md, EVID-51.
import { codeName, codes, EngineError, parseRecord } from "@reach-fabric/engine";
import type { Engine, OutcomeRecord, RequestRecord, TaskRecord } from "@reach-fabric/engine";
import { hasHole } from "../commitments/holes.ts";
import { canonicalBytes } from "../encoding/json.ts";
import { EvidenceError } from "../errors/errors.ts";
import { eventOf, packAlone } from "./alone.ts";
import { cannot, planOf } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { onceAsked, tell } from "./told.ts";
import type { GivenAnswer, StepParts, Told } from "./told.ts";

const differs = (what: string): EvidenceError =>
  new EvidenceError("REACH-E5513", `the engine computes something else: ${what}`);

/**
 * Computes the task of a step, and compares what it comes to with what was recorded.
 *
 * @param fuel that the computation may use
 * @returns what was compared, in words
 * @throws EvidenceError `REACH-E5513` it comes to something else; `REACH-E5504` a value that it needs is hidden;
 *   `REACH-E5512` it cannot be computed alone; `REACH-E5703` not with this fuel
 */
export function computeAlone(engine: Engine, parts: StepParts, fuel: number): string {
  try {
    return compute(engine, parts, fuel);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw cannot(`the engine refuses it: ${error.message} (${error.code})`);
  }
}

function compute(engine: Engine, parts: StepParts, fuel: number): string {
  const told = tell(parts.records);
  const { start, own, requests } = told;
  const plan = planOf(engine, parts, told.leaf, told.before === undefined);
  requireShown(plan, told);
  const { pack, entry } = packAlone(engine, parts.pack, plan);
  const context = contextOf(plan, told);
  if (entry === undefined && context !== undefined && !isSame(context, own.input)) throw again();
  engine.load(pack);
  const limits = { effects: 0xffffffff, fuel };
  const input = plan.runInput ? start.input : entry === undefined ? own.input : null;
  const options = { grant: start.grant as object, limits, workflow: parts.workflow };
  let { records } = engine.start(engine.admitStart(options, JSON.stringify(input)));
  let seq = 1;
  /** The keys of requests: as they were recorded, and as they are here. */
  const keys = new Map<string, string>();
  const recorded = [...told.results];
  const mine: GivenAnswer[] = [];
  for (;;) {
    for (const record of records.map((bytes) => parseRecord(bytes))) {
      seq = record.seq + 1;
      if (record.kind === "outcome") throw unended(record);
      if (record.kind === "task" && record.task === own.task) {
        if (entry === undefined && !isSame(record.input, own.input)) throw again();
        requireSame(plan, own, record);
        if (keys.size !== requests.length) throw differs("it asks less often");
        return comparedBy(plan, keys.size);
      }
      if (record.kind !== "request") continue;
      const expected = requests[keys.size];
      if (expected !== undefined && isSameRequest(expected, record, own.iteration.length)) {
        keys.set(expected.key, record.key);
      } else if (entry !== undefined && record.task.startsWith(entry)) {
        mine.push({ key: record.key, result: eventOf({ input: own.input, context }) });
      } else mine.push({ key: record.key, result: answerBefore(told, record, keys.size) });
    }
    const { key, result } = mine.shift() ?? nextAnswer(recorded, keys);
    const entered = { key, kind: "result", result, seq };
    ({ records } = engine.advance(canonicalBytes(engine, entered)));
  }
}

const again = (): EvidenceError =>
  cannot("it is the first task of the workflow and began again, with something else");

/** @throws EvidenceError `REACH-E5504` */
function requireShown(plan: Plan, { start, own, before, requests, results }: Told): void {
  const needed: readonly unknown[] = [
    own.input,
    own.output,
    own.error,
    ...(plan.leavesContext ? [own.context] : []),
    ...(plan.context === "task before" ? [before?.context] : []),
    ...(plan.runInput ? [start.input] : []),
    ...requests.map(({ request }) => request),
    ...results.map(({ result }) => result),
  ];
  if (!needed.some(hasHole)) return;
  throw new EvidenceError("REACH-E5504", "a value that the task was computed from is hidden");
}

/** The $context that the task began with, where it is given to it. */
function contextOf({ context }: Plan, { own, before }: Told): unknown {
  return context === "task before" ? before?.context : context === "input" ? own.input : undefined;
}

/** The answer to a request that is not among the task's own. */
function answerBefore({ once, requests }: Told, record: RequestRecord, asked: number): unknown {
  const { request, task, type } = record;
  const known = once.get(onceAsked(request, task) ?? "");
  if (known !== undefined) return known.answer.result;
  if (type === "clock" || type === "random") {
    const what = JSON.stringify(request["for"]);
    throw cannot(`it uses ${what}, which was asked for before it`);
  }
  throw differs(asked < requests.length ? `request ${asked + 1}` : "it asks again");
}

function nextAnswer(recorded: GivenAnswer[], keys: ReadonlyMap<string, string>): GivenAnswer {
  const answer = recorded.shift();
  if (answer === undefined) throw differs("it waits for an answer that it did not have");
  const key = keys.get(answer.key);
  if (key === undefined) throw differs("an answer came before it was asked for");
  return { key, result: answer.result };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Loops around the task are none here. */
const isSameRequest = (recorded: RequestRecord, computed: RequestRecord, loops: number): boolean =>
  recorded.type === computed.type &&
  recorded.task === computed.task &&
  isSame(recorded.iteration.slice(loops), computed.iteration) &&
  isSame(recorded.request, computed.request);

function requireSame(plan: Plan, recorded: TaskRecord, computed: TaskRecord): void {
  const members = ["status", "next", "input", "output", "error"] as const;
  const all = plan.leavesContext ? ([...members, "context"] as const) : members;
  const other = all.find((name) => !isSame(recorded[name], computed[name]));
  if (other !== undefined) throw differs(other);
}

const comparedBy = ({ leavesContext }: Plan, requests: number): string =>
  leavesContext
    ? `its ${requests} requests, output, $context and what comes next`
    : `its ${requests} requests, output and what comes next; it does not touch $context, and $context is not shown`;

const OUT_OF_FUEL = codeName(codes.E_LIMIT_FUEL);

/** What ends without the task has come to a limit, or is another run. */
function unended({ error }: OutcomeRecord): EvidenceError {
  const { detail } = Object(error) as { readonly detail?: unknown };
  const [code] = /^REACH-E12\d\d/.exec(String(detail)) ?? [];
  if (code === OUT_OF_FUEL) {
    return new EvidenceError("REACH-E5703", "the task is not computed with the fuel of the budget");
  }
  return code === undefined ? differs("it does not come to an end") : cannot(`a limit (${code})`);
}
