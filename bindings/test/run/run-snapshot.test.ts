// Snapshots: a run that is handed on goes on as it would have, and no text makes the engine trap.
import { beforeAll, describe, expect, test } from "vitest";
import { fromUtf8, parseRecord, utf8 } from "@reach-fabric/engine";
import type { Advance, Engine } from "@reach-fabric/engine";
import { allBuilds } from "../../../tools/engine/builds.ts";
import type { Build } from "../../../tools/engine/builds.ts";
import { answered, begin, codeOf, get, packOf, requestOf, textsOf, workflow } from "./workflows.ts";

let builds: readonly Build[];
let scalar: Engine;
beforeAll(() => {
  builds = allBuilds();
  scalar = (builds[0] as Build).engine;
});

const error = { type: "https://test.example/e", status: 503 };
const policy = {
  limit: { attempt: { count: 1 } },
  delay: { milliseconds: 5 },
  jitter: { from: { milliseconds: 1 }, to: { seconds: 1 } },
};

/** Waits for every type of effect, in every phase that can wait, inside for, try and catch. */
const everything = workflow(
  [
    { first: { if: "now > 0", input: { from: "{n: now, id: $workflow.id}" }, set: "{a: now}" } },
    { which: { switch: [{ a: { when: "now < 0", then: "exit" } }, { b: { then: "each" } }] } },
    { never: { set: "1" } },
    {
      each: {
        for: { each: "x", in: "[now, 2, 3]" },
        while: "$task.startedAt.epoch.seconds > 0 and now > 0",
        do: [
          { ask: get("https://a.example/{a}", { query: { t: "${ now }" } }) },
          {
            attempt: {
              try: [
                { ask: get() },
                { inner: { do: [{ bad: { if: "$x == 2", raise: { error } } }] } },
              ],
              catch: {
                when: "now > 0",
                exceptWhen: "$task.startedAt.epoch.seconds < 0",
                retry: { ...policy, when: "now > 0" },
                do: [{ one: get() }, { two: { set: "{a: $error.status}" } }, { three: get() }],
              },
              output: { as: "{a: now}" },
              export: { as: "{at: $task.startedAt.iso8601, now: now, s: $workflow.startedAt}" },
            },
          },
        ],
      },
    },
  ],
  { input: { from: "{a: now}" }, output: { as: "[., $workflow.id, now, $context]" } },
);

interface Told {
  readonly records: string[];
  readonly fuel: number;
  readonly decision: string;
}

function tell(
  engine: Engine,
  document: object,
  next: (from: Engine, n: number) => Engine = (from) => from,
  body: (n: number) => string = () => '{"a":1}',
  limits: object = {},
): Told {
  let at = engine;
  let step = begin(at, document, { limits });
  const records = textsOf(step.records);
  for (let n = 0; step.status === "waiting"; n++) {
    at = next(at, n);
    const record = answered(at, step, n, body(n));
    step = at.advance(record);
    records.push(fromUtf8(record), ...textsOf(step.records));
  }
  return { records, fuel: at.fuelUsed(), decision: at.decision() };
}

