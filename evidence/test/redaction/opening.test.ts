// Openings: what is shown of a value that was committed to.
import { fromHex, fromUtf8, hole, toHex, utf8 } from "@reach-fabric/engine";
import { describe, expect, test } from "vitest";
import {
  filled,
  filledSlots,
  hasHole,
  holeAt,
  holesOf,
  openingOf,
  parseWithHoles,
  readOpening,
  readSlots,
  recordSeed,
  slotsOfRecord,
  textWithHoles,
} from "@reach-fabric/evidence/testing";
import { canonical, codeOf, engine, pseudoRandom } from "../fixtures/fixture.ts";

const seed = pseudoRandom("slot")(32);
const value = JSON.parse(
  '{"b":[1,{"deep":[[],{},null,"x"]},-0.5],"a":{"é":"ü","/~":true},"__proto__":{"p":1},"10":"t","9":0}',
) as Record<string, unknown>;
const commitment = engine.commitValue(seed, canonical(value));

/** The value with holes at these paths. */
function hiding(from: unknown, ...paths: (string | number)[][]): unknown {
  const copy = structuredClone({ from }) as Record<string | number, unknown>;
  for (const [i, path] of paths.entries()) {
    const steps = ["from", ...path];
    const last = steps.pop() as string;
    const parent = steps.reduce((at, step) => at[step] as typeof copy, copy);
    parent[last] = holeAt(i);
  }
  return copy["from"];
}
const next = (): (() => number) => {
  let count = 0;
  return () => count++;
};
const read = (opening: unknown, given: { seed?: Uint8Array } = {}) =>
  readOpening(engine, opening, { at: "/0/input", next: next(), ...given });
const opened = (shown: unknown): unknown => openingOf(engine, seed, value, shown);

