// Events into a run and out of it: the inbox, files of events, and the host's part of emit.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, makePack, replay } from "@reach-fabric/engine";
import { eventFile, eventSink, memoryRecorder, openEventSink, run } from "@reach-fabric/host";
import type { CloudEvent, RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf, newFolder } from "../helpers.ts";

const engine = createEngine();
const event = (id: string, type: string, data?: unknown): CloudEvent => ({
  specversion: "1.0",
  id,
  source: "/test",
  type,
  ...(data === undefined ? {} : { data }),
});
const listen = (type: string): object => ({ listen: { to: { one: { with: { type } } } } });

async function* given(...events: CloudEvent[]): AsyncGenerator<CloudEvent> {
  for (const one of events) {
    await Promise.resolve();
    yield one;
  }
}

async function runOf(
  tasks: unknown,
  more: Partial<RunOptions> = {},
): Promise<{ result: RunResult; replayed: string }> {
  const document = { dsl: "1.0.3", namespace: "test", name: "events", version: "1.0.0" };
  const pack = makePack(engine, {
    id: "test/events",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: tasks }) },
  });
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    ...more,
  });
  return { result, replayed: replay(createEngine(), pack, result.records).status };
}

describe("events that come", () => {
  it("are kept in their order until somebody listens", async () => {
    const tasks = [{ a: listen("a") }, { b: { ...listen("b"), output: { as: "[$input, .]" } } }];
    const events = given(event("1", "b", 1), event("2", "a", 2), event("3", "b", 3));
    const { result, replayed } = await runOf(tasks, { events });
    expect(result.output).toEqual([[2], [1]]);
    expect(replayed).toBe("reproduced");
  });

  it("go to everybody who listens", async () => {
    const branches = [{ a: listen("a") }, { b: listen("a") }, { c: { wait: { milliseconds: 5 } } }];
    const { result } = await runOf([{ f: { fork: { branches } } }], {
      events: given(event("1", "a", 1)),
    });
    expect(result.output).toEqual([[1], [1], {}]);
  });

  it("stay for those behind a branch that was cancelled", async () => {
    const slow = { do: [{ w: { wait: { milliseconds: 1 } } }, { x: { set: "1" } }] };
    const fork = { branches: [{ a: listen("late") }, { b: slow }], compete: true };
    const later = async function* (): AsyncGenerator<CloudEvent> {
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield event("1", "late", 1);
    };
    const { result } = await runOf([{ f: { fork } }, { c: listen("late") }], { events: later() });
    expect(result.output).toEqual([1]);
  });

  it("that a cancelled branch was given are there for those behind it", async () => {
    // The first event ends the fork before the second, which only branch b takes, is looked at.
    const fork = { branches: [{ a: listen("a") }, { b: listen("b") }], compete: true };
    const tasks = [{ f: { fork } }, { c: { ...listen("b"), output: { as: "[$input, .]" } } }];
    const late = async function* (): AsyncGenerator<CloudEvent> {
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield* [event("1", "a", 1), event("2", "b", 2)];
    };
    const { result } = await runOf(tasks, { events: late() });
    expect(result.output).toEqual([[1], [2]]);
  });

  it("attack: one that comes twice, by its source and id, counts once", async () => {
    const tasks = [{ a: listen("a") }, { b: listen("a") }];
    const twice = given(event("1", "a", 1), event("1", "a", 2));
    expect((await errorOf(runOf(tasks, { events: twice }))).code).toBe("REACH-E3004");
    const others = given(event("1", "a", 1), { ...event("1", "a", 2), source: "/other" });
    expect((await runOf(tasks, { events: others })).result.output).toEqual([2]);
  });

  it("attack: one that is nested too deep for a run to go on is passed over", async () => {
    const nested = (levels: number): unknown =>
      JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
    const tasks = [{ a: listen("a") }, { b: { set: { b: "${ [[.]] }" } } }];
    const deep = Array.from({ length: 26 }, (_, i) => event(`${i}`, "a", nested(1000 + i)));
    const { result } = await runOf(tasks, { events: given(...deep, event("x", "a", 7)) });
    expect(result.output).toEqual({ b: [[[7]]] });
    const { result: most } = await runOf(tasks, { events: given(event("x", "a", nested(999))) });
    expect(most.status).toBe("completed");
  });

  it("that never come end the run without an outcome", async () => {
    const error = await errorOf(runOf([{ a: listen("a") }], { events: given(event("1", "b")) }));
    expect(error.code).toBe("REACH-E3004");
    expect((await errorOf(runOf([{ a: listen("a") }]))).code).toBe("REACH-E3004");
  });

  it("an interruption ends the waiting", async () => {
    const controller = new AbortController();
    const never = async function* (): AsyncGenerator<CloudEvent> {
      await new Promise(() => undefined);
      yield event("1", "a");
    };
    setTimeout(() => controller.abort(new Error("enough")), 20);
    const options = { events: never(), signal: controller.signal };
    expect((await errorOf(runOf([{ a: listen("a") }], options))).code).toBe("REACH-E3002");
  });

  it("from a file and from a stream", async () => {
    const path = join(await newFolder(), "events.ndjson");
    const lines = [event("1", "a", 1), event("2", "b", "ü")].map((one) => JSON.stringify(one));
    await writeFile(path, `${lines.join("\n\n")}\n`);
    const all = async (source: AsyncIterable<CloudEvent>): Promise<CloudEvent[]> => {
      const found = [];
      for await (const one of source) found.push(one);
      return found;
    };
    const expected = lines.map((line) => JSON.parse(line) as CloudEvent);
    expect(await all(eventFile(path))).toEqual(expected);
    const bytes = Buffer.from(lines.join("\n"));
    const chunks = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await all(eventFile(Readable.from(chunks, { objectMode: false }), "stdin"))).toEqual(
      expected,
    );
    for (const [text, code] of [
      ['{"a":1,"a":2}', "REACH-E1109"],
      ["[1]", "REACH-E3005"],
      ['{"specversion":"1.0","id":"1","source":"/s"}', "REACH-E3005"],
      ["{", "REACH-E1113"],
    ]) {
      const error = await errorOf(
        all(eventFile(Readable.from([Buffer.from(text ?? "")]), "stdin")),
      );
      expect([text, error.code, error.where]).toEqual([text, code, "stdin:1"]);
    }
  });
});

