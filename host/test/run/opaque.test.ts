// Opaque replay of the example: what of a run is computed again where a value of what entered is hidden.
import { fileURLToPath } from "node:url";
import {
  createEngine,
  fromUtf8,
  hole,
  isInput,
  opaqueReplay,
  parseRecord,
  utf8,
} from "@reach-fabric/engine";
import type { OpaqueReplay, Pack } from "@reach-fabric/engine";
import { beforeAll, describe, expect, test } from "vitest";
import { loadPack } from "@reach-fabric/host";

const file = fileURLToPath(
  new URL("../../../examples/loan-prescreen/workflow.yaml", import.meta.url),
);
const grant = {
  http: [
    { origin: "https://bureau.example", methods: ["GET"], paths: ["/*"] },
    { origin: "https://income.example", methods: ["POST"], paths: ["/*"] },
  ],
};
const input = { applicant: { id: "a-1001", name: "Ada Birch" }, amount: 9000 };
const answers = [
  { score: 782, debt: 4000 },
  { annual: 62000, currency: "EUR" },
];

let pack: Pack;
let records: string[];
beforeAll(async () => {
  const engine = createEngine();
  pack = await loadPack(file);
  engine.load(pack);
  const first = engine.admitStart({ grant }, JSON.stringify(input));
  const all = [first];
  let step = engine.start(first);
  all.push(...step.records);
  for (const body of answers) {
    const request = parseRecord(all.at(-1) ?? first);
    if (request.kind !== "request") throw new Error("it waits for nothing");
    const answer = engine.admitResult(
      request.key,
      { status: 200, headers: {} },
      JSON.stringify(body),
    );
    step = engine.advance(answer);
    all.push(answer, ...step.records);
  }
  records = all.map(fromUtf8);
});

/** The opaque replay without some texts of what entered, and that what it gives is what the run gave. */
function without(...texts: readonly string[]): OpaqueReplay {
  const hide = (record: string): string =>
    texts.reduce((text, hidden, i) => text.replaceAll(`:${hidden}`, `:${hole(i)}`), record);
  const show = (record: string): string =>
    texts.reduce((text, hidden, i) => text.replaceAll(hole(i), hidden), record);
  const inputs = records
    .filter((record) => isInput(utf8(record)))
    .map((record) => utf8(hide(record)));
  const given: string[] = [];
  const replay = opaqueReplay(createEngine(), pack, inputs, {
    onRecord: (record) => given.push(fromUtf8(record)),
  });
  expect(given).toHaveLength(replay.records);
  expect(given.map(show)).toEqual(records.slice(0, given.length));
  return replay;
}

describe("the example, opaque", () => {
  test("what is only carried, or never read, loses nothing", () => {
    expect(without('"Ada Birch"')).toEqual({ status: "ended", records: 17 });
    expect(without('"EUR"', '"Ada Birch"')).toEqual({ status: "ended", records: 17 });
  });

  test("what is decided on ends it where it is looked at", () => {
    const asking = "/do/4/income/try/0/ask";
    expect(without("62000")).toMatchObject({
      status: "looked",
      records: 10,
      looked: { records: 10, task: asking, what: "expression" },
    });
    expect(without("62000").looked?.expression).toContain(".annual == null");
    expect(without('"a-1001"')).toMatchObject({ status: "looked", records: 2 });
    expect(without("9000").records).toBe(2);
    expect(without("782").records).toBe(6);
  });
});
