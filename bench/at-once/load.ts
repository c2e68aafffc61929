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
/** Those that this thread itself has computed meanwhile: on a machine that others use the clock says more than that. */
const own: number[] = [];
let began = performance.now();
let due = 0;
let used = 0;
function look(): void {
  const now = performance.now();
  const { user, system } = process.threadCpuUsage();
  if (due > 0) late.push(now - due);
  if (due > 0) own.push((user + system - used) / 1000);
  used = user + system;
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
const common = {
  engine: pool,
  input: utf8("{}"),
  grant: { http: [{ origin: ORIGIN, methods: ["GET"], paths: ["/v1/*"] }] },
  addresses: { [ORIGIN]: `http://127.0.0.1:${port}` },
  limits: { fuel: 1e12, effects: 1e5 },
  egress: { total: 60_000 },
} satisfies Partial<RunOptions>;
const started = (pack: Pack, more: Partial<RunOptions> = {}): Promise<RunResult> =>
  run({ ...common, pack, recorder: memoryRecorder(), ...more });

function requireCompleted(ended: readonly RunResult[]): void {
  const others = ended.filter(({ status }) => status !== "completed").length;
  if (others > 0) throw new Error(`${others} runs have not completed`);
}

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
  const ended = await started(
    packOf([{ all: { fork: { branches: each } } }, { end: { set: { done: true } } }]),
  );
  requireCompleted([ended]);
  return {};
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

/** Runs that begin to wait together. */
const BATCH = 100;
/** How many of those that wait are woken. */
const WOKEN = 2000;

async function waiting(): Promise<object> {
  const pack = packOf([
    { wait: { listen: { to: { one: { with: { type: "approved" } } } } } },
    { end: { set: { done: true } } },
  ]);
  const given = Array.from({ length: size }, () => new Events());
  const running: Promise<RunResult>[] = [];
  // As a process comes to them: some at a time.
  for (let first = 0; first < size; first += BATCH) {
    await Promise.all(
      given.slice(first, first + BATCH).map(
        (events) =>
          new Promise<void>((resolve) => {
            running.push(started(pack, { events, onWait: () => resolve() }));
          }),
      ),
    );
  }
  const resident = process.memoryUsage().rss;
  late.length = 0;
  own.length = 0;
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
  times.sort((a, b) => a - b);
  return {
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
const over = (all: readonly number[]): number =>
  all.filter((ms) => ms > 50).reduce((sum, ms) => sum + ms, 0) / time;
const status = readFileSync("/proc/self/status", "utf8");
const peak = Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
const delays = {
  over: over(late),
  longest: Math.max(...late),
  ownOver: over(own),
  ownLongest: Math.max(...own),
};
process.stdout.write(
  `${JSON.stringify({ ...said, time, cpu: (user + system) / 1000, peak, ...delays })}\n`,
);
await pool.close();
process.exit();
