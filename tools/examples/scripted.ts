// The examples with scripted worlds: each run of examples/*/runs has what models, services and tools answer in turn, and
// the events that come.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canonicalize, createEngine } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { effectiveGrant, loadPack, memoryRecorder, readGrant, run } from "@reach-fabric/host";
import type { CloudEvent, RunOptions, RunResult } from "@reach-fabric/host";
import type { Grant } from "@reach-fabric/schema";

/** A run of an example, with what the world answers. */
export interface Script {
  readonly why: string;
  readonly input: unknown;
  /** What each model answers, in turn; "silence" is none, until every timer has fired. */
  readonly models?: Readonly<Record<string, readonly (object | "silence")[]>>;
  /** What each service answers to METHOD URI, and each MCP tool, in turn. */
  readonly services?: Readonly<Record<string, readonly { status: number; body?: unknown }[]>>;
  readonly tools?: Readonly<Record<string, readonly object[]>>;
  readonly events?: readonly CloudEvent[];
  /** Timers up to so many milliseconds fire at once, the others never. */
  readonly patience?: number;
  readonly expect?: object;
}

const root: string = fileURLToPath(new URL("../..", import.meta.url));
/** All of them, as EXAMPLE/runs/FILE. */
export const scriptedRuns: readonly string[] = readdirSync(`${root}examples`)
  .flatMap((example) => {
    const folder = join(root, "examples", example, "runs");
    return existsSync(folder) ? readdirSync(folder).map((name) => join(example, "runs", name)) : [];
  })
  .sort();

/** Events that come once the run waits for one. */
async function* given(
  events: readonly CloudEvent[],
  awaited: Promise<void>,
): AsyncGenerator<CloudEvent> {
  if (events.length > 0) await awaited;
  yield* events;
}

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

const turns = <T>(scripted: Readonly<Record<string, readonly T[]>> = {}): Map<string, T[]> =>
  new Map(Object.entries(scripted).map(([name, all]) => [name, [...all]]));
function take<T>(all: Map<string, T[]>, name: string): T {
  const answer = all.get(name)?.shift();
  if (answer === undefined) throw new Error(`${name} is asked more often than scripted`);
  return answer;
}

/** What came of a scripted run. */
export interface Played {
  readonly result: RunResult;
  readonly pack: Pack;
  /** Types and subjects of the events that it has emitted. */
  readonly emitted: readonly unknown[];
  /** Answers that nothing has asked for. */
  readonly unused: readonly unknown[];
}

/** The file of a scripted run. */
export const scriptOf = (name: string): Script =>
  JSON.parse(readFileSync(join(root, "examples", name), "utf8")) as Script;

/** The grant that an example is run with, unless it is another one. */
export async function grantOfScript(name: string, { models = {} }: Script): Promise<Grant> {
  const own = join(root, "examples", name.split("/")[0] ?? "", "grant.json");
  if (existsSync(own)) return (await readGrant(own)).grant;
  return effectiveGrant({ models: Object.keys(models), emit: ["examples.*"] });
}

/** Runs an example in the world of its script. */
export async function play(
  name: string,
  script: Script,
  grant: Grant,
  more: Pick<RunOptions, "security" | "signal"> = {},
): Promise<Played> {
  const folder = join(root, "examples", name.split("/")[0] ?? "");
  const pack = await loadPack(join(folder, "workflow.yaml"));
  const emitted: unknown[] = [];
  const waiting: (() => void)[] = [];
  const fireTimers = (): void => {
    if (waiting.length === 0) setImmediate(fireTimers);
    else for (const fire of waiting.splice(0)) fire();
  };
  let begin = (): void => undefined;
  const awaited = new Promise<void>((resolve) => (begin = resolve));
  const left = turns(script.models);
  const services = turns(script.services);
  const tools = turns(script.tools);
  const result = await run({
    ...more,
    engine: createEngine(),
    pack,
    input: canonicalize(JSON.stringify(script.input)),
    grant,
    events: given(script.events ?? [], awaited),
    onRecord: (record) => {
      if (record.kind === "request" && record.type === "event") begin();
    },
    recorder: memoryRecorder({ id: "00000000-0000-4000-8000-000000000001" }),
    effects: {
      clock: () => Date.UTC(2026, 0, 1),
      random: (size) => new Uint8Array(size).fill(7),
      timer: (ms, signal) =>
        ms <= (script.patience ?? 3000)
          ? Promise.resolve()
          : Promise.race([never(signal), new Promise<void>((resolve) => waiting.push(resolve))]),
      ask: async ({ model }, { signal }) => {
        const answer = left.get(model)?.shift();
        if (answer === "silence") {
          setImmediate(fireTimers);
          return never(signal);
        }
        if (answer === undefined) throw new Error(`${model} is asked more often than scripted`);
        return { result: answer };
      },
      fetch: async ({ method, uri }) => {
        const { status, body } = take(services, `${method} ${uri}`);
        const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
        return { result: { status, headers: {} }, body: bytes };
      },
      mcp: async ({ parameters }) => ({ result: take(tools, String(parameters?.["name"])) }),
      emit: async (event) => void emitted.push([event["type"], event["subject"]]),
    },
  });
  const unused = [left, services, tools].flatMap((all) => [...all.values()].flat());
  return { result, pack, emitted, unused };
}
