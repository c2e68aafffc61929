// load.js KIND SIZE PORT [STORE FOLDER]: many runs in one process, and as JSON what that did to its event loop and its memory.
//   runs      so many at once, of three requests that take 50 ms each, while another run takes an answer of 7 MB
//   waiting   so many that wait for an event; some of them are woken, one after the other
//   branches  one run with so many branches, each of which makes a request
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { createEnginePool, memoryRecorder, run } from "@reach-fabric/host";
import type { CloudEvent, RunOptions, RunResult } from "@reach-fabric/host";
import { readFileSync } from "node:fs";

const [kind = "", count = "1", port = "0"] = process.argv.slice(2);
const size = Number(count);
const ORIGIN = "https://bureau.example";

/** Milliseconds by which the event loop was late, for each time that it was looked at. */
const late: number[] = [];
let began = performance.now();
let due = 0;
function look(): void {
  const now = performance.now();
  if (due > 0) late.push(now - due);
  due = performance.now() + 1;
  setTimeout(look, 1);
}

const packOf = (tasks: readonly object[]): Pack =>
  makePack(createEngine(), {
    id: "bench/at-once",
    version: "1.0.0",
    workflows: {
      "run.json": JSON.stringify({
        document: { dsl: "1.0.3", namespace: "bench", name: "at-once", version: "1.0.0" },
        do: tasks,
      }),
    },
  });
const ask = (path: string): object => ({
  call: "http",
  with: { method: "get", endpoint: `${ORIGIN}/v1/${path}` },
});

const pool = createEnginePool();
const started = (pack: Pack, more: Partial<RunOptions> = {}): Promise<RunResult> =>
  run({
    engine: pool,
    pack,
    input: utf8("{}"),
    grant: { http: [{ origin: ORIGIN, methods: ["GET"], paths: ["/v1/*"] }] },
    addresses: { [ORIGIN]: `http://127.0.0.1:${port}` },
    limits: { fuel: 1e12, effects: 1e5 },
    recorder: memoryRecorder(),
    egress: { total: 60_000 },
    ...more,
  });

async function runs(): Promise<object> {
  const three = packOf([
    { a: ask("wait") },
    { b: ask("wait") },
    { c: ask("wait") },
    { end: { set: { score: "${ .score }" } } },
  ]);
  const one = packOf([{ all: ask("large") }, { end: { set: { n: "${ length }" } } }]);
  const all = [started(one), ...Array.from({ length: size }, () => started(three))];
  const ended = await Promise.all(all);
  return {
    faulted: ended.filter(({ status }) => status !== "completed").length,
    large: ended[0]?.output,
  };
}

async function branches(): Promise<object> {
  const each = Array.from({ length: size }, (_, i) => ({ [`b${i}`]: ask("wait") }));
  const { status } = await started(
    packOf([{ all: { fork: { branches: each } } }, { end: { set: { done: true } } }]),
  );
  return { faulted: status === "completed" ? 0 : 1 };
}

/** An event source that is given events one by one. */
class Events implements AsyncIterable<CloudEvent> {
  #give: ((event: CloudEvent) => void) | undefined;

  give(event: CloudEvent): void {
    this.#give?.(event);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<CloudEvent, void, void> {
    while (true) {
      yield await new Promise<CloudEvent>((resolve) => {
        this.#give = resolve;
      });
    }
  }
}

/** How many of those that wait are woken. */
const WOKEN = 2000;

async function waiting(): Promise<object> {
  const pack = packOf([
    { wait: { listen: { to: { one: { with: { type: "approved" } } } } } },
    { end: { set: { done: true } } },
  ]);
  const stop = new AbortController();
  const given = Array.from({ length: size }, () => new Events());
  let asked = 0;
  let allAsked = (): void => undefined;
  const barrier = new Promise<void>((resolve) => (allAsked = resolve));
  const onWait = (): void => {
    if ((asked += 1) === size) allAsked();
  };
  const running = given.map((events) => started(pack, { events, onWait, signal: stop.signal }));
  for (const one of running) one.catch(() => undefined);
  await barrier;
  globalThis.gc?.();
  const resident = process.memoryUsage().rss;
  late.length = 0;
  began = performance.now();
  const times: number[] = [];
  for (let i = 0; i < Math.min(WOKEN, size); i++) {
    // Not one after the other as they were made.
    const n = (i * 7919) % size;
    const event = { specversion: "1.0", id: String(n), source: "/bench", type: "approved" };
    const start = performance.now();
    given[n]?.give(event);
    const result = await running[n];
    times.push(performance.now() - start);
    if (result?.status !== "completed") throw new Error("a run that was woken has not completed");
  }
  stop.abort();
  times.sort((a, b) => a - b);
  return {
    faulted: 0,
    resident,
    wake: { p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)] },
  };
}

look();
const before = process.cpuUsage();
const kinds = { runs, branches, waiting };
if (!Object.hasOwn(kinds, kind)) throw new Error(`there is no ${kind}`);
const said = await kinds[kind as keyof typeof kinds]();
const time = performance.now() - began;
const { user, system } = process.cpuUsage(before);
const over = late.filter((ms) => ms > 50).reduce((sum, ms) => sum + ms, 0);
const status = readFileSync("/proc/self/status", "utf8");
const peak = Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
process.stdout.write(
  `${JSON.stringify({ ...said, time, cpu: (user + system) / 1000, peak, over: over / time, longest: Math.max(...late) })}\n`,
);
await pool.close();
process.exit();
