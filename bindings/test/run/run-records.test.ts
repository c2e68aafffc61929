// Records, calls and packs that somebody has meddled with: refused, and the run is as it was.
import { describe, expect, test } from "vitest";
import {
  createEngine,
  fromBase64,
  fromUtf8,
  isInput,
  makePack,
  parseRecord,
  replay,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Engine, EngineError, Pack, Text } from "@reach-fabric/engine";
import { Core, engineScalar } from "@reach-fabric/engine/testing";
import type { Exports } from "@reach-fabric/engine/testing";
import {
  answered,
  begin,
  codeOf,
  get,
  grant,
  outcomeOf,
  packOf,
  requestOf,
  textsOf,
  workflow,
} from "./workflows.ts";

const refusals = /^REACH-E(11|16)\d\d$|^REACH-E1203$/;

const raised = { type: "https://test.example/e", status: 503 };
const meddled = workflow([
  { clock: { set: "{at: now, id: $workflow.id}" } },
  {
    asks: {
      metadata: { reach: { responseHeaders: ["x-id", "etag"] } },
      ...get("https://a.example/x", { output: "response" }),
    },
  },
  { raw: get("https://a.example/x", { output: "raw" }) },
  {
    again: {
      try: [{ bad: { raise: { error: raised } } }],
      catch: {
        retry: {
          limit: { attempt: { count: 1 } },
          delay: { seconds: 1 },
          jitter: { from: { seconds: 1 }, to: { seconds: 2 } },
        },
      },
    },
  },
]);

interface Recorded {
  readonly records: Uint8Array[];
  readonly decision: string;
  readonly fuel: number;
}

/** A whole run of it; `before` sees each input before it is taken. */
function recorded(
  engine: Engine,
  before: (record: Uint8Array, rest: readonly Uint8Array[]) => void = () => undefined,
): Recorded {
  let step = begin(engine, meddled);
  const records: Uint8Array[] = [engine.admitStart({ grant }, "{}"), ...step.records];
  for (let n = 0; step.status === "waiting"; n++) {
    const { key, type } = requestOf(step);
    const headers = { "X-ID": "7", etag: '"a"', date: "today" };
    const record =
      type === "http"
        ? engine.admitResult(key, { status: 200, headers }, '{"a":[1,"two"]}')
        : answered(engine, step, n);
    before(record, records);
    step = engine.advance(record);
    records.push(record, ...step.records);
  }
  return { records, decision: engine.decision(), fuel: engine.fuelUsed() };
}

const json = (bytes: Uint8Array): Record<string, unknown> =>
  JSON.parse(fromUtf8(bytes)) as Record<string, unknown>;

/** RFC 8785 for what the tests make. */
function canonical(engine: Engine, value: unknown): Uint8Array {
  return engine.canonicalize(JSON.stringify(value));
}

