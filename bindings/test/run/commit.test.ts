// Seeds, commitments, leaves and trees, against a model that knows nothing of the engine (commit-model.ts).
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  createEngine,
  fromHex,
  isInput,
  makePack,
  recompute,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Commitments, Engine, EngineError, Pack } from "@reach-fabric/engine";
import { allBuilds } from "../../../tools/engine/builds.ts";
import { commitment, commitmentsOf, leafText } from "./commit-model.ts";
import type { Model, Value } from "./commit-model.ts";
import { answer, begin, recorded, scorePack } from "./runs.ts";

const builds = allBuilds();
const seed = utf8("thirty-two bytes, for tests only");
const plain = ({ root, size, entered, left }: Commitments): Model => ({
  root: toHex(root),
  size,
  entered: { root: toHex(entered.root), size: entered.size },
  left: toHex(left),
});
/** The code of the error that a call throws. */
const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as EngineError).code;
  }
  return "none";
};
const feed = (engine: Engine, records: readonly Uint8Array[]): Uint8Array[] => {
  const left: Uint8Array[] = [];
  for (const [i, record] of records.filter((one) => isInput(one)).entries()) {
    left.push(...(i === 0 ? engine.start(record) : engine.advance(record)).records);
  }
  return left;
};

/** A value whose commitments go every way that there is. */
const odd: { [name: string]: Value } = {
  scalars: [null, true, false, 0, 1, -1.5, 1e300, 5e-324, "", "é", "\u{1f600}"],
  empty: [[], {}, [[]], [{}], { a: [] }],
  // A block more from 22 and 86 bytes on, and hashed where they lie beyond 2048.
  borders: [21, 22, 23, 85, 86, 87, 149, 150, 2047, 2048, 2049, 70_000].map((n) => "x".repeat(n)),
  // In UTF-16 the second of these comes before the third.
  names: { "\u20ac": 1, "\u{1f600}": 2, "\ufb33": 3, é: 4, "": 5, ["n".repeat(21)]: 6 },
  longNames: {
    ["n".repeat(2048)]: 1,
    ["n".repeat(2049)]: [1],
    ["n".repeat(9000)]: "y".repeat(3000),
  },
  longLast: [[{ a: "y".repeat(3000) }]],
  hugeName: [{ ["n".repeat(300_000)]: [1] }],
  manyLongNames: Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`${"m".repeat(1990)}${i}`, { i }]),
  ),
  wide: Array.from({ length: 5000 }, (_, i) => i),
  wideObject: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, `${i}`])),
  nested: Array.from({ length: 700 }, (_, i) => ({ i, list: [i, "z".repeat(i), { a: [] }] })),
};
/** So many levels, wide ones at the bottom, with a member before and behind the one that goes on. */
const deep = (levels: number): Value => {
  let value: Value = Array.from({ length: 2500 }, (_, i) => i);
  for (let i = 1; i < levels; i++)
    value = i % 3 === 0 ? { a: i, b: value, c: "q" } : [i, value, [i]];
  return value;
};

for (const { name, engine } of builds) {
  test(`TRACE-21 a value's commitment is the model's: ${name}`, () => {
    const same = (value: Value): void => {
      const text = engine.canonicalizeValue(value);
      expect(toHex(engine.commitValue(seed, text))).toBe(
        Buffer.from(commitment(value, seed)).toString("hex"),
      );
    };
    for (const value of Object.values(odd)) {
      same(value);
      if (Array.isArray(value)) for (const item of value.slice(0, 50)) same(item);
    }
    same(odd);
    for (const levels of [2, 40, 1024]) same(deep(levels));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        same(JSON.parse(JSON.stringify(value)) as Value);
      }),
      { numRuns: 300, seed: 17 },
    );
  });

  test(`TRACE-13, TRACE-23, TRACE-24 a run's trees are the model's after every record: ${name}`, () => {
    const pack = scorePack(engine);
    const records = recorded(engine, pack);
    for (const keep of ["records", "nothing", "leaves"] as const) {
      engine.load(pack);
      engine.commit(seed, { keep });
      let seen = 0;
      for (const [i, record] of records.filter((one) => isInput(one)).entries()) {
        const step = i === 0 ? engine.start(record) : engine.advance(record);
        const now = engine.commitments();
        const model = commitmentsOf(seed, records.slice(0, now.size));
        expect(plain(now)).toEqual(model);
        const left = records.slice(seen + 1, now.size);
        if (keep === "records") expect(step.records.map(toHex)).toEqual(left.map(toHex));
        else if (keep === "nothing") expect(step.records).toEqual([]);
        else expect(step.records).toEqual(engine.leaves(seed, left).hashes);
        seen = now.size;
      }
      expect(seen).toBe(records.length);
    }
  });
}

