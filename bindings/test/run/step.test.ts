// step(): a run depends on what enters and in which order, and in no way on how that comes in steps, on which engine,
// or on what else is computed there.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalizeValue,
  createEngine,
  headOf,
  isInput,
  parseRecord,
  step,
} from "@reach-fabric/engine";
import type { Engine, Pack, RequestRecord, Step, StepInput } from "@reach-fabric/engine";
import { scripts } from "../../../fuzz/arbitraries/workflow.ts";
import { limits, outside, packOf, tell } from "../../../fuzz/models/tell.ts";
import type { Script } from "../../../fuzz/models/script.ts";
import { codeOf, get, grant, packOf as packOfWorkflow, workflow } from "./workflows.ts";

const seed = Uint8Array.from({ length: 32 }, (_, i) => i);

/** A run in one piece, record by record: what it comes to, and which effects it waits for in between. */
function whole(engine: Engine, script: Script) {
  engine.load(packOf(engine, script));
  engine.commit(seed);
  const { records, decision } = tell(script, engine);
  const fingerprint = engine.fingerprint();
  const { root } = engine.commitments();
  const inputs = records.filter((record) => isInput(record));
  /** The effects that are waited for, after each input. */
  const open: string[][] = [];
  const waiting = new Set<string>();
  const left = inputs.map((record, i) => {
    const { records: outputs, status } = i === 0 ? engine.start(record) : engine.advance(record);
    const entered = parseRecord(record);
    if (entered.kind === "result") waiting.delete(entered.key);
    for (const output of outputs.map((bytes) => parseRecord(bytes))) {
      if (output.kind === "request") waiting.add(output.key);
    }
    for (const key of engine.dropped()) waiting.delete(key);
    open.push(status === "waiting" ? [...waiting] : []);
    return engine.commitments().left;
  });
  return { run: { records, left, decision, fingerprint, root }, open };
}

/** What was given to the engine, as it came from outside. */
function inputsOf(script: Script, records: readonly Uint8Array[]): StepInput[] {
  const all = records.map((bytes) => parseRecord(bytes));
  const asked = new Map(
    all.filter((one): one is RequestRecord => one.kind === "request").map((one) => [one.key, one]),
  );
  return all.flatMap((record, i): StepInput[] => {
    if (record.kind === "start") return [{ start: records[i] as Uint8Array }];
    if (record.kind === "cancel" || record.kind === "suspend") {
      return [{ command: record.kind, reason: record.reason as string }];
    }
    if (record.kind === "resume") return [{ command: "resume" }];
    if (record.kind !== "result" && record.kind !== "late") return [];
    const { key, result } = record;
    if ("event" in result) return [{ key, result }];
    return [{ key, ...outsideOf(script, asked.get(key) as RequestRecord) }];
  });
}

const outsideOf = (script: Script, asked: RequestRecord): { result: object; body?: Uint8Array } => {
  const { body, ...given } = outside(script, asked);
  return body === undefined ? given : { ...given, body: new TextEncoder().encode(body) };
};

type Between = "nothing" | "another engine" | "another run" | "it was admitted";

interface Plan {
  readonly sizes: readonly number[];
  readonly between: readonly Between[];
}

/** How a run is cut into steps, and what is done between two of them. */
const plans: fc.Arbitrary<Plan> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
  between: fc.array(
    fc.constantFrom<Between[]>("nothing", "another engine", "another run", "it was admitted"),
    { minLength: 1, maxLength: 6 },
  ),
});

