// Opaque replay: how hidden values are written, where it ends, and what it refuses (docs/spec/trace.md, abi.md).
import { createEngine, fromUtf8, hole, opaqueReplay, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { describe, expect, test } from "vitest";
import { HOLE, replayed, SECRET, secretly } from "./opaque-runs.ts";
import { begin, codeOf, get, grant, packOf, workflow } from "./workflows.ts";
import type { Task } from "./workflows.ts";

const tasks: Task[] = [{ ask: get() }, { at: { set: { value: "${ $context.s }" } } }];
const document = workflow(tasks);

/** An engine with the pack, and the run's start record. */
function prepared(input: string = secretly): { engine: Engine; start: string } {
  const engine = createEngine();
  engine.load(packOf(engine, document));
  return { engine, start: fromUtf8(engine.admitStart({ grant }, input)) };
}

describe("TRACE-25 how a hidden value is written", () => {
  const started = (change: (start: string) => string, holes: boolean = true): string => {
    const { engine, start } = prepared();
    if (holes) engine.commit(null, { holes: {} });
    return codeOf(() => engine.start(utf8(change(start))));
  };

  test("by its number, wherever a value stands in a slot", () => {
    for (const number of [0, 1, 10, 4_294_967_295]) {
      expect(started((start) => start.replace(SECRET, hole(number)))).toBe("fine");
    }
    expect(
      started((start) => start.replace(/"input":\{.*?\},"kind"/, `"input":${HOLE},"kind"`)),
    ).toBe("fine");
  });

  test("in no other way", () => {
    for (const text of [
      "\u0001\u0001",
      "\u000101\u0001",
      "\u00014294967296\u0001",
      "\u00011",
      "\u00011\u0002",
      "\u0001-1\u0001",
      "\u00011.5\u0001",
      " \u00011\u0001",
    ]) {
      expect(started((start) => start.replace(SECRET, text))).not.toBe("fine");
    }
    expect(started((start) => start.replace('"s":', `${HOLE}:`))).not.toBe("fine");
    expect(started((start) => start.replace("what only", hole(1)))).not.toBe("fine");
  });

  test("and nowhere else", () => {
    expect(started((start) => start.replace(SECRET, HOLE), false)).not.toBe("fine");
    for (const part of [
      /"pack":"\w+"/,
      /"fuel":\d+/,
      /"kind":"\w+"/,
      /"seq":\d/,
      /"workflow":"[^"]+"/,
      /"origin":"[^"]+"/,
    ]) {
      const hide = (start: string): string =>
        start.replace(part, (found) => `${found.slice(0, found.indexOf(":"))}:${HOLE}`);
      expect(started(hide)).toBe("REACH-E1601");
    }
    const { engine } = prepared();
    engine.commit(null, { holes: {} });
    expect(codeOf(() => engine.canonicalize(HOLE))).toBe("REACH-E1102");
    expect(codeOf(() => engine.checkJson(`[${HOLE}]`))).toBe("REACH-E1102");
    expect(engine.evaluate(".", HOLE).error?.code).toBe("REACH-E1102");
    expect(codeOf(() => engine.admitStart({}, HOLE))).toBe("REACH-E1102");
  });
});

describe("TRACE-28 the first look", () => {
  const looking = {
    tasks: [
      ...tasks,
      { look: { set: { value: "${ $context.s + 1 }" } } },
      { more: { set: { x: 1 } } },
    ],
    input: secretly,
  };

  test("ends it: what closed before stays, and nothing follows", () => {
    const { replay, texts } = replayed(looking);
    expect(replay).toEqual({
      status: "looked",
      records: 5,
      looked: {
        expression: " $context.s + 1 ",
        records: 5,
        task: "/do/2/look",
        what: "expression",
      },
    });
    expect(texts.at(-1)).toContain(`"output":{"value":${HOLE}}`);
  });

  test("refuses all that comes later, and leaves the engine as it was for others", () => {
    const { engine, start } = prepared();
    engine.load(packOf(engine, workflow(looking.tasks)));
    const admitted = fromUtf8(engine.admitStart({ grant }, secretly)).replaceAll(SECRET, HOLE);
    engine.commit(null, { holes: {} });
    expect(codeOf(() => engine.looked())).toBe("REACH-E1001");
    expect(engine.start(utf8(admitted)).status).toBe("waiting");
    expect(codeOf(() => engine.looked())).toBe("REACH-E1001");
    const answer = engine.admitResult("0", { status: 200, headers: {} }, "1");
    expect(engine.advance(answer)).toMatchObject({ status: "looked" });
    for (const call of [
      () => engine.advance(answer),
      () => engine.decision(),
      () => engine.outcome(),
    ]) {
      expect(codeOf(call)).toBe("REACH-E1001");
    }
    expect(codeOf(() => engine.start(utf8(start.replace("pack", "pick"))))).toBe("REACH-E1601");
    expect(engine.looked()).toMatchObject({ task: "/do/2/look", records: 5 });
    engine.commit(null);
    expect(codeOf(() => engine.start(utf8(admitted)))).toBe("REACH-E1102");
    expect(begin(engine, document).status).toBe("waiting");
  });

  test("is found without records, too", () => {
    const { engine } = prepared();
    const document = workflow([{ at: { set: { value: "${ .s + 1 }" } } }]);
    engine.load(packOf(engine, document));
    const start = fromUtf8(engine.admitStart({}, secretly)).replaceAll(SECRET, HOLE);
    engine.commit(null, { keep: "nothing", holes: {} });
    expect(engine.start(utf8(start))).toEqual({ status: "looked", records: [] });
    expect(engine.looked().records).toBe(1);
  });
});