/** Edits of a result record that no host can have admitted. */
function edits(engine: Engine, record: Uint8Array): Record<string, Uint8Array> {
  const r = json(record);
  const result = r["result"] as Record<string, unknown>;
  const other = (change: object): Uint8Array => canonical(engine, { ...r, ...change });
  const inside = (change: object): Uint8Array => other({ result: { ...result, ...change } });
  const without = (name: string): Uint8Array => {
    const { [name]: _, ...rest } = r;
    return canonical(engine, rest);
  };
  const text = fromUtf8(record);
  const common = {
    "a space": utf8(` ${text}`),
    "a line break behind": utf8(`${text}\n`),
    "another order of keys": utf8(
      `{"seq":${String(r["seq"])},${text.slice(1).replace(/,"seq":\d+/, "")}`,
    ),
    "an escape that is not needed": utf8(text.replace("result", "\\u0072esult")),
    "a number in another spelling": utf8(text.replace(/"seq":(\d+)/, '"seq":$1.0')),
    "a duplicate key": utf8(text.replace("{", '{"key":"0",')),
    "half of it": record.slice(0, record.length >> 1),
    nothing: new Uint8Array(),
    "no UTF-8": new Uint8Array([...record.slice(0, -1), 0xff]),
    "an unknown field": other({ more: 1 }),
    "no key": without("key"),
    "no result": without("result"),
    "no seq": without("seq"),
    "no kind": without("kind"),
    "the seq before": other({ seq: (r["seq"] as number) - 1 }),
    "the seq behind": other({ seq: (r["seq"] as number) + 1 }),
    "half a seq": other({ seq: (r["seq"] as number) + 0.5 }),
    "a seq of text": other({ seq: String(r["seq"]) }),
    "the key of another": other({ key: "99" }),
    "the key with a zero": other({ key: `0${String(r["key"])}` }),
    "a key of a number": other({ key: Number(r["key"]) }),
    "the kind request": other({ kind: "request" }),
    "the kind outcome": other({ kind: "outcome" }),
    "the kind start": other({ kind: "start" }),
    "an unknown kind": other({ kind: "late" }),
    "no kind of text": other({ kind: 1 }),
    "no object": canonical(engine, [r]),
    "a result of nothing": other({ result: null }),
    "a list as result": other({ result: [result] }),
    "an unknown field inside": inside({ more: 1 }),
    "a failure beside it": inside({ failure: "reset" }),
    "an unknown failure": other({ result: { failure: "boredom" } }),
  };
  if ("ms" in result) {
    const clock = [-1, 0.5, "1", null, 253_402_300_800_000].map((ms) => [
      `ms ${ms}`,
      inside({ ms }),
    ]);
    return { ...common, ...Object.fromEntries(clock) };
  }
  if ("hex" in result) {
    const short = (result["hex"] as string).slice(1);
    return {
      ...common,
      "31 digits": inside({ hex: short }),
      "33 digits": inside({ hex: `00${short}` }),
      "capital digits": inside({ hex: `A${short}` }),
      "no digits": inside({ hex: `g${short}` }),
    };
  }
  if (!("status" in result)) return common;
  const more = "bytes" in result ? "body" : "bytes";
  return {
    ...common,
    "both a body and bytes": inside({ [more]: "" }),
    "a status of text": inside({ status: "200" }),
    "the status 99": inside({ status: 99 }),
    "the status 600": inside({ status: 600 }),
    "the status 200.5": inside({ status: 200.5 }),
    "headers of nothing": inside({ headers: null }),
    "a header of a number": inside({ headers: { "x-id": 7 } }),
    "a header that the workflow does not read": inside({ headers: { date: "x" } }),
    "a header in capitals": inside({ headers: { "X-ID": "7" } }),
    ...("bytes" in result
      ? {
          "a body where bytes were asked for": other({
            result: { headers: {}, status: 200, body: 1 },
          }),
          "bytes that are no base64": inside({ bytes: "a" }),
          "bytes with a space": inside({ bytes: "YQ= " }),
          "bytes of the other alphabet": inside({ bytes: "_-==" }),
          "bytes with bits behind the end": inside({ bytes: "YR==" }),
          "bytes of padding": inside({ bytes: "====" }),
          "bytes of a number": inside({ bytes: 1 }),
        }
      : { "a body nested too deep": inside({ body: nested(1016) }) }),
  };
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

describe("ABI-8 a record that was meddled with", () => {
  const whole = recorded(createEngine());

  test("is refused for every edit, and the run goes on as if nothing had been said", () => {
    const engine = createEngine();
    let tried = 0;
    const after = recorded(engine, (record) => {
      for (const [what, edited] of Object.entries(edits(engine, record))) {
        expect(
          codeOf(() => engine.advance(edited)),
          what,
        ).toMatch(refusals);
        expect(
          codeOf(() => engine.start(edited)),
          what,
        ).toMatch(refusals);
        expect(codeOf(() => engine.decision())).toBe("REACH-E1001");
        tried += 1;
      }
    });
    expect(tried).toBeGreaterThan(200);
    expect(textsOf(after.records)).toEqual(textsOf(whole.records));
    expect(after).toMatchObject({ decision: whole.decision, fuel: whole.fuel });
  });

  test("is refused when it comes again, too early, or from the engine itself", () => {
    const engine = createEngine();
    const after = recorded(engine, (record, rest) => {
      for (const old of rest) {
        expect(
          codeOf(() => engine.advance(old)),
          fromUtf8(old),
        ).toMatch(refusals);
      }
      for (const other of whole.records) {
        if (fromUtf8(other) === fromUtf8(record)) continue;
        expect(
          codeOf(() => engine.advance(other)),
          fromUtf8(other),
        ).toMatch(refusals);
      }
    });
    expect(textsOf(after.records)).toEqual(textsOf(whole.records));
  });

  test("does not replay: dropped, doubled, swapped, or with any value changed", () => {
    const engine = createEngine();
    const pack = packOf(engine, meddled);
    const { records } = whole;
    const status = (list: readonly Uint8Array[]): string => replay(engine, pack, list).status;
    expect(replay(engine, pack, records)).toMatchObject({
      status: "reproduced",
      decision: whole.decision,
      fuel: whole.fuel,
    });
    for (const i of records.keys()) {
      const at = records[i] as Uint8Array;
      const last = i === records.length - 1;
      expect(status(records.toSpliced(i, 1)), `${i} dropped`).not.toBe("reproduced");
      expect(status(records.toSpliced(i, 0, at)), `${i} doubled`).not.toBe("reproduced");
      expect(status(records.slice(0, i)), `cut at ${i}`).toMatch(/incomplete/);
      if (!last) {
        const swapped = records.with(i, records[i + 1] as Uint8Array).with(i + 1, at);
        expect(status(swapped), `${i} swapped`).not.toBe("reproduced");
      }
      // Any byte of a record that left; any edit of one that entered but of the answer itself.
      if (isInput(at)) continue;
      for (const byte of [1, at.length >> 1, at.length - 2]) {
        const changed = at.slice();
        changed[byte] = (changed[byte] ?? 0) ^ 1;
        expect(status(records.with(i, changed)), `${i} byte ${byte}`).toBe("diverged");
      }
    }
  });

  test("a changed answer is another decision or another record, never the same", () => {
    const engine = createEngine();
    const pack = packOf(engine, meddled);
    const { records, decision } = whole;
    for (const [i, bytes] of records.entries()) {
      const record = json(bytes);
      if (record["kind"] !== "result" || i === 0) continue;
      const text = fromUtf8(bytes)
        .replace('"two"', '"three"')
        .replace('"ms":1', '"ms":2')
        .replace(/"hex":"./, '"hex":"f')
        .replace('"bytes":"e', '"bytes":"f');
      const found = replay(engine, pack, records.with(i, utf8(text)));
      const isTimer = text === fromUtf8(bytes);
      expect(found.status === "reproduced" && found.decision === decision).toBe(isTimer);
    }
  });
});

describe("calls in a wrong order", () => {
  const pack = packOf(createEngine(), workflow([{ ask: get() }]));

  test("before load, before start, after the end, after a failed load: E1001 and no trap", () => {
    const engine = createEngine();
    const start = utf8("{}");
    const all: Record<string, () => unknown> = {
      admitStart: () => engine.admitStart({}, "{}"),
      admitResult: () => engine.admitResult("0", {}),
      admitCancel: () => engine.admitCancel("x"),
      start: () => engine.start(start),
      advance: () => engine.advance(start),
      decision: () => engine.decision(),
      fingerprint: () => engine.fingerprint(),
      snapshot: () => engine.snapshot(),
      restore: () => engine.restore(start),
    };
    const codes = (): Record<string, string> =>
      Object.fromEntries(Object.entries(all).map(([name, call]) => [name, codeOf(call)]));
    const never = Object.fromEntries(Object.keys(all).map((name) => [name, "REACH-E1001"]));
    expect(codes()).toEqual(never);
    engine.load(pack);
    const loaded = {
      ...never,
      admitStart: "fine",
      start: "REACH-E1601",
      restore: "REACH-E1003",
    };
    expect(codes()).toEqual(loaded);

    const step = engine.start(engine.admitStart({ grant }, "{}"));
    const answer = answered(engine, step, 0);
    expect(codeOf(() => engine.decision())).toBe("REACH-E1001");
    expect(codeOf(() => engine.fingerprint())).toBe("REACH-E1001");
    // A start that is refused leaves the run alone.
    expect(codeOf(() => engine.start(start))).toBe("REACH-E1601");
    expect(codeOf(() => engine.start(answer))).toBe("REACH-E1603");
    expect(engine.advance(answer).status).toBe("completed");
    const decided = engine.decision();
    for (const call of [
      () => engine.advance(answer),
      () => engine.admitResult("0", {}),
      () => engine.admitCancel(),
      () => engine.snapshot(),
    ]) {
      expect(codeOf(call)).toBe("REACH-E1001");
      expect(engine.decision()).toBe(decided);
    }
    expect(codeOf(() => engine.load({ ...pack, files: [] }))).toBe("REACH-E1503");
    expect(codes()).toEqual(never);
  });

  test("a cancel ends the run at any point, and is counted into the decision", () => {
    const engine = createEngine();
    const ended = new Set<string>();
    const { records } = recorded(engine);
    const inputs = records.filter((bytes) => isInput(bytes));
    for (const n of inputs.keys()) {
      engine.start(inputs[0] as Uint8Array);
      for (const input of inputs.slice(1, n)) engine.advance(input);
      if (n === inputs.length - 1 && n === 0) continue;
      const step = engine.advance(engine.admitCancel("enough"));
      expect(step.status).toBe("cancelled");
      expect(outcomeOf(step)).toEqual({
        kind: "outcome",
        reason: "enough",
        seq: expect.any(Number),
        status: "cancelled",
      });
      ended.add(engine.decision());
    }
    // n = 0 and n = 1 cancel at the same point.
    expect(ended.size).toBe(inputs.length - 1);
  });
});

describe("TRACE-2 a hostile start record", () => {
  const engine = createEngine();
  engine.load(packOf(engine, workflow([{ ask: get() }])));
  const good = json(engine.admitStart({ grant }, "{}"));
  const begun = (change: object): string =>
    codeOf(() => engine.start(canonical(engine, { ...good, ...change })));

  test("with a malformed grant", () => {
    const entry = grant.http[0];
    const bad = [
      null,
      [],
      "all",
      { https: [] },
      { http: null },
      { http: {} },
      { http: [null] },
      { http: [[]] },
      { http: [{ ...entry, more: 1 }] },
      { http: [{ origin: 1, methods: [], paths: [] }] },
      { http: [{ ...entry, methods: "GET" }] },
      { http: [{ ...entry, paths: [1] }] },
      { http: [{ ...entry, paths: null }] },
      { http: [], addresses: {} },
    ];
    for (const value of bad) {
      expect(begun({ grant: value }), JSON.stringify(value)).toBe("REACH-E1601");
      if (value !== null && typeof value === "object") {
        expect(codeOf(() => engine.admitStart({ grant: value }, "{}"))).toBe("REACH-E1601");
      }
    }
    expect(begun({ grant: {} })).toBe("fine");
    expect(begun({ grant: { http: [{ origin: "", methods: [""], paths: ["", "*"] }] } })).toBe(
      "fine",
    );
  });

  test("with limits that are none", () => {
    const bad = [
      null,
      {},
      { fuel: 1 },
      { effects: 1 },
      { fuel: -1, effects: 1 },
      { fuel: 0.5, effects: 1 },
      { fuel: 1, effects: -1 },
      { fuel: 1, effects: 4294967296 },
      { fuel: 2 ** 53, effects: 1 },
      { fuel: 1e300, effects: 1 },
      { fuel: "1", effects: 1 },
      { fuel: 1, effects: null },
      { fuel: 1, effects: 1, time: 1 },
    ];
    for (const limits of bad) expect(begun({ limits })).toBe("REACH-E1601");
    for (const limits of [{ fuel: -1 }, { fuel: 1e300 }, { effects: 0.5 }, { time: 1 }]) {
      expect(codeOf(() => engine.admitStart({ limits }, "{}"))).toBe("REACH-E1601");
    }
  });

  test("with limits of nothing and of all that there is, it is a run", () => {
    const run = (limits: object): string => {
      const step = engine.start(canonical(engine, { ...good, limits }));
      return step.status === "waiting" ? "waiting" : JSON.stringify(outcomeOf(step)["error"]);
    };
    expect(run({ fuel: 0, effects: 9 })).toContain("REACH-E1201");
    expect(run({ fuel: 1e6, effects: 0 })).toContain("REACH-E1206");
    expect(run({ fuel: 2 ** 53 - 1, effects: 4294967295 })).toBe("waiting");
    expect(engine.fuelUsed()).toBeGreaterThan(1000);
  });

  test("of another pack, workflow or semantics, or with other fields", () => {
    expect(begun({ pack: "0".repeat(64) })).toBe("REACH-E1601");
    expect(begun({ pack: String(good["pack"]).toUpperCase() })).toBe("REACH-E1601");
    expect(begun({ pack: null })).toBe("REACH-E1601");
    expect(begun({ workflow: "test/other:1.0.0" })).toBe("REACH-E1601");
    expect(begun({ workflow: null })).toBe("REACH-E1601");
    for (const semantics of [0, 2, 1.5, "1", null])
      expect(begun({ semantics })).toBe("REACH-E1601");
    expect(begun({ seq: 1 })).toBe("REACH-E1603");
    expect(begun({ kind: "result" })).toBe("REACH-E1603");
    expect(begun({ more: 1 })).toBe("REACH-E1601");
    expect(begun({ input: undefined })).toBe("REACH-E1601");
    expect(begun({ input: nested(1017) })).toBe("REACH-E1203");
    expect(begun({ input: nested(1016) })).toBe("fine");
    expect(begun({})).toBe("fine");
  });
});

describe("ABI-7 a hostile descriptor or answer", () => {
  test("what is no descriptor is E1601, E1002 or the JSON's error", () => {
    const engine = createEngine();
    const step = begin(engine, workflow([{ ask: get() }]));
    const { key } = requestOf(step);
    const bad: (() => unknown)[] = [
      () => engine.admitResult("1", { status: 200, headers: {} }),
      () => engine.admitResult(key, {}),
      () => engine.admitResult(key, { status: 200 }),
      () => engine.admitResult(key, { status: 99, headers: {} }),
      () => engine.admitResult(key, { status: 200.5, headers: {} }),
      () => engine.admitResult(key, { status: "200", headers: {} }),
      () => engine.admitResult(key, { status: 200, headers: [] }),
      () => engine.admitResult(key, { status: 200, headers: {}, more: 1 }),
      () => engine.admitResult(key, { failure: "boredom" }),
      () => engine.admitResult(key, { failure: "reset" }, "a body"),
      () => engine.admitResult(key, [] as object),
      () => engine.admitStart({ workflow: "no/such:1" }, "{}"),
      () => engine.admitStart({}, ""),
      () => engine.admitStart({}, "{"),
      () => engine.admitCancel(1 as unknown as string),
    ];
    for (const call of bad) expect(codeOf(call), String(call)).toMatch(/^REACH-E(11|16)\d\d$/);
    expect(engine.advance(answered(engine, step, 0)).status).toBe("completed");
  });

  test("a body that no record can hold is bytes, and the run goes on", () => {
    const engine = createEngine();
    const bodies: Record<string, Text> = {
      "nested as deep as a record allows": "[".repeat(1015) + "]".repeat(1015),
      "nested one deeper": "[".repeat(1016) + "]".repeat(1016),
      "nested as deep as JSON may be": "[".repeat(1024) + "]".repeat(1024),
      "nested deeper": "[".repeat(5000) + "]".repeat(5000),
      "numbers that grow": `[${"1e20,".repeat(3_200_000)}0]`,
      "no UTF-8": new Uint8Array([0x22, 0xff, 0x22]),
      empty: "",
    };
    const seen = Object.entries(bodies).map(([what, body]) => {
      const step = begin(
        engine,
        workflow([{ ask: get("https://a.example/x", { output: "response" }) }]),
      );
      const record = engine.admitResult(requestOf(step).key, { status: 200, headers: {} }, body);
      expect(
        codeOf(() => engine.advance(record)),
        what,
      ).toBe("fine");
      return [what, fromUtf8(record.slice(0, 60)).includes('"body"') ? "body" : "bytes"];
    });
    expect(Object.fromEntries(seen)).toEqual({
      "nested as deep as a record allows": "body",
      "nested one deeper": "bytes",
      "nested as deep as JSON may be": "bytes",
      "nested deeper": "bytes",
      "numbers that grow": "bytes",
      "no UTF-8": "bytes",
      empty: "bytes",
    });
  });

  test("a body that needs too much memory leaves room for the headers", () => {
    const engine = createEngine();
    const step = begin(
      engine,
      workflow([{ ask: { metadata: { reach: { responseHeaders: ["x-id"] } }, ...get() } }]),
    );
    const body = `[${"[],".repeat(13_000_000)}0]`;
    const result = { status: 200, headers: { "X-Id": "7" } };
    const record = engine.admitResult(requestOf(step).key, result, body);
    expect(fromUtf8(record.slice(-60))).toContain('"headers":{"x-id":"7"},"status":200');
  });

  test("an input whose record would be too long is refused, not cut", () => {
    const engine = createEngine();
    engine.load(packOf(engine, workflow([])));
    const long = `[${"1e20,".repeat(4_000_000)}0]`;
    expect(codeOf(() => engine.admitStart({}, long))).toBe("REACH-E1204");
    expect(codeOf(() => engine.admitStart({}, "{}"))).toBe("fine");
  });
});

describe("ABI-4 frames and lengths that lie", () => {
  /** The bare engine: the bindings never lie. */
  function bare(): Core {
    const module = new WebAssembly.Module(fromBase64(engineScalar));
    return new Core(new WebAssembly.Instance(module).exports as unknown as Exports);
  }
  const u32 = (n: number): number[] => [n, n >>> 8, n >>> 16, n >>> 24].map((b) => b & 255);

  test("are E1002, E1204 or another refusal, never a trap", () => {
    const engine = createEngine();
    const pack = packOf(engine, workflow([{ ask: get() }]));
    const core = bare();
    const { exports } = core;
    const calls = [exports.load, exports.admit, exports.start, exports.advance, exports.restore];
    for (const call of calls) {
      for (const length of [1, 4, 5, 1000, 0x7fffffff, 0xffffffff, 67108864, 67108865]) {
        core.place("{}");
        expect(core.call(call, length)).toBe(1);
      }
    }
    core.placeFrames([pack.manifest, ...pack.files.map((file) => file.bytes)]);
    const frames = [pack.manifest, ...pack.files.map((file) => file.bytes)];
    const whole = frames.flatMap((bytes) => [...u32(bytes.length), ...bytes]);
    const lies = [
      [],
      u32(5),
      u32(0xffffffff),
      [...u32(2), 0x7b],
      whole.slice(0, -1),
      whole.slice(0, pack.manifest.length + 4),
      whole.slice(0, pack.manifest.length + 7),
      [...whole, 0],
      [...whole, ...u32(0)],
      [...whole, ...u32(0xfffffffc)],
    ];
    for (const bytes of lies) {
      expect(core.call(exports.load, core.placeOne(new Uint8Array(bytes)))).toBe(1);
      expect([1002, 1204, 1501, 1502, 1503, 1101]).toContain(core.call(exports.errorCode));
    }
    expect(core.call(exports.load, core.placeOne(new Uint8Array(whole)))).toBe(0);
    for (const bytes of lies) {
      expect(core.call(exports.admit, core.placeOne(new Uint8Array(bytes)))).toBe(1);
    }
    expect(core.call(exports.fingerprint, 31)).toBe(1);
    expect(core.trapped).toBe(false);
  });
});

describe("WF-1 a hostile pack", () => {
  const engine = createEngine();
  const table = {
    table: { name: "t", version: "1" },
    hitPolicy: "first",
    inputs: ["n"],
    rules: [{ id: "A", when: { n: 1 }, then: 1 }],
  };
  const good = workflow([{ d: { call: "decide", with: { table: "t.json", input: { n: 1 } } } }]);
  const pack = packOf(engine, good, { "t.json": table });

  /** The pack with other files and another manifest, whose digests are right unless changed. */
  function forged(
    change: (manifest: Record<string, unknown>) => object,
    files: Pack["files"] = pack.files,
    spell: (text: string) => string = (text) => text,
  ): Pack {
    const listed = files.map(({ path, bytes }) => ({
      path,
      sha256: toHex(engine.sha256(bytes)),
      size: bytes.length,
    }));
    const before = { ...json(pack.manifest), files: listed };
    const manifest = utf8(spell(fromUtf8(canonical(engine, change(before)))));
    return { manifest, files, digest: toHex(engine.sha256(manifest)) };
  }
  const load = (hostile: Pack): string => codeOf(() => engine.load(hostile));
  const [first, second] = pack.files as unknown as [Pack["files"][0], Pack["files"][0]];

  test("whose files are not those of its manifest", () => {
    expect(load(pack)).toBe("fine");
    const file = (i: number, more: object) => (m: Record<string, unknown>) => ({
      ...m,
      files: (m["files"] as object[]).map((f, j) => (i === j ? { ...f, ...more } : f)),
    });
    expect(load(forged(file(0, { sha256: "0".repeat(64) })))).toBe("REACH-E1502");
    expect(load(forged(file(0, { sha256: "x" })))).toBe("REACH-E1502");
    expect(load(forged(file(0, { size: 1 })))).toBe("REACH-E1502");
    expect(load(forged(file(0, { size: "1" })))).toBe("REACH-E1502");
    expect(load(forged(file(0, { path: 1 })))).toBe("REACH-E1511");
    expect(load(forged(file(0, { more: 1 })))).toBe("REACH-E1510");
    expect(load({ ...pack, files: [first] })).toBe("REACH-E1503");
    expect(load({ ...pack, files: [second, first] })).toBe("REACH-E1502");
    expect(load({ ...pack, files: [first, second, second] })).toBe("REACH-E1503");
    expect(load(forged((m) => m, [second, first]))).toBe("REACH-E1501");
    expect(load(forged((m) => m, [first, first, second]))).toBe("REACH-E1501");
    expect(load(forged(file(0, { path: second.path })))).toBe("REACH-E1501");
  });

  test("whose lists do not fit together", () => {
    const list = (more: object) => (m: Record<string, unknown>) => ({ ...m, ...more });
    expect(load(forged(list({ workflows: [] })))).toBe("REACH-E1501");
    expect(load(forged(list({ workflows: ["t.json"], tables: [] })))).toBe("REACH-E1510");
    expect(load(forged(list({ tables: ["w.json"] })))).toBe("REACH-E1510");
    expect(load(forged(list({ tables: [] })))).toBe("REACH-E1516");
    expect(load(forged(list({ workflows: ["w.json", "w.json"] })))).toBe("REACH-E1501");
    expect(load(forged(list({ workflows: ["no.json"] })))).toBe("REACH-E1503");
    expect(load(forged(list({ workflows: [1] })))).toBe("REACH-E1501");
    expect(load(forged(list({ workflows: {} })))).toBe("REACH-E1511");
    expect(load(forged(list({ format: "reach/pack/v2" })))).toBe("REACH-E1501");
    expect(load(forged(list({ id: 1 })))).toBe("REACH-E1511");
    expect(load(forged(list({ id: undefined })))).toBe("REACH-E1512");
    expect(load(forged(list({ plugins: [] })))).toBe("REACH-E1510");
  });

  test("that is not canonical", () => {
    expect(
      load(
        forged(
          (m) => m,
          undefined,
          (text) => `${text} `,
        ),
      ),
    ).toBe("REACH-E1501");
    expect(
      load(
        forged(
          (m) => m,
          undefined,
          (text) => text.replace(":", ": "),
        ),
      ),
    ).toBe("REACH-E1501");
    expect(
      load(
        forged(
          (m) => m,
          undefined,
          (text) => text.slice(1),
        ),
      ),
    ).toMatch(/^REACH-E11/);
    expect(
      load(
        forged(
          (m) => m,
          undefined,
          () => "[]",
        ),
      ),
    ).toBe("REACH-E1511");
    const spaced = { ...second, bytes: utf8(` ${fromUtf8(second.bytes)}`) };
    expect(load(forged((m) => m, [first, spaced]))).toBe("REACH-E1501");
    const doubled = { ...second, bytes: utf8('{"do":[],"do":[]}') };
    expect(load(forged((m) => m, [first, doubled]))).toBe("REACH-E1109");
  });

  test("LIMIT-14 LIMIT-15 made to make loading slow or large is refused in bounded time", () => {
    const names = Array.from({ length: 16_000 }, (_, i) => `input${i}`);
    const slow: Record<string, [object, Record<string, object>]> = {
      "rules over as many inputs": [
        workflow([]),
        {
          "t.json": {
            ...table,
            inputs: names,
            rules: [{ id: "A", when: Object.fromEntries(names.map((n) => [n, 1])), then: 1 }],
          },
        },
      ],
      "a pointer of a megabyte for each of thousands of tasks": [
        workflow([
          {
            ["n".repeat(1_000_000)]: {
              do: Array.from({ length: 2000 }, (_, i) => ({ [`t${i}`]: { set: "1" } })),
            },
          },
        ]),
        {},
      ],
      "cases that go to the last of many tasks": [
        workflow([
          {
            first: {
              switch: Array.from({ length: 30_000 }, (_, i) => ({
                [`c${i}`]: { when: "true", then: "t4000" },
              })),
            },
          },
          ...Array.from({ length: 4001 }, (_, i) => ({ [`t${i}`]: { set: "1" } })),
        ]),
        {},
      ],
    };
    for (const [what, [document, tables]] of Object.entries(slow)) {
      const hostile = packOf(engine, document, tables);
      let thrown: unknown;
      try {
        engine.load(hostile);
      } catch (error) {
        thrown = error;
      }
      const { code, message } = thrown as EngineError;
      expect(code, what).toMatch(/^REACH-E120[12]$/);
      expect(message.length).toBeLessThan(1000);
    }
    expect(load(pack)).toBe("fine");
  });

  test("with two workflows takes the one that is named", () => {
    const document = (name: string): string =>
      JSON.stringify({
        document: { dsl: "1.0.3", namespace: "test", name, version: "1.0.0" },
        do: [{ a: { set: { name } } }],
      });
    const two = makePack(engine, {
      id: "test/two",
      version: "1.0.0",
      workflows: { "a.json": document("a"), "b.json": document("b") },
    });
    engine.load(two);
    expect(codeOf(() => engine.admitStart({}, "{}"))).toBe("REACH-E1601");
    for (const name of ["a", "b"]) {
      const step = engine.start(engine.admitStart({ workflow: `test/${name}:1.0.0` }, "{}"));
      expect(outcomeOf(step)["output"]).toEqual({ name });
    }
  });
});

test("TRACE-3 occurrences count for the workflow's own input and output, too", () => {
  const engine = createEngine();
  let step = begin(
    engine,
    workflow([{ ask: get() }], { input: { from: "{n: now}" }, output: { as: "now" } }),
  );
  const requests = [requestOf(step)];
  for (let n = 0; step.status === "waiting"; n++) {
    step = engine.advance(answered(engine, step, n));
    if (step.status === "waiting") requests.push(requestOf(step));
  }
  const own = requests.filter(({ task }) => task === "");
  expect(own.map(({ occurrence }) => occurrence)).toEqual([1, 2]);
});

test("ABI-1 a run's fuel is told after a snapshot and a restore as well", () => {
  const engine = createEngine();
  begin(engine, workflow([{ ask: get() }]));
  const fuel = engine.fuelUsed();
  expect(fuel).toBeGreaterThan(1000);
  const state = engine.snapshot();
  expect(engine.fuelUsed()).toBe(fuel);
  engine.restore(state);
  expect(engine.fuelUsed()).toBe(fuel);
  expect(parseRecord(engine.admitCancel()).kind).toBe("cancel");
});
