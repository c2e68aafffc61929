// GRANT-17: an effect that this machine cannot perform is tried again, and leaves no trace in the records.
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, makePack, parseRecord } from "@reach-fabric/engine";
import { HostTrouble, memoryRecorder, run } from "@reach-fabric/host";
import type { Effects, RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf, text } from "../helpers.ts";

const A = "https://bureau.example";
const call = (body: string): object => ({
  call: "http",
  with: { method: "post", endpoint: `${A}/pay`, body },
});

function runOf(tasks: readonly object[], more: Partial<RunOptions>): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "sample", version: "1.0.0" };
  const pack = makePack(engine, {
    id: "test/sample",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: tasks }) },
  });
  return run({
    engine,
    pack,
    input: canonicalize("{}"),
    grant: { http: [{ origin: A, methods: ["POST"], paths: ["/*"] }], emit: ["*"] },
    recorder: memoryRecorder({ id: "1" }),
    ...more,
  });
}

/** A service that answers, behind a machine that cannot ask it so many times. */
function lacking(times: number): { fetch: Effects["fetch"]; keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    fetch: async (_, { idempotencyKey, attempt }) => {
      keys.push(`${attempt} ${idempotencyKey}`);
      if (keys.length <= times)
        throw Object.assign(new Error("connect EMFILE"), { code: "EMFILE" });
      return { result: { status: 200, headers: {} }, body: canonicalize('{"ok":true}') };
    },
  };
}

describe("GRANT-17: an effect that this machine could not perform", () => {
  it("is tried again, as the same try of its operation, and nothing of it is recorded", async () => {
    const usual = await runOf([{ pay: call("x") }], { effects: lacking(0) });
    const { fetch, keys } = lacking(3);
    const late = await runOf([{ pay: call("x") }], { effects: { fetch }, trouble: { pause: 1 } });
    expect(late.records.map(text)).toEqual(usual.records.map(text));
    expect(late.decision).toBe(usual.decision);
    expect(late.annotations.some(({ code }) => code !== undefined)).toBe(false);
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(4);
    expect(keys[0]).toMatch(/^1 [0-9a-f]{64}$/);
  });

  it("ends the run as stuck where that does not help: no outcome, and no error that a task could catch", async () => {
    const kinds: string[] = [];
    const { fetch, keys } = lacking(99);
    const caught = {
      try: [{ pay: call("x") }],
      catch: { retry: { limit: { attempt: { count: 5 } } } },
    };
    const error = await errorOf(
      runOf([{ attempt: caught }], {
        effects: { fetch },
        trouble: { tries: 3, pause: 1 },
        onRecord: ({ kind }) => void kinds.push(kind),
      }),
    );
    expect(error).toMatchObject({ code: "REACH-E3009", where: "effect 0" });
    expect(error.why).toMatch(/EMFILE.*3 times/);
    expect(keys).toHaveLength(3);
    expect(kinds).toEqual(["start", "request"]);
  });

  it("is given up after a time, too, and pauses grow to a limit", async () => {
    const { fetch, keys } = lacking(99);
    const began = performance.now();
    const trouble = { tries: 99, total: 120, pause: 10, longestPause: 40 };
    const error = await errorOf(runOf([{ pay: call("x") }], { effects: { fetch }, trouble }));
    expect(error.code).toBe("REACH-E3009");
    // 10, 20, 40, 40
    expect(keys.length).toBeLessThanOrEqual(5);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it("is not tried again once nobody waits for it", async () => {
    const { fetch, keys } = lacking(99);
    const timed = { pay: { ...call("x"), timeout: { after: { milliseconds: 30 } } } };
    const tasks = [
      { attempt: { try: [timed], catch: { do: [{ gaveUp: { set: { up: true } } }] } } },
    ];
    const { output } = await runOf(tasks, { effects: { fetch }, trouble: { pause: 500 } });
    expect(output).toEqual({ up: true });
    expect(keys).toHaveLength(1);
  });

  it("may be an embedder's own: a sink, a model, anything that throws HostTrouble", async () => {
    let asked = 0;
    const emit = async (): Promise<void> => {
      if (++asked < 3) throw new HostTrouble("the queue is being moved");
    };
    const tell = { tell: { emit: { event: { with: { type: "t" } } } } };
    const { records } = await runOf([tell], { effects: { emit }, trouble: { pause: 1 } });
    expect(asked).toBe(3);
    expect(records.map((record) => parseRecord(record).kind)).toContain("result");
    expect(records.map(text).join()).not.toContain("failure");
  });
});
