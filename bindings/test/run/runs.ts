// A small workflow with everything that a replay meets, and runs of it with scripted answers.
import { makePack, parseRecord } from "@reach-fabric/engine";
import type { Advance, Engine, Pack } from "@reach-fabric/engine";

const workflow = {
  document: { dsl: "1.0.3", namespace: "test", name: "score", version: "1.0.0" },
  do: [
    { start: { set: { id: "${ .id }", asked: "${ now | floor }" } } },
    {
      each: {
        for: { each: "n", in: "${ [1, 2, 3] }" },
        do: [
          {
            ask: {
              call: "http",
              with: { method: "get", endpoint: "https://bureau.example/v1/score" },
              export: { as: "${ {total: (($context.total? // 0) + .score)} }" },
            },
          },
        ],
      },
    },
    { end: { set: { total: "${ $context.total }" } } },
  ],
};

const bureau = { origin: "https://bureau.example", methods: ["GET"], paths: ["/v1/*"] };

export const scorePack = (engine: Engine, change: object = {}): Pack =>
  makePack(engine, {
    id: "test/score",
    version: "1.0.0",
    workflows: { "score.json": JSON.stringify({ ...workflow, ...change }) },
  });

/** The admitted answer to the request that a run waits for. */
export function answer(engine: Engine, waiting: Advance, score: number = 600): Uint8Array {
  const request = waiting.records
    .map((bytes) => parseRecord(bytes))
    .findLast(({ kind }) => kind === "request");
  if (request?.kind !== "request") throw new Error("the run waits for nothing");
  if (request.type === "clock") return engine.admitResult(request.key, { ms: 1_700_000_000_000 });
  const headers = { "content-type": "application/json", date: "Mon, 23 Nov 2026 07:00:00 GMT" };
  return engine.admitResult(
    request.key,
    { status: 200, headers },
    JSON.stringify({ score, from: "north" }),
  );
}

export const begin = (engine: Engine): { first: Uint8Array; step: Advance } => {
  const first = engine.admitStart({ grant: { http: [bureau] } }, '{"id":"a-1"}');
  return { first, step: engine.start(first) };
};

/** A whole run, with the record that says how it ended last. */
export function recorded(
  engine: Engine,
  pack: Pack,
  scores: readonly number[] = [600, 610, 620],
): Uint8Array[] {
  engine.load(pack);
  const { first, step: started } = begin(engine);
  const records = [first, ...started.records];
  let step = started;
  for (let i = -1; step.status === "waiting"; i++) {
    const input = answer(engine, step, scores[i] ?? 0);
    step = engine.advance(input);
    records.push(input, ...step.records);
  }
  return records;
}
