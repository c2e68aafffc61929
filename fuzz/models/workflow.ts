// What a workflow run must do, said as plainly as possible: docs/spec/workflow.md and trace.md as a
// recursive program over the document, with exceptions for errors. Nothing here is shared with the
// engine but the evaluation of one jq expression, which has a model of its own.
//
// A phase of a task that has to ask for the time or an id is begun again when the answer is there
// (WF-9); hence evaluation is a plain function that throws what it lacks.
//
// A line is what runs by itself: the workflow, or a branch of a fork. Each is a generator that yields
// what it asks, or the branches that it waits for.
import { whyNotTail } from "./paths.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Dict = { [key: string]: Json };

/** An expression's value, or its error's text. */
export type Evaluate = (
  program: string,
  input: Json,
  variables: Dict,
) => { readonly value: Json } | { readonly error: string };

export interface Question {
  readonly type: "http" | "clock" | "random" | "timer" | "emit" | "event" | "llm" | "mcp" | "grpc";
  readonly key: string;
  readonly request: Dict;
  /** Whether a listen takes an event. */
  readonly takes?: (event: Dict) => boolean;
}

export interface Setting {
  readonly document: Json;
  /** The workflows that it runs, by namespace/name:version; each has its name as the name of its file. */
  readonly children: Readonly<Record<string, Json>>;
  readonly tables: Readonly<Record<string, Json>>;
  readonly input: Json;
  readonly granted: (method: string, uri: string) => boolean;
  readonly emits: (type: string) => boolean;
  readonly evaluate: Evaluate;
  /** What a schema of a clause, which stands at a place of a file, says against a value. */
  readonly validate: (schema: Dict, file: string, place: string, value: Json) => string | undefined;
  /** Most records that are worth looking at. */
  readonly patience: number;
  /** Every record that leaves is put here. */
  readonly seen: Json[];
}

/** A run that goes on with each answer. */
export interface Interpretation {
  /** What is asked and not answered, in the order in which it was asked. */
  readonly open: readonly Question[];
  /** What was asked by branches that were cancelled. */
  readonly dropped: readonly Question[];
  /** TRACE-16, without what ended the run. */
  readonly races: readonly string[];
  /** The run has ended. */
  readonly ended: boolean;
  answer(key: string, result: Dict): void;
  /** A late answer takes a number and has no other consequence. */
  late(): void;
}

/** Longest record that the model makes, in characters. */
const LONGEST = 200_000;

/** The run has become too long to follow. */
export class GiveUp extends Error {}

/** An error of the DSL on its way up. */
class Fault extends Error {
  readonly error: Json;
  constructor(error: Json) {
    super("fault");
    this.error = error;
  }
}

/** `then: end` on its way out. */
class End extends Error {
  readonly output: Json;
  constructor(output: Json) {
    super("end");
    this.output = output;
  }
}

/** A timer of a frame has fired: on its way to the frame. */
class TimedOut extends Error {
  readonly frame: Frame;
  readonly what: Bound;
  constructor(frame: Frame, what: Bound) {
    super("timed out");
    this.frame = frame;
    this.what = what;
  }
}
/** What bounds the time of a task: its timeout; of a try an attempt, and all retries. */
type Bound = "timeout" | "attempt" | "retries";

type Wanted = "now" | "workflow.startedAt" | "task.startedAt" | "workflow.id";
class Lacking extends Error {
  readonly what: Wanted;
  constructor(what: Wanted) {
    super(what);
    this.what = what;
  }
}

/** What a fork waits for. */
interface Branches {
  readonly number: number;
  readonly compete: boolean;
  readonly lines: Line[];
  readonly usedBefore: number;
}

interface Line {
  readonly parent: Line | undefined;
  readonly index: number;
  readonly prefix: string;
  run: Generator<Step, Json, never>;
  state: "new" | "begun" | "ended";
  context: Json;
  now: number | undefined;
  sequence: number;
  frames: Frame[];
  fork: Branches | undefined;
  output: Json;
}

type Step =
  | Question
  | { readonly list: List; readonly place: Place; readonly raw: Json; readonly compete: boolean };

/** The workflow that is run, or one that a task runs. */
interface Within {
  readonly document: Dict;
  readonly file: string;
  /** Of the task that stands for it. */
  readonly pointer: string;
  readonly raw: Json;
  /** $context around it. */
  readonly around: Json;
  started?: number;
}

interface Place {
  readonly line: Line;
  readonly within: Within;
  readonly pointer: string;
  readonly iteration: readonly number[];
  readonly variables: Dict;
}

interface Frame {
  readonly line: Line;
  readonly within: Within;
  readonly pointer: string;
  readonly name: string;
  readonly definition: Json;
  readonly iteration: readonly number[];
  readonly variables: Dict;
  raw: Json;
  input: Json;
  output: Json;
  started?: number;
  /** The keys of the timers that bound its time. */
  readonly timers: Map<Bound, string>;
}

type Mode = "before" | "inside" | "after" | "export";
type Asking<T> = Generator<Step, T, never>;
interface Filter {
  readonly with: Dict;
  readonly correlate?: Dict;
}
type List = readonly { readonly [name: string]: Dict }[];

const errorType = (name: string): string =>
  `https://open-workflow-specification.org/spec/1.0.0/errors/${name}`;

