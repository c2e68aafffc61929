import { describe, expect, it } from "vitest";
import { canonicalize } from "@reach-fabric/engine";
import { readDocument } from "@reach-fabric/host";
import { readYaml } from "@reach-fabric/host/testing";
import { bytes, errorOf, text } from "../helpers.ts";

const read = (yaml: string): string => text(canonicalize(readYaml(yaml, "a.yaml").json));

describe("YAML as JSON", () => {
  it.each([
    ["a: 1\nb: [x, 'y', \"z\"]", '{"a":1,"b":["x","y","z"]}'],
    [
      "{a: 1.0, b: .5, c: 1e3, d: -0, e: +7, f: 0x1F, g: 0o17}",
      '{"a":1,"b":0.5,"c":1000,"d":0,"e":7,"f":31,"g":15}',
    ],
    [
      "a: yes\nb: no\nc: true\nd: ~\ne:\nf: 2001-01-01",
      '{"a":"yes","b":"no","c":true,"d":null,"e":null,"f":"2001-01-01"}',
    ],
    ["404: x\ntrue: y\nnull: z", '{"404":"x","null":"z","true":"y"}'],
    ["a: |\n  x\n  y\nb: >-\n  x\n  y", '{"a":"x\\ny\\n","b":"x y"}'],
    ["a: &x {b: 1}\nc: *x\nd: [*x, *x]", '{"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":1}]}'],
    ["a: &x 1\nb: [*x, &x 2, *x]\nc: *x", '{"a":1,"b":[1,2,2],"c":2}'],
    ["'<<': 1", '{"<<":1}'],
    ["--- # one document\na: 1\n...\n", '{"a":1}'],
    ["%YAML 1.2\n---\na: 1", '{"a":1}'],
    [
      '{"a": "\\u00e4\\ud83d\\ude00", "b": [1, 2.5e-7, null]}',
      '{"a":"\u00e4\u{1f600}","b":[1,2.5e-7,null]}',
    ],
    ["a: 9007199254740992\nb: 9007199254740993.0", '{"a":9007199254740992,"b":9007199254740992}'],
    ["__proto__: 1\nconstructor: 2", '{"__proto__":1,"constructor":2}'],
  ])("%j", (yaml, expected) => {
    expect(read(yaml)).toBe(expected);
  });
});

