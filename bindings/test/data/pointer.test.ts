import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathOf, pointerBelow, pointerOf, valueAt } from "@reach-fabric/engine";

// RFC 6901, section 5.
const document: unknown = JSON.parse(
  String.raw`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`,
);

describe("JSON pointers", () => {
  test.each<[string, unknown]>([
    ["", document],
    ["/foo", ["bar", "baz"]],
    ["/foo/0", "bar"],
    ["/", 0],
    ["/a~1b", 1],
    ["/c%d", 2],
    ["/e^f", 3],
    ["/g|h", 4],
    [String.raw`/i\j`, 5],
    ['/k"l', 6],
    ["/ ", 7],
    ["/m~0n", 8],
  ])("%j of the RFC's document", (pointer, value) => {
    expect(valueAt(document, pathOf(pointer))).toEqual(value);
    expect(pointerOf(pathOf(pointer))).toBe(pointer);
  });

  test("~01 is ~1, and not a slash", () => {
    expect(pathOf("/~01")).toEqual(["~1"]);
    expect(pointerBelow("", "~1")).toBe("/~01");
  });

  test("any path comes back as texts", () => {
    const step = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom("~", "/", "~1", "~0", ""));
    fc.assert(
      fc.property(fc.array(fc.oneof(step, fc.nat()), { maxLength: 5 }), (path) => {
        expect(pathOf(pointerOf(path))).toEqual(path.map(String));
      }),
    );
  });

  test("finds own members and elements only", () => {
    const value: unknown = JSON.parse('{"__proto__":{"a":1},"list":[1,null]}');
    expect(valueAt(value, ["__proto__", "a"])).toBe(1);
    expect(valueAt(value, ["list", "1"])).toBeNull();
    expect(valueAt(value, ["list", 0])).toBe(1);
    for (const path of [["constructor"], ["list", "length"], ["list", "01"], ["list", "2"]]) {
      expect([path, valueAt(value, path)]).toEqual([path, undefined]);
    }
    expect(valueAt("text", ["length"])).toBeUndefined();
    expect(valueAt(null, ["a"])).toBeUndefined();
  });
});