export function interpret(setting: Setting): Interpretation {
  const { children, tables, granted, emits, evaluate, validate, patience, seen } = setting;
  let seq = 1;
  let used = 0;
  let id: string | undefined;
  let counts: Record<string, number> = {};

  const emit = (record: Dict): void => {
    // A loop may double its value each time: the engine has limits for that, the model has none.
    if (seen.length > patience || JSON.stringify(record).length > LONGEST) throw new GiveUp();
    seen.push({ ...record, seq: seq++ });
  };

  function* ask(
    frame: Frame,
    type: Question["type"],
    request: Dict,
    takes?: (event: Dict) => boolean,
  ): Asking<Dict> {
    const counted = `${frame.pointer} ${type}`;
    counts[counted] = (counts[counted] ?? 0) + 1;
    const { line } = frame;
    const key = `${line.prefix}${line.sequence++}`;
    const { iteration, pointer: task } = frame;
    const occurrence = counts[counted];
    emit({ iteration: [...iteration], key, kind: "request", occurrence, request, task, type });
    return yield { type, key, request, ...(takes ? { takes } : {}) };
  }

  /** WF-46: a timer that nobody waits for. */
  function begin(frame: Frame, timeout: Json | undefined): void {
    if (timeout === undefined) return;
    const { document } = frame.within;
    const named = ((document["use"] as Dict)["timeouts"] as Dict)[timeout as string];
    const { after } = (typeof timeout === "string" ? named : timeout) as { after: Json };
    bound(frame, "timeout", after);
  }
  function bound(frame: Frame, what: Bound, time: Json | undefined): void {
    if (time === undefined) return;
    const asking = ask(frame, "timer", { ms: ms(time) });
    const { value } = asking.next();
    const question = value as Question;
    frame.timers.set(what, question.key);
    open.push(question);
    timers.set(question.key, { frame, what });
  }
  const unbind = ({ timers: of }: Frame, what: Bound): void => {
    const at = open.findIndex(({ key }) => key === of.get(what));
    if (at >= 0) open.splice(at, 1);
    of.delete(what);
  };
  const unbegin = (frame: Frame): void => {
    for (const what of frame.timers.keys()) unbind(frame, what);
  };
  const timedOut = (frame: Frame, error: unknown): unknown => {
    if (!(error instanceof TimedOut) || error.frame !== frame) return error;
    const what = isWorkflow(frame) ? "The workflow" : "The task";
    try {
      return fault(frame, "timeout", 408, `${what} has timed out`);
    } catch (raised) {
      return raised;
    }
  };

  function* phase<T>(frame: Frame, work: () => T): Asking<T> {
    for (;;) {
      try {
        return work();
      } catch (lack) {
        if (!(lack instanceof Lacking)) throw lack;
        const { what } = lack;
        const isClock = what !== "workflow.id";
        const result = yield* ask(frame, isClock ? "clock" : "random", { for: what });
        if (what === "now") frame.line.now = result["ms"] as number;
        else if (what === "workflow.startedAt") frame.within.started = result["ms"] as number;
        else if (what === "task.startedAt") frame.started = result["ms"] as number;
        else id = uuid(result["hex"] as string);
      }
    }
  }

  /** WF-9: what the expressions in a value mention must be there first, `now` last. */
  const need = (frame: Frame, texts: string): void => {
    const whole = (name: string): boolean => new RegExp(`\\$${name}(?!\\.[a-zA-Z_])`).test(texts);
    const isTask = !isWorkflow(frame);
    if (/\$workflow\.startedAt/.test(texts) || whole("workflow"))
      if (frame.within.started === undefined) throw new Lacking("workflow.startedAt");
    if (isTask && (/\$task\.startedAt/.test(texts) || whole("task")))
      if (frame.started === undefined) throw new Lacking("task.startedAt");
    if (/\$workflow\.id/.test(texts) || whole("workflow"))
      if (id === undefined) throw new Lacking("workflow.id");
    if (/\bnow\b/.test(texts) && frame.line.now === undefined) throw new Lacking("now");
  };

  const faultOf = (frame: Frame, type: string, status: number, title: string, detail = ""): Fault =>
    new Fault({
      ...(detail === "" ? {} : { detail }),
      instance: frame.pointer,
      status,
      title,
      type: errorType(type),
    });
  const fault = (...given: Parameters<typeof faultOf>): never => {
    throw faultOf(...given);
  };

  const jq = (program: string, input: Json, frame: Frame, mode: Mode): Json => {
    const isTask = !isWorkflow(frame);
    const { document, raw, started } = frame.within;
    const { now } = frame.line;
    const found = evaluate(program.replaceAll(/\bnow\b/g, "$now"), input, {
      context: frame.line.context,
      input: mode === "before" ? null : frame.input,
      output: mode === "export" ? frame.output : null,
      task: isTask
        ? {
            definition: frame.definition,
            input: frame.raw,
            name: frame.name,
            output: mode === "after" || mode === "export" ? frame.output : null,
            reference: frame.pointer,
            startedAt: time(frame.started),
          }
        : null,
      workflow: { definition: document, id: id ?? null, input: raw, startedAt: time(started) },
      runtime: { metadata: {}, name: "reach", version: "1" },
      now: now === undefined ? null : now / 1000,
      ...frame.variables,
    });
    if ("error" in found)
      return fault(frame, "expression", 400, "An expression failed", found.error);
    return found.value;
  };

  const inner = (text: string): string | undefined => /^\s*\$\{([\s\S]*)\}\s*$/.exec(text)?.[1];

  /** WF-3: a string that is an expression with or without `${ }`. */
  const program = (text: Json, input: Json, frame: Frame, mode: Mode): Json => {
    need(frame, text as string);
    return jq(inner(text as string) ?? (text as string), input, frame, mode);
  };

  /** WF-3: any other value. */
  const template = (value: Json, input: Json, frame: Frame, mode: Mode): Json => {
    need(frame, expressionsOf(value).join(" "));
    const build = (v: Json): Json => {
      if (typeof v === "string") {
        const text = inner(v);
        return text === undefined ? v : jq(text, input, frame, mode);
      }
      if (Array.isArray(v)) return v.map((x) => build(x));
      if (v === null || typeof v !== "object") return v;
      return Object.fromEntries(
        Object.keys(v)
          .sort()
          .map((k) => [k, build(v[k] as Json)]),
      );
    };
    return build(value);
  };
  const expressionsOf = (v: Json): string[] => {
    if (typeof v === "string") return inner(v) === undefined ? [] : [v];
    if (v === null || typeof v !== "object") return [];
    return Object.values(v).flatMap((x) => expressionsOf(x));
  };
  /** Those of filters: what a correlation is taken from needs no `${ }`. */
  const expressionsIn = (filters: readonly Filter[]): string[] =>
    filters.flatMap((filter) => [
      ...expressionsOf(filter.with),
      ...Object.values(filter.correlate ?? {}).flatMap((how) => [
        (how as { from: string }).from,
        ...expressionsOf((how as { expect?: Json }).expect ?? null),
      ]),
    ]);
  const either = (v: Json, input: Json, frame: Frame, mode: Mode): Json =>
    typeof v === "string" ? program(v, input, frame, mode) : template(v, input, frame, mode);

  /** WF-35: the schema of a clause of the frame's task. */
  const fit = (frame: Frame, clause: "input" | "output" | "export", value: Json): void => {
    const { file, pointer } = frame.within;
    const schema = ((frame.definition as Dict)[clause] as Dict | undefined)?.["schema"] as
      | Dict
      | undefined;
    if (schema === undefined) return;
    const place = `${frame.pointer.slice(pointer.length)}/${clause}/schema`;
    const why = validate(schema, file, place, value);
    if (why !== undefined) {
      fault(frame, "validation", 400, "A value does not fit its schema", why);
    }
  };

  // ---- Tasks -----------------------------------------------------------------------------------

  function* runList(list: List, place: Place, value: Json): Asking<Json> {
    let index = 0;
    while (index < list.length) {
      const done = yield* runTask(list, index, place, value);
      value = done.output;
      index = done.next;
    }
    return value;
  }

  function* runTask(
    list: List,
    index: number,
    place: Place,
    raw: Json,
    isBranch = false,
  ): Asking<{ output: Json; next: number }> {
    const [name = "", definition = {}] = Object.entries(list[index] ?? {})[0] ?? [];
    const pointer = `${place.pointer}/${index}/${name}`;
    const frame: Frame = {
      ...place,
      pointer,
      name,
      definition,
      raw,
      input: null,
      output: null,
      timers: new Map(),
    };
    const t = definition;
    const record = { input: raw, iteration: [...place.iteration], kind: "task", task: pointer };
    const { line } = place;
    line.frames.push(frame);
    let flow = (t["then"] ?? "continue") as string;
    let status = "completed";
    try {
      const isSkipped =
        t["if"] !== undefined &&
        !truthy(yield* phase(frame, () => program(t["if"] as Json, raw, frame, "before")));
      if (isSkipped) {
        frame.output = raw;
        flow = "continue";
        status = "skipped";
      } else {
        begin(frame, t["timeout"]);
        fit(frame, "input", raw);
        const from = (t["input"] as Dict | undefined)?.["from"];
        frame.input =
          from === undefined ? raw : yield* phase(frame, () => either(from, raw, frame, "before"));
        const chosen = yield* runBody(t, frame);
        if (chosen !== undefined) flow = chosen;
        const as = (t["output"] as Dict | undefined)?.["as"];
        if (as !== undefined) {
          frame.output = yield* phase(frame, () => either(as, frame.output, frame, "after"));
        }
        fit(frame, "output", frame.output);
        const exported = (t["export"] as Dict | undefined)?.["as"];
        if (exported !== undefined) {
          const made = yield* phase(frame, () => either(exported, frame.output, frame, "export"));
          fit(frame, "export", made);
          line.context = made;
        } else fit(frame, "export", line.context);
      }
    } catch (thrown) {
      line.frames.pop();
      unbegin(frame);
      const error = timedOut(frame, thrown);
      if (error instanceof TimedOut) {
        emit({ ...record, context: line.context, next: "cancel", status: "cancelled" });
      }
      if (error instanceof Fault) {
        emit({
          ...record,
          context: line.context,
          error: error.error,
          next: "raise",
          status: "faulted",
        });
      }
      throw error;
    }
    line.frames.pop();
    unbegin(frame);
    const names = list.map((item) => Object.keys(item)[0]);
    const next = isBranch
      ? list.length
      : flow === "continue"
        ? index + 1
        : flow === "exit" || flow === "end"
          ? list.length
          : names.indexOf(flow);
    const named =
      flow === "end"
        ? "end"
        : next >= list.length
          ? "exit"
          : `${place.pointer}/${next}/${names[next]}`;
    emit({ ...record, context: line.context, next: named, output: frame.output, status });
    if (flow === "end") throw new End(frame.output);
    return { output: frame.output, next };
  }

  /** Sets the frame's output; returns the flow that the task chose, if it chose one. */
  function* runBody(t: Dict, frame: Frame): Asking<string | undefined> {
    const inside = (list: string, more: Dict = {}, turn: readonly number[] = []): Place => ({
      line: frame.line,
      within: frame.within,
      pointer: `${frame.pointer}/${list}`,
      iteration: [...frame.iteration, ...turn],
      variables: { ...frame.variables, ...more },
    });
    const { input } = frame;
    if (t["set"] !== undefined) {
      frame.output = yield* phase(frame, () => either(t["set"] as Json, input, frame, "inside"));
    } else if (t["switch"] !== undefined) {
      const cases = (t["switch"] as Dict[]).map((c) => Object.values(c)[0] as Dict);
      frame.output = input;
      const chosen = yield* phase(
        frame,
        () =>
          cases.find(
            (c) => c["when"] !== undefined && truthy(program(c["when"], input, frame, "inside")),
          ) ?? cases.find((c) => c["when"] === undefined),
      );
      return chosen?.["then"] as string | undefined;
    } else if (t["for"] !== undefined) {
      const head = t["for"] as Dict;
      const items = yield* phase(frame, () => either(head["in"] as Json, input, frame, "inside"));
      if (!Array.isArray(items)) fault(frame, "expression", 400, "for.in is not an array");
      let value = input;
      for (const [turn, item] of (items as Json[]).entries()) {
        const variables = {
          [(head["each"] ?? "item") as string]: item,
          [(head["at"] ?? "index") as string]: turn,
        };
        const condition = t["while"];
        if (condition !== undefined) {
          const own = frame.variables;
          Object.assign(frame, { variables: { ...own, ...variables } });
          const more = yield* phase(frame, () => program(condition, value, frame, "inside"));
          Object.assign(frame, { variables: own });
          if (!truthy(more)) break;
        }
        counts = Object.fromEntries(
          Object.entries(counts).filter(([key]) => !key.startsWith(`${frame.pointer}/`)),
        );
        value = yield* runList(t["do"] as unknown as List, inside("do", variables, [turn]), value);
      }
      frame.output = value;
    } else if (t["try"] !== undefined) {
      return yield* runTry(t, frame, inside);
    } else if (t["fork"] !== undefined) {
      const { branches, compete } = t["fork"] as unknown as { branches: List; compete?: boolean };
      // WF-31: what the branches may ask about the workflow is asked before them.
      const texts = JSON.stringify(branches);
      const everything = textsOf(branches as unknown as Json);
      const whole = /\$workflow(?!\.[a-zA-Z_])/;
      yield* phase(frame, () => {
        if (/\$workflow\.startedAt/.test(texts) || whole.test(texts))
          need(frame, "$workflow.startedAt");
        if (/\$workflow\.id/.test(everything) || whole.test(everything))
          need(frame, "$workflow.id");
      });
      const place = inside("fork/branches");
      frame.output = yield { list: branches, place, raw: input, compete: compete === true };
    } else if (t["do"] !== undefined) {
      frame.output = yield* runList(t["do"] as unknown as List, inside("do"), input);
    } else if (t["run"] !== undefined) {
      const named = (t["run"] as Dict)["workflow"] as Dict;
      const given = named["input"];
      const raw =
        given === undefined
          ? {}
          : yield* phase(frame, () => template(given, input, frame, "inside"));
      const output = yield* runInside(childOf(named), nameOf(named), raw, frame);
      frame.output = (t["run"] as Dict)["return"] === "none" ? null : output;
    } else if (t["raise"] !== undefined) {
      const given = (t["raise"] as Dict)["error"] as Json;
      const named =
        typeof given === "string"
          ? ((frame.within.document["use"] as Dict)["errors"] as Dict)[given]
          : given;
      const e = (yield* phase(frame, () =>
        template(named as Json, input, frame, "inside"),
      )) as Dict;
      const isText = (v: Json | undefined): boolean => v === undefined || typeof v === "string";
      const isGood =
        typeof e["type"] === "string" &&
        typeof e["status"] === "number" &&
        isText(e["title"]) &&
        isText(e["detail"]);
      if (!isGood) fault(frame, "expression", 400, "The error to raise is malformed");
      throw new Fault({ ...e, instance: frame.pointer });
    } else if (t["wait"] !== undefined) {
      const given = t["wait"];
      const time =
        typeof given === "string"
          ? yield* phase(frame, () => {
              const value = program(given, input, frame, "inside");
              if (isTime(value)) return value;
              return fault(frame, "expression", 400, "The time to wait is no duration");
            })
          : given;
      const pause = Math.floor(ms(time));
      if (pause > 0) yield* ask(frame, "timer", { ms: pause });
      frame.output = input;
    } else if (t["emit"] !== undefined) {
      yield* runEmit((t["emit"] as { event: { with: Dict } }).event.with, frame);
    } else if (t["listen"] !== undefined) {
      yield* runListen(t, frame, inside);
    } else if (t["call"] === "mcp") {
      yield* runMcp(t["with"] as Dict, frame);
    } else if (t["call"] === "grpc") {
      yield* runGrpc(t["with"] as Dict, frame);
    } else if (t["call"] === "llm") {
      yield* runLlm(t["with"] as Dict, frame);
    } else if (t["call"] === "decide") {
      const { table, input: given } = t["with"] as { table: string; input: Json };
      const value = yield* phase(frame, () => template(given, input, frame, "inside"));
      const answer = decide(tables[table] as Dict, value);
      if (typeof answer === "string") {
        fault(frame, "runtime", 500, "The decision table gave no answer", answer);
      }
      frame.output = answer;
    } else yield* runHttp(t, frame);
    return undefined;
  }

  function* runTry(
    t: Dict,
    frame: Frame,
    inside: (list: string, more?: Dict) => Place,
  ): Asking<string | undefined> {
    const clause = t["catch"] as Dict;
    const use = frame.within.document["use"] as Dict | undefined;
    const policies = (use?.["retries"] ?? {}) as Dict;
    const policy =
      typeof clause["retry"] === "string" ? policies[clause["retry"]] : clause["retry"];
    const limit = ((policy as Dict | undefined)?.["limit"] ?? {}) as Dict;
    const ofAttempt = (limit["attempt"] ?? {}) as Dict;
    const own = frame.variables;
    let attempt = 1;
    let spent = false;
    let failure: Fault | undefined;
    for (;;) {
      try {
        if (failure === undefined) {
          bound(frame, "attempt", ofAttempt["duration"]);
          frame.output = yield* runList(t["try"] as unknown as List, inside("try"), frame.input);
          unbind(frame, "attempt");
          unbind(frame, "retries");
          return undefined;
        }
        const caught = failure.error as Dict;
        const variables = { [(clause["as"] ?? "error") as string]: caught };
        Object.assign(frame, { variables: { ...own, ...variables } });
        const holds = (of: Dict): boolean =>
          (of["when"] === undefined || truthy(program(of["when"], caught, frame, "inside"))) &&
          (of["exceptWhen"] === undefined ||
            !truthy(program(of["exceptWhen"], caught, frame, "inside")));
        const filter = ((clause["errors"] as Dict | undefined)?.["with"] ?? {}) as Dict;
        const plan = yield* phase(frame, () => {
          const fits = Object.entries(filter).every(([k, v]) => caught[k] === v);
          if (!fits || !holds(clause)) return "not mine";
          if (policy === undefined || spent) return "give in";
          const most = ofAttempt["count"];
          const may = most === undefined || attempt <= (most as number);
          return may && holds(policy as Dict) ? "retry" : "give in";
        });
        if (plan === "not mine") throw failure;
        if (plan === "retry") {
          let delay = delayOf(policy as Dict, attempt);
          const jitter = (policy as Dict)["jitter"] as Dict | undefined;
          if (jitter !== undefined) {
            const { hex } = (yield* ask(frame, "random", { for: "jitter" })) as { hex: string };
            const [from, to] = [ms(jitter["from"]), ms(jitter["to"])];
            delay += from + (Number.parseInt(hex.slice(0, 13), 16) / 2 ** 52) * (to - from);
          }
          delay = Math.floor(delay);
          attempt += 1;
          if (attempt === 2) bound(frame, "retries", limit["duration"]);
          const { iteration, pointer: task } = frame;
          const more = { attempt, delay, error: caught };
          emit({ ...more, iteration: [...iteration], kind: "retry", task });
          if (delay > 0) yield* ask(frame, "timer", { ms: delay });
          Object.assign(frame, { variables: own });
          failure = undefined;
          continue;
        }
      } catch (error) {
        Object.assign(frame, { variables: own });
        if (error instanceof TimedOut && error.frame === frame && error.what !== "timeout") {
          unbind(frame, "attempt");
          spent ||= error.what === "retries";
          const what = error.what === "attempt" ? "attempt has" : "retries have";
          failure = faultOf(frame, "timeout", 408, `The ${what} timed out`);
          continue;
        }
        if (failure !== undefined || !(error instanceof Fault)) throw error;
        unbind(frame, "attempt");
        failure = error;
        continue;
      }
      break;
    }
    Object.assign(frame, { variables: own });
    unbind(frame, "attempt");
    unbind(frame, "retries");
    const variables = { [(clause["as"] ?? "error") as string]: failure.error };
    frame.output =
      clause["do"] === undefined
        ? frame.input
        : yield* runList(
            clause["do"] as unknown as List,
            inside("catch/do", variables),
            frame.input,
          );
    return clause["then"] as string | undefined;
  }

  /** The documents of children are their files, too. */
  const nameOf = ({ namespace, name, version }: Dict): string =>
    `${namespace as string}/${name as string}:${version as string}`;
  const childOf = (named: Dict): Dict => children[nameOf(named)] as Dict;
  /** The text of a value and of all workflows that it runs. */
  function textsOf(v: Json): string {
    if (v === null || typeof v !== "object") return "";
    const { run } = isDict(v) ? v : {};
    const named = isDict(run) ? run["workflow"] : undefined;
    const child = isDict(named) ? textsOf(childOf(named)) : "";
    return `${child}${JSON.stringify(v)}${Object.values(v)
      .map((x) => textsOf(x))
      .join("")}`;
  }

  /** WF-58 to WF-60: the workflow as a task of its own, in which nothing is visible of what is around. */
  function* runInside(document: Dict, file: string, raw: Json, task: Frame): Asking<Json> {
    const { line, iteration } = task;
    const pointer = `${task.pointer}/run/workflow`;
    const around = line.context;
    const within: Within = { document, file: `${fileOf(file)}.json`, pointer, raw, around };
    const frame: Frame = {
      line,
      within,
      pointer,
      name: file,
      definition: document,
      iteration,
      variables: {},
      raw,
      input: raw,
      output: null,
      timers: new Map(),
    };
    const record = { input: raw, iteration: [...iteration], kind: "task", task: pointer };
    line.context = null;
    line.frames.push(frame);
    try {
      yield* runWorkflow(frame);
    } catch (thrown) {
      line.frames.pop();
      unbegin(frame);
      line.context = around;
      const error = timedOut(frame, thrown);
      if (error instanceof TimedOut) {
        emit({ ...record, context: around, next: "cancel", status: "cancelled" });
      }
      if (error instanceof Fault) {
        emit({ ...record, context: around, error: error.error, next: "raise", status: "faulted" });
      }
      throw error;
    }
    line.frames.pop();
    unbegin(frame);
    line.context = around;
    const { output } = frame;
    emit({ ...record, context: around, next: "exit", output, status: "completed" });
    return output;
  }
  const fileOf = (name: string): string => /\/(.*):/.exec(name)?.[1] ?? "";

  /** Sets the frame's output. */
  function* runWorkflow(frame: Frame): Asking<void> {
    const { line, within, pointer, iteration, raw } = frame;
    const { document } = within;
    begin(frame, document["timeout"]);
    fit(frame, "input", raw);
    const from = (document["input"] as Dict | undefined)?.["from"];
    if (from !== undefined) {
      frame.input = yield* phase(frame, () => either(from, raw, frame, "before"));
    }
    line.context = frame.input;
    try {
      const place = { line, within, pointer: `${pointer}/do`, iteration, variables: {} };
      frame.output = yield* runList(document["do"] as unknown as List, place, frame.input);
    } catch (end) {
      if (!(end instanceof End)) throw end;
      frame.output = end.output;
    }
    const as = (document["output"] as Dict | undefined)?.["as"];
    if (as !== undefined) {
      frame.output = yield* phase(frame, () => either(as, frame.output, frame, "before"));
    }
    fit(frame, "output", frame.output);
  }

  /** WF-38, WF-39. */
  function* runEmit(attributes: Dict, frame: Frame): Asking<void> {
    const event = yield* phase(frame, (): Dict => {
      const given = template(attributes, frame.input, frame, "inside") as Dict;
      const textual = ["id", "source", "type", "time", "subject", "datacontenttype", "dataschema"];
      for (const [name, value] of sorted(given)) {
        const fits = textual.includes(name)
          ? typeof value === "string" && value !== ""
          : name === "data" || isScalar(value);
        if (fits) continue;
        const title = "An attribute of the event has a value that it cannot have";
        return fault(frame, "expression", 400, title, name);
      }
      const { document } = frame.within;
      const { namespace, name, version } = document["document"] as Record<string, string>;
      return { source: `/${namespace}/${name}/${version}`, ...given, specversion: "1.0" };
    });
    if (!emits(event["type"] as string)) {
      const title = "The grant does not allow this event";
      fault(frame, "authorization", 403, title, event["type"] as string);
    }
    const { failure, id, ms: at } = yield* ask(frame, "emit", { event });
    if (failure !== undefined) failed(frame, failure as string);
    frame.output = {
      ...event,
      ...(id === undefined ? {} : { id }),
      ...(at === undefined ? {} : { time: new Date(at as number).toISOString() }),
    };
  }

  /** WF-61 to WF-63, with the endpoint and the grant of the generator. */
  function* runMcp(args: Dict, frame: Frame): Asking<void> {
    const { method, parameters, timeout, client } = args;
    const { endpoint } = (args["transport"] as { http: { endpoint: string } }).http;
    const request = yield* phase(frame, (): Dict => {
      const made =
        parameters === undefined ? undefined : template(parameters, frame.input, frame, "inside");
      if (made !== undefined && !isDict(made)) {
        const title = "The parameters of the MCP call are not an object";
        return fault(frame, "expression", 400, title);
      }
      if (method === "tools/call" && typeof made?.["name"] !== "string") {
        const title = "The parameters of the MCP call do not say what is called";
        return fault(frame, "expression", 400, title);
      }
      return {
        ...(client === undefined ? {} : { client }),
        headers: {},
        method: method as string,
        ...(made === undefined ? {} : { parameters: made }),
        ...(timeout === undefined ? {} : { timeout: ms(timeout) }),
        uri: endpoint,
      };
    });
    const name = method === "tools/call" ? (request["parameters"] as Dict)["name"] : undefined;
    const call = name === undefined ? (method as string) : `${method as string} ${name as string}`;
    if (!endpoint.endsWith("/mcp") || !/^tools\/(?:list|call [^b])/.test(call)) {
      const title = "The grant does not allow this MCP call";
      fault(frame, "authorization", 403, title, `${call} of ${endpoint}`);
    }
    const { failure, status, error, result } = yield* ask(frame, "mcp", request);
    if (failure !== undefined) failed(frame, failure as string);
    if (status !== undefined) {
      const title = "The MCP server answered with an error status";
      fault(frame, "communication", status as number, title);
    }
    if (error !== undefined) {
      const { code, message } = error as { code: number; message: string };
      const title = "The MCP server answered with an error";
      fault(frame, "communication", 502, title, `${code} ${message}`);
    }
    const { isError, content } = result as { isError?: boolean; content?: { text?: string }[] };
    if (isError === true) {
      fault(frame, "communication", 502, "The tool has failed", content?.[0]?.text);
    }
    frame.output = result as Json;
  }

  /** WF-64, WF-65. */
  function* runGrpc(args: Dict, frame: Frame): Asking<void> {
    const { method, proto, service, arguments: given } = args;
    const { name, host } = service as { name: string; host: string };
    const uri = `https://${host}/${name}/${method as string}`;
    const request = yield* phase(frame, (): Dict => {
      const made = given === undefined ? {} : template(given, frame.input, frame, "inside");
      if (!isDict(made)) {
        const title = "The arguments of the gRPC call are not an object";
        return fault(frame, "expression", 400, title);
      }
      const { endpoint } = proto as { endpoint: string };
      return { arguments: made, method: method as string, proto: endpoint, service: name, uri };
    });
    if (!granted("POST", uri)) {
      const title = "The grant does not allow this request";
      fault(frame, "authorization", 403, title, `POST ${uri}`);
    }
    const { failure, code, message, value } = yield* ask(frame, "grpc", request);
    if (failure !== undefined) failed(frame, failure as string);
    if (code !== undefined) {
      const statuses: Record<number, number> = { 5: 404, 7: 403, 14: 503 };
      const title = "The gRPC service answered with an error";
      const status = statuses[code as number] ?? 500;
      fault(frame, "communication", status, title, `${code as number} ${message as string}`);
    }
    frame.output = value as Json;
  }

  /** WF-54 to WF-57. */
  function* runLlm(args: Dict, frame: Frame): Asking<void> {
    const { model, prompt, system, messages, parameters, schema, output } = args;
    const offered = (args["tools"] ?? []) as Dict[];
    const toolOf = ({ schema: own, ...tool }: Dict): Json => ({
      ...tool,
      schema: (own as Dict)["document"] as Json,
    });
    /** A text as the value that fits a schema of the call. */
    const valueOf = (text: string, own: Dict, where: string, notJson: string): Json => {
      let value: Json;
      try {
        value = JSON.parse(text) as Json;
      } catch {
        return fault(frame, "communication", 502, notJson);
      }
      const { file, pointer } = frame.within;
      const place = `${frame.pointer.slice(pointer.length)}/with/${where}`;
      const why = validate(own, file, place, value);
      if (why !== undefined) {
        fault(frame, "validation", 400, "A value does not fit its schema", why);
      }
      return value;
    };
    const request = yield* phase(frame, (): Dict => {
      const parts = [prompt, messages, system, parameters].map((v) => v ?? null);
      need(frame, expressionsOf(parts).join(" "));
      const make = (v: Json): Json => template(v, frame.input, frame, "inside");
      const malformed = (where: string): never =>
        fault(frame, "expression", 400, "The question to the model is malformed", where);
      const said: Json[] = [];
      if (prompt !== undefined) {
        for (const [name, role, given] of [
          ["system", "system", system],
          ["prompt", "user", prompt],
        ] as const) {
          if (given === undefined) continue;
          const content = make(given);
          if (typeof content !== "string") malformed(name);
          said.push({ content, role });
        }
      } else {
        const made = make(messages as Json);
        if (!Array.isArray(made) || made.length === 0) return malformed("messages");
        for (const m of made) {
          const wrong = wrongMessage(m);
          if (wrong !== undefined) malformed(wrong);
          said.push(m);
        }
      }
      const settings = parameters === undefined ? {} : make(parameters);
      const title = "A parameter of the model has a value that it cannot have";
      if (!isDict(settings)) return fault(frame, "expression", 400, title);
      for (const [name, value] of sorted(settings)) {
        const isNumber = typeof value === "number" && value >= 0;
        const fits =
          name === "maxTokens" || name === "seed"
            ? Number.isSafeInteger(value) && isNumber && (name === "seed" || value <= 1e9)
            : (name === "temperature" || name === "topP") && isNumber && value <= 100;
        if (!fits) return fault(frame, "expression", 400, title, name);
      }
      return {
        messages: said,
        model: model as Json,
        parameters: settings,
        ...(schema === undefined ? {} : { schema: (schema as Dict)["document"] as Json }),
        ...(offered.length === 0 ? {} : { tools: offered.map(toolOf) }),
      };
    });
    if (model !== "small") {
      const title = "The grant does not allow this model";
      fault(frame, "authorization", 403, title, model as string);
    }
    const answer = yield* ask(frame, "llm", request);
    const { failure, status, finish, text, model: actual, refusal, tools: called, usage } = answer;
    if (failure !== undefined) failed(frame, failure as string);
    if (status !== undefined) {
      const title = "The model's service answered with an error status";
      fault(frame, "communication", status as number, title);
    }
    if (output !== "response" && finish !== "stop") {
      const title = "The model did not finish its answer";
      fault(frame, "communication", 502, title, finish as string);
    }
    let content: Json = text as string;
    if (schema !== undefined && finish === "stop") {
      const title = "The model's answer is not JSON";
      content = valueOf(text as string, schema as Dict, "schema", title);
    }
    if (output !== "response") {
      frame.output = content;
      return;
    }
    const calls = ((called ?? []) as Dict[]).map((call): Json => {
      const i = offered.findIndex(({ name }) => name === call["name"]);
      if (i < 0) {
        const title = "The model asks for a tool that it was not offered";
        return fault(frame, "communication", 502, title, call["name"] as string);
      }
      const title = "The arguments that the model gives a tool are not JSON";
      const own = offered[i]?.["schema"] as Dict;
      return {
        ...call,
        arguments: valueOf(call["arguments"] as string, own, `tools/${i}/schema`, title),
      };
    });
    frame.output = {
      content,
      finish: finish as Json,
      model: actual as Json,
      ...(refusal === undefined ? {} : { refusal }),
      ...(called === undefined ? {} : { tools: calls }),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  /** WF-40 to WF-45. */
  function* runListen(
    t: Dict,
    frame: Frame,
    inside: (list: string, more?: Dict, turn?: readonly number[]) => Place,
  ): Asking<void> {
    const { to, read } = t["listen"] as { to: Dict; read?: string };
    const turns = t["foreach"] as Dict | undefined;
    const strategy = (of: Dict): { filters: Filter[]; isEach: boolean } => ({
      filters: (of["one"] === undefined ? (of["any"] ?? of["all"]) : [of["one"]]) as never,
      isEach: of["all"] !== undefined,
    });
    const main = strategy(to);
    const until = to["until"];
    const last =
      until === undefined || typeof until === "string" ? undefined : strategy(until as Dict);
    const filters = [...(last?.filters ?? []), ...main.filters];
    const ends = last?.filters.length ?? 0;
    const taken = new Set<number>();
    const items: Json[] = [];
    let known: Dict = {};
    yield* phase(frame, () => need(frame, expressionsIn(filters).join(" ")));
    /** The filter that takes an event, and the correlations then. */
    const taker = (event: Dict): { filter: number; known: Dict } | undefined => {
      for (const [filter, { with: attributes, correlate = {} }] of filters.entries()) {
        const isEach = filter < ends ? last?.isEach === true : main.isEach;
        if (isEach && taken.has(filter)) continue;
        const give = (text: Json, on: Json): Json | undefined => {
          try {
            return template(text, on, frame, "inside");
          } catch (error) {
            if (error instanceof Fault) return undefined;
            throw error;
          }
        };
        const fits = Object.entries(attributes).every(([name, wanted]) => {
          const value = event[name];
          if (value === undefined) return false;
          const is = give(wanted, value);
          if (is === undefined) return false;
          const isProgram = typeof wanted === "string" && inner(wanted) !== undefined;
          return isProgram && typeof is === "boolean" ? is : same(is, value);
        });
        if (!fits) continue;
        const more = { ...known };
        const correlates = sorted(correlate).every(([name, how]) => {
          const { from, expect } = how as { from: string; expect?: Json };
          const value = give(`\${${inner(from) ?? from}}`, event);
          if (value === undefined) return false;
          if (expect !== undefined) {
            const wanted = give(expect, frame.input);
            return wanted !== undefined && same(wanted, value);
          }
          const before = more[name];
          if (before === undefined) more[name] = value;
          return before === undefined || same(before, value);
        });
        if (correlates) return { filter, known: more };
      }
      return main.filters.length === 0 ? { filter: filters.length, known } : undefined;
    };
    const all = (from: number, to_: number): boolean =>
      Array.from({ length: to_ - from }, (_, i) => from + i).every((i) => taken.has(i));
    for (;;) {
      const takes = (event: Dict): boolean => taker(event) !== undefined;
      const { event } = (yield* ask(frame, "event", { correlations: known, to }, takes)) as {
        event: Dict;
      };
      const found = taker(event);
      if (found === undefined) throw new Error("the engine takes an event that the model does not");
      known = found.known;
      taken.add(found.filter);
      const isLast = found.filter < ends;
      if (isLast) {
        if (last?.isEach !== true || all(0, ends)) break;
        continue;
      }
      const data = event["data"] ?? event["data_base64"] ?? null;
      let item: Json = read === "envelope" ? event : data;
      if (read === "raw" && event["data"] !== undefined) item = JSON.stringify(ordered(data));
      if (turns !== undefined) {
        const variables = {
          [(turns["item"] ?? "item") as string]: item,
          [(turns["at"] ?? "index") as string]: items.length,
        };
        counts = Object.fromEntries(
          Object.entries(counts).filter(([key]) => !key.startsWith(`${frame.pointer}/`)),
        );
        const place = inside("foreach/do", variables, [items.length]);
        if (turns["do"] !== undefined) {
          item = yield* runList(turns["do"] as unknown as List, place, item);
        }
        const own = frame.variables;
        Object.assign(frame, { variables: { ...own, ...variables } });
        const as = (turns["output"] as Dict | undefined)?.["as"];
        const exported = (turns["export"] as Dict | undefined)?.["as"];
        if (as !== undefined) {
          frame.output = item;
          item = yield* phase(frame, () => either(as, item, frame, "after"));
        }
        frame.output = item;
        if (exported !== undefined) {
          frame.line.context = yield* phase(frame, () => either(exported, item, frame, "export"));
        }
        Object.assign(frame, { variables: own });
      }
      items.push(item);
      if (typeof until === "string") {
        if (truthy(yield* phase(frame, () => program(until, items, frame, "inside")))) break;
      } else if (last === undefined && (!main.isEach || all(ends, filters.length))) break;
    }
    frame.output = items;
  }

  const failed = (frame: Frame, failure: string): void => {
    if (failure === "denied") {
      fault(frame, "authorization", 403, "The host does not allow this request", failure);
    }
    const isOdd = ["redirect", "tooLarge", "protocol"].includes(failure);
    const title = isOdd
      ? "The service's answer could not be taken"
      : "The service could not be reached";
    fault(frame, "communication", isOdd ? 502 : 503, title, failure);
  };

  function* runHttp(t: Dict, frame: Frame): Asking<void> {
    const { input } = frame;
    const args = t["with"] as Dict;
    const names = ((t["metadata"] as Dict | undefined)?.["reach"] as Dict | undefined)?.[
      "responseHeaders"
    ];
    const endpoint = args["endpoint"] as string;
    const request = yield* phase(frame, (): Dict => {
      const { headers = {}, query = {}, body, method, output, redirect } = args;
      need(frame, expressionsOf([endpoint, headers, query, body ?? null]).join(" "));
      let uri: Json = endpoint;
      if (inner(endpoint) === undefined) {
        uri = endpoint.replaceAll(/\{([^}]*)\}/g, (_, name: string) => {
          const v = isDict(input) ? input[name] : undefined;
          if (!isScalar(v)) {
            const title = "The endpoint's URI template names a value that is not there";
            return fault(frame, "expression", 400, title, name);
          }
          return percent(String(v));
        });
      } else uri = template(endpoint, input, frame, "inside");
      if (typeof uri !== "string") {
        return fault(frame, "expression", 400, "The endpoint is not a text");
      }
      for (const [key, value] of sorted(template(query, input, frame, "inside") as Dict)) {
        for (const v of Array.isArray(value) ? value : [value]) {
          if (!isScalar(v)) {
            const title = "A query parameter is neither text, number, boolean nor an array of them";
            return fault(frame, "expression", 400, title);
          }
          uri += `${uri.includes("?") ? "&" : "?"}${percent(key)}=${percent(String(v))}`;
        }
      }
      const [, tail] = /^https:\/\/[^/?]*([^]*)/.exec(uri) ?? [];
      const why = tail === undefined ? "it must begin with https:// or http://" : whyNotTail(tail);
      if (why !== undefined) {
        const title = "The endpoint is not a URI that Reach accepts";
        return fault(frame, "configuration", 400, title, why);
      }
      const sent = body === undefined ? {} : { body: template(body, input, frame, "inside") };
      const fields: Dict = {};
      for (const [key, value] of sorted(template(headers, input, frame, "inside") as Dict)) {
        if (!isScalar(value)) {
          return fault(frame, "expression", 400, "A header's value is not a text");
        }
        if (/[^ -~]|^ | $/.test(String(value))) {
          const title = "A header's value holds a character that is not allowed";
          return fault(frame, "configuration", 400, title);
        }
        fields[key.toLowerCase()] = String(value);
      }
      return {
        ...sent,
        headers: fields,
        method: (method as string).toUpperCase(),
        ...(output === "raw" ? { read: "raw" } : {}),
        redirect: redirect ?? false,
        ...(names === undefined ? {} : { responseHeaders: names }),
        uri,
      };
    });
    const { method, uri, headers } = request as { method: string; uri: string; headers: Json };
    if (!granted(method, uri)) {
      const title = "The grant does not allow this request";
      fault(frame, "authorization", 403, title, `${method} ${uri.replace(/\?.*/, "")}`);
    }
    const result = yield* ask(frame, "http", request);
    const { failure, status } = result as { failure?: string; status: number };
    if (failure !== undefined) failed(frame, failure);
    if (status < 200 || status > (request["redirect"] === true ? 399 : 299)) {
      const title = "The service answered with an error status";
      fault(frame, "communication", status, title, `HTTP ${status}`);
    }
    const { body, bytes } = result;
    if (args["output"] === "raw") frame.output = bytes as Json;
    else if (args["output"] === "response") {
      frame.output = {
        content: (body === undefined ? bytes : body) as Json,
        headers: result["headers"] as Json,
        request: { headers, method, uri },
        statusCode: status,
      };
    } else {
      if (bytes !== undefined && bytes !== "") {
        fault(frame, "communication", 502, "The service's answer is not JSON");
      }
      frame.output = body ?? null;
    }
  }

  // ---- The run ---------------------------------------------------------------------------------

  const newLine = (parent: Line | undefined, index: number, prefix: string): Line => ({
    parent,
    index,
    prefix,
    run: undefined as never, // given at once
    state: "new",
    context: parent?.context ?? null,
    now: parent?.now,
    sequence: 0,
    frames: [],
    fork: undefined,
    output: null,
  });

  function* whole(line: Line): Asking<Json> {
    const document = setting.document as Dict;
    const root: Frame = {
      line,
      within: { document, file: "w.json", pointer: "", raw: setting.input, around: null },
      pointer: "",
      name: "",
      definition: document,
      iteration: [],
      variables: {},
      raw: setting.input,
      input: setting.input,
      output: null,
      timers: new Map(),
    };
    try {
      yield* runWorkflow(root);
      emit({ kind: "outcome", output: root.output, status: "completed" });
    } catch (thrown) {
      const error = timedOut(root, thrown);
      if (!(error instanceof Fault)) throw error;
      emit({ error: error.error, kind: "outcome", status: "faulted" });
    }
    return null;
  }

  // ---- Lines -----------------------------------------------------------------------------------

  const open: Question[] = [];
  const dropped: Question[] = [];
  const waiting = new Map<string, Line>();
  const timers = new Map<string, { frame: Frame; what: Bound }>();
  const races: { path: number[]; text: string }[] = [];
  let ended = false;

  /** Lets a line go on until it asks, forks or ends, and whoever waits for it after it. */
  function go(line: Line, on: () => IteratorResult<Step, Json>): void {
    line.state = "begun";
    let step: IteratorResult<Step, Json>;
    try {
      step = on();
    } catch (error) {
      if (!(error instanceof Fault) && !(error instanceof End)) throw error;
      leave(line, error);
      return;
    }
    if (step.done === true) {
      line.output = step.value;
      end(line);
    } else if ("key" in step.value) {
      open.push(step.value);
      waiting.set(step.value.key, line);
    } else fork(line, step.value);
  }

  function fork(line: Line, { list, place, raw, compete }: Exclude<Step, Question>): void {
    const number = line.sequence++;
    const lines = list.map((_, i) => newLine(line, i, `${line.prefix}${number}.${i}.`));
    line.fork = { number, compete, lines, usedBefore: used };
    for (const [i, child] of lines.entries()) {
      child.run = (function* (): Asking<Json> {
        return (yield* runTask(list, i, { ...place, line: child }, raw, true)).output;
      })();
    }
    for (const child of lines) if (child.state === "new") go(child, () => child.run.next());
  }

  /** The line has ended with its output. */
  function end(line: Line): void {
    line.state = "ended";
    const { parent } = line;
    if (parent === undefined) {
      ended = true;
      return;
    }
    const { compete, lines } = parent.fork as Branches;
    let output: Json = line.output;
    if (compete) {
      cancelOthers(line, "compete");
      parent.context = line.context;
    } else {
      if (lines.some(({ state }) => state !== "ended")) return;
      output = lines.map((child) => child.output);
      const before = parent.context;
      for (const child of lines) parent.context = merged(parent.context, before, child.context);
    }
    parent.fork = undefined;
    parent.now = undefined;
    go(parent, () => parent.run.next(output as never));
  }

  /** An error or the end of the workflow leaves the line. */
  function leave(line: Line, error: Fault | End): void {
    line.state = "ended";
    const { parent } = line;
    if (parent === undefined) throw error;
    cancelOthers(line, error instanceof Fault ? "fault" : "end");
    parent.fork = undefined;
    parent.now = undefined;
    go(parent, () => parent.run.throw(error));
  }

  function cancelOthers(line: Line, what: string): void {
    const { lines, usedBefore } = (line.parent as Line).fork as Branches;
    const others = lines.filter(({ state }) => state !== "ended");
    if (others.length > 0 && used !== usedBefore) {
      const path = line.prefix.slice(0, -1);
      races.push({ path: path.split(".").map(Number), text: `${what}:${path}` });
    }
    for (const other of others) cancel(other);
  }

  function cancel(line: Line): void {
    if (line.state === "begun") {
      for (const inner of line.fork?.lines ?? []) if (inner.state !== "ended") cancel(inner);
      for (const frame of line.frames.toReversed()) {
        const { raw, iteration, pointer } = frame;
        unbegin(frame);
        if (isWorkflow(frame)) line.context = frame.within.around;
        const record = { input: raw, iteration: [...iteration], kind: "task", task: pointer };
        emit({ ...record, context: line.context, next: "cancel", status: "cancelled" });
      }
    }
    line.state = "ended";
    const at = open.findIndex(({ key }) => waiting.get(key) === line);
    if (at >= 0) dropped.push(...open.splice(at, 1));
  }

  /** WF-47: what is inside is cancelled. */
  function fire(frame: Frame, what: Bound, key: string): void {
    const { line } = frame;
    frame.timers.delete(what);
    open.splice(
      open.findIndex((question) => question.key === key),
      1,
    );
    seq++;
    used++;
    races.push({ path: key.split(".").map(Number), text: `timeout:${key}` });
    line.now = undefined;
    for (const inner of line.fork?.lines ?? []) if (inner.state !== "ended") cancel(inner);
    line.fork = undefined;
    const at = open.findIndex((question) => waiting.get(question.key) === line);
    if (at >= 0) dropped.push(...open.splice(at, 1));
    go(line, () => line.run.throw(new TimedOut(frame, what)));
  }

  const main = newLine(undefined, 0, "");
  main.run = whole(main);
  go(main, () => main.run.next());
  return {
    open,
    dropped,
    get races() {
      return races.toSorted((a, b) => comparePaths(a.path, b.path)).map(({ text }) => text);
    },
    get ended() {
      return ended;
    },
    answer(key, result) {
      const timer = timers.get(key);
      if (timer !== undefined) {
        fire(timer.frame, timer.what, key);
        return;
      }
      const line = waiting.get(key) as Line;
      open.splice(
        open.findIndex((question) => question.key === key),
        1,
      );
      waiting.delete(key);
      seq++;
      used++;
      line.now = undefined;
      go(line, () => line.run.next(result as never));
    },
    late() {
      seq++;
    },
  };
}

const isWorkflow = ({ pointer, within }: Frame): boolean => pointer === within.pointer;

/** WF-32: what a branch has changed since the fork, in what the branches before it have made. */
function merged(made: Json, before: Json, branch: Json): Json {
  if (!isDict(made) || !isDict(branch)) return same(before, branch) ? made : branch;
  const base = isDict(before) ? before : {};
  const result: Dict = { ...made };
  for (const key of new Set([...Object.keys(base), ...Object.keys(branch)])) {
    const [was, is] = [base[key], branch[key]];
    if (was !== undefined && is !== undefined && same(was, is)) continue;
    if (is === undefined) delete result[key];
    else result[key] = is;
  }
  return result;
}

const same = (a: Json, b: Json): boolean =>
  JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
const ordered = (v: Json): Json => {
  if (Array.isArray(v)) return v.map((x) => ordered(x));
  return isDict(v) ? Object.fromEntries(sorted(v).map(([k, x]) => [k, ordered(x)])) : v;
};

/** Number by number; a path before those that go on from it. */
export function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i];
    if (y === undefined) return 1;
    if (x !== y) return x - y;
  }
  return a.length - b.length;
}