const engine = createEngine();

test("TRACE-13 leaves() gives the leaves of whole records, and refuses anything else", () => {
  const records = recorded(engine, scorePack(engine));
  const { hashes, texts } = engine.leaves(seed, records, { texts: true });
  expect(texts?.map((text) => Buffer.from(text).toString())).toEqual(
    records.map((record) => leafText(seed, record)),
  );
  expect(hashes).toEqual(engine.hashFrames(texts ?? [], 0));
  expect(engine.leaves(seed, records)).toEqual({ hashes });
  // More than are made at once, in any order.
  const many = Array.from({ length: 40 }, () => records.toReversed()).flat();
  expect(engine.leaves(seed, many).hashes.slice(-records.length)).toEqual(hashes.toReversed());
  expect(engine.leaves(seed, [])).toEqual({ hashes: [] });
  for (const text of [
    "",
    "[]",
    '{"kind":"start"}',
    '{"kind":"other","seq":1}',
    '{"kind":"start","seq":-1}',
    '{"kind":"start","seq":1.5}',
    '{"kind":"start","seq":4294967295}',
    '{"seq":1,"kind":"start"}',
  ]) {
    expect(refusal(() => engine.leaves(seed, [records[0] ?? utf8(""), utf8(text)]))).toMatch(
      /E1601|E1101/,
    );
  }
  const last = utf8('{"kind":"resume","reason":null,"seq":4294967294}');
  expect(
    Buffer.from(engine.leaves(seed, [last], { texts: true }).texts?.[0] ?? []).toString(),
  ).toBe(leafText(seed, last));
});

test("ABI-11 what is kept changes neither records, fuel, limits nor what comes of a run", () => {
  const pack = scorePack(engine);
  const records = recorded(engine, pack);
  const known = { decision: engine.decision(), fuel: engine.fuelUsed() };
  for (const keep of ["records", "nothing", "leaves"] as const) {
    for (const given of [seed, null]) {
      if (given === null && keep === "leaves") continue;
      engine.load(pack);
      engine.commit(given, { keep });
      const left = feed(engine, records);
      expect({ decision: engine.decision(), fuel: engine.fuelUsed() }).toEqual(known);
      expect(engine.outcome()).toEqual(records.at(-1));
      if (keep === "records") expect(left).toEqual(records.filter((one) => !isInput(one)));
    }
  }
});

const pack = (tasks: object[], input: object = {}): { pack: Pack; first: Uint8Array } => {
  const made = makePack(engine, {
    id: "test/commit",
    version: "1.0.0",
    workflows: {
      "w.json": JSON.stringify({
        document: { dsl: "1.0.3", namespace: "test", name: "commit", version: "1.0.0" },
        do: tasks,
      }),
    },
  });
  engine.load(made);
  return {
    pack: made,
    first: engine.admitStart({ limits: { fuel: 1e12 } }, JSON.stringify(input)),
  };
};
const loop = (turns: number, set: string): { pack: Pack; first: Uint8Array } =>
  pack([{ each: { for: { each: "i", in: `\${ [range(${turns})] }` }, do: [{ add: { set } }] } }], {
    n: [],
  });

