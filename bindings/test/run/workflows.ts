// Small workflows and scripted runs for the tests of the workflow machine.
import { EngineError, EngineTrap, fromUtf8, makePack, parseRecord } from "@reach-fabric/engine";
import type { Advance, Engine, Pack, RequestRecord, Text } from "@reach-fabric/engine";

export type Task = Readonly<Record<string, object>>;

export const workflow = (tasks: readonly Task[], more: object = {}): object => ({
  document: { dsl: "1.0.3", namespace: "test", name: "case", version: "1.0.0" },
  do: tasks,
  ...more,
});

export const packOf = (
  engine: Engine,
  document: object,
  tables: Readonly<Record<string, object>> = {},
): Pack =>
  makePack(engine, {
    id: "test/case",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify(document) },
    tables: Object.fromEntries(Object.entries(tables).map(([k, v]) => [k, JSON.stringify(v)])),
  });

export const grant = {
  http: [{ origin: "https://a.example", methods: ["GET", "POST"], paths: ["/*"] }],
};

export const get = (endpoint: string = "https://a.example/x", more: object = {}): object => ({
  call: "http",
  with: { method: "get", endpoint, ...more },
});

export interface Options {
  readonly input?: Text;
  readonly limits?: object;
  readonly tables?: Readonly<Record<string, object>>;
  readonly grant?: object;
}

/** Loads the workflow and begins a run. */
export function begin(engine: Engine, document: object, options: Options = {}): Advance {
  engine.load(packOf(engine, document, options.tables));
  const { limits, input = "{}" } = options;
  const chosen = { grant: options.grant ?? grant, ...(limits === undefined ? {} : { limits }) };
  return engine.start(engine.admitStart(chosen, input));
}

export const requestOf = ({ records }: Advance): RequestRecord => {
  const last = parseRecord(records.at(-1) ?? new Uint8Array());
  if (last.kind !== "request") throw new Error("the run waits for nothing");
  return last;
};

/** The admitted answer to what the run waits for: number n of its answers. */
export function answered(engine: Engine, step: Advance, n: number, body: Text = "1"): Uint8Array {
  const { key, type } = requestOf(step);
  if (type === "clock") return engine.admitResult(key, { ms: 1_700_000_000_000 + n });
  if (type === "random") return engine.admitResult(key, { hex: `${n % 10}`.repeat(32) });
  if (type === "timer") return engine.admitResult(key, {});
  return engine.admitResult(key, { status: 200, headers: {} }, body);
}

export const outcomeOf = ({ records }: Advance): Record<string, unknown> =>
  JSON.parse(fromUtf8(records.at(-1) ?? new Uint8Array())) as Record<string, unknown>;

export const textsOf = (records: readonly Uint8Array[]): string[] =>
  records.map((bytes) => fromUtf8(bytes));

/** The code of the error that something ends in, or "fine". A trap is let through. */
export function codeOf(work: () => unknown): string {
  try {
    work();
    return "fine";
  } catch (error) {
    if (error instanceof EngineError && !(error instanceof EngineTrap)) return error.code;
    throw error;
  }
}