const truthy = (v: Json): boolean => v !== null && v !== false;
/** What is wrong with a message to a model; undefined for one that is right (WF-54, WF-71). */
function wrongMessage(m: Json): string | undefined {
  if (!isDict(m)) return "messages";
  const { content, role, id, tools, ...rest } = m;
  if (typeof content !== "string" || typeof role !== "string") return "messages";
  const isOf = (...names: string[]): boolean =>
    Object.keys(rest).length === 0 &&
    (id === undefined || names.includes("id")) &&
    (tools === undefined || names.includes("tools"));
  if (role === "tool") return isOf("id") && typeof id === "string" ? undefined : "messages";
  if (role === "assistant") {
    if (!isOf("tools")) return "messages";
    return tools === undefined || (Array.isArray(tools) && tools.every(isCall))
      ? undefined
      : "tools";
  }
  if (!isOf()) return "messages";
  return role === "system" || role === "user" ? undefined : "role";
}
const isCall = (v: Json): boolean =>
  isDict(v) &&
  Object.keys(v).sort().join(" ") === "arguments id name" &&
  typeof v["id"] === "string" &&
  typeof v["name"] === "string";

const isDict = (v: Json | undefined): v is Dict =>
  typeof v === "object" && v !== null && !Array.isArray(v);
const isScalar = (v: Json | undefined): v is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof v);
const sorted = (v: Dict): [string, Json][] =>
  Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1));

