// The second verifier against the runs of golden/runs, as golden/second/maker.ts writes them in format v4.
import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createEngine, opaqueReplay, pathOf, valueAt } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { openEvidence, recordsOf, verify as verifyOurs } from "@reach-fabric/evidence";
import { packOf } from "../../evidence/test/fixtures/fixture.ts";
import { readRun, runsIndex } from "../files.ts";
import { readContainer, writeContainer } from "../second/container.ts";
import type { Entries } from "../second/container.ts";
import * as d from "../second/data.ts";
import type { Members, Value } from "../second/data.ts";
import { Made, proofOf } from "../second/maker.ts";
import type { MadeOf } from "../second/maker.ts";
import { signedBytes } from "../second/run.ts";
import { verify } from "../second/verifier.ts";
import type { Recompute } from "../second/verifier.ts";

const engine = createEngine();

/** What the engine computes, of a run in which nothing is hidden. */
const recompute: Recompute = (pack, inputs) => {
  engine.load(pack);
  return inputs.flatMap((input, i) => [
    input,
    ...(i === 0 ? engine.start(input) : engine.advance(input)).records.map((text) => text.slice()),
  ]);
};
/** An engine that is kept from going on after so many records. */
const upTo =
  (size: number, all: Recompute = recompute): Recompute =>
  (pack, inputs) =>
    all(pack, inputs).slice(0, size);

const pkcs8 = (seed: string): Buffer =>
  Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
const keyOf = (seed: string) =>
  createPrivateKey({ key: pkcs8(seed), format: "der", type: "pkcs8" });
const key = keyOf("01".repeat(32));
const other = keyOf("02".repeat(32));

const read = (texts: readonly Uint8Array[]): Members[] =>
  texts.map((text) => d.members(d.parse(text)));

/** A run as the maker takes it; the decision is any, as the second verifier computes none. */
function madeOf(records: readonly Members[], pack: Pack, more: Partial<MadeOf> = {}): MadeOf {
  const { semantics, workflow } = records[0] ?? {};
  return {
    facts: {
      id: "0191b0c0-0000-4000-8000-000000000001",
      attempt: 1,
      startedAt: "2026-11-23T07:00:00.000Z",
      endedAt: "2026-11-23T07:00:01.250Z",
      semantics: semantics ?? null,
      workflow: workflow ?? null,
      pack: pack.digest,
      engine: "e0".repeat(32),
    },
    values: {
      tenant: "acme",
      actor: "maria@acme.example",
      decision: { decision: "d0".repeat(32), fingerprint: "f0".repeat(32) },
      annotations: records.filter(d.enters).map(({ seq }) => ({ at: 1_000, seq: seq ?? null })),
    },
    records,
    pack,
    key,
    secret: Buffer.from("5e".repeat(32), "hex"),
    ...more,
  };
}

/** Asks for a score twelve times, carries a name and a note, and looks at neither. */
const pack = packOf({
  "loan.yaml": {
    document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
    do: [
      { keep: { set: { who: "${ .applicant.name }", of: "${ .applicant }", list: "${ .list }" } } },
      {
        each: {
          for: { in: "${ [range(12)] }", each: "i" },
          do: [
            {
              ask: {
                call: "http",
                with: { method: "get", endpoint: "https://bureau.example/v1/score" },
              },
            },
            { add: { set: { score: "${ .score + 1 }", note: "${ .note }", empty: [], more: {} } } },
          ],
        },
      },
    ],
  },
});
const grant = { http: [{ methods: ["GET"], origin: "https://bureau.example", paths: ["/v1/*"] }] };
const input = { applicant: { name: "Ada", age: 36 }, list: ["a", { "b/~": null }], amount: -0.5 };

function longRun(): Members[] {
  engine.load(pack);
  const start = engine.admitStart({ grant }, JSON.stringify(input));
  const records = [start, ...engine.start(start).records.map((text) => text.slice())];
  for (let key = 0; key < 12; key += 1) {
    const body = JSON.stringify({ score: 700 + key, note: `note ${key}` });
    const answer = engine.admitResult(`${key}`, { status: 200, headers: {} }, body);
    records.push(answer, ...engine.advance(answer).records.map((text) => text.slice()));
  }
  return read(records);
}