describe("refuses", () => {
  it.each([
    ["an unclosed list", "a: [1, 2", "REACH-E4201", "1:9"],
    ["tabs as indentation", "a:\n\tb: 1", "REACH-E4201", "2:1"],
    ["an unknown alias", "a: *nope", "REACH-E4201", "1:4"],
    ["a key twice", "a: 1\nb: 2\na: 3", "REACH-E4202", "3:1"],
    ["a key twice, spelt in two ways", 'a: 1\n"\\u0061": 3', "REACH-E4202", "2:1"],
    ["a lone surrogate", 'a: "x\\ud800y"', "REACH-E4204", "1:4"],
    ["a lone surrogate in a key", '"\\udc00": 1', "REACH-E4204", "1:1"],
    ["an integer that no double holds", "a:\n  - 9007199254740993", "REACH-E4205", "2:5"],
    ["an integer beyond 1e21", `a: 1${"0".repeat(21)}`, "REACH-E4205", "1:4"],
    ["infinity", "a: .inf", "REACH-E4206", "1:4"],
    ["not a number", "a: .NaN", "REACH-E4206", "1:4"],
    ["a number that is too large", "a: 1e999", "REACH-E4206", "1:4"],
    ["two documents", "a: 1\n---\nb: 1", "REACH-E4207", "2:1"],
    ["nothing", "", "REACH-E4207", "1:1"],
    ["a comment only", "# a\n---\n# b\n", "REACH-E4207", "1:1"],
    ["a tag of its own", "a: !secret x", "REACH-E4208", "1:4"],
    ["a standard tag", "a: !!str 1", "REACH-E4208", "1:10"],
    ["a tag that makes objects", "a: !!js/function x", "REACH-E4208", "1:4"],
    ["a merge key", "a: &x {b: 1}\nc:\n  <<: *x", "REACH-E4208", "3:3"],
    ["YAML 1.1", "%YAML 1.1\n---\na: yes", "REACH-E4208", "1:1"],
    ["an unknown directive", "%FOO bar\n---\na: 1", "REACH-E4208", "1:1"],
    ["a leading zero", "a: 012", "REACH-E4208", "1:4"],
    ["a list as a key", "? [a]\n: 1", "REACH-E4201", "1:3"],
    ["an alias inside its anchor", "a: &x {b: *x}", "REACH-E4209", "1:11"],
  ])("%s", async (_, yaml, code, place) => {
    const error = await errorOf(() => readYaml(yaml, "a.yaml"));
    expect([error.code, error.where]).toEqual([code, `a.yaml:${place}`]);
  });

  it("aliases that grow, before they have", async () => {
    const levels = Array.from({ length: 12 }, (_, n) =>
      n === 0
        ? "a0: &a0 [x, x]"
        : `a${n}: &a${n} [${Array(10)
            .fill(`*a${n - 1}`)
            .join(", ")}]`,
    );
    expect((await errorOf(() => readYaml(levels.join("\n"), "a.yaml"))).code).toBe("REACH-E4209");
  });

  it.each([
    ["300 levels", "[".repeat(300) + "]".repeat(300)],
    ["100,000 levels", "[".repeat(100_000) + "]".repeat(100_000)],
    ["100,000 levels that do not end", "[".repeat(100_000)],
    ["more text than the limit", `a: ${"x".repeat(4 * 1024 * 1024)}`],
  ])("%s", async (_, yaml) => {
    expect((await errorOf(() => readYaml(yaml, "a.yaml"))).code).toMatch(/REACH-E42(01|09)/);
  });

  it("many keys in time that grows with their number", () => {
    const keys = Array.from({ length: 50_000 }, (_, n) => `k${n}: ${n}`).join("\n");
    expect(read(keys)).toContain('"k49999":49999');
  });
});

describe("encodings and formats of a file", () => {
  const code = async (content: Uint8Array, name: string): Promise<[string, string | undefined]> => {
    const { code, where } = await errorOf(() => readDocument(content, name));
    return [code, where];
  };

  it("invalid UTF-8, with the byte", async () => {
    expect(await code(new Uint8Array([0x61, 0x3a, 0x20, 0xff]), "a.yaml")).toEqual([
      "REACH-E4203",
      "a.yaml, byte 3",
    ]);
    expect(await code(new Uint8Array([0x61, 0x3a, 0x20, 0xe4, 0x62]), "a.yaml")).toEqual([
      "REACH-E4203",
      "a.yaml, byte 4",
    ]);
    expect(await code(new Uint8Array([0x61, 0xc3]), "a.yaml")).toEqual([
      "REACH-E4203",
      "a.yaml, byte 2",
    ]);
    // A surrogate in UTF-8, which is not UTF-8.
    expect((await code(new Uint8Array([0xed, 0xa0, 0x80]), "a.yaml"))[0]).toBe("REACH-E4203");
  });

  it("a byte order mark", async () => {
    expect(await code(bytes("\uFEFFa: 1"), "a.yaml")).toEqual(["REACH-E4203", "a.yaml"]);
  });

  it("JSON is read by the engine, with line and column", async () => {
    expect(await code(bytes('{"a":1,\n "a":2}'), "a.json")).toEqual(["REACH-E1109", "a.json:2:2"]);
    expect((await code(bytes('{"a":9007199254740993}'), "a.json"))[0]).toBe("REACH-E1111");
    expect((await code(bytes('{"a":"\\ud800"}'), "a.json"))[0]).toBe("REACH-E1106");
    expect((await code(new Uint8Array([0x22, 0xff, 0x22]), "a.json"))[0]).toBe("REACH-E1105");
    expect((await code(bytes("{a: 1}"), "a.json"))[0]).toBe("REACH-E1102");
  });

  it("any other end of a name", async () => {
    expect((await code(bytes("{}"), "a.txt"))[0]).toBe("REACH-E4200");
  });
});
