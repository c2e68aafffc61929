// Many runs on few engines: each comes to what it would come to alone.
import { createEngine, EngineError, isInput, makePack, replay } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { createEnginePool, memoryRecorder, run } from "@reach-fabric/host";
import type { Effects, EnginePool, RunOptions, RunResult } from "@reach-fabric/host";
import { enginePoolWith, newThread } from "@reach-fabric/host/testing";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";

const pools: EnginePool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});
const kept = (pool: EnginePool): EnginePool => {
  pools.push(pool);
  return pool;
};

const ask = (path: string): object => ({
  call: "http",
  with: { method: "get", endpoint: `https://a.example/v1/${path}` },
});
const packOf = (tasks: readonly object[], name = "case"): Pack =>
  makePack(createEngine(), {
    id: `test/${name}`,
    version: "1.0.0",
    workflows: {
      "w.json": JSON.stringify({
        document: { dsl: "1.0.3", namespace: "test", name, version: "1.0.0" },
        do: tasks,
      }),
    },
  });
const grant: NonNullable<RunOptions["grant"]> = {
  http: [{ origin: "https://a.example", methods: ["GET"], paths: ["/v1/*"] }],
};
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
type Fetch = Effects["fetch"];
const answering = (body: (url: string) => unknown): Fetch =>
  (async (request: { url?: string }) => ({
    result: { status: 200, headers: {} },
    body: bytes(body(JSON.stringify(request))),
  })) as unknown as Fetch;

/** A run that is the same wherever it is computed: who it is follows from its number. */
const numbered = (
  n: number,
  more: Partial<RunOptions> & Pick<RunOptions, "engine">,
): RunOptions => ({
  pack: mixed,
  input: bytes({ who: `run ${n}` }),
  grant,
  recorder: {
    ...memoryRecorder({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
      secret: new Uint8Array(32).fill(n),
    }),
  },
  ...more,
  effects: {
    clock: () => 1_700_000_000_000,
    random: (size) => new Uint8Array(size).fill(n),
    timer: (ms) => new Promise((resolve) => setTimeout(resolve, (ms + n * 7) % 5)),
    fetch: answering((request) => ({ n, request })),
    ...more.effects,
  },
});

/** Everything that a run waits for, and what it was given in its outcome. */
const mixed = packOf([
  { first: { ...ask("{who}"), output: { as: "${ {asked: ., id: $workflow.id} }" } } },
  { pause: { wait: { milliseconds: 3 } } },
  {
    both: {
      fork: {
        branches: [{ one: ask("one") }, { wait: { wait: { milliseconds: 2 } } }, { two: ask("2") }],
      },
    },
  },
  { last: { set: { who: "${ $workflow.input.who }", both: "${ . }", at: "${ now }" } } },
]);
const facts = ({ status, decision, fingerprint, records, output }: RunResult): object => ({
  status,
  decision,
  fingerprint,
  output,
  entered: records
    .filter((record) => isInput(record))
    .map((record) => Buffer.from(record).toString()),
});

describe("runs on one pool", () => {
  test("attack: see nothing of each other, and come to what they come to alone", async () => {
    const pool = kept(createEnginePool());
    const numbers = Array.from({ length: 12 }, (_, n) => n);
    const other = packOf(
      [{ ask: ask("x") }, { end: { set: { mine: "${ $workflow.input.who }" } } }],
      "other",
    );
    const packs = [mixed, other];
    const given = (n: number, engine: RunOptions["engine"]): RunOptions =>
      numbered(n, { engine, pack: packs[n % 2] ?? mixed });
    const together = await Promise.all(numbers.map((n) => run(given(n, pool))));
    for (const n of numbers) {
      const alone = await run(given(n, createEngine()));
      expect(facts(together[n] as RunResult)).toEqual(facts(alone));
      expect(JSON.stringify(alone.output)).toContain(`run ${n}`);
    }
    expect(pool.threads).toBe(0);
  });

  test("have what the engine refuses as their own error, and the pool goes on", async () => {
    const pool = kept(createEnginePool());
    const bad = { ...mixed, digest: "0".repeat(64) };
    await expect(run(numbered(1, { engine: pool, pack: bad }))).rejects.toBeInstanceOf(EngineError);
    const input = new TextEncoder().encode('{"a":1,"a":2}');
    await expect(run(numbered(2, { engine: pool, input }))).rejects.toMatchObject({
      code: "REACH-E1109",
    });
    const large = new TextEncoder().encode(`{"a":1,"a":"${"x".repeat(100_000)}"}`);
    await expect(run(numbered(3, { engine: pool, input: large }))).rejects.toMatchObject({
      code: "REACH-E1109",
    });
    expect(await run(numbered(4, { engine: pool }))).toMatchObject({ status: "completed" });
  });
});