/** The same run in steps. */
function inSteps(engines: readonly [Engine, Engine], script: Script, plan: Plan) {
  const [here, there] = engines;
  let at = here;
  const pack = packOf(at, script);
  for (const engine of engines) {
    engine.load(pack);
    engine.commit(seed);
  }
  const straight = whole(createEngine(), script);
  const rest = inputsOf(script, straight.run.records);
  const inputs = straight.run.records.filter((record) => isInput(record));
  const records: Uint8Array[] = [];
  const left: (Uint8Array | undefined)[] = [];
  const open = new Set<string>();
  let run: Engine["run"];
  let ended = false;
  for (let n = 0; rest.length > 0; n++) {
    const size = plan.sizes[n % plan.sizes.length] ?? 1;
    const between = plan.between[n % plan.between.length];
    const given = rest.slice(0, size).map((input, i): StepInput => {
      // What another process has admitted is the same record.
      const isAdmitted = "key" in input && (n + i) % 2 === 0 && between === "it was admitted";
      return isAdmitted ? { record: inputs[left.length + i] as Uint8Array } : input;
    });
    const found = step(at, given, { run });
    run ??= at.run;
    const taken = rest.splice(0, found.taken);
    records.push(...found.records);
    left.push(...found.entered.map((entered) => entered.left));
    expect(
      found.entered.flatMap((one) => [one.record, ...one.outputs.map((o) => o.bytes)]),
    ).toEqual(found.records);
    for (const input of taken) if ("key" in input) open.delete(input.key);
    for (const { key } of found.effects) open.add(key);
    for (const key of found.dropped) open.delete(key);
    expect(found.timers).toEqual(found.effects.filter(({ type }) => type === "timer"));
    ended = found.outcome !== undefined;
    if (!ended)
      expect([...open].sort()).toEqual([...(straight.open[left.length - 1] ?? [])].sort());
    if (ended || (between !== "another engine" && between !== "another run")) continue;
    const state = at.snapshot();
    if (between === "another run") another(at, pack);
    else at = at === here ? there : here;
    at.restore(state);
    run = at.run;
  }
  expect(ended).toBe(true);
  const { root } = at.commitments();
  const end = { decision: at.decision(), fingerprint: at.fingerprint(), root };
  return { straight: straight.run, here: { records, left, ...end } };
}

/** Some other run of the same pack begins, and stays where it is. */
function another(engine: Engine, pack: Pack): void {
  if (engine.loaded !== pack) throw new Error("another pack");
  const start = engine.admitStart({ limits }, '{"other":1}');
  step(engine, [{ start }]);
}

const text = (value: object): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString("base64") : part,
  );

test("TRACE-10 ABI-10 however answers are grouped into steps, and whatever an engine does between them, it is the same run", () => {
  const engines = [createEngine(), createEngine()] as const;
  let moved = 0;
  fc.assert(
    fc.property(scripts, plans, (script, plan) => {
      const { straight, here } = inSteps(engines, script, plan);
      expect(text(here)).toBe(text(straight));
      moved += here.left.length > 2 ? 1 : 0;
    }),
    { numRuns: 500, seed: 20_261_130 },
  );
  // Many of them have steps to speak of.
  expect(moved).toBeGreaterThan(50);
});

test("the head of a record is the same, however long what stands beside it", () => {
  const filling = "x".repeat(5000);
  const awkward = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('","seq":7,"', "\\", '\\"', "{", "]", ":"),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      awkward,
      fc.constantFrom(null, true, 0, -1.5e300),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(awkward, tie("any"), { maxKeys: 4 }),
    ),
  })).any;
  const heads = fc.oneof(
    fc.record({
      kind: fc.constantFrom("task", "retry"),
      seq: fc.nat(),
      task: fc.string({ unit: "binary" }),
      iteration: fc.array(fc.nat()),
      status: fc.constant("completed"),
    }),
    fc.record({ kind: fc.constant("outcome"), seq: fc.nat(), status: fc.constant("faulted") }),
  );
  fc.assert(
    fc.property(heads, value, value, (head, input, output) => {
      const record = { ...head, context: { filling }, input, output, error: { seq: 1, kind: "x" } };
      const bytes = canonicalizeValue(JSON.parse(JSON.stringify(record)));
      const expected = { ...head };
      expect(headOf(bytes)).toEqual(expected);
    }),
    { seed: 20_261_130 },
  );
  const asked = {
    kind: "request",
    seq: 1,
    key: "0",
    type: "http",
    request: { filling },
    task: "/do/0",
    iteration: [],
    occurrence: 1,
  };
  expect(headOf(canonicalizeValue(asked))).toEqual(asked);
  for (const bad of [
    { kind: "start", seq: 0, filling },
    { kind: "task", filling },
    { kind: "result", seq: 1 },
  ]) {
    expect(() => headOf(canonicalizeValue(bad))).toThrow(TypeError);
  }
});

