// Whom runs are about: docs/spec/log.md, LOG-63 and LOG-64.
import { toHex, utf8 } from "@reach-fabric/engine";
import {
  formatEntry,
  newMatterKey,
  parseEntry,
  readMatterKey,
  startedEntryOf,
  subjectsIn,
  SubjectSearch,
  subjectsUnder,
} from "@reach-fabric/evidence";
import type { FoundRuns, MatterKey } from "@reach-fabric/evidence";
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { codeOf, computed, engine, facts, packOf, pseudoRandom } from "../fixtures/fixture.ts";

const keyOf = (seed: string): MatterKey =>
  readMatterKey(engine, utf8(JSON.stringify(newMatterKey(engine, pseudoRandom(seed)))));
const key = keyOf("matter");
const AT = "2026-11-23T07:00:00.000Z";
const run = { run: facts.id, attempt: 1 };

/** The entry of a run about these. */
const entryAbout = (subjects: readonly unknown[], own = key, of = run): Uint8Array => {
  const body = {
    ...of,
    pack: "ab".repeat(32),
    engine: "cd".repeat(32),
    commitment: "23".repeat(32),
  };
  const about = subjectsUnder(engine, own, of, subjects);
  return formatEntry(engine, { type: "started", body: { ...body, subjects: about } }, AT);
};
function search(entries: readonly Uint8Array[], ...subjects: readonly unknown[]): FoundRuns {
  const found = new SubjectSearch(engine, [key], ...subjects);
  for (const [i, bytes] of entries.entries()) found.add(i, parseEntry(engine, bytes));
  return found.found();
}

test("LOG-63 a code is an HMAC of run, attempt and value under the matter key", () => {
  const { secret, id } = key;
  const mac = (message: Uint8Array | string): string =>
    createHmac("sha256", secret).update(message).digest("hex");
  const message = Buffer.concat([
    Buffer.from(`reach/v1/subject\0${facts.id}\0`),
    Buffer.from([0, 0, 0, 1]),
    utf8('"C-1042"'),
  ]);
  expect(id).toBe(mac("reach/v1/matter-key").slice(0, 16));
  expect(subjectsUnder(engine, key, run, ["C-1042"])).toEqual({ key: id, codes: [mac(message)] });
  expect(mac(message)).toBe("a3a9e0a0adfc12099f7afca34e4d335fa5f7dc23c77deed7435181630678f54a");
});

test("attack: a code cannot be made without the key's secret", () => {
  const empty = { id: key.id, secret: new Uint8Array() };
  const forged = entryAbout(["C-1042"], empty);
  expect(search([entryAbout(["C-1042"]), forged], "C-1042").runs.map(({ index }) => index)).toEqual(
    [0],
  );
});

test("LOG-63 another run, attempt, key or spelling has another code; equal values are one", () => {
  const codes = [
    subjectsUnder(engine, key, run, ["C-1", "C-1"]),
    subjectsUnder(engine, key, run, ["c-1"]),
    subjectsUnder(engine, key, { ...run, attempt: 2 }, ["C-1"]),
    subjectsUnder(engine, key, { ...run, run: facts.id.replace(/1$/, "2") }, ["C-1"]),
    subjectsUnder(engine, keyOf("other"), run, ["C-1"]),
    subjectsUnder(engine, key, run, [1]),
    subjectsUnder(engine, key, run, ["1"]),
  ].flatMap((subjects) => subjects.codes);
  expect(new Set(codes).size).toBe(7);
});

test("LOG-63 they are in the order of the codes, which says nothing of that of the values", () => {
  const { codes } = subjectsUnder(engine, key, run, ["a", "b", "c", "d", "e"]);
  expect(codes).toEqual(codes.toSorted());
  const body = {
    ...run,
    pack: "ab".repeat(32),
    engine: "cd".repeat(32),
    commitment: "23".repeat(32),
  };
  for (const wrong of [codes.toReversed(), [codes[0] ?? "", codes[0] ?? ""], []]) {
    const subjects = { key: key.id, codes: wrong };
    expect(
      codeOf(() => formatEntry(engine, { type: "started", body: { ...body, subjects } }, AT)),
    ).toBe("REACH-E5335");
  }
});

test("LOG-63 the values are those in the input that the pack names; a start has them beside its commitment", () => {
  const { manifest, ...pack } = packOf({ "loan.yaml": {} });
  const named = (classification: readonly object[]): typeof pack & { manifest: Uint8Array } => ({
    ...pack,
    manifest: utf8(
      JSON.stringify({
        ...(JSON.parse(new TextDecoder().decode(manifest)) as object),
        classification,
      }),
    ),
  });
  const echo = packOf({
    "loan.yaml": {
      document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
      do: [{ echo: { set: "${ . }" } }],
    },
  });
  const [record = new Uint8Array()] = computed(echo, { who: "C-1", also: [{ id: 7 }], none: null });
  const subject = (pointer: string, where = "input"): object => ({
    class: "subject",
    in: where,
    pointer,
  });
  const all = ["/who", "/also/0/id", "/none", "/missing"].map((pointer) => subject(pointer));
  expect(subjectsIn(named(all), record)).toEqual(["C-1", 7]);
  expect(
    subjectsIn(named([{ class: "personal", in: "input", pointer: "/who" }]), record),
  ).toBeUndefined();
  expect(subjectsIn(named([subject("/who", "result:/do/0/a")]), record)).toBeUndefined();
  const secret = pseudoRandom("secret")(32);
  const about = {
    pack: echo.digest,
    engine: engine.digest,
    startedAt: AT,
    record,
    run: { ...facts, secret },
  };
  const subjects = subjectsUnder(engine, key, run, ["C-1"]);
  const { body } = startedEntryOf(engine, { ...about, subjects });
  expect(body).toEqual({ ...startedEntryOf(engine, about).body, subjects });
});

test("LOG-64 a search tells what it cannot tell", () => {
  const entries = [entryAbout(["C-1"]), entryAbout(["C-1"], keyOf("other")), entryAbout(["C-2"])];
  const { runs, otherKeys } = search(entries, "C-1");
  expect(runs.map(({ index }) => index)).toEqual([0]);
  expect(otherKeys).toEqual({ [keyOf("other").id]: 1 });
  expect(search(entries, "nobody").runs).toEqual([]);
});

test("LOG-64 a matter key is one file of one form", () => {
  const file = newMatterKey(engine, pseudoRandom("matter"));
  const read = (value: unknown): string =>
    codeOf(() => readMatterKey(engine, utf8(JSON.stringify(value))));
  expect(read(file)).toBe("accepted");
  expect(read({ ...file, id: keyOf("other").id })).toBe("REACH-E5347");
  expect(read({ ...file, more: 1 })).toBe("REACH-E5347");
  expect(read({ ...file, secret: file.secret.slice(4) })).toBe("REACH-E5347");
  expect(codeOf(() => readMatterKey(engine, utf8(toHex(key.secret))))).toBe("REACH-E5347");
});
