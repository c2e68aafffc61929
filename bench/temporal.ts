// Replay with verification beside the replayer of Temporal, which checks less: that the workflow asks for
// the same activities in the same order. Ours checks every record byte for byte, computes the decision
// digest, and the root of the tree over all records. Its peers are installed on demand (bench/temporal).
import { createEngine, makePack, parseRecord, replay, sameBytes } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Contest } from "./harness.ts";
import { install } from "./peers/install.ts";
import { record as sequential } from "./replay.ts";

const home = fileURLToPath(new URL("temporal/", import.meta.url));

/** CPU microseconds, as a program that measures itself prints them. */
export function cpuOf(program: string, args: readonly (string | number)[]): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=reach-source", program, ...args.map(String)],
    { encoding: "utf8", cwd: home },
  );
  const used = Number(stdout.trim().split("\n").at(-1));
  if (status === 0 && used > 0) return used;
  throw new Error(`${program} ended with ${status}: ${stderr.slice(-500)}`);
}

/** So many requests in branches of forks, which a list's limit of 4,096 tasks divides. */
function parallel(engine: Engine, steps: number): { pack: Pack; records: Uint8Array[] } {
  const call = {
    call: "http",
    with: { method: "get", endpoint: "https://bureau.example/v1/score" },
    output: { as: ".score" },
  };
  const each = 2500;
  const fork = (from: number): object => ({
    fork: {
      branches: Array.from({ length: Math.min(each, steps - from) }, (_, i) => ({
        [`ask${from + i}`]: call,
      })),
    },
    output: { as: "add" },
  });
  const branches = Array.from({ length: Math.ceil(steps / each) }, (_, i) => ({
    [`part${i}`]: fork(i * each),
  }));
  const document = { dsl: "1.0.3", namespace: "bench", name: "parallel", version: "1.0.0" };
  const pack = makePack(engine, {
    id: "bench/parallel",
    version: "1.0.0",
    workflows: {
      "w.json": JSON.stringify({
        document,
        do: [{ all: { fork: { branches }, output: { as: "add" } } }],
      }),
    },
  });
  engine.load(pack);
  const grant = {
    http: [{ origin: "https://bureau.example", methods: ["GET"], paths: ["/v1/*"] }],
  };
  const start = engine.admitStart({ grant, limits: { effects: steps, fuel: 1e12 } }, "{}");
  let step = engine.start(start);
  const records = [start, ...step.records];
  const keys = step.records.flatMap((bytes) => {
    const asked = parseRecord(bytes);
    return asked.kind === "request" ? [asked.key] : [];
  });
  for (const [i, key] of keys.entries()) {
    const answer = { score: (i * 7919) % 850, bureau: "north", factors: ["age", "use"] };
    const result = engine.admitResult(key, { status: 200, headers: {} }, JSON.stringify(answer));
    step = engine.advance(result);
    records.push(result, ...step.records);
  }
  if (step.status !== "completed") throw new Error(`the run ${step.status}`);
  return { pack, records };
}

/** Replays, and hashes every record into the tree whose root would be signed. */
function verified(
  engine: Engine,
  pack: Pack,
  records: readonly Uint8Array<ArrayBuffer>[],
  root: Uint8Array,
): string {
  const { status, decision } = replay(engine, pack, records);
  if (status !== "reproduced" || !sameBytes(engine.merkleRoot(records), root)) {
    throw new Error(`the replay ${status}`);
  }
  return decision ?? "";
}

type Make = (engine: Engine, steps: number) => { pack: Pack; records: Uint8Array[] };

function contest(
  kind: "sequential" | "parallel",
  steps: number,
  peers: { readonly times?: number; readonly rounds: number },
): Contest {
  const engine = createEngine();
  const make: Make = kind === "sequential" ? sequential : parallel;
  const { pack, records } = make(engine, steps);
  const own = records as Uint8Array<ArrayBuffer>[];
  const root = engine.merkleRoot(own);
  return {
    name: `replay and verification of ${steps.toLocaleString("en-US")} ${kind} steps`,
    unit: "steps",
    amount: steps,
    rounds: peers.rounds,
    contenders: [
      { name: "reach", run: () => verified(engine, pack, own, root) },
      ...(peers.times === undefined
        ? []
        : [
            {
              name: "@temporalio/worker",
              run: () => undefined,
              elsewhere: () => cpuOf(`${home}replay.mjs`, [kind, steps, peers.times ?? 1]),
            },
          ]),
      ...(kind === "sequential"
        ? [
            {
              name: "xstate (pure transitions, an upper bound)",
              run: () => undefined,
              elsewhere: () => cpuOf(`${home}xstate.mjs`, [steps]),
            },
          ]
        : []),
    ],
  };
}

/** A workflow of so many tasks: expressions, calls and a switch by turns. */
function loading(tasks: number): Contest {
  const engine = createEngine();
  const kinds = [
    (i: number): object => ({ set: { total: `\${ (.total // 0) + ${i} }`, name: "${ .name }" } }),
    (i: number): object => ({
      call: "http",
      with: { method: "get", endpoint: `https://a.example/v1/${i}`, query: { q: "${ .name }" } },
      output: { as: "${ {score: .score} }" },
      export: { as: "$context + {last: .score}" },
    }),
    (): object => ({ switch: [{ high: { when: ".score > 700", then: "continue" } }] }),
  ];
  const list = Array.from({ length: tasks }, (_, i) => ({ [`t${i}`]: kinds[i % 3]?.(i) ?? {} }));
  const document = { dsl: "1.0.3", namespace: "bench", name: "load", version: "1.0.0" };
  const pack = makePack(engine, {
    id: "bench/load",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: list }) },
  });
  return {
    name: `compile and load a workflow of ${tasks} tasks`,
    unit: "tasks",
    amount: tasks,
    contenders: [
      {
        name: "reach",
        run: () => {
          engine.load(pack);
          return pack;
        },
      },
    ],
  };
}

export function temporalContests(): Contest[] {
  install("temporal");
  return [
    contest("sequential", 10, { times: 20, rounds: 3 }),
    contest("sequential", 1000, { times: 4, rounds: 3 }),
    contest("sequential", 10_000, { times: 1, rounds: 1 }),
    contest("sequential", 100_000, { rounds: 5 }),
    contest("parallel", 10_000, { times: 2, rounds: 3 }),
    loading(200),
  ];
}
