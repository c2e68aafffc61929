// The examples with scripted worlds: each run of examples/*/runs is made with the models' answers and the
// events that its file holds, and comes to the outcome, the events and the decision digest that it says.
// REACH_UPDATE=1 writes what comes out into the files.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canonicalize, createEngine, replay } from "@reach-fabric/engine";
import { effectiveGrant, loadPack, memoryRecorder, readGrant, run } from "@reach-fabric/host";
import type { CloudEvent } from "@reach-fabric/host";

interface Script {
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

const root = fileURLToPath(new URL("../..", import.meta.url));
const runs = readdirSync(`${root}examples`)
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

async function come(name: string, script: Script): Promise<object> {
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
  const own = join(folder, "grant.json");
  const grant = existsSync(own)
    ? (await readGrant(own)).grant
    : effectiveGrant({ models: [...left.keys()], emit: ["examples.*"] });
  const result = await run({
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
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  const unused = [left, services, tools].flatMap((all) => [...all.values()].flat());
  expect(unused).toEqual([]);
  const { status, output, error, decision } = result;
  const value = status === "completed" ? { output } : { error };
  return { status, ...value, emitted, decision };
}

test.each(runs)("examples/%s", async (name) => {
  const path = join(root, "examples", name);
  const script = JSON.parse(readFileSync(path, "utf8")) as Script;
  const found = await come(name, script);
  if (process.env["REACH_UPDATE"] === "1") {
    writeFileSync(path, `${JSON.stringify({ ...script, expect: found }, null, 2)}\n`);
  } else expect(found).toEqual(script.expect);
});
