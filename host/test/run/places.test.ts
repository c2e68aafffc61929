// GRANT-19: so many effects of a run are under way at a time, and the others have not begun.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, makePack, parseRecord, replay } from "@reach-fabric/engine";
import {
  folderRecorder,
  memoryRecorder,
  readKept,
  resume,
  run,
  runFolder,
} from "@reach-fabric/host";
import type { Effects, Recorder, RunOptions, RunResult, RunWaits } from "@reach-fabric/host";
import { EffectPlaces } from "@reach-fabric/host/testing";
import { errorOf, json, newFolder, serve } from "../helpers.ts";

const A = "https://a.example";
const B = "https://b.example";
const branch = (i: number, origin = A, more: object = {}): object => ({
  [`b${i}`]: {
    call: "http",
    with: { method: "post", endpoint: `${origin}/x`, body: { i } },
    ...more,
  },
});
const fork = (branches: readonly object[], more: object = {}): object => ({
  all: { fork: { branches, ...more } },
});
const many = (n: number, origin = A): object[] =>
  Array.from({ length: n }, (_, i) => branch(i, origin));

async function runOf(tasks: readonly object[], more: Partial<RunOptions>): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "sample", version: "1.0.0" };
  const workflows = { "w.json": JSON.stringify({ document, do: tasks }) };
  const pack = makePack(engine, { id: "test/sample", version: "1.0.0", workflows });
  const grant = {
    http: [A, B].map((origin) => ({ origin, methods: ["POST" as const], paths: ["/*"] })),
  };
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    grant,
    recorder: memoryRecorder(),
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

/** Counts what is under way. */
function counting(ms = 1): {
  fetch: Effects["fetch"];
  most: Record<string, number>;
  asked: unknown[];
} {
  const most: Record<string, number> = { all: 0 };
  const now: Record<string, number> = { all: 0 };
  const asked: unknown[] = [];
  const count = (name: string, by: number): void => {
    now[name] = (now[name] ?? 0) + by;
    most[name] = Math.max(most[name] ?? 0, now[name]);
  };
  return {
    most,
    asked,
    fetch: async ({ uri, body }, { signal }) => {
      const { origin } = new URL(uri);
      asked.push((body as { i: number }).i);
      count("all", 1);
      count(origin, 1);
      await sleep(ms, undefined, { signal }).finally(() => {
        count("all", -1);
        count(origin, -1);
      });
      return { result: { status: 200, headers: {} }, body: canonicalize("{}") };
    },
  };
}

