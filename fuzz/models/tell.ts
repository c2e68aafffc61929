// The outside of a generated run: what it allows and answers, by its script alone, and a whole run with it.
//
// No node: import, no Node-only API: the same program runs on every Node and in a browser.
import { EngineError, makePack, parseRecord } from "@reach-fabric/engine";
import type { Engine, Pack, RequestRecord } from "@reach-fabric/engine";
import { events, schemas, tables } from "./script.ts";
import type { Answer, Script } from "./script.ts";
import type { Json } from "./workflow.ts";

/** Patterns of all tools whose name does not begin with a letter. */
function toolsBut(letter: string): string[] {
  const others = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  return others.filter((c) => c !== letter && c !== "*").map((c) => `tools/call ${c}*`);
}
export const limits = { fuel: 400_000, effects: 60 };
const grant = {
  http: [{ origin: "https://a.example", methods: ["GET", "POST"], paths: ["/v1/*"] }],
  emit: ["a.*"],
  models: ["small"],
  mcp: [{ server: "https://a.example/v1/mcp", calls: ["tools/list*", ...toolsBut("b")] }],
};
/** What a model says, in turn. */
const sayings: readonly object[] = [
  { finish: "stop", model: "m-1", text: '{"n":1,"a":true}' },
  { finish: "stop", model: "m-1", text: "yes" },
  { finish: "stop", model: "m-1", text: "[1]" },
  { finish: "length", model: "m-1", text: '{"n":' },
  {
    finish: "tools",
    model: "m-1",
    text: "",
    tools: [{ arguments: '{"n":1,"a":[true]}', id: "c1", name: "look" }],
    usage: { input: 9, output: 2, cached: 3 },
  },
  { finish: "tools", model: "m-1", text: "hm", tools: [{ arguments: "{", id: "", name: "look" }] },
  { finish: "tools", model: "m-1", text: "", tools: [{ arguments: "1", id: "c2", name: "drop" }] },
  { finish: "refusal", model: "m-1", refusal: "No.", text: "", usage: { input: 0, output: 1 } },
  { status: 429 },
  { failure: "timeout" },
];
/** What MCP servers and gRPC services say, in turn. */
const tools: readonly object[] = [
  { result: { content: [], structuredContent: { n: 1, a: true } } },
  { result: {} },
  { result: { isError: true, content: [{ type: "text", text: "no" }] } },
  { result: { isError: true } },
  { error: { code: -32602, message: "é" } },
  { status: 404 },
  { failure: "reset" },
];
const messages: readonly object[] = [
  { value: { n: 2, a: { b: "x" } } },
  { value: {} },
  { code: 5, message: "none" },
  { code: 2, message: "" },
  { failure: "tls" },
];
export const emits = (type: string): boolean => type.startsWith("a.");
export const granted = (_: string, uri: string): boolean => uri.startsWith("https://a.example/v1/");

export const packOf = (engine: Engine, { document, children = [] }: Script): Pack =>
  makePack(engine, {
    id: "fuzz/case",
    version: "1.0.0",
    workflows: {
      ...Object.fromEntries(children.map((child, i) => [`c${i}.json`, JSON.stringify(child)])),
      "w.json": JSON.stringify(document),
    },
    tables: texts(tables),
    schemas: texts(schemas),
  });
export const texts = (files: Readonly<Record<string, Json>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, file]) => [path, JSON.stringify(file)]));

interface Asked {
  readonly key: string;
  readonly type: string;
  readonly request: { readonly [name: string]: unknown };
}

const numberOf = (key: string): number => {
  let n = 7;
  for (const c of key) n = (n * 31 + c.charCodeAt(0)) % 9973;
  return n;
};

/** The events in the order in which they come to an effect. */
export const eventsFor = (key: string): readonly Record<string, Json>[] => {
  const first = numberOf(key) % events.length;
  return [...events.slice(first), ...events.slice(0, first)];
};

