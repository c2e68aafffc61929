// Clocks that jump, forward by a day or back by an hour: a timer fires when so much time has passed, or when the clock says
// that its time has come, and no run is lost. RUN-6, RUN-3.
import { createEngine, makePack } from "@reach-fabric/engine";
import { createEvidence, newKey, signerOf, verify } from "@reach-fabric/evidence";
import {
  folderRecorder,
  memoryRecorder,
  readKept,
  resume,
  run,
  runFolder,
} from "@reach-fabric/host";
import { timerBy } from "@reach-fabric/host/testing";
import type { RunResult } from "@reach-fabric/host";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytes, errorOf, newFolder } from "../helpers.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TEN = Date.parse("2026-11-30T10:00:00.000Z");

/** A machine whose clock is set, and on which time passes, as a test says. */
class World {
  #clock: number;
  #passed = 0;
  #waiting: { readonly at: number; readonly wake: () => void }[] = [];

  constructor(clock = TEN) {
    this.#clock = clock;
  }

  readonly effects = {
    clock: (): number => this.#clock,
    timer: timerBy(
      () => this.#clock,
      (ms, signal) =>
        new Promise((resolve, reject) => {
          this.#waiting.push({ at: this.#passed + ms, wake: resolve });
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
    ),
  };

  /** The clock is set, and no time passes. */
  set(by: number): void {
    this.#clock += by;
  }

  /** Time passes; all that follows from it is done. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0;) {
      const next = Math.min(...this.#waiting.map(({ at }) => at - this.#passed), left);
      this.#passed += next;
      this.#clock += next;
      left -= next;
      const due = this.#waiting.filter(({ at }) => at <= this.#passed);
      this.#waiting = this.#waiting.filter(({ at }) => at > this.#passed);
      for (const { wake } of due) wake();
      await settled();
    }
  }

  /** How many are waited for. */
  get timers(): number {
    return this.#waiting.length;
  }

  /** Until the run waits for one. */
  async waits(): Promise<void> {
    while (this.timers === 0) await settled();
  }
}

/** All that follows at once. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

const engine = createEngine();
const pack = makePack(engine, {
  id: "test/wait",
  version: "1.0.0",
  workflows: {
    "w.json": JSON.stringify({
      document: { dsl: "1.0.3", namespace: "test", name: "wait", version: "1.0.0" },
      do: [{ rest: { wait: { minutes: 30 } } }, { done: { set: { done: true } } }],
    }),
  },
});
const options = { pack, input: bytes("{}") };

/** Its evidence is made, and verifies. */
function requireSealed({ run: facts, records, annotations, pack: used }: RunResult): void {
  const signer = signerOf(newKey((size) => new Uint8Array(size).fill(7).with(0, 1)).private);
  const { secret, ...about } = facts;
  const file = createEvidence({
    engine: createEngine(),
    pack: used,
    records,
    runSecret: secret,
    signer,
    annotations,
    run: { ...about, tenant: "acme", actor: "ops" },
  });
  const { verdicts } = verify(createEngine(), file, { trustedKeys: [signer.key] });
  expect([verdicts.authentic.result, verdicts.replayed.result]).toEqual(["pass", "pass"]);
}

describe("while a run waits for a timer", () => {
  const begun = (world: World): Promise<RunResult> =>
    run({
      ...options,
      engine: createEngine(),
      recorder: memoryRecorder(),
      effects: world.effects,
    });

  it("RUN-6 the clock goes back by an hour: it fires when its time has passed, and no sooner", async () => {
    const world = new World();
    const running = begun(world);
    await world.waits();
    await world.pass(10 * MINUTE);
    world.set(-HOUR);
    await world.pass(20 * MINUTE - 1);
    expect(world.timers).toBe(1);
    await world.pass(1);
    const ended = await running;
    expect(ended.status).toBe("completed");
    // RUN-3: the clock says 09:30, and the run has not ended before it began.
    expect(ended.run).toMatchObject({
      startedAt: "2026-11-30T10:00:00.000Z",
      endedAt: "2026-11-30T10:00:00.000Z",
    });
    requireSealed(ended);
  });

  it("RUN-6 the clock goes forward by a day: it fires within a minute, as its time has come", async () => {
    const world = new World();
    const running = begun(world);
    await world.waits();
    await world.pass(10 * MINUTE);
    world.set(DAY);
    expect(world.timers).toBe(1);
    await world.pass(MINUTE);
    expect(world.timers).toBe(0);
    requireSealed(await running);
  });

  it("RUN-6 the clock goes forward by a day and back again at once: it is as if nothing had been", async () => {
    const world = new World();
    const running = begun(world);
    await world.waits();
    await world.pass(10 * MINUTE + 5);
    world.set(DAY);
    world.set(-DAY);
    await world.pass(20 * MINUTE - 6);
    expect(world.timers).toBe(1);
    await world.pass(1);
    requireSealed(await running);
  });
});

describe("between the end of a process and the next one", () => {
  /** A run that was killed ten minutes after it began to wait, in its folder. */
  async function killed(): Promise<string> {
    const folder = join(await newFolder(), "run");
    const world = new World();
    const stop = new AbortController();
    const running = errorOf(
      run({
        ...options,
        engine: createEngine(),
        recorder: folderRecorder(folder),
        effects: world.effects,
        signal: stop.signal,
      }),
    );
    await world.waits();
    await world.pass(10 * MINUTE);
    stop.abort();
    expect((await running).code).toBe("REACH-E3002");
    const { waiting } = await readKept(createEngine(), runFolder(folder));
    expect(waiting).toMatchObject([{ request: { type: "timer" }, hasBegun: true }]);
    return folder;
  }

  const goneOn = (world: World, folder: string): Promise<RunResult> =>
    resume({ engine: createEngine(), run: runFolder(folder), effects: world.effects });

  it("RUN-6 the clock stays: it fires at the time at which it would have fired", async () => {
    const world = new World(TEN + 25 * MINUTE);
    const running = goneOn(world, await killed());
    await world.waits();
    await world.pass(5 * MINUTE - 1);
    expect(world.timers).toBe(1);
    await world.pass(1);
    requireSealed(await running);
  });

  it("RUN-6 the clock goes back by an hour: it waits its whole time, and no longer", async () => {
    const world = new World(TEN - HOUR + 12 * MINUTE);
    const running = goneOn(world, await killed());
    await world.waits();
    await world.pass(30 * MINUTE - 1);
    expect(world.timers).toBe(1);
    await world.pass(1);
    const ended = await running;
    expect(ended.run.endedAt).toBe("2026-11-30T10:00:00.000Z");
    requireSealed(ended);
  });

  it("RUN-6 the clock goes forward by a day: it fires at once", async () => {
    const world = new World(TEN + DAY);
    const running = goneOn(world, await killed());
    requireSealed(await running);
  });
});