/**
 * Stands for an engine that carries hidden values: each hole is a text of its own, which comes out where it
 * was carried to. Sound for runs that do not look at what is hidden, and until the engine can do it itself.
 */
const carrying: Recompute = (pack, inputs) => {
  const filled = (value: Value): Value =>
    value instanceof d.Hole ? `hidden ${value.number}` : mapped(value, filled);
  const emptied = (value: Value): Value => {
    const number = typeof value === "string" ? /^hidden (\d+)$/.exec(value)?.[1] : undefined;
    return number === undefined ? mapped(value, emptied) : new d.Hole(Number(number));
  };
  const convert = (text: Uint8Array, by: (value: Value) => Value): Buffer =>
    Buffer.from(d.canonical(by(d.parse(text, true))));
  const given = inputs.map((text) => convert(text, filled));
  return recompute(pack, given).map((text) => convert(text, emptied));
};
function mapped(value: Value, by: (value: Value) => Value): Value {
  if (typeof value !== "object" || value === null || value instanceof d.Hole) return value;
  const children = d.childrenOf(value).map(([name, child]) => [name, by(child)] as const);
  return Array.isArray(value) ? children.map(([, child]) => child) : Object.fromEntries(children);
}

const golden = runsIndex()
  .runs.filter(({ file, verdicts }) => file.endsWith(".reach") && verdicts.replayed === "pass")
  .flatMap(({ file }) => {
    const evidence = openEvidence(engine, readRun(file));
    if (evidence.pack === null) return [];
    const records = [...recordsOf(engine, evidence)].map(({ bytes }) => bytes);
    return [{ file, records: read(records), pack: evidence.pack }];
  });
const evidence = runsIndex().runs.filter(({ file }) => /^(?!redacted).*\.reach$/.test(file));
// Who has redacted a file is not looked at here.
const hiding = runsIndex().runs.filter(
  ({ file, verdicts }) =>
    /^redacted.*\.reach$/.test(file) && verdicts.authentic !== "fail REACH-E5306",
);
test.each(hiding)("of golden/runs/$file both say the same: $why", ({ file, verdicts }) => {
  const answer = verify(readRun(file), (pack, inputs) => {
    const found: Uint8Array[] = [];
    opaqueReplay(engine, pack, inputs, { onRecord: (record) => found.push(record.slice()) });
    return found;
  });
  expect(answer.authentic).toBe(verdicts.authentic === "pass");
  // What is computed of it is what was signed.
  expect(answer.replayed).toBe((verdicts.redacted ?? "not checked").split(" REACH-")[0]);
});
test.each(evidence)("of golden/runs/$file both say the same: $why", ({ file, verdicts }) => {
  const bytes = readRun(file);
  const answer = verify(bytes, recompute);
  const passes = (verdict: "authentic" | "complete"): boolean => verdicts[verdict] === "pass";
  expect(answer.authentic).toBe(passes("authentic"));
  expect(answer.complete).toBe(passes("complete"));
  // Decision digest and fingerprint are not computed here.
  const { replayed = "not checked" } = verdicts;
  const [result] = replayed.split(" REACH-");
  expect(answer.replayed).toBe(replayed === "fail REACH-E5702" ? "pass" : result);
  if (!answer.authentic) return;
  const { run } = openEvidence(engine, bytes);
  expect(answer.enteredRoot).toBe(run.entered.root);
  if (answer.replayed === "pass") expect(answer.traceRoot).toBe(run.trace.root);
  const { tenant, actor, annotations, decision, fingerprint } = run;
  expect(
    Object.fromEntries([...answer.disclosed].filter(([at]) => at.startsWith("/run/"))),
  ).toEqual({
    "/run/tenant": tenant,
    "/run/actor": actor,
    "/run/decision": { decision, fingerprint },
    ...(annotations?.length === 0 ? {} : { "/run/annotations": annotations }),
  });
});

const long = { file: "a long run", records: longRun(), pack };