describe("EVID-37: an opening", () => {
  test.each<[string, (string | number)[][]]>([
    ["hides nothing", []],
    ["hides all", [[]]],
    ["hides a member", [["a"]]],
    ["hides an element", [["b", 0]]],
    ["hides an empty array", [["b", 1, "deep", 0]]],
    ["hides several", [["9"], ["a", "/~"], ["b", 1, "deep", 2]]],
    ["hides a member called __proto__", [["__proto__"]]],
  ])("that %s has the value's commitment, and shows the rest", (_, paths) => {
    const shown = hiding(value, ...paths);
    const opening = opened(shown);
    const { commitment: found, value: seen } = read(JSON.parse(JSON.stringify(opening)));
    expect(toHex(found)).toBe(toHex(commitment));
    expect(holesOf(seen, "").sort()).toEqual(holesOf(shown, "").sort());
    // All that is not hidden is what it was: the same where the same is hidden.
    // oxlint-disable-next-line no-control-regex -- how a hole is written
    const bare = (v: unknown): string => fromUtf8(textWithHoles(v)).replaceAll(/\u0001\d+/g, "");
    expect(bare(seen)).toBe(bare(shown));
  });

  test("TRACE-22 has no seed of what is hidden, or of anything above it", () => {
    const shown = hiding(value, ["a", "é"]);
    const text = JSON.stringify(opened(shown));
    expect(text).not.toContain(toHex(seed));
    expect(text).not.toContain("ü");
    expect(Object.keys(JSON.parse(text) as object)).toEqual(["o"]);
  });

  test("of a value whose seed follows from another has the value alone", () => {
    const { commitment: found, value: seen } = read({ v: value }, { seed });
    expect(toHex(found)).toBe(toHex(commitment));
    expect(seen).toEqual(value);
  });

  test.each<[string, unknown, { seed?: Uint8Array }?]>([
    ["a number", 1],
    ["null", null],
    ["an array", []],
    ["a text that is no commitment", "ab"],
    ["upper case", "AB".repeat(32)],
    ["a value without a seed", { v: 1 }],
    ["a seed without a value", { s: "ab".repeat(32) }],
    ["a seed that is none", { s: "ab", v: 1 }],
    ["a seed beside one that covers it", { s: "ab".repeat(32), v: 1 }, { seed }],
    ["one more member", { s: "ab".repeat(32), v: 1, x: 1 }],
    ["both kinds", { a: ["ab".repeat(32)], o: {} }],
    ["an empty array", { a: [] }],
    ["an empty object", { o: {} }],
    ["an object as an array", { a: { 0: "ab".repeat(32) } }],
    ["an array as an object", { o: ["ab".repeat(32)] }],
    ["opened, and nothing in it is hidden", { a: [{ s: "ab".repeat(32), v: 1 }] }],
    ["opened, and covered by a seed", { a: ["ab".repeat(32)] }, { seed }],
    ["no opening inside", { a: ["ab".repeat(32), { v: 1 }] }],
  ])("is not %s", (_, opening, given = {}) => {
    expect(codeOf(() => read(opening, given))).toBe("REACH-E5501");
  });

  test("says another commitment when anything in it is another", () => {
    const text = JSON.stringify(opened(hiding(value, ["b", 0])));
    const places = [...text.matchAll(/[0-9a-f](?=[0-9a-f]{0,63}")/g)].map(({ index }) => index);
    for (const at of places.filter((_, i) => i % 7 === 0)) {
      const other = text[at] === "0" ? "1" : "0";
      const changed = JSON.parse(`${text.slice(0, at)}${other}${text.slice(at + 1)}`) as unknown;
      const found = codeOf(() => {
        expect(toHex(read(changed).commitment)).not.toBe(toHex(commitment));
      });
      expect(["accepted", "REACH-E5501"]).toContain(found);
    }
  });
});

describe("EVID-38: the opening of a computed value", () => {
  const shown = hiding(value, ["a", "é"], ["b", 1, "deep", 3]);
  const opening = openingOf(engine, seed, value, shown, "computed");

  test("has no value, and with those of the engine the commitment", () => {
    expect(JSON.stringify(opening)).not.toContain('"v"');
    const { commitment: found } = read(filled(opening, shown, "/0/output"));
    expect(toHex(found)).toBe(toHex(commitment));
  });

  test.each<[string, unknown, unknown]>([
    ["hides what was computed", fromHexText(), 1],
    ["shows a hole", { s: fromHexText() }, holeAt(0)],
    ["shows what has a hole in it", { s: fromHexText() }, [holeAt(0)]],
    ["opens what has no hole", { a: [fromHexText()] }, [1]],
    ["has fewer elements", { a: [fromHexText()] }, [holeAt(0), 1]],
    ["has more elements", { a: [fromHexText(), fromHexText()] }, [holeAt(0)]],
    ["has another member", { o: { b: fromHexText() } }, { a: holeAt(0) }],
    ["opens an array as an object", { o: { 0: fromHexText() } }, [holeAt(0)]],
    ["spells an array as an object", { a: { 0: fromHexText() } }, [holeAt(0)]],
    ["has a value", { s: fromHexText(), v: 1 }, 1],
  ])("is another where it %s", (_, other, computed) => {
    expect(codeOf(() => filled(other, computed, "/1/output"))).toBe("REACH-E5701");
  });
});
function fromHexText(): string {
  return "ab".repeat(32);
}

describe("a record with holes", () => {
  const record = { kind: "task", seq: 7, task: "/do/0/a", input: value, context: 1, output: "é" };
  const own = recordSeed(engine, seed, 7);
  const shown = { ...record, output: holeAt(1), input: hiding(value, ["9"]) };

  test("has the leaf that the whole record has", () => {
    const slots = slotsOfRecord(engine, own, record, shown);
    const { leaf, record: seen } = readSlots(engine, record, slots, { next: next() });
    const [expected] = engine.leaves(seed, [canonical(record)], { texts: true }).texts ?? [];
    expect(fromUtf8(canonical(leaf))).toBe(fromUtf8(expected as Uint8Array));
    expect(holesOf(seen, "").sort()).toEqual(["/input/9", "/output"]);
  });

  test("that is computed has it, too, from openings without values", () => {
    const slots = slotsOfRecord(engine, own, record, shown, "computed");
    const { leaf } = readSlots(engine, record, filledSlots(slots, shown), { next: next() });
    const [expected] = engine.leaves(seed, [canonical(record)], { texts: true }).texts ?? [];
    expect(fromUtf8(canonical(leaf))).toBe(fromUtf8(expected as Uint8Array));
  });

  test("has the slots of its kind and no others", () => {
    const slots = slotsOfRecord(engine, own, record, shown);
    const { output: _, ...fewer } = slots;
    for (const other of [fewer, { ...slots, reason: "ab".repeat(32) }, null, []]) {
      expect(codeOf(() => readSlots(engine, record, other, { next: next() }))).toBe("REACH-E5501");
      expect(codeOf(() => filledSlots(other, shown))).toBe("REACH-E5701");
    }
  });

  test("is written as the engine reads it, and read as the engine writes it", () => {
    const text = fromUtf8(textWithHoles(shown));
    expect(text).toContain(`"output":${hole(1)}`);
    // oxlint-disable-next-line no-control-regex -- how a hole is written
    const plain = text.replaceAll(/\u0001\d+\u0001/g, "null");
    expect(fromUtf8(canonical(JSON.parse(plain)))).toBe(plain);
    expect(parseWithHoles(utf8(text))).toEqual(shown);
    expect(hasHole(parseWithHoles(utf8(plain)))).toBe(false);
    // A text that looks like a hole is written otherwise, and stays a text.
    const lookalike = { a: "\u00011\u0001", b: '"\\udc001"', c: "\ud800\udc001" };
    expect(parseWithHoles(canonical(lookalike))).toEqual(lookalike);
    expect(fromHex(toHex(textWithHoles(lookalike)))).toEqual(canonical(lookalike));
  });
});