describe("TRACE-29 limits", () => {
  test("the run's fuel does not count, its own does", () => {
    const { engine } = prepared();
    const loop = {
      for: { each: "i", in: "${ [range(200)] }" },
      do: [{ a: { set: { i: "${ $i }" } } }],
    };
    engine.load(packOf(engine, workflow([{ loop }])));
    const start = engine.admitStart({ limits: { fuel: 20_000 } }, SECRET);
    const stopped = engine.start(start);
    expect(stopped.status).toBe("faulted");
    const pack = engine.loaded;
    if (pack === undefined) throw new Error("no pack");
    const hidden = utf8(fromUtf8(start).replaceAll(SECRET, HOLE));
    const onward = opaqueReplay(engine, pack, [hidden]);
    expect(onward).toEqual({ status: "ended", records: 203 });
    const records: Uint8Array[] = [];
    const less = opaqueReplay(engine, pack, [hidden], {
      fuel: 20_000,
      onRecord: (record) => records.push(record),
    });
    expect(less).toMatchObject({
      status: "looked",
      looked: { what: "limit", task: "/do/0/loop/do/0/a" },
    });
    // No outcome says that a limit was reached: there was none.
    expect(fromUtf8(records.at(-1) ?? new Uint8Array())).toContain('"kind":"task"');
  });

  test("garbage that is not dropped changes nothing", () => {
    const turn = { grow: { set: "${ . + [$context.s, ([range(300)] | tostring)] }" } };
    const { replay, whole } = replayed({
      tasks: [
        { list: { set: "${ [] }" } },
        {
          loop: {
            for: { each: "i", in: "${ [range(60)] }" },
            do: [turn, { wait: { wait: { milliseconds: 1 } } }],
          },
        },
      ],
      input: secretly,
    });
    expect(replay).toEqual({ status: "ended", records: whole.length });
  });
});

test("TRACE-30 commands may have hidden reasons", () => {
  const { engine, start } = prepared();
  engine.commit(null, { holes: {} });
  engine.start(utf8(start));
  const reason = `{"kind":"suspend","reason":${HOLE},"seq":2}`;
  expect(engine.advance(utf8(reason)).status).toBe("waiting");
  expect(engine.advance(utf8(reason.replace("suspend", "resume").replace("2}", "3}"))).status).toBe(
    "waiting",
  );
  const cancelled = engine.advance(utf8(reason.replace("suspend", "cancel").replace("2}", "4}")));
  expect(cancelled.status).toBe("cancelled");
  expect(fromUtf8(cancelled.records[0] ?? new Uint8Array())).toBe(
    `{"kind":"outcome","reason":${HOLE},"seq":5,"status":"cancelled"}`,
  );
});

test("ABI-12 there is no seed, digest or snapshot beside hidden values", () => {
  const { engine, start } = prepared();
  engine.start(utf8(start));
  const snapshot = engine.snapshot();
  expect(codeOf(() => engine.commit(new Uint8Array(32), { holes: {} }))).toBe("REACH-E1001");
  expect(codeOf(() => engine.commit(null, { keep: "leaves", holes: {} }))).toBe("REACH-E1001");
  expect(() => engine.commit(null, { holes: { fuel: -1 } })).toThrow(RangeError);
  engine.commit(null, { holes: {} });
  expect(codeOf(() => engine.restore(snapshot))).toBe("REACH-E1001");
  engine.start(utf8(start));
  expect(codeOf(() => engine.snapshot())).toBe("REACH-E1001");
  engine.advance(engine.admitResult("0", { status: 200, headers: {} }, "1"));
  expect(codeOf(() => engine.decision())).toBe("REACH-E1001");
  expect(codeOf(() => engine.fingerprint())).toBe("REACH-E1001");
});

test("a malformed pack or record is refused, and one of another run, too", () => {
  const { engine, start } = prepared();
  const pack = packOf(engine, document);
  expect(opaqueReplay(engine, { ...pack, manifest: utf8("{}") }, [])).toMatchObject({
    status: "refused",
    records: 0,
  });
  expect(opaqueReplay(engine, pack, [utf8("{}")])).toMatchObject({ status: "refused", records: 0 });
  expect(opaqueReplay(engine, pack, [utf8(start), utf8(start)])).toMatchObject({
    status: "refused",
    records: 2,
  });
  expect(opaqueReplay(engine, pack, [utf8(start)])).toEqual({ status: "incomplete", records: 2 });
  expect(opaqueReplay(engine, pack, [])).toEqual({ status: "incomplete", records: 0 });
});
