import fc from "fast-check";
import { expect, test } from "vitest";
import { EvidenceError } from "@reach-fabric/evidence";
import { requireManifest } from "@reach-fabric/evidence/testing";
import { packManifest } from "@reach-fabric/schema";

const file = (path: string) => ({ path, sha256: "0".repeat(64), size: 1 });
/** One with every member that there is. */
const whole = {
  format: "reach/pack/v1",
  id: "examples/loan",
  version: "1.0.0",
  files: [file("a.json"), file("b/c.yaml"), file("loan.yaml")],
  workflows: ["loan.yaml"],
  tables: ["b/c.yaml"],
  schemas: ["a.json"],
  capabilities: [{ what: "http GET https://a.example/*", reason: "to ask" }],
  classification: [{ class: "personal", in: "result:/do/0/ask", pointer: "/name" }],
  engines: { semantics: [1, 2] },
  limits: { fuel: 1000, effects: 10 },
};

/** What requireManifest() says; null where it takes the value. */
function refusal(value: unknown): string | null {
  try {
    requireManifest(value);
    return null;
  } catch (error) {
    return error instanceof EvidenceError ? `${error.code} ${error.message}` : String(error);
  }
}

/** Every place below a value, with what stands there. */
function placesIn(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  const below = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [at, ...below.flatMap(([name, each]) => placesIn(each, [...at, name]))];
}

/** A copy with another value at a place; undefined takes the member out. */
function withValue(value: unknown, [name, ...rest]: readonly string[], put: unknown): unknown {
  if (name === undefined) return put;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  const next = withValue(copy[name], rest, put);
  if (next === undefined && Array.isArray(copy)) copy.splice(Number(name), 1);
  else if (next === undefined) delete copy[name];
  else copy[name] = next;
  return copy;
}

const odd: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  1,
  -1,
  0.5,
  100,
  0xffffffff,
  0x100000000,
  2 ** 53 - 1,
  2 ** 53,
  "",
  "a",
  "A.json",
  "a.json",
  "a.json/b",
  "../a",
  "con",
  "a/b",
  "a/b/c",
  "a_b/c",
  "x".repeat(63),
  "x".repeat(64),
  "x".repeat(240),
  "x".repeat(241),
  "x".repeat(1000),
  "x".repeat(1001),
  `/${"x".repeat(1000)}`,
  "f".repeat(64),
  "F".repeat(64),
  "1.0",
  "1.0.0-rc.1+b",
  "01.0.0",
  "input",
  "input/a",
  "result:",
  "result:/do/0",
  "/",
  "~",
  "reach/pack/v2",
  [],
  {},
  [1],
  ["a.json"],
  ["loan.yaml", "loan.yaml"],
  Array.from({ length: 100 }, () => 1),
  Array.from({ length: 101 }, () => 1),
  Array.from({ length: 1000 }, () => ({ what: "w", reason: "r" })),
  Array.from({ length: 1001 }, () => ({ what: "w", reason: "r" })),
  [file("a.json"), file("loan.yaml")],
  [file("loan.yaml"), file("a.json"), file("b/c.yaml")],
  { semantics: [1] },
  { fuel: 1 },
];

test("PACK-1 verify() takes the pack.json that packManifest takes, and no other", () => {
  expect(refusal(whole)).toBeNull();
  const places = placesIn(whole);
  const changes = places.flatMap((place) => [
    ...odd.map((put) => withValue(whole, place, put)),
    withValue(whole, [...place, "other"], 1),
  ]);
  let taken = 0;
  for (const value of changes) {
    const refused = refusal(value);
    expect([refused === null, value]).toEqual([packManifest.safeParse(value).success, value]);
    if (refused === null) taken += 1;
  }
  expect(taken).toBeGreaterThan(50);
  expect(changes.length - taken).toBeGreaterThan(1000);
});

test("PACK-1 the same of files that many changes have met", () => {
  const changed = fc
    .array(fc.tuple(fc.nat(), fc.nat()), { minLength: 2, maxLength: 4 })
    .map((list) =>
      list.reduce<unknown>((value, [where, what]) => {
        const places = placesIn(value);
        const place = places[where % places.length] ?? [];
        return withValue(value, place.length === 0 ? ["id"] : place, odd[what % odd.length]);
      }, whole),
    );
  fc.assert(
    fc.property(changed, (value) => {
      expect(refusal(value) === null).toBe(packManifest.safeParse(value).success);
    }),
    { seed: 17, numRuns: 500 },
  );
});

test("the first thing that does not fit is said with its place", () => {
  const said = (place: readonly string[], put: unknown) => refusal(withValue(whole, place, put));
  expect(said(["files", "1", "size"], -1)).toMatch(
    /^REACH-E5402 pack\.json at "\/files\/1\/size": expected an integer from 0 to/,
  );
  expect(said(["tables"], ["z.yaml"])).toMatch(
    /^REACH-E5402 pack\.json at "\/tables\/0": The manifest lists no such file/,
  );
});
