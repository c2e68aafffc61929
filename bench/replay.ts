// How fast a recorded run is replayed and compared, and whether a step costs more in a long run.
import { createEngine, makePack, parseRecord, replay } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { Contest } from "./harness.ts";

/** One HTTP request a turn, and a number carried on in $context: a long sequential run. */
const workflow = {
  document: { dsl: "1.0.3", namespace: "bench", name: "steps", version: "1.0.0" },
  do: [
    {
      each: {
        for: { each: "item", in: "${ [range(.steps)] }" },
        do: [
          {
            ask: {
              call: "http",
              with: { method: "get", endpoint: "https://bureau.example/v1/score" },
              output: { as: "${ {score: .score} }" },
              export: { as: "${ {total: (($context.total // 0) + .score)} }" },
            },
          },
        ],
      },
    },
  ],
};

/** The records of a run of so many steps, with scripted answers. */
export function record(
  engine: Engine,
  steps: number,
  fuel: number = 1e12,
): { pack: Pack; records: Uint8Array[] } {
  const text = JSON.stringify(workflow);
  const pack = makePack(engine, {
    id: "bench/steps",
    version: "1.0.0",
    workflows: { "steps.json": text },
  });
  engine.load(pack);
  const grant = {
    http: [{ origin: "https://bureau.example", methods: ["GET"], paths: ["/v1/*"] }],
  };
  const limits = { effects: steps + 10, fuel };
  const first = engine.admitStart({ grant, limits }, JSON.stringify({ steps }));
  let step = engine.start(first);
  const records: Uint8Array[] = [first, ...step.records];
  for (let i = 0; step.status === "waiting"; i++) {
    const last = parseRecord(records.at(-1) ?? first);
    if (last.kind !== "request") throw new Error(`expected a request, found ${last.kind}`);
    const answer = JSON.stringify({
      score: (i * 7919) % 850,
      bureau: "north",
      factors: ["age", "use"],
    });
    const result = engine.admitResult(last.key, { status: 200, headers: {} }, answer);
    step = engine.advance(result);
    records.push(result, ...step.records);
  }
  if (step.status !== "completed") {
    throw new Error(`the run ${step.status}: ${new TextDecoder().decode(records.at(-1))}`);
  }
  return { pack, records };
}

export function replayContests(
  make: () => Engine = createEngine,
  sizes: readonly number[] = [1000, 100_000],
): Contest[] {
  return sizes.map((steps) => {
    const engine = make();
    const { pack, records } = record(engine, steps);
    const bytes = records.reduce((sum, each) => sum + each.length, 0);
    const result = replay(engine, pack, records);
    if (result.status !== "reproduced") throw new Error(`the replay ${result.status}`);
    return {
      name: `replay of ${steps.toLocaleString("en-US")} steps (${records.length.toLocaleString("en-US")} records, ${(bytes / 1e6).toFixed(1)} MB)`,
      unit: "steps",
      amount: steps,
      contenders: [{ name: "reach", run: () => replay(engine, pack, records) }],
    };
  });
}