/** What the outside says to an effect, whenever it is asked. */
export function outside(
  { answers, chance }: Script,
  { key, type, request }: Asked,
): { readonly result: object; readonly body?: string } {
  const n = numberOf(key);
  if (type === "clock") return { result: { ms: 1_700_000_000_000 + n * 1001 } };
  if (type === "random") return { result: { hex: chance[n % chance.length] } };
  if (type === "timer") return { result: {} };
  if (type === "mcp") return { result: tools[n % tools.length] as object };
  if (type === "grpc") return { result: messages[n % messages.length] as object };
  if (type === "llm") return { result: sayings[n % sayings.length] as object };
  if (type === "emit") {
    if (n % 7 === 0) return { result: { failure: "reset" } };
    const event = request["event"] as Record<string, unknown>;
    return {
      result: {
        ...(event["id"] === undefined ? { id: `e${n}` } : {}),
        ...(event["time"] === undefined ? { ms: n * 977 } : {}),
      },
    };
  }
  const { status, headers, body = "", failure } = answers[n % answers.length] as Answer;
  return failure === undefined ? { result: { status, headers }, body } : { result: { failure } };
}

export interface Told {
  readonly records: Uint8Array[];
  readonly status: string;
  readonly fuel: number;
  readonly decision: string;
}

/** A whole run. `next` gives the engine that goes on after a record has been taken. */
export function tell(script: Script, engine: Engine, next?: (from: Engine) => Engine): Told {
  let at = engine;
  const first = at.admitStart({ grant, limits }, JSON.stringify(script.input));
  let step = at.start(first);
  const records = [first, ...step.records];
  const open: RequestRecord[] = [];
  const late: RequestRecord[] = [];
  for (let n = 0; ; n++) {
    for (const bytes of step.records) {
      const record = parseRecord(bytes);
      if (record.kind === "request") open.push(record);
    }
    for (const key of at.dropped()) {
      const [gone] = open.splice(
        open.findIndex((request) => request.key === key),
        1,
      );
      if (gone?.type === "http" && script.late) late.push(gone);
    }
    if (step.status !== "waiting") break;
    if (next !== undefined) at = next(at);
    if (n === script.pauseAfter) {
      for (const isEnd of [false, true]) {
        const record = isEnd ? at.admitResume() : at.admitSuspend("a while");
        const { status, records: none } = at.advance(record);
        if (status !== "waiting" || none.length > 0) throw new Error("a pause does something");
        records.push(record);
        if (next !== undefined) at = next(at);
      }
    }
    const chosen = (script.order[n % script.order.length] ?? 0) % open.length;
    const record =
      n === script.cancelAfter
        ? at.admitCancel("enough")
        : ((late.length > 0 ? answer(script, at, late, 0) : undefined) ??
          answer(script, at, open, chosen) ??
          at.admitCancel("nothing comes"));
    step = at.advance(record);
    records.push(record, ...step.records);
  }
  return { records, status: step.status, fuel: at.fuelUsed(), decision: at.decision() };
}

/** The answer to one of the effects: to that one, or the next that has an answer; it is taken out. */
function answer(
  script: Script,
  engine: Engine,
  open: RequestRecord[],
  chosen: number,
): Uint8Array<ArrayBuffer> | undefined {
  for (let i = 0; i < open.length; i++) {
    const at = (chosen + i) % open.length;
    const asked = open[at] as RequestRecord;
    const record =
      asked.type === "event" ? anEvent(engine, asked.key) : admit(script, engine, asked);
    if (record === undefined) continue;
    open.splice(at, 1);
    return record;
  }
  return undefined;
}
function admit(script: Script, engine: Engine, asked: RequestRecord): Uint8Array<ArrayBuffer> {
  const { result, body } = outside(script, asked);
  return engine.admitResult(asked.key, result, body);
}
/** The first event that the engine takes. */
function anEvent(engine: Engine, key: string): Uint8Array<ArrayBuffer> | undefined {
  for (const event of eventsFor(key)) {
    try {
      return engine.admitResult(key, { event });
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "REACH-E1604") throw error;
    }
  }
  return undefined;
}

export function canonical(v: Json): string {
  if (v === null || typeof v !== "object") return JSON.stringify(v);
  if (Array.isArray(v)) return `[${v.map((x) => canonical(x)).join(",")}]`;
  const members = Object.keys(v).sort();
  return `{${members.map((k) => `${JSON.stringify(k)}:${canonical(v[k] as Json)}`).join(",")}}`;
}