describe("a step", () => {
  const race = workflow([
    {
      race: {
        fork: {
          compete: true,
          branches: [
            { pay: get() },
            { wait: { wait: { seconds: 5 } } },
            { ask: get("https://a.example/y") },
          ],
        },
      },
    },
    { last: get("https://a.example/z") },
  ]);
  const ok = { result: { status: 200, headers: {} }, body: Uint8Array.of(0x31) } as const;

  /** A run that has begun, and what it asks for, by what. */
  function begun(document: object = race): { engine: Engine; first: Step; keys: string[] } {
    const engine = createEngine();
    engine.load(packOfWorkflow(engine, document));
    engine.commit(seed);
    const first = step(engine, [{ start: engine.admitStart({ grant }, "{}") }]);
    return { engine, first, keys: first.effects.map(({ key }) => key) };
  }
  const kinds = ({ records }: Step): string[] => records.map((bytes) => parseRecord(bytes).kind);

  test("says what is asked for, and the timers of it apart", () => {
    const { first } = begun();
    expect(first.effects.map(({ type }) => type)).toEqual(["http", "timer", "http"]);
    expect(first.timers.map(({ type }) => type)).toEqual(["timer"]);
    expect(first).toMatchObject({ dropped: [], taken: 1 });
    expect(first.outcome).toBeUndefined();
  });

  test("takes the failure protocol in place of an answer that no record can hold", () => {
    const { engine, keys } = begun(workflow([{ ask: get() }]));
    const found = step(engine, [{ key: keys[0] ?? "", result: { status: 1e9, headers: {} } }]);
    expect(found.entered[0]?.refused).toBe("REACH-E1601");
    expect(parseRecord(found.records[0] ?? seed)).toMatchObject({
      result: { failure: "protocol" },
    });
    expect(found.outcome?.status).toBe("faulted");
    const other = begun(workflow([{ ask: get() }]));
    const cyclic: { self?: object } = {};
    cyclic.self = cyclic;
    const refused = step(other.engine, [{ key: other.keys[0] ?? "", result: cyclic }]);
    expect(refused.entered[0]?.refused).toBe("it is not JSON");
  });

  test("leaves out answers to what it has cancelled before, but for late ones", () => {
    const { engine, keys } = begun();
    const [pay = "", wait = "", ask = ""] = keys;
    const found = step(engine, [
      { key: pay, ...ok },
      { key: wait, result: {} },
      { key: ask, ...ok },
    ]);
    expect(found.dropped).toEqual([wait, ask]);
    expect(found.taken).toBe(3);
    expect(kinds(found).filter((kind) => kind === "late" || kind === "result")).toEqual([
      "result",
      "late",
    ]);
    // What was cancelled in an earlier step is for the caller to know.
    expect(codeOf(() => step(engine, [{ key: wait, result: {} }]))).toBe("REACH-E1602");
  });

  test("takes no answer while the run is suspended, and nothing once it has ended", () => {
    const { engine, keys } = begun(workflow([{ ask: get() }]));
    const answer = { key: keys[0] ?? "", ...ok };
    const paused = step(engine, [{ command: "suspend", reason: "audit" }, answer]);
    expect(paused.taken).toBe(1);
    expect(kinds(paused)).toEqual(["suspend"]);
    const ended = step(engine, [{ command: "resume" }, answer, { command: "cancel" }]);
    expect(ended.taken).toBe(2);
    expect(kinds(ended)).toEqual(["resume", "result", "task", "outcome"]);
    expect(ended.outcome?.status).toBe("completed");
  });

  test("does not get into another run, nor into one that commits to nothing as if it did", () => {
    const { engine, keys } = begun();
    const { run } = engine;
    step(engine, [{ start: engine.admitStart({ grant }, "{}") }], { run });
    expect(codeOf(() => step(engine, [{ key: keys[0] ?? "", ...ok }], { run }))).toBe(
      "REACH-E1001",
    );
    engine.commit(null);
    const start = engine.admitStart({ grant }, "{}");
    expect(codeOf(() => step(engine, [{ start }]))).toBe("REACH-E1001");
    expect(step(engine, [{ start }], { commits: false }).entered[0]?.left).toBeUndefined();
  });
});
