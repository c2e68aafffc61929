// Commands to a run: suspend, resume and cancel (TRACE-9, TRACE-19).
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, makePack, parseRecord, replay } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { commandFile, memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf } from "../helpers.ts";

const document = { dsl: "1.0.3", namespace: "test", name: "commands", version: "1.0.0" };
const packOf = (list: unknown): Pack =>
  makePack(createEngine(), {
    id: "test/commands",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: list }) },
  });
const waits = packOf([
  { a: { wait: { seconds: 1 } } },
  { b: { wait: { seconds: 2 } } },
  { c: { set: "7" } },
]);

type Command = NonNullable<RunOptions["commands"]> extends AsyncIterable<infer C> ? C : never;

/** Commands that are said one by one, and the end of them. */
function operator(): {
  say: (command: Command) => void;
  end: () => void;
  commands: AsyncIterable<Command>;
} {
  const queue: (Command | null)[] = [];
  let wake: (() => void) | undefined;
  const put = (one: Command | null): void => {
    queue.push(one);
    wake?.();
  };
  async function* commands(): AsyncGenerator<Command> {
    for (;;) {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const next = queue.shift() ?? null;
      if (next === null) return;
      yield next;
    }
  }
  return { say: put, end: () => put(null), commands: commands() };
}

const start = (more: Partial<RunOptions>, pack = waits): Promise<RunResult> =>
  run({
    engine: createEngine(),
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    effects: { timer: () => Promise.resolve() },
    ...more,
  });
const kindsOf = ({ records }: RunResult): string[] =>
  records.map((bytes) => parseRecord(bytes).kind);
const pause = (ms = 20): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe("a run that is told something while it goes on", () => {
  it("waits while it is suspended, and decides the same as one that was not", async () => {
    const { say, end, commands } = operator();
    const timers: (() => void)[] = [];
    const seen: string[] = [];
    const going = start({
      commands,
      effects: { timer: () => new Promise<void>((resolve) => void timers.push(resolve)) },
      onRecord: ({ kind }) => void seen.push(kind),
    });
    await pause();
    say({ command: "suspend", reason: "audit" });
    say({ command: "suspend" });
    await pause();
    timers[0]?.();
    await pause();
    expect(seen).toEqual(["start", "request", "suspend"]);
    say({ command: "resume" });
    say({ command: "resume" });
    await pause();
    timers[1]?.();
    end();
    const result = await going;
    expect(result).toMatchObject({ status: "completed", output: 7 });
    expect(kindsOf(result).slice(0, 5)).toEqual([
      "start",
      "request",
      "suspend",
      "resume",
      "result",
    ]);
    expect(parseRecord(result.records[2] as Uint8Array)).toMatchObject({ reason: "audit" });
    expect(replay(createEngine(), waits, result.records)).toMatchObject({ status: "reproduced" });
    expect(result.decision).toBe((await start({})).decision);
    expect(result.annotations).toHaveLength(
      kindsOf(result).filter((kind) => kind !== "request" && kind !== "task" && kind !== "outcome")
        .length,
    );
  });

  it.each([false, true])(
    "ends when it is cancelled, with the reason (suspended: %s)",
    async (first) => {
      const { say, commands } = operator();
      if (first) say({ command: "suspend" });
      say({ command: "cancel", reason: "fraud" });
      const result = await start({
        commands,
        effects: { timer: () => new Promise(() => undefined) },
      });
      expect(result.status).toBe("cancelled");
      expect(kindsOf(result).slice(-2)).toEqual(["cancel", "outcome"]);
      expect(parseRecord(result.records.at(-2) as Uint8Array)).toMatchObject({ reason: "fraud" });
      expect(replay(createEngine(), waits, result.records)).toMatchObject({ status: "reproduced" });
    },
  );

  it("waits for commands where nothing else can come", async () => {
    const { say, commands } = operator();
    const listening = packOf([{ l: { listen: { to: { one: { with: { type: "t" } } } } } }]);
    const going = start({ commands }, listening);
    await pause();
    say({ command: "cancel" });
    expect((await going).status).toBe("cancelled");
  });

  it("is interrupted when nobody is left to resume it", async () => {
    const { say, end, commands } = operator();
    say({ command: "suspend" });
    end();
    expect((await errorOf(start({ commands }))).code).toBe("REACH-E3007");
  });
});

describe("commands in a file", () => {
  const told = (text: string): AsyncIterable<Command> =>
    commandFile(Readable.from([Buffer.from(text)]), "orders");

  it("are obeyed in their order", async () => {
    const text =
      '{"command":"suspend"}\n\n{"command":"resume"}\n{"command":"cancel","reason":"late"}';
    const result = await start({
      commands: told(text),
      effects: { timer: () => new Promise(() => undefined) },
    });
    expect(kindsOf(result)).toEqual(["start", "request", "suspend", "resume", "cancel", "outcome"]);
  });

  it.each([
    ['{"command":"stop"}', "REACH-E3006"],
    ['{"command":"resume","reason":"x"}', "REACH-E3006"],
    ['{"command":"cancel","more":1}', "REACH-E3006"],
    ["[]", "REACH-E3006"],
    ["{", "REACH-E1101"],
  ])("are told when they are none: %s", async (text, code) => {
    const commands = told(`{"command":"suspend"}\n${text}`);
    const error = await errorOf(start({ commands }));
    expect(error.code).toMatch(code === "REACH-E1101" ? /^REACH-E11/ : code);
    expect(error.where).toBe("orders:2");
  });

  it("end the run with a source that fails", async () => {
    const commands = (async function* (): AsyncGenerator<Command> {
      yield { command: "resume" };
      throw new Error("gone");
    })();
    const error = await errorOf(
      start({ commands, effects: { timer: () => new Promise(() => undefined) } }),
    );
    expect(error).toMatchObject({ code: "REACH-E3006", why: "gone" });
  });
});