/** All values of these records, by pointer. */
const slotsIn = (records: readonly Members[]): [string, Value][] =>
  records.flatMap((record) =>
    d
      .slotsOf(record)
      .map((slot): [string, Value] => [`/${Number(record["seq"])}/${slot}`, record[slot] ?? null]),
  );
const ofRecords = (disclosed: ReadonlyMap<string, Value>): [string, Value][] =>
  [...disclosed].filter(([at]) => !at.startsWith("/run/"));

describe.each([...golden, long])("$file", ({ records, pack }) => {
  const made = new Made(madeOf(records, pack));
  const roots = {
    enteredRoot: d.members(made.run["entered"])["root"],
    traceRoot: d.members(made.run["trace"])["root"],
  };

  test("as a whole: its roots, and every value", () => {
    const answer = verify(made.whole(), recompute);
    expect(answer).toMatchObject({ authentic: true, complete: true, replayed: "pass", ...roots });
    expect(answer.outcome).toEqual(records.at(-1));
    expect(answer.hidden).toEqual([]);
    expect(new Map(ofRecords(answer.disclosed))).toEqual(new Map(slotsIn(records)));
    // Without an engine: what entered, and the outcome unless it is large.
    const alone = verify(made.whole());
    expect(alone).toMatchObject({ authentic: true, complete: true, replayed: "not checked" });
    const isSmall = d.canonical(records.at(-1) ?? null).length <= 65_536;
    const there = records.filter((r) => d.enters(r) || (r["kind"] === "outcome" && isSmall));
    expect(new Map(ofRecords(alone.disclosed))).toEqual(new Map(slotsIn(there)));
  });

  test("with all hidden from any record on, the outcome shown by name", () => {
    for (let size = 1; size <= records.length; size += 1 + (size >> 3)) {
      const show = slotsIn(records.slice(-1)).map(([at]) => at);
      const file = made.redacted({ show }, upTo(size));
      const answer = verify(file, recompute);
      expect(answer).toMatchObject({
        authentic: true,
        complete: false,
        replayed: "pass",
        ...roots,
      });
      expect(answer.hidden).toEqual(["/run/decision"]);
      if (show.length > 0) expect(answer.outcome).toEqual(records.at(-1));
      const shown = new Map([...slotsIn(records.slice(0, size)), ...slotsIn(records.slice(-1))]);
      expect(new Map(ofRecords(answer.disclosed))).toEqual(shown);
      expect(Buffer.from(file).includes(d.hex(made.seed))).toBe(false);
    }
  });

  test("records shown by name, each with its proof", () => {
    for (const seq of records.keys()) {
      const show = slotsIn(records.slice(seq, seq + 1)).map(([at]) => at);
      const answer = verify(made.redacted({ show: seq === 0 ? [] : show }, upTo(1)));
      const shown = new Map(slotsIn(records.filter((_, i) => i === 0 || i === seq)));
      expect(answer.authentic).toBe(true);
      expect(new Map(ofRecords(answer.disclosed))).toEqual(shown);
    }
  });

  test("a record that the engine does not compute is seen, and none of what it computed is shown", () => {
    const at = records.findIndex((record) => !d.enters(record));
    const [slot = ""] = d.slotsOf(records[at] ?? {});
    const lied = records.with(at, { ...records[at], [slot]: "another" });
    const liar = new Made(madeOf(lied, pack));
    const answer = verify(liar.whole(), recompute);
    expect(answer).toMatchObject({ authentic: true, replayed: "fail" });
    expect(answer.disclosed.has(`/${at}/${slot}`)).toBe(false);
    expect(verify(liar.redacted({}, upTo(at)), recompute).replayed).toBe("pass");
    expect(verify(liar.redacted({}, upTo(at + 1)), recompute).replayed).toBe("fail");
  });
});

const whole = new Made(madeOf(long.records, pack)).whole();
const drop = [
  "/0/input/applicant/name",
  "/0/input/list/1/b~1~0",
  "/3/result/body/note",
  "/run/actor",
];
const redacted = new Made(madeOf(long.records, pack)).redacted({ drop }, carrying);
/** The same where the engine had to look at the tenth record; the last two are shown by name. */
const partial = new Made(madeOf(long.records, pack)).redacted(
  { drop, show: ["/50/output", "/51/output"] },
  upTo(9, carrying),
);