describe("ABI-10 a snapshot", () => {
  test("at every point where a run waits, taken back by each build, changes nothing", () => {
    const straight = tell(scalar, everything);
    const types = straight.records.filter((text) => text.includes('"kind":"request"'));
    expect(types.length).toBeGreaterThan(25);
    for (const type of ["http", "clock", "random", "timer"]) {
      expect(
        types.some((text) => text.includes(`"type":"${type}"`)),
        type,
      ).toBe(true);
    }
    for (const { engine } of builds) engine.load(packOf(engine, everything));
    const hopping = tell(scalar, everything, (from, n) => {
      const to = builds[n % builds.length]?.engine ?? from;
      const state = from.snapshot();
      const fuel = from.fuelUsed();
      to.restore(state);
      expect(to.fuelUsed()).toBe(fuel);
      expect(fromUtf8(to.snapshot())).toBe(fromUtf8(state));
      return to;
    });
    expect(hopping).toEqual(straight);
    for (const { engine } of builds) expect(tell(engine, everything)).toEqual(straight);
  });

  test("taken before, between and after compactions changes nothing", () => {
    const big = workflow([
      { keep: { set: { list: "${ [range(3000)] }" }, export: { as: "{sum: 0}" } } },
      {
        each: {
          for: { in: '[range(40) | "y" * 1000]' },
          do: [
            {
              attempt: {
                try: [
                  { ask: { ...get(), export: { as: "{sum: ($context.sum + .n), last: .pad}" } } },
                  { bad: { if: ".n == 1", raise: { error } } },
                ],
                catch: { retry: policy, do: [{ mend: { set: "{n: $index, id: $workflow.id}" } }] },
              },
            },
            { grow: { set: "{n: .n, list: [range(30000) | . + $index]}" } },
          ],
        },
      },
    ]);
    const body = (n: number): string => `{"n":${n % 3},"pad":"${"\\u0001".repeat(2000)}"}`;
    const limits = { fuel: 1e9 };
    const straight = tell(scalar, big, undefined, body, limits);
    expect(straight.records.at(-1)).toContain("completed");
    for (const { engine } of builds) engine.load(packOf(engine, big));
    const sizes: number[] = [];
    const hopping = tell(
      scalar,
      big,
      (from, n) => {
        const to = builds[n % builds.length]?.engine ?? from;
        const state = from.snapshot();
        sizes.push(JSON.parse(fromUtf8(state)).taken as number);
        to.restore(state);
        return to;
      },
      body,
      limits,
    );
    expect(hopping).toEqual(straight);
    // `taken` falls where garbage was dropped.
    expect(sizes.filter((size, i) => size < (sizes[i - 1] ?? 0)).length).toBeGreaterThan(2);
  });

  test("of a run with more state than a call can hold is refused, and the run goes on", () => {
    const step = begin(
      scalar,
      workflow([{ wide: { input: { from: '["\\u0001" * 11000000]' }, ...get() } }]),
    );
    // 11 MB of control characters are 66 MB of JSON: 48 MiB is what a run may hold.
    expect(step.status).toBe("faulted");
    expect(textsOf(step.records).at(-1)).toContain("REACH-E1202");
  });

  test("of another pack, of nothing, of half a text: E1003, and nothing runs then", () => {
    const step = begin(scalar, everything);
    const state = fromUtf8(scalar.snapshot());
    const wrong = [
      "",
      "{}",
      "null",
      "[]",
      state.slice(0, -1),
      state.replace(/"pack":"./, '"pack":"_'),
      state.replace('"semantics":1', '"semantics":2'),
      state.replace('"abi":1', '"abi":2'),
      state.replace("test/case:1.0.0", "test/case:1.0.1"),
    ];
    for (const text of wrong) {
      scalar.restore(utf8(state));
      expect(codeOf(() => scalar.restore(utf8(text)))).toBe("REACH-E1003");
      expect(codeOf(() => scalar.snapshot())).toBe("REACH-E1001");
      expect(codeOf(() => answered(scalar, step, 0))).toBe("REACH-E1001");
    }
  });
});

type Path = readonly (string | number)[];

/** Every place in a value. */
function* places(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* places(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  if (Array.isArray(value)) return value.map((v, i) => (i === key ? changed(v, rest, to) : v));
  const object = value as Record<string, unknown>;
  if (rest.length > 0 || to !== undefined)
    return { ...object, [key]: changed(object[key], rest, to) };
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

const junk = [undefined, null, 0, 1, 2, 5, 9, 12, 17, 0.5, -1, 4294967295, 1e300, "", "x", [], {}];

/** Goes on with a restored run as far as it goes, or until it has clearly gone on. */
function goOn(engine: Engine, from: Advance): void {
  let step = from;
  for (let n = 0; n < 12 && step.status === "waiting"; n++) {
    step = engine.advance(answered(engine, step, n));
    if (step.status === "waiting") engine.snapshot();
  }
}

describe("poisoned snapshots: a snapshot that somebody has changed", () => {
  test("in any one place is refused or is a run that can go on: never a trap", () => {
    let refused = 0;
    let taken = 0;
    for (const { engine } of builds.slice(0, 1)) {
      let step = begin(engine, everything);
      const states: { state: string; step: Advance }[] = [];
      for (let n = 0; step.status === "waiting"; n++) {
        states.push({ state: fromUtf8(engine.snapshot()), step });
        step = engine.advance(answered(engine, step, n, '{"a":1}'));
      }
      // One state for each phase that waits, not each of the dozens.
      const phase = ({ state }: { state: string }): string => {
        const { branches } = JSON.parse(state) as {
          branches: { frames: { phase: number }[]; pending: { what: number } }[];
        };
        const [main] = branches;
        return `${main?.frames.map((f) => f.phase).join()} ${main?.pending.what}`;
      };
      const kinds = [...new Map(states.map((s) => [phase(s), s])).values()];
      expect(kinds.length).toBeGreaterThan(15);
      for (const [k, { state, step: waiting }] of kinds.entries()) {
        const value: unknown = JSON.parse(state);
        for (const [i, path] of [...places(value)].entries()) {
          for (const [j, to] of junk.entries()) {
            // A third of all is enough here; the places take turns.
            if ((i + j + k) % 3 !== 0) continue;
            const text = JSON.stringify(changed(value, path, to) ?? null);
            const code = codeOf(() => engine.restore(utf8(text)));
            if (code === "fine") {
              taken += 1;
              const again = codeOf(() => goOn(engine, waiting));
              expect(["fine", "REACH-E1601", "REACH-E1602", "REACH-E1603"]).toContain(again);
            } else {
              refused += 1;
              expect(code).toBe("REACH-E1003");
            }
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(5000);
    expect(taken).toBeGreaterThan(500);
    expect(requestOf(begin(scalar, everything)).key).toBe("0");
  });

  test("in any one place of a fork", () => {
    let refused = 0;
    let taken = 0;
    const states = forkStates(scalar);
    expect(states.length).toBeGreaterThan(8);
    for (const [k, { state, open }] of states.entries()) {
      const value: unknown = JSON.parse(state);
      for (const [i, path] of [...places(value)].entries()) {
        for (const [j, to] of junk.entries()) {
          if ((i + j + k) % 5 !== 0) continue;
          const text = JSON.stringify(changed(value, path, to) ?? null);
          const code = codeOf(() => scalar.restore(utf8(text)));
          if (code === "fine") {
            taken += 1;
            const again = codeOf(() => goOnFork(scalar, [...open]));
            expect(["fine", "REACH-E1601", "REACH-E1602", "REACH-E1603"]).toContain(again);
          } else {
            refused += 1;
            expect(code).toBe("REACH-E1003");
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(3000);
    expect(taken).toBeGreaterThan(300);
  });
});

/** Forks in forks, in loops and in a try, one that competes, one that faults, one that exports. */
const forks = workflow([
  {
    out: {
      fork: {
        branches: [
          { a: { ...get(), export: { as: "{a: 1}" } } },
          {
            b: {
              for: { in: "[1, 2]" },
              do: [
                {
                  race: {
                    fork: {
                      compete: true,
                      branches: [{ x: get() }, { y: { wait: { seconds: 1 } } }],
                    },
                  },
                },
                { t: { set: "[., now, $context, $item]" } },
              ],
            },
          },
          {
            c: {
              try: [
                {
                  in: {
                    fork: {
                      branches: [
                        { p: get() },
                        { q: { do: [{ r: get() }, { s: { raise: { error } } }] } },
                      ],
                    },
                  },
                },
              ],
              catch: { retry: policy, do: [{ late: get() }] },
            },
          },
          { d: { set: "{done: true}", export: { as: "{d: .}" } } },
        ],
      },
    },
  },
]);

type Open = { readonly key: string; readonly type: string };

/** Takes the effects that a step asks for, without those that it has cancelled. */
function asked(engine: Engine, step: Advance, open: Open[]): void {
  for (const bytes of step.records) {
    const record = parseRecord(bytes);
    if (record.kind === "request") open.push(record);
  }
  for (const gone of engine.dropped()) {
    open.splice(
      open.findIndex(({ key }) => key === gone),
      1,
    );
  }
}

function answerTo(engine: Engine, { key, type }: Open): Uint8Array {
  if (type === "http") return engine.admitResult(key, { status: 200, headers: {} }, '{"k":1}');
  if (type === "clock") return engine.admitResult(key, { ms: 1000 });
  return engine.admitResult(key, type === "timer" ? {} : { hex: "0".repeat(32) });
}

function forkStates(engine: Engine): { state: string; open: Open[] }[] {
  const states: { state: string; open: Open[] }[] = [];
  const open: Open[] = [];
  let step = begin(engine, forks);
  for (let n = 0; ; n++) {
    asked(engine, step, open);
    if (step.status !== "waiting") return states;
    states.push({ state: fromUtf8(engine.snapshot()), open: [...open] });
    const [next] = open.splice((n * 5) % open.length, 1);
    step = engine.advance(answerTo(engine, next as Open));
  }
}

function goOnFork(engine: Engine, open: Open[]): void {
  for (let n = 0; n < 12 && open.length > 0; n++) {
    const step = engine.advance(answerTo(engine, open.shift() as Open));
    asked(engine, step, open);
    if (step.status !== "waiting") return;
    engine.snapshot();
  }
}

describe("a wide fork", () => {
  const wide = workflow([
    {
      all: {
        fork: {
          branches: Array.from({ length: 1500 }, (_, i) => ({
            [`b${i}`]: {
              do: [
                { ask: get("https://a.example/{id}") },
                { make: { set: `{i: ${i}, pad: ("x" * 2000)}` } },
                { more: get() },
                { out: { set: ".k" } },
              ],
              export: { as: `$context + {k${i % 7}: ${i}}` },
            },
          })),
        },
      },
    },
    { end: { set: "[length, add, $context]" } },
  ]);

  /** Answered by turns from both ends; handed from build to build now and then. */
  const tellWide = (engine: Engine, hop: boolean): { decision: string; fuel: number } => {
    let at = engine;
    const open: Open[] = [];
    const input = JSON.stringify({ id: "q", pad: "y".repeat(3000) });
    let step = begin(engine, wide, { input, limits: { fuel: 1e9 } });
    for (let n = 0; ; n++) {
      asked(at, step, open);
      if (step.status !== "waiting") break;
      if (hop && n % 500 === 0) {
        const state = at.snapshot();
        at = builds[(n / 500) % builds.length]?.engine ?? at;
        at.restore(state);
      }
      const next = n % 2 === 0 ? open.shift() : open.pop();
      step = at.advance(answerTo(at, next as Open));
    }
    expect(step.status).toBe("completed");
    expect(textsOf(step.records).at(-1)).toContain('[1500,1500,{"id":"q","k0":1498,');
    return { decision: at.decision(), fuel: at.fuelUsed() };
  };

  test("is compacted and handed on like any other run", { timeout: 60_000 }, () => {
    for (const { engine } of builds) engine.load(packOf(engine, wide));
    expect(tellWide(scalar, true)).toEqual(tellWide(scalar, false));
  });
});
