import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { sha256 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import {
  folderRecorder,
  memoryRecorder,
  ReachError,
  readKept,
  runFolder,
  run,
} from "@reach-fabric/host";
import type {
  Effects,
  Entry,
  Line,
  HttpResult,
  Performed,
  Recorder,
  RunOptions,
} from "@reach-fabric/host";
import { machine } from "@reach-fabric/host/testing";
import { fakeEngine, pack } from "./fake-engine.ts";
import type { Program } from "./fake-engine.ts";
import { bytes, errorOf, newFolder, text } from "../helpers.ts";

type Bytes = Uint8Array;

/** Answers each request by its `name`, after its `after` milliseconds. */
const answering =
  (log: string[] = []): Effects["fetch"] =>
  async (request, { signal }): Promise<Performed<HttpResult>> => {
    const { name, after } = request as unknown as { name: string; after?: number };
    log.push(`perform ${name}`);
    if (after) await machine.timer(after, signal);
    return { result: { status: 200, headers: {} }, body: bytes(JSON.stringify(name)) };
  };
const http = (name: string, after?: number) => ({
  type: "http" as const,
  request: { name, ...(after ? { after } : {}) },
});

/** A recorder that notes what was durable when. */
function noting(log: string[]): Recorder & { entries: Entry[] } {
  const entries: Entry[] = [];
  const slowly = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
  return {
    ...memoryRecorder(),
    entries,
    append: async (lines) => {
      await slowly();
      for (const line of lines) {
        if (!("record" in line)) continue;
        entries.push(line);
        const { kind, key } = JSON.parse(text(line.record)) as { kind: string; key?: string };
        log.push(`durable ${kind}${key === undefined ? "" : ` ${key}`}`);
      }
    },
  };
}

/** A recorder whose disk is full from its so-manieth record on. */
function fullAt(record: number): Recorder {
  let appended = 0;
  const full = new ReachError("REACH-E4110", "The disk is full.");
  const append = () => ((appended += 1) < record ? Promise.resolve() : Promise.reject(full));
  return { ...memoryRecorder(), append };
}

const start = (program: Program | undefined, more: Partial<RunOptions> = {}) =>
  run({
    engine: more.engine ?? fakeEngine(program!),
    pack,
    input: bytes("{}"),
    recorder: memoryRecorder(),
    ...more,
    effects: { fetch: answering(), ...more.effects },
  });

describe("a run", () => {
  it("ABI-8 makes what enters durable before it has consequences", async () => {
    const log: string[] = [];
    const recorder = noting(log);
    const engine = fakeEngine(function* () {
      yield [http("a")];
      yield [http("b")];
      return "done";
    }, log);
    const result = await start(undefined, {
      engine,
      recorder,
      effects: { fetch: answering(log) },
    });
    expect(log).toEqual([
      "load",
      "start",
      "durable start",
      "perform a",
      "advance 0",
      "durable result 0",
      "perform b",
      "advance 1",
      "durable result 1",
    ]);
    expect(result).toMatchObject({
      status: "completed",
      output: "done",
      decision: "1".repeat(64),
      fingerprint: "2".repeat(64),
    });
    const [first, asked, second, askedAgain, third, outcome] = result.records as [
      ...[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes],
    ];
    const stamps = result.annotations;
    expect(recorder.entries).toEqual([
      { record: first, stamp: stamps[0], left: sha256(asked), begun: ["0"] },
      { record: second, stamp: stamps[1], left: sha256(askedAgain), begun: ["1"] },
      { record: third, stamp: stamps[2], left: sha256(outcome) },
    ]);
    expect(result.annotations.map(({ seq }) => seq)).toEqual([0, 2, 4]);
    expect(result.run).toMatchObject(recorder.run);
    expect(result.run.startedAt).toBe(result.annotations[0]!.at);
  });

  it("loads the pack unless the engine has loaded this very one", async () => {
    const loads = async (loaded: Pack): Promise<number> => {
      const log: string[] = [];
      const engine = { ...fakeEngine(function* () {}, log), loaded };
      await start(undefined, { engine });
      return log.filter((call) => call === "load").length;
    };
    expect(await loads(pack)).toBe(0);
    expect(await loads({ ...pack })).toBe(1);
  });

  it("performs effects together and records their results in the order of arrival", async () => {
    const result = await start(function* () {
      const first = yield [http("slow", 600), http("quick", 5), http("middle", 250)];
      const second = yield [];
      const third = yield [];
      return [first, second, third].map(({ key }) => key);
    });
    expect(result.output).toEqual(["1", "2", "0"]);
  });

  it("tells each record once, when it or what it follows from is durable", async () => {
    const seen: string[] = [];
    const log: string[] = [];
    await start(
      function* () {
        yield [http("a")];
      },
      {
        recorder: noting(log),
        onRecord: (record, kept) => {
          expect(JSON.parse(text(kept))).toEqual(record);
          seen.push(`${log.length} ${record.kind}`);
        },
      },
    );
    expect(seen).toEqual(["1 start", "1 request", "2 result", "2 outcome"]);
  });

  it("notes why an effect failed beside the trace, not in it", async () => {
    const note = { code: "REACH-E3230", why: "ECONNREFUSED" };
    const fetch = () =>
      Promise.resolve<Performed<HttpResult>>({ result: { failure: "refused" }, note });
    const result = await start(
      function* () {
        yield [http("a")];
      },
      { effects: { fetch } },
    );
    expect(result.annotations[1]).toMatchObject({ seq: 2, ...note });
    expect(result.records.map(text).join()).not.toContain("REACH-E3230");
  });

  it("sends a key that is the same for the same effect only", async () => {
    const keys: string[] = [];
    const fetch: Effects["fetch"] = (_, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      return Promise.resolve({ result: { failure: "reset" } });
    };
    const program: Program = function* () {
      yield [http("a")];
      yield [http("a")];
    };
    const recorder = (id: string) => memoryRecorder({ id });
    await start(program, { effects: { fetch }, recorder: recorder("1") });
    await start(program, { effects: { fetch }, recorder: recorder("1") });
    await start(program, { effects: { fetch }, recorder: recorder("2") });
    await start(program, {
      effects: { fetch },
      recorder: recorder("1"),
      pack: { ...pack, digest: "0".repeat(64) },
    });
    const [a, b, ...more] = keys;
    expect(more.slice(0, 2)).toEqual([a, b]);
    expect(new Set(keys).size).toBe(6);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("effects", () => {
  it("clock, random and timer", async () => {
    let now = 1000;
    const answers: unknown[] = [];
    const recorder = memoryRecorder({ id: "01234567-89ab-4def-8123-456789abcdef" });
    const ask = (type: "clock" | "random", what: string, task = "/do/0/a") => ({
      type,
      request: { for: what },
      task,
    });
    await start(
      function* () {
        for (const asked of [
          ask("clock", "now"),
          ask("clock", "workflow.startedAt"),
          ask("clock", "task.startedAt"),
          ask("random", "jitter"),
          ask("random", "workflow.id"),
          { type: "timer" as const, request: { ms: 5 } },
          ask("clock", "task.startedAt"),
        ]) {
          answers.push((yield [asked]).result);
        }
        // A task that begins later, and one that surrounds it and began with it.
        answers.push((yield [{ ended: "/do/0/a" }, ask("clock", "now", "/do/1/b/do/0/c")]).result);
        answers.push(
          (yield [{ ended: "/do/1/b/do/0/c" }, ask("clock", "task.startedAt", "/do/1/b")]).result,
        );
        answers.push(
          (yield [{ ended: "/do/1/b" }, ask("clock", "task.startedAt", "/do/0/a")]).result,
        );
        return null;
      },
      {
        recorder,
        effects: { clock: () => (now += 1), random: (size) => new Uint8Array(size).fill(7) },
      },
    );
    // One reading of the clock for the start, one for each input record, one for each `now`.
    expect(answers).toEqual([
      { ms: 1002 },
      { ms: 1001 },
      { ms: 1001 },
      { hex: "07".repeat(16) },
      { hex: "0123456789ab4def8123456789abcdef" },
      {},
      { ms: 1001 },
      { ms: 1010 },
      { ms: 1009 },
      { ms: 1012 },
    ]);
  });

  it("a timer longer than the machine's longest, and one that is interrupted", async () => {
    const stop = new AbortController();
    const waiting = machine.timer(2 ** 33, stop.signal);
    const early = await Promise.race([
      waiting.then(() => true),
      machine.timer(30, stop.signal).then(() => false),
    ]);
    expect(early).toBe(false);
    stop.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    await expect(machine.timer(1, stop.signal)).rejects.toThrow("stop");
  });

  it("one that this host lacks ends the run without an outcome", async () => {
    const error = await errorOf(
      start(function* () {
        yield [{ type: "teleport" as never }];
      }),
    );
    expect(error.code).toBe("REACH-E3003");
  });
});

describe("what goes wrong around a run", () => {
  it("nothing is performed that follows from what is not durable", async () => {
    for (const [record, done] of [
      [1, ["load", "start"]],
      [2, ["load", "start", "perform a", "advance 0"]],
    ] as const) {
      const log: string[] = [];
      const engine = fakeEngine(function* () {
        yield [http("a")];
        yield [http("b")];
      }, log);
      const effects = { fetch: answering(log) };
      const error = await errorOf(start(undefined, { engine, recorder: fullAt(record), effects }));
      expect([error.code, log]).toEqual(["REACH-E4110", done]);
    }
  });

  it("effects that are still under way end with it", async () => {
    const ended: string[] = [];
    const fetch: Effects["fetch"] = async (request, { signal }) => {
      const answer = await answering()(request, { signal, idempotencyKey: "" }).catch(
        (error: Error) => {
          ended.push(error.message);
          throw error;
        },
      );
      return answer;
    };
    const program: Program = function* () {
      yield [http("a", 1), http("b", 60_000)];
    };
    const running = start(program, { recorder: fullAt(2), effects: { fetch } });
    await expect(running).rejects.toThrow("full");
    await vi.waitFor(() => {
      expect(ended).toEqual(["the run has ended"]);
    });
  });

  it("what the engine refuses before the start leaves no folder", async () => {
    const folder = join(await newFolder(), "run");
    const engine = {
      ...fakeEngine(function* () {}),
      admitStart: () => {
        throw new Error("refused");
      },
    };
    await expect(start(undefined, { engine, recorder: folderRecorder(folder) })).rejects.toThrow(
      "refused",
    );
    expect(existsSync(folder)).toBe(false);
  });

  it("an interruption keeps what there is and says what it waits for", async () => {
    const folder = join(await newFolder(), "run");
    const stop = new AbortController();
    let begun = 0;
    let ended = 0;
    const fetch: Effects["fetch"] = async (_, { signal }) => {
      begun += 1;
      if (begun === 2) setImmediate(() => stop.abort());
      await machine.timer(60_000, signal).finally(() => (ended += 1));
      throw new Error("unreachable");
    };
    const program: Program = function* () {
      yield [http("a"), http("b")];
    };
    const running = start(program, {
      recorder: folderRecorder(folder),
      signal: stop.signal,
      effects: { fetch },
    });
    const error = await errorOf(running);
    expect(error).toMatchObject({ code: "REACH-E3002", exitCode: 130 });
    await vi.waitFor(() => {
      expect(ended).toBe(2);
    });
    const found = await readKept(fakeEngine(program), runFolder(folder));
    expect(found.inputs).toHaveLength(1);
    expect(found.summary).toBe(
      "The run was interrupted: it had 3 records and was waiting on " +
        "effect 0 (http) of task /do/0/a, effect 1 (http) of task /do/0/a.",
    );
  });

  it("an interruption while a record is made durable performs nothing more", async () => {
    const stop = new AbortController();
    const log: string[] = [];
    const recorder = noting(log);
    const append = async (lines: readonly Line[]): Promise<void> => {
      await recorder.append(lines);
      stop.abort();
    };
    const program: Program = function* () {
      yield [http("a")];
    };
    const error = await errorOf(
      start(program, {
        recorder: { ...recorder, append },
        signal: stop.signal,
        effects: { fetch: answering(log) },
      }),
    );
    expect([error.code, log]).toEqual(["REACH-E3002", ["durable start"]]);
  });

  it("an interruption before the start performs nothing", async () => {
    const log: string[] = [];
    const error = await errorOf(
      start(
        function* () {
          yield [http("a")];
        },
        { signal: AbortSignal.abort(), effects: { fetch: answering(log) } },
      ),
    );
    expect([error.code, log]).toEqual(["REACH-E3002", []]);
  });

  it("an engine that waits for nothing is an error, not a hang", async () => {
    await expect(
      start(function* () {
        yield [];
      }),
    ).rejects.toThrow("waits for nothing");
  });
});