/** The file with an entry replaced, left out or, behind the others, added. */
function withEntry(file: Uint8Array, name: string, change: (bytes: Buffer) => Uint8Array | null) {
  const entries: Entries = new Map(readContainer(file));
  const bytes = change(Buffer.from(entries.get(name) ?? []));
  if (bytes === null) entries.delete(name);
  else entries.set(name, bytes);
  return writeContainer(entries);
}
const edited = (name: string, from: string | RegExp, to: string) => (file: Buffer) =>
  withEntry(file, name, (bytes) => Buffer.from(bytes.toString().replace(from, to)));
const withLines =
  (name: string, change: (lines: string[]) => readonly string[]) =>
  (file: Buffer): Buffer =>
    withEntry(file, name, (bytes) =>
      Buffer.from(
        change(bytes.toString().split("\n").slice(0, -1))
          .map((line) => `${line}\n`)
          .join(""),
      ),
    );
const swapped = (lines: string[], a: number, b: number): string[] =>
  lines.with(a, lines[b] ?? "").with(b, lines[a] ?? "");
/** The lines with the head changed as a value. */
const withHead = (name: string, change: (head: Members) => Members) =>
  withLines(name, ([head = "", ...lines]) => [
    d.canonical(change(d.members(d.parse(Buffer.from(head))))),
    ...lines,
  ]);
const onWhole = (change: (lines: string[]) => readonly string[]) =>
  withLines("entered.jsonl", change);
const onShown = (change: (head: Members) => Members) => withHead("shown.jsonl", change);
const turned = (list: Value | undefined): Value[] => {
  const [first = null, ...more] = d.elements(list);
  return [...more, first];
};
const flipped = (file: Buffer, at: number, by = 1): Buffer => {
  const copy = Buffer.from(file);
  copy[at] = (copy[at] ?? 0) ^ by;
  return copy;
};

