// What comes of an effect while nothing may enter is kept: docs/spec/run-folder.md, RUN-3 and RUN-6.
import { createEngine, makePack, utf8 } from "@reach-fabric/engine";
import {
  commandRun,
  effectiveGrant,
  folderRecorder,
  readKept,
  resume,
  run,
  runFolder,
} from "@reach-fabric/host";
import type { RunOptions } from "@reach-fabric/host";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, newFolder } from "../helpers.ts";

const A = "https://bank.example";
const at = "2026-11-30T12:00:00.000Z";
const pay = (name: string): object => ({
  [name]: { call: "http", with: { method: "post", endpoint: `${A}/${name}` } },
});
const packOf = (...tasks: readonly object[]) =>
  makePack(createEngine(), {
    id: "t/t",
    version: "1.0.0",
    workflows: {
      "w.json": JSON.stringify({
        document: { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" },
        do: tasks,
      }),
    },
  });
const grant = effectiveGrant({ http: [{ origin: A, methods: ["POST"], paths: ["/*"] }] });
const input = utf8("{}");

type Fetch = NonNullable<NonNullable<RunOptions["effects"]>["fetch"]>;

/** A bank that answers when it is told to. */
function bank(answer: (path: string) => string): {
  readonly fetch: Fetch;
  readonly asked: string[];
  readonly pays: () => void;
} {
  let pays: () => void = () => undefined;
  const isPaid = new Promise<void>((resolve) => (pays = resolve));
  const asked: string[] = [];
  const fetch: Fetch = async ({ uri }) => {
    asked.push(uri);
    await isPaid;
    return { result: { status: 200, headers: {} }, body: utf8(answer(uri)) };
  };
  return { fetch, asked, pays };
}

test.each([
  ["in its line", 10],
  ["beside the lines", 400_000],
])("an answer to a run that is suspended enters when it goes on: %s", async (_, length) => {
  const folder = join(await newFolder(), "run");
  const pack = packOf(pay("pay"));
  const { fetch, asked, pays } = bank(() => JSON.stringify({ text: "x".repeat(length) }));
  const recorder = folderRecorder(folder);
  const running = run({
    engine: createEngine(),
    pack,
    grant,
    input,
    recorder,
    effects: { fetch },
    // It is suspended when the bank was asked, and paid then.
    commands: (async function* () {
      while (asked.length === 0) await new Promise((go) => setTimeout(go, 5));
      yield { command: "suspend" as const };
    })(),
    onRecord: ({ kind }) => void (kind === "suspend" && pays()),
  });
  expect((await errorOf(running)).code).toBe("REACH-E3007");
  const { waiting, arrived } = await readKept(createEngine(), runFolder(folder));
  expect([waiting.length, [...arrived.keys()]]).toEqual([0, ["0"]]);
  const bodies = await readdir(join(folder, "bodies")).catch(() => []);
  expect(bodies).toHaveLength(length > 262_144 ? 1 : 0);
  const still = resume({ engine: createEngine(), run: runFolder(folder), effects: { fetch } });
  expect((await errorOf(still)).code).toBe("REACH-E3007");
  await commandRun(runFolder(folder), { command: "resume" }, "clerk", at);
  const ended = await resume({
    engine: createEngine(),
    run: runFolder(folder),
    effects: { fetch },
  });
  expect([ended.status, asked]).toEqual(["completed", [`${A}/pay`]]);
  expect((await readKept(createEngine(), runFolder(folder))).arrived.size).toBe(0);
});

test("an answer that has come when the run is interrupted is not lost", async () => {
  const folder = join(await newFolder(), "run");
  const pack = packOf({ both: { fork: { branches: [pay("one"), pay("two")] } } });
  const { fetch, asked, pays } = bank(() => '{"paid":true}');
  const stop = new AbortController();
  const recorder = folderRecorder(folder);
  // Both answers come while the first is written down, and then the run is interrupted.
  const append: typeof recorder.append = async (lines) => {
    await recorder.append(lines);
    if (!lines.some((line) => "record" in line && line.stamp.seq > 0)) return;
    await new Promise((go) => setTimeout(go, 20));
    stop.abort();
  };
  let first = true;
  const oneByOne: Fetch = async (...asks) => {
    const isFirst = first;
    first = false;
    const answer = await fetch(...asks);
    if (!isFirst) await new Promise((go) => setTimeout(go, 5));
    return answer;
  };
  const running = run({
    engine: createEngine(),
    pack,
    grant,
    input,
    recorder: { ...recorder, append },
    effects: { fetch: oneByOne },
    signal: stop.signal,
  });
  setTimeout(pays, 10);
  expect((await errorOf(running)).code).toBe("REACH-E3002");
  const { waiting } = await readKept(createEngine(), runFolder(folder));
  expect(waiting).toEqual([]);
  const ended = await resume({
    engine: createEngine(),
    run: runFolder(folder),
    effects: { fetch },
  });
  expect([ended.status, asked.length]).toEqual(["completed", 2]);
});

test("RUN-4 an answer that nothing waits for is damage", async () => {
  const folder = join(await newFolder(), "run");
  const { fetch } = bank(() => "{}");
  const stop = new AbortController();
  const running = run({
    engine: createEngine(),
    pack: packOf(pay("pay")),
    grant,
    input,
    recorder: folderRecorder(folder),
    effects: { fetch },
    signal: stop.signal,
  });
  setTimeout(() => stop.abort(), 50);
  expect((await errorOf(running)).code).toBe("REACH-E3002");
  const journal = join(folder, "entered.jsonl");
  const lines = await readFile(journal, "utf8");
  for (const line of [
    `{"answer":{"result":{"status":200}},"arrived":"7","at":"${at}"}`,
    `{"answer":[],"arrived":"0","at":"${at}"}`,
    `{"answer":{"result":{}},"arrived":"0","at":"yesterday"}\n{"at":"${at}","begun":["0"]}`,
  ]) {
    await writeFile(journal, `${lines}${line}\n`);
    const error = await errorOf(readKept(createEngine(), runFolder(folder)));
    expect([line, error.code]).toEqual([line, "REACH-E4131"]);
  }
});