describe("GRANT-19: effects that are under way", () => {
  it("are at most 64, and 16 to one origin, in the order in which they were asked for", async () => {
    const one = counting();
    await runOf([fork(many(200))], { effects: { fetch: one.fetch } });
    expect(one.most).toEqual({ all: 16, [A]: 16 });
    expect(one.asked).toEqual(Array.from({ length: 200 }, (_, i) => i));
    const other = counting();
    const parallel = { run: 5, origin: 3 };
    await runOf(
      [
        fork([
          ...many(30),
          ...many(30, B).map((each) => ({
            [`x${Object.keys(each)[0]}`]: Object.values(each)[0] as object,
          })),
        ]),
      ],
      {
        effects: { fetch: other.fetch },
        parallel,
      },
    );
    expect(other.most).toEqual({ all: 5, [A]: 3, [B]: 3 });
  });

  it("do not begin before they have their place, on the disk as well", async () => {
    const { fetch } = counting(5);
    const inner = memoryRecorder();
    const begun: string[][] = [];
    const recorder: Recorder = {
      ...inner,
      append: (lines) => {
        for (const line of lines)
          begun.push([...(("begun" in line ? line.begun : undefined) ?? [])]);
        return inner.append(lines);
      },
    };
    const { records } = await runOf([fork(many(20))], {
      effects: { fetch },
      recorder,
      parallel: { origin: 4 },
    });
    expect(begun[0]).toHaveLength(4);
    expect(Math.max(...begun.map((keys) => keys.length))).toBe(4);
    const asked = records
      .map((record) => parseRecord(record))
      .flatMap((record) => (record.kind === "request" ? [record.key] : []));
    expect(begun.flat().sort()).toEqual(asked.sort());
  });

  it("have their limits of time from when they begin", async () => {
    const { origin, requests } = await serve((request, response, body) => {
      setTimeout(() => json({})(request, response, body), 100);
    });
    const { status } = await runOf([fork(many(12))], {
      addresses: { [A]: origin },
      egress: { total: 350 },
      parallel: { origin: 2 },
    });
    // The last one waits for more than its own limit.
    expect([status, requests.length]).toEqual(["completed", 12]);
  });

  it("leave their place however they end, and what was cancelled while it waited never begins", async () => {
    const { asked, fetch } = counting(20);
    const failing: Effects["fetch"] = async (request, context) => {
      if ((request.body as { i: number }).i === 0) throw new Error("broken");
      return fetch(request, context);
    };
    const parallel = { origin: 1 };
    const first = await runOf(
      [fork(many(3).map((each) => ({ [`t${Object.keys(each)[0]}`]: { try: [each], catch: {} } })))],
      { effects: { fetch: failing }, parallel },
    );
    expect([first.status, asked]).toEqual(["completed", [1, 2]]);
    const racing = counting(20);
    const second = await runOf([fork(many(50), { compete: true }), branch(99)], {
      effects: { fetch: racing.fetch },
      parallel,
    });
    expect([second.status, racing.asked]).toEqual(["completed", [0, 99]]);
  });

  it("are not timers: a wait keeps nobody waiting", async () => {
    const { fetch } = counting(20);
    const waits = Array.from({ length: 100 }, (_, i) => ({
      [`w${i}`]: { wait: { seconds: 1 } },
    }));
    // One after the other they would take longer than a test may.
    const { status } = await runOf([fork([...waits, ...many(3)])], {
      effects: { fetch },
      parallel: { run: 1 },
    });
    expect(status).toBe("completed");
  });

  it("are all that is in doubt after a kill: at most 16 of 2,000", async () => {
    const folder = join(await newFolder(), "run");
    const { fetch } = counting();
    const parallel = { run: 16, origin: 16 };
    const recorder = folderRecorder(folder);
    await runOf([fork(many(2000))], { effects: { fetch }, parallel, recorder });
    const journal = join(folder, "entered.jsonl");
    const lines = (await readFile(journal, "utf8")).split("\n").slice(0, -1);
    // As a process leaves it that was killed behind so many lines.
    const inDoubt: number[] = [];
    for (const part of [0.01, 0.2, 0.5, 0.8, 0.99]) {
      const kept = lines.slice(0, Math.ceil(lines.length * part));
      await writeFile(journal, `${kept.join("\n")}\n`);
      const { waiting } = await readKept(createEngine(), runFolder(folder));
      inDoubt.push(waiting.filter(({ hasBegun }) => hasBegun).length);
    }
    // How many answers share an append is a matter of time: 16 is the bound, not a figure.
    expect(Math.max(...inDoubt)).toBeLessThanOrEqual(16);
    expect(Math.min(...inDoubt)).toBeGreaterThan(0);
    const again = counting();
    const resumed = resume({
      engine: createEngine(),
      run: runFolder(folder),
      effects: { fetch: again.fetch },
      parallel,
    });
    const error = await errorOf(resumed);
    expect([error.code, (error as RunWaits).awaits.length]).toEqual([
      "REACH-E3004",
      inDoubt.at(-1),
    ]);
  });

  it("all begin, in their order, however many wait", () => {
    const places = new EffectPlaces({ run: 8, origin: 4 });
    const n = 200_000;
    for (let seq = 0; seq < n; seq++) {
      places.add({
        seq,
        key: String(seq),
        type: "http",
        request: { uri: `${seq % 2 === 0 ? A : B}/` },
      } as never);
    }
    for (let seq = 1000; seq < 2000; seq++) places.drop(String(seq));
    let begun = 0;
    let last = -1;
    for (let next = places.next(); next.length > 0; next = places.next()) {
      for (const { key, seq } of next) {
        places.leave(key);
        begun += seq > last ? 1 : 0;
        last = seq;
      }
    }
    expect(begun).toBe(n - 1000);
  });
});
