// instant.js EFFECTS: a run of so many requests, one after the other, that are answered at once, in memory; as JSON what one
// of them costs. Nothing here is newer than the first store of runs: it runs on older sources, too.
import { createEngine, makePack } from "@reach-fabric/engine";
import { memoryRecorder, run } from "@reach-fabric/host";

const effects = Number(process.argv[2] ?? 20_000);
const ORIGIN = "https://bureau.example";
const engine = createEngine();
const ask = { call: "http", with: { method: "get", endpoint: `${ORIGIN}/v1/score` } };
const pack = makePack(engine, {
  id: "bench/instant",
  version: "1.0.0",
  workflows: {
    "run.json": JSON.stringify({
      document: { dsl: "1.0.3", namespace: "bench", name: "instant", version: "1.0.0" },
      do: [{ each: { for: { each: "i", in: `\${ [range(${effects})] }` }, do: [{ ask }] } }],
    }),
  },
});
const body = new TextEncoder().encode(JSON.stringify({ score: 612 }));
const before = process.cpuUsage();
const { status } = await run({
  engine,
  pack,
  input: new TextEncoder().encode("{}"),
  grant: { http: [{ origin: ORIGIN, methods: ["GET"], paths: ["/v1/*"] }] },
  limits: { fuel: 1e12, effects: effects + 10 },
  recorder: memoryRecorder(),
  effects: { fetch: async () => ({ result: { status: 200, headers: {} }, body }) },
});
const { user, system } = process.cpuUsage(before);
if (status !== "completed") throw new Error(`the run has ${status}`);
process.stdout.write(`${JSON.stringify({ cpu: (user + system) / effects })}\n`);