it("bytes that are no UTF-8 are no events; an error names the line that is wrong", async () => {
  const all = async (source: AsyncIterable<CloudEvent>): Promise<void> => {
    for await (const _ of source) void _;
  };
  const bad = Readable.from([Buffer.from([0x7b, 0xff, 0x7d])], { objectMode: false });
  expect((await errorOf(all(eventFile(bad, "stdin")))).code).toBe("REACH-E3005");
  const events = eventFile(
    Readable.from([`${JSON.stringify(event("1", "b"))}\n[1]\n`], { objectMode: false }),
    "stdin",
  );
  const error = await errorOf(runOf([{ a: listen("a") }], { events }));
  expect([error.code, error.where]).toEqual(["REACH-E3005", "stdin:2"]);
});

describe("events that are emitted", () => {
  const emit = [{ e: { emit: { event: { with: { type: "a.x", data: 1 } } } } }];

  it("are on the disk before their result is recorded, with one id for one effect", async () => {
    const path = join(await newFolder(), "out.ndjson");
    const options = { grant: { emit: ["a.*"] }, effects: { emit: eventSink(path) } };
    const { result, replayed } = await runOf(emit, options);
    expect(result.status).toBe("completed");
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(result.output);
    expect(replayed).toBe("reproduced");
  });

  it("that no disk takes make the run stuck, and no service is blamed", async (context) => {
    if (!existsSync("/dev/full")) context.skip();
    const effects = { emit: eventSink("/dev/full") };
    const waits: unknown[] = [];
    const working = runOf(emit, {
      grant: { emit: ["*"] },
      effects,
      trouble: { tries: 2, pause: 1 },
      onWait: (awaits) => void waits.push(...awaits),
    });
    expect(await errorOf(working)).toMatchObject({
      code: "REACH-E3009",
      why: expect.stringMatching(/^events cannot be written to \/dev\/full: /) as string,
    });
    expect(waits).toMatchObject([{ for: "machine" }]);
  });

  it("go to a device, and to a file that can be opened before", async () => {
    const folder = await newFolder();
    const sink = await openEventSink(join(folder, "out.ndjson"));
    await sink({ id: "1" });
    await sink({ id: "2" });
    expect(await readFile(join(folder, "out.ndjson"), "utf8")).toBe('{"id":"1"}\n{"id":"2"}\n');
    if (existsSync("/dev/null")) await (await openEventSink("/dev/null"))({ id: "1" });
    expect((await errorOf(openEventSink(folder))).code).toBe("REACH-E4111");
    expect(await errorOf(openEventSink(join(folder, "none/x")))).toMatchObject({
      code: "REACH-E4111",
      where: join(folder, "none/x"),
    });
  });

  it("need a grant (GRANT-11) and a sink", async () => {
    const statusOf = async (more: Partial<RunOptions>): Promise<unknown> =>
      ((await runOf(emit, more)).result.error as { status: number }).status;
    const sink = { emit: async () => undefined };
    expect(await statusOf({ effects: sink })).toBe(403);
    expect(await statusOf({ effects: sink, grant: { emit: ["a.y", "b*"] } })).toBe(403);
    expect(await statusOf({ grant: { emit: ["a.x"] } })).toBe(503);
    const broken = { emit: () => Promise.reject(new Error("no")) };
    expect(await statusOf({ grant: { emit: ["*"] }, effects: broken })).toBe(503);
  });
});