const listOf = (length: number): object => ({
  list: Array.from({ length }, (_, i) => `item ${i}`),
});
const big = listOf(20_000);
const counting = packOf([{ all: ask("all") }, { end: { set: { n: "${ .list | length }" } } }]);
const bigRun = (engine: RunOptions["engine"]): RunOptions =>
  numbered(7, { engine, pack: counting, effects: { fetch: answering(() => big) } });

describe("a large answer", () => {
  test("is computed on a thread, and the event loop has its turns meanwhile", async () => {
    const pool = kept(createEnginePool({ threads: 1 }));
    // The thread is there: its start is not what is counted.
    await run(bigRun(pool));
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    let atAnswer = 0;
    const fetch = answering(() => ((atAnswer = turns), big));
    count();
    const result = await run({ ...bigRun(pool), effects: { ...bigRun(pool).effects, fetch } });
    isOver = true;
    expect(pool.threads).toBe(1);
    expect(result.output).toEqual({ n: 20_000 });
    expect(facts(result)).toEqual(facts(await run(bigRun(createEngine()))));
    expect(turns - atAnswer).toBeGreaterThan(20);
    expect(replay(createEngine(), counting, result.records).status).toBe("reproduced");
  });

  test.each([
    { slow: [1], threads: 0 },
    { slow: [1, 2], threads: 1 },
  ])(
    "is one in a run whose last two were slow, and one alone is not ($slow)",
    async ({ slow, threads }) => {
      const pool = kept(createEnginePool({ threads: 1 }));
      const long = "${ reduce range(8000000) as $i (0; . + $i) }";
      const tasks = [0, 1, 2, 3, 4].flatMap((i) => [
        { [`ask${i}`]: ask(`${i}`) },
        ...(slow.includes(i) ? [{ [`compute${i}`]: { set: { sum: long } } }] : []),
      ]);
      const { status } = await run({
        engine: pool,
        pack: packOf(tasks),
        input: bytes({}),
        grant,
        limits: { fuel: 1e12 },
        recorder: memoryRecorder(),
        effects: { fetch: answering(() => ({})) },
      });
      expect([status, pool.threads]).toEqual(["completed", threads]);
    },
  );

  test("of a few megabytes is the last one of its thread, whose memory does not shrink", async () => {
    const pool = kept(createEnginePool({ threads: 1 }));
    const fetch = answering(() => listOf(200_000));
    const result = await run({ ...bigRun(pool), effects: { ...bigRun(pool).effects, fetch } });
    expect(result.output).toEqual({ n: 200_000 });
    expect(pool.threads).toBe(0);
  });

  test("of which a thread dies is computed on another one", async () => {
    const workers: Worker[] = [];
    const pool = kept(
      enginePoolWith({ threads: 1 }, (engine) => {
        const worker = newThread(engine);
        // The first one dies as soon as it is given something to do.
        if (workers.push(worker) === 1) worker.postMessage = () => void worker.terminate();
        return worker;
      }),
    );
    const result = await run(bigRun(pool));
    expect(workers).toHaveLength(2);
    expect(facts(result)).toEqual(facts(await run(bigRun(createEngine()))));
  });

  test("of which every thread dies leaves the run stuck, and not decided", async () => {
    let made = 0;
    const pool = kept(
      enginePoolWith({ threads: 1 }, (engine) => {
        made += 1;
        const worker = newThread(engine);
        worker.postMessage = () => void worker.terminate();
        return worker;
      }),
    );
    await expect(run(bigRun(pool))).rejects.toMatchObject({ code: "REACH-E3009" });
    expect(made).toBe(3);
  });
});

test("close() ends the threads, and runs that are not at their end", async () => {
  const workers: Worker[] = [];
  const pool = enginePoolWith({ threads: 2 }, (engine) => {
    const worker = newThread(engine);
    workers.push(worker);
    return worker;
  });
  await Promise.all([run(bigRun(pool)), run(bigRun(pool)), run(bigRun(pool))]);
  expect(workers.length).toBeLessThan(3);
  const exits = workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
  const running = run(bigRun(pool));
  await Promise.all([pool.close(), expect(running).rejects.toThrow("closed")]);
  await Promise.all(exits);
  expect(pool.threads).toBe(0);
});