test.each<[string, (file: Buffer) => Buffer]>([
  ["an input is another", edited("entered.jsonl", '"age":36', '"age":37')],
  ["an answer is another", edited("entered.jsonl", '"score":703', '"score":713')],
  ["the key of an answer is another", edited("entered.jsonl", '"key":"3"', '"key":"4"')],
  ["the number of a record is another", edited("entered.jsonl", /"seq":3\}/, '"seq":2}')],
  ["the grant is another", edited("entered.jsonl", "bureau", "office")],
  ["a record is left out", onWhole((lines) => lines.toSpliced(3, 1))],
  ["the last record is left out", onWhole((lines) => lines.toSpliced(-2, 1))],
  ["a record is there twice", onWhole((lines) => lines.toSpliced(3, 0, lines[3] ?? ""))],
  ["two records change places", onWhole((lines) => swapped(lines, 3, 4))],
  ["the outcome is missing", onWhole((lines) => lines.slice(0, -1))],
  ["the outcome is another", edited("entered.jsonl", /"output":\{[^{]*/, '"output":{"a":')],
  ["the outcome is a leaf of zeros", onWhole((lines) => [...lines.slice(0, -1), ZEROS])],
  ["a stamp is another", edited("entered.jsonl", '"at":1000', '"at":1001')],
  ["the stamps are missing", edited("entered.jsonl", /"annotations":\[.*?\],/, "")],
  ["the tenant is another", edited("entered.jsonl", "acme", "evil")],
  ["the decision is another", edited("entered.jsonl", "d0d0", "d1d0")],
  ["the seed is another", edited("entered.jsonl", /"seed":"../, '"seed":"00')],
  ["a blank", edited("entered.jsonl", ":", ": ")],
  [
    "no newline at the end",
    (file) => withEntry(file, "entered.jsonl", (bytes) => bytes.subarray(0, -1)),
  ],
  ["an empty line", edited("entered.jsonl", "\n", "\n\n")],
  [
    "run.json has another root of what entered",
    edited("run.json", /"entered":\{"root":"../, '"entered":{"root":"00'),
  ],
  [
    "run.json has another root of the trace",
    edited("run.json", /"trace":\{"root":"../, '"trace":{"root":"00'),
  ],
  ["run.json has another attempt", edited("run.json", '"attempt":1', '"attempt":2')],
  ["run.json has another version", edited("run.json", "evidence/v4", "evidence/v5")],
  ["run.json names another engine", edited("run.json", "e0e0", "e1e0")],
  ["run.json names another key", edited("run.json", '"public":"i', '"public":"j')],
  ["the signature is another", (file) => withEntry(file, "run.sig", (bytes) => flipped(bytes, 9))],
  ["the signature is cut", (file) => withEntry(file, "run.sig", (bytes) => bytes.subarray(0, 63))],
  ["no signature", (file) => withEntry(file, "run.sig", () => null)],
  ["a blob is another", edited(`blobs/sha256/${pack.digest}`, "loan", "moan")],
  ["pack.json is missing", (file) => withEntry(file, `blobs/sha256/${pack.digest}`, () => null)],
  [
    "a blob that belongs to nothing",
    (file) => withEntry(file, `blobs/sha256/${"f".repeat(64)}`, () => pack.manifest),
  ],
  ["both forms", (file) => withEntry(file, "shown.jsonl", () => Buffer.from("{}\n"))],
  ["a byte more", (file) => Buffer.concat([file, Buffer.alloc(1)])],
  ["a byte less", (file) => file.subarray(0, -1)],
])("whole, and not authentic: %s", (_, change) => {
  const changed = change(whole);
  expect(changed.equals(whole)).toBe(false);
  const answer = verify(changed, recompute);
  expect(answer).toMatchObject({ authentic: false, replayed: "not checked" });
  expect(answer.disclosed.size).toBe(0);
});
const ZEROS = `{"leaf":{"kind":"outcome","output":"${"0".repeat(64)}","seq":27,"status":"completed"}}`;

describe("a run with hidden values", () => {
  const file = redacted;
  const texts = linesOf(file, "shown.jsonl");

  test("shows all else, and is computed to its end by an engine that carries what is hidden", () => {
    const answer = verify(file, carrying);
    expect(answer).toMatchObject({ authentic: true, replayed: "pass", complete: false });
    expect(verify(partial, carrying)).toMatchObject({ authentic: true, replayed: "pass" });
    expect(answer.disclosed.get("/0/input/applicant/age")).toBe(36);
    expect(answer.disclosed.get("/0/input/list/0")).toBe("a");
    expect(answer.disclosed.get("/run/tenant")).toBe("acme");
    expect(answer.hidden).toEqual(
      expect.arrayContaining([...drop, "/run/decision", "/1/output/who"]),
    );
    const values = [...answer.disclosed.values()].map((value) => d.canonical(value)).join();
    for (const hidden of ["Ada", "note 0", "maria"]) {
      expect(values).not.toContain(hidden);
      expect(Buffer.from(file).includes(hidden)).toBe(false);
    }
    expect(values).toContain("note 1");
  });

  test("holds no 32 bytes that follow from what is shown and a right guess", () => {
    const texts = linesOf(partial, "shown.jsonl");
    const all = new Set(texts.flatMap((text) => text.match(/\b[0-9a-f]{64}\b/g) ?? []));
    const seeds = [...all].map((text) => Buffer.from(text, "hex"));
    const slots = seeds.flatMap((seed) =>
      Object.keys(d.SLOT).map((slot) => d.slotSeed(seed, slot)),
    );
    const inner = [...seeds, ...slots];
    const children = inner.flatMap((seed) => [0, 1, 2].map((index) => d.childSeed(seed, index)));
    const guesses = ["Ada", null, "note 0", "maria@acme.example", input.applicant, input];
    const found = [...inner, ...children].flatMap((seed) =>
      guesses.map((guess) => d.hex(d.commitment(guess, seed))).filter((text) => all.has(text)),
    );
    expect(found).toEqual([]);
  });

  test("no 32 bytes stand in two places, but for hashes of what is shown by name", () => {
    const all = texts.flatMap((text) => text.match(/\b[0-9a-f]{64}\b/g) ?? []);
    const twice = all.filter((text, i) => all.indexOf(text) !== i && text !== pack.digest);
    expect(twice).toEqual([]);
  });
});

const linesOf = (file: Uint8Array, name: string): string[] =>
  Buffer.from(readContainer(file).get(name) ?? [])
    .toString()
    .split("\n")
    .slice(0, -1);
/** The seeds of partial in which one record, of which nothing is hidden, is left to its own line. */
const made = new Made(madeOf(long.records, pack));
const seedsBut = (seq: number, head: Members): Members => ({
  ...head,
  seeds: d.elements(head["seeds"]).flatMap((place): Value[] => {
    const [from, level] = d.elements(place).map(Number);
    if (from === seq) return [];
    return [level === 0 ? place : [6, 0, d.hex(d.recordSeed(made.seed, 6))]];
  }),
});
const withOwnSeeds = (file: Buffer): Buffer =>
  withLines("shown.jsonl", (lines) =>
    lines.map((line) =>
      line.includes('"seq":7}') && line.includes('{"v":')
        ? line.replace('{"v":', `{"s":"${d.hex(made.slotSeed(7, "result"))}","v":`)
        : line,
    ),
  )(onShown((head) => seedsBut(7, head))(file));
const withOwnLine = (file: Buffer): Buffer =>
  shown((lines) => {
    const slots = { request: { s: d.hex(made.slotSeed(2, "request")) } };
    return lines.toSpliced(5, 0, d.canonical({ seq: 2, slots }));
  })(
    onShown((head) => ({
      ...head,
      seeds: d.elements(head["seeds"]).filter((place) => d.elements(place)[0] !== 2),
    }))(file),
  );
/** The decision as the whole file's head has it, with its seed. */
const withDecision = onShown((head) => {
  const decision = made.of.values["decision"] ?? null;
  return { ...head, decision: { s: d.hex(made.slotSeed(d.RUN, "decision")), v: decision } };
});
const shown = (change: (lines: string[]) => readonly string[]) => withLines("shown.jsonl", change);
const first = (from: RegExp, to: string) => edited("shown.jsonl", from, to);

test.each<[string, (file: Buffer) => Buffer]>([
  ["a value that is shown is another", first(/"v":36/, '"v":37')],
  ["the seed of a value is another", first(/\{"s":"..(.{62})","v":36/, '{"s":"00$1","v":36')],
  ["a hidden value's commitment is another", first(/"name":"../, '"name":"00')],
  ["a member is left out", first(/"amount":\{[^}]*\},/, "")],
  ["a member has another name", first(/"applicant":/, '"applicanu":')],
  ["a text stands where a value is hidden", first(/"name":"[0-9a-f]{64}"/, '"name":"Ada"')],
  ["a whole value is opened", first(/\{"s":"[0-9a-f]{64}","v":36\}/, '{"a":[]}')],
  ["a record that entered is left out", shown((lines) => lines.toSpliced(2, 1))],
  ["two records change places", shown((lines) => swapped(lines, 1, 2))],
  ["a record is there twice", shown((lines) => lines.toSpliced(2, 0, lines[2] ?? ""))],
  ["a grant is another", first(/bureau/, "office")],
  [
    "hashes of what entered change places",
    onShown((head) => ({ ...head, entered: turned(head["entered"]) })),
  ],
  [
    "a hash of what entered is missing",
    onShown((head) => ({ ...head, entered: d.elements(head["entered"]).slice(1) })),
  ],
  ["the seed of a record that entered is another", first(/\[6,1,"../, '[6,1,"00')],
  [
    "a hash of what entered is too many",
    onShown((head) => ({ ...head, entered: [...d.elements(head["entered"]), "0".repeat(64)] })),
  ],
  ["the decision is shown", (file) => withDecision(file)],
  ["a seed that no record needs is no seed", first(/\[2,0,"../, '[2,0,"xx')],
  ["the tenant is another", first(/acme/, "evil")],
  ["the actor's commitment is another", first(/"actor":"../, '"actor":"00')],
  ["the proof of a record is another", first(/"proof":\["../, '"proof":["00')],
  ["a proof is longer", first(/"proof":\["/, `"proof":["${"0".repeat(64)}","`)],
  ["a record has another place", first(/"index":50/, '"index":49')],
  ["a record is under another tree", first(/"tree":"trace"/, '"tree":"entered"')],
  ["a leaf is another", first(/"next":"exit"/, '"next":"end"')],
  ["the value of a record shown by name is another", first(/(.*)"score":\d+/s, '$1"score":1')],
  ["fewer records are said to be computed", onShown((head) => ({ ...head, computed: 4 }))],
  ["more records are said to be computed", onShown((head) => ({ ...head, computed: 11 }))],
  ["seeds change places", onShown((head) => ({ ...head, seeds: turned(head["seeds"]) }))],
  ["a seed is of another level", first(/"seeds":\[\[2,0/, '"seeds":[[2,1')],
  ["what was computed stands before what entered", shown((lines) => swapped(lines, 3, 4))],
  ["a record that entered has seeds of its own", (file) => withOwnSeeds(file)],
  [
    "two records shown by name change places",
    shown((lines) => swapped(lines, lines.length - 1, lines.length - 2)),
  ],
])("redacted, and not authentic: %s", (_, change) => {
  const changed = change(partial);
  expect(changed.equals(partial)).toBe(false);
  const answer = verify(changed, carrying);
  expect(answer).toMatchObject({ authentic: false, replayed: "not checked" });
  expect(answer.disclosed.size).toBe(0);
  expect(ours(changed)).toEqual(["fail", "not checked"]);
});

/** What Reach says of a file: whether it is authentic, and what was computed of it. */
function ours(file: Uint8Array): string[] {
  const { authentic, replayed } = verifyOurs(engine, file).verdicts;
  const isPrefix = replayed.code === "REACH-E5504";
  return [authentic.result, isPrefix ? "as far as it goes" : replayed.result];
}

test("Reach says the same of redacted files, and shows the same", () => {
  for (const file of [redacted, partial]) {
    expect(ours(file)).toEqual(["pass", "as far as it goes"]);
    const { disclosed, hidden } = verify(file, carrying);
    const found = openEvidence(engine, file);
    expect([...found.missing].sort()).toEqual([...verify(file).hidden].sort());
    const records = [...recordsOf(engine, found)];
    const ofRecords = records.flatMap(({ seq, hidden }) => hidden.map((at) => `/${seq}${at}`));
    const both = [...new Set([...found.missing, ...ofRecords])].sort();
    expect(both).toEqual([...new Set(hidden)].sort());
    const values = new Map(records.map(({ seq, bytes }) => [seq, d.members(d.parse(bytes))]));
    for (const [at, value] of disclosed) {
      const [seq = "", ...path] = pathOf(at);
      if (seq !== "run") expect(valueAt(values.get(Number(seq)), path)).toEqual(value);
    }
  }
});

test.each<[string, (file: Buffer) => Buffer]>([
  [
    "hashes of the trace change places",
    onShown((head) => ({ ...head, trace: turned(head["trace"]) })),
  ],
  ["a hash of the trace is missing", onShown((head) => ({ ...head, trace: [] }))],
  [
    "a hash of the trace is too many",
    onShown((head) => ({ ...head, trace: [...d.elements(head["trace"]), "0".repeat(64)] })),
  ],
  ["what hides a computed value is another", first(/"who":"../, '"who":"00')],
  [
    "the seed of a computed value is another",
    first(/"context":\{"o":\{"amount":\{"s":"../, '"context":{"o":{"amount":{"s":"00'),
  ],
  ["the slots of a computed record are others", first(/"slots":\{"context"/, '"slots":{"error"')],
  ["a computed record of which nothing is hidden has a line", (file) => withOwnLine(file)],
])("redacted, and seen when it is computed again: %s", (_, change) => {
  const changed = change(partial);
  expect(changed.equals(partial)).toBe(false);
  const answer = verify(changed, carrying);
  expect(answer.replayed).toBe("fail");
  expect(answer.disclosed.has("/3/output")).toBe(false);
  expect(ours(changed)).toEqual(["pass", "fail"]);
});

test("an engine that takes another answer than it was given is not believed", () => {
  const forging: Recompute = (pack, inputs) =>
    carrying(pack, inputs).map((text, i) =>
      i === 3 ? Buffer.from(Buffer.from(text).toString().replace(":700}", ":701}")) : text,
    );
  expect(verify(partial, forging).replayed).toBe("fail");
});

test("an outcome among what entered that is not the trace's is seen", () => {
  class Liar extends Made {
    override get outcome(): Members {
      return { ...super.outcome, output: "another" };
    }
  }
  const liar = new Liar(madeOf(long.records, pack));
  for (const file of [liar.whole(), liar.redacted({ drop }, carrying)]) {
    const answer = verify(file, carrying);
    expect(answer).toMatchObject({ authentic: true, replayed: "fail" });
    expect(answer.outcome).not.toEqual(long.records.at(-1));
  }
});

test("a record that says another number than its place is not shown by name", () => {
  const records = long.records.with(40, { ...long.records[40], seq: 41 });
  const file = new Made(madeOf(records, pack)).redacted({ show: ["/40/output"] }, upTo(1));
  expect(verify(file).why).toBe("a record in another place");
});

test("no byte of a file can be another, whatever an engine says", () => {
  const short = new Made(madeOf(golden.at(-1)?.records ?? [], golden.at(-1)?.pack ?? pack));
  const files = [
    short.whole(),
    short.redacted({ drop: ["/0/input"], show: ["/2/result"] }, upTo(1, carrying)),
  ];
  for (const file of files) {
    expect(verify(file, upTo(1, carrying)).replayed).not.toBe("not checked");
    const changed = [...file.keys()].filter((at) => {
      const { authentic, replayed } = verify(flipped(file, at, 1 << (at % 8)), upTo(1, carrying));
      return authentic && replayed !== "fail";
    });
    expect(changed).toEqual([]);
  }
});

test("a run whose outcome is large has the outcome's leaf, and shows the outcome when it is computed again", () => {
  const records = long.records.with(51, { ...long.records.at(-1), output: "x".repeat(70_000) });
  const made = new Made(madeOf(records, pack));
  const answer = verify(made.whole());
  expect(answer).toMatchObject({ authentic: true, complete: true });
  expect(answer.outcome).toEqual(made.leaf(records.at(-1) ?? {}));
  expect(made.whole().length).toBeLessThan(20_000);
});

test("an outcome that is small and left out is seen when it is computed again", () => {
  const leaf = new Made(madeOf(long.records, pack)).leaf(long.records.at(-1) ?? {});
  const hidden = onWhole((lines) => [...lines.slice(0, -1), d.canonical({ leaf })])(whole);
  expect(verify(hidden, recompute)).toMatchObject({ authentic: true, replayed: "fail" });
});

test("a proof holds at its place and at no other", () => {
  for (let size = 1; size <= 17; size += 1) {
    const leaves = Array.from({ length: size }, (_, i) => d.sha256(`${i}`));
    const root = d.rootOf(leaves, size, []);
    for (let index = 0; index < size; index += 1) {
      const proof = proofOf(leaves, index);
      for (let place = 0; place < size; place += 1) {
        const holds = (): boolean =>
          d.rootByProof(leaves[index] ?? root, place, size, proof).equals(root);
        if (place === index) expect(holds()).toBe(true);
        else expect(holds).toSatisfy((work: () => boolean) => !tried(work));
      }
    }
  }
});
const tried = (work: () => boolean): boolean => {
  try {
    return work();
  } catch {
    return false;
  }
};

test("another key, or a statement about another file, is no signature of this one", () => {
  const made = new Made(madeOf(long.records, pack));
  const { pae } = signedBytes(made.runBytes, made.run);
  expect(pae.toString()).toMatch(/^DSSEv1 28 application\/vnd\.in-toto\+json \d+ \{"_type":/);
  const stolen = new Made(madeOf(long.records, pack, { key: other }));
  const signature = readContainer(stolen.whole()).get("run.sig") ?? new Uint8Array();
  expect(verify(withEntry(whole, "run.sig", () => signature)).authentic).toBe(false);
  expect(verify(stolen.whole()).authentic).toBe(true);
});