test("TRACE-13 a loop whose state grows: the trees of all builds are the model's", () => {
  const grown = loop(150, "${ {n: (.n + [$i])} }");
  const model = commitmentsOf(seed, [grown.first, ...engine.start(grown.first).records]);
  for (const build of builds) {
    build.engine.load(grown.pack);
    build.engine.commit(seed, { keep: "nothing" });
    build.engine.start(grown.first);
    expect(plain(build.engine.commitments())).toEqual(model);
  }
});

test("ABI-11 a loop of 1,000 turns whose state grows needs no memory for its records", () => {
  const { pack: made, first } = loop(1000, "${ {n: (.n + [$i])} }");
  const { status, size, fuel } = recompute(engine, made, [first], { seed });
  expect({ status, size }).toEqual({ status: "ended", size: 1003 });
  engine.load(made);
  expect(engine.start(first).records).toHaveLength(1002);
  expect(engine.fuelUsed()).toBe(fuel);
});

test("ABI-11 a limit ends a run at the same record, whatever is kept", () => {
  const ends = (made: { pack: Pack; first: Uint8Array }, how: string): void => {
    const got = (["records", "nothing", "leaves"] as const).map((keep) => {
      engine.load(made.pack);
      engine.commit(seed, { keep });
      const { status, records } = engine.start(made.first);
      const outcome = Buffer.from(engine.outcome()).toString();
      return {
        status,
        outcome,
        fuel: engine.fuelUsed(),
        now: plain(engine.commitments()),
        records,
      };
    });
    const [all, nothing, leaves] = got;
    expect(all?.status).toBe(how);
    const record = made.first;
    expect(all?.now).toEqual(commitmentsOf(seed, [record, ...(all?.records ?? [])]));
    const { records: _, ...rest } = all ?? {};
    expect(nothing).toEqual({ ...rest, records: [] });
    expect({ ...leaves, records: leaves?.records.length }).toEqual({
      ...rest,
      records: all?.records.length,
    });
  };
  // What one activation may say: 64 MiB.
  ends(loop(60, '${ {n: ("x" * 1000000)} }'), "faulted");
  // A value that fits into no record: the record is taken back.
  ends(pack([{ a: { set: { x: 1 } } }, { b: { set: { x: '${ "x" * 17000000 }' } } }]), "faulted");
  // Fuel, in the middle of a record's charge: every amount in a stretch.
  const small = pack([{ a: { set: { x: 1 } } }, { b: { set: { x: 2 } } }]);
  engine.start(small.first);
  const enough = engine.fuelUsed();
  for (let fuel = 1; fuel < enough + 61; fuel += 61) {
    engine.load(small.pack);
    const first = engine.admitStart({ limits: { fuel } }, "{}");
    ends({ pack: small.pack, first }, fuel < enough ? "faulted" : "completed");
  }
});

