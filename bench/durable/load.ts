// load.ts STORE RUNS STEPS FOLDER: so many durable runs at a time in one process, each of so many steps, and as JSON what
// that has cost from the moment on when all of them are in their first step. A step is a request that is answered at
// once, so that nothing is measured but what makes it durable.
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import { createEnginePool, run } from "@reach-fabric/host";
import type { Effects } from "@reach-fabric/host";
import { stores } from "./stores.ts";

const [kind = "", count = "1", size = "1", folder = ""] = process.argv.slice(2);
const runs = Number(count);
const steps = Number(size);
const ORIGIN = "https://bureau.example";

const engine = createEngine();
const pack = makePack(engine, {
  id: "bench/durable",
  version: "1.0.0",
  workflows: {
    "steps.json": JSON.stringify({
      document: { dsl: "1.0.3", namespace: "bench", name: "durable", version: "1.0.0" },
      do: [
        {
          each: {
            for: { each: "item", in: "${ [range(.steps)] }" },
            do: [
              {
                ask: {
                  call: "http",
                  with: { method: "get", endpoint: `${ORIGIN}/v1/score` },
                  output: { as: "${ {score: .score} }" },
                  export: { as: "${ {total: (($context.total // 0) + .score)} }" },
                },
              },
            ],
          },
        },
      ],
    }),
  },
});

const store = await stores[kind]?.(folder);
if (store === undefined) throw new Error(`there is no store ${kind}`);

let begun = 0;
let start = { time: 0, cpu: process.cpuUsage(), counted: store.counted() };
let allBegun = (): void => undefined;
const barrier = new Promise<void>((resolve) => {
  allBegun = () => {
    start = { time: performance.now(), cpu: process.cpuUsage(), counted: store.counted() };
    resolve();
  };
});

/** Answers at once, but for the first of each run, which waits for those of all others. */
function answering(): Effects["fetch"] {
  let asked = 0;
  return async () => {
    if (asked === 0 && (begun += 1) === runs) allBegun();
    if (asked === 0) await barrier;
    const score = (asked++ * 7919) % 850;
    const body = utf8(JSON.stringify({ score, bureau: "north", factors: ["age", "use"] }));
    return { result: { status: 200, headers: {} }, body };
  };
}

const pool = createEnginePool();
const ended = await Promise.all(
  Array.from({ length: runs }, () =>
    run({
      engine: runs === 1 ? createEngine() : pool,
      pack,
      input: utf8(JSON.stringify({ steps })),
      grant: { http: [{ origin: ORIGIN, methods: ["GET"], paths: ["/v1/*"] }] },
      limits: { effects: steps + 10, fuel: 1e12 },
      recorder: store.recorder(),
      effects: { fetch: answering() },
    }),
  ),
);
const seconds = (performance.now() - start.time) / 1000;
const { user, system } = process.cpuUsage(start.cpu);
const counted = store.counted();
if (ended.some(({ status }) => status !== "completed")) throw new Error("a run has not completed");
await Promise.all([store.close(), pool.close()]);
process.stdout.write(
  `${JSON.stringify({
    steps: runs * steps,
    seconds,
    cpu: user + system,
    syncs: counted.syncs - start.counted.syncs,
    commits: counted.commits - start.counted.commits,
  })}\n`,
);