/** RFC 6570, simple expansion. */
const percent = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const time = (at: number | undefined): Json =>
  at === undefined
    ? null
    : {
        epoch: { milliseconds: at, seconds: Math.floor(at / 1000) },
        iso8601: new Date(at).toISOString(),
      };

function uuid(hex: string): string {
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
  const text = `${hex.slice(0, 12)}4${hex.slice(13, 16)}${variant}${hex.slice(17)}`;
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Durations of the generator have milliseconds and seconds only. */
const ms = (d: Json | undefined): number => {
  const { seconds = 0, milliseconds = 0 } = d as { seconds?: number; milliseconds?: number };
  return seconds * 1000 + milliseconds;
};

/** A duration that an expression of the generator may give. */
const isTime = (v: Json): boolean =>
  isDict(v) &&
  Object.keys(v).length > 0 &&
  Object.entries(v).every(
    ([name, part]) =>
      ["seconds", "milliseconds"].includes(name) && Number.isInteger(part) && (part as number) >= 0,
  ) &&
  ms(v) <= 1000 * 365 * 86_400_000;

function delayOf(policy: Dict, n: number): number {
  const d = policy["delay"] === undefined ? 0 : ms(policy["delay"]);
  const { linear, exponential } = (policy["backoff"] ?? {}) as Dict;
  const grown = linear !== undefined ? d * n : exponential !== undefined ? d * 2 ** (n - 1) : d;
  return Math.min(grown, 30 * 86_400_000);
}

/** WF-24 to WF-27: the answer, or why there is none. */
function decide(table: Dict, input: Json): Json {
  if (!isDict(input)) return "The table's input is not an object";
  for (const name of table["inputs"] as string[]) {
    if (!Object.hasOwn(input, name)) return `The table's input lacks ${name}`;
  }
  const matches = (cell: Json, v: Json): boolean => {
    if (!isDict(cell)) return cell === v;
    if (cell["in"] !== undefined) return (cell["in"] as Json[]).includes(v);
    const {
      gt = -Infinity,
      gte = -Infinity,
      lt = Infinity,
      lte = Infinity,
    } = cell as Record<string, number>;
    return typeof v === "number" && v > gt && v >= gte && v < lt && v <= lte;
  };
  const policy = table["hitPolicy"];
  const { name, version } = table["table"] as Dict;
  let hits = (table["rules"] as Dict[]).filter((rule) =>
    Object.entries(rule["when"] as Dict).every(([k, cell]) => matches(cell, input[k] as Json)),
  );
  if (policy === "first") hits = hits.slice(0, 1);
  if (policy === "unique" && hits.length > 1) {
    return `More than one rule matches, again at ${hits[1]?.["id"] as string}`;
  }
  const rules = hits.map((rule) => rule["id"] as Json);
  if (hits.length === 0) {
    if (table["default"] !== undefined) hits = [table["default"] as Dict];
    else if (policy !== "collect") return `No rule matches in ${name as string}`;
  }
  const reasons = hits.flatMap((rule) => (rule["reasons"] ?? []) as Json[]);
  const results = hits.map((rule) => rule["then"] as Json);
  const result = policy === "collect" ? results : (results[0] as Json);
  return { reasons, result, rules, table: name as Json, version: version as Json };
}