test("ABI-10 a run that is restored goes on with its trees", () => {
  const made = scorePack(engine);
  engine.load(made);
  engine.commit(seed);
  const begun = begin(engine);
  let { step } = begun;
  const records = [begun.first, ...step.records];
  while (step.status === "waiting") {
    const before = plain(engine.commitments());
    const state = engine.snapshot();
    engine.load(made);
    // Without commitments it goes on without; with them, it must have them.
    engine.restore(state);
    expect(refusal(() => engine.commitments())).toBe("REACH-E1001");
    const bare = engine.snapshot();
    engine.commit(seed);
    expect(refusal(() => engine.restore(bare))).toBe("REACH-E1003");
    const text = Buffer.from(state).toString();
    for (const broken of [
      text.replace(/"commitments":"./, '"commitments":"'),
      text.replace(/"commitments":"../, '"commitments":"'),
      text.replace(/"commitments":"[0-9a-f]*"/, '"commitments":""'),
      text.replace(/("commitments":"[0-9a-f]*)"/, '$100"'),
    ]) {
      expect(refusal(() => engine.restore(utf8(broken)))).toBe("REACH-E1003");
    }
    engine.restore(state);
    expect(plain(engine.commitments())).toEqual(before);
    const record = answer(engine, step);
    step = engine.advance(record);
    records.push(record, ...step.records);
    expect(plain(engine.commitments())).toEqual(commitmentsOf(seed, records));
  }
});

test("ABI-11 a setting holds for the runs begun after it, until load()", () => {
  const made = scorePack(engine);
  engine.load(made);
  expect(refusal(() => engine.commitments())).toBe("REACH-E1001");
  engine.commit(seed);
  expect(refusal(() => engine.commitments())).toBe("REACH-E1001");
  const { first } = begin(engine);
  const before = plain(engine.commitments());
  engine.commit(null);
  engine.commitValue(utf8("another seed, which has 32 bytes"), "[1,2]");
  engine.leaves(utf8("another seed, which has 32 bytes"), [first]);
  expect(plain(engine.commitments())).toEqual(before);
  engine.start(first);
  expect(refusal(() => engine.commitments())).toBe("REACH-E1001");
  engine.commit(seed);
  expect(refusal(() => engine.start(utf8("{}")))).toBe("REACH-E1601");
  engine.load(made);
  engine.start(first);
  expect(refusal(() => engine.commitments())).toBe("REACH-E1001");
});

test("ABI-11 arguments of another kind are refused", () => {
  expect(() => engine.commit(fromHex("00"))).toThrow("seed must be 32 bytes");
  expect(() => engine.commit(seed, { keep: "all" as "nothing" })).toThrow("options.keep");
  expect(refusal(() => engine.commit(null, { keep: "leaves" }))).toBe("REACH-E1001");
  expect(refusal(() => engine.commitValue(seed, "[1, 2]"))).toBe("REACH-E1601");
  expect(refusal(() => engine.commitValue(seed, ""))).toBe("REACH-E1101");
});

test("recompute() gives all that follows from what entered, and says where it cannot", () => {
  const made = scorePack(engine);
  const records = recorded(engine, made);
  const decision = engine.decision();
  const fingerprint = engine.fingerprint();
  const inputs = records.filter((one) => isInput(one));
  const { left: _, ...heads } = commitmentsOf(seed, records);
  const given: Uint8Array[] = [];
  const progress: number[] = [];
  for (const onRecord of [undefined, (one: Uint8Array) => given.push(one)]) {
    const { root, entered, outcome, ...rest } = recompute(engine, made, inputs, {
      seed,
      ...(onRecord === undefined ? {} : { onRecord }),
      onProgress: (done) => progress.push(done),
    });
    expect(rest).toMatchObject({
      status: "ended",
      end: "completed",
      steps: 5,
      decision,
      fingerprint,
    });
    expect({
      root: toHex(root ?? seed),
      size: rest.size,
      entered: { root: toHex(entered?.root ?? seed), size: entered?.size },
    }).toEqual(heads);
    expect(outcome).toEqual(records.at(-1));
  }
  expect(given).toEqual(records);
  expect(progress).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);

  const part = recompute(engine, made, inputs.slice(0, 3), { seed });
  expect(part).toMatchObject({ status: "incomplete", steps: 3 });
  expect(toHex(part.root ?? seed)).toBe(commitmentsOf(seed, records.slice(0, part.size)).root);
  expect(recompute(engine, made, [], { seed })).toEqual({ status: "incomplete", steps: 0 });
  expect(recompute(engine, made, inputs.toSpliced(2, 1), { seed })).toMatchObject({
    status: "diverged",
    steps: 2,
    refusal: { code: "REACH-E1603" },
  });
  expect(recompute(engine, made, [...inputs, utf8("{}")], { seed })).toMatchObject({
    status: "diverged",
    refusal: { code: "REACH-E1001" },
  });
  expect(recompute(engine, made, inputs.slice(1), { seed })).toMatchObject({ status: "refused" });
  const stop = new AbortController();
  expect(() =>
    recompute(engine, made, inputs, {
      seed,
      signal: stop.signal,
      onProgress: (done) => {
        if (done === 3) stop.abort(new Error("enough"));
      },
    }),
  ).toThrow("enough");
});
