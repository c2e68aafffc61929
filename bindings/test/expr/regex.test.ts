import { expect, test } from "vitest";
import { createEngine, EngineError, matchRegex, utf8 } from "@reach-fabric/engine";

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
};

test("REGEX-2 where the first match is, and what its groups matched", () => {
  expect(matchRegex("(é+)(x)?b", "aéébc")).toEqual({
    start: 1,
    end: 6,
    text: "ééb",
    groups: ["éé", null],
  });
  expect(matchRegex("x", "abc")).toBeNull();
  expect(matchRegex(utf8("b"), utf8("abc"))).toMatchObject({ start: 1, text: "b" });
  expect(matchRegex("", "")).toEqual({ start: 0, end: 0, text: "", groups: [] });
});

test("flags and dialects", () => {
  expect(matchRegex("a.b", "A\nB", { flags: "is" })).not.toBeNull();
  expect(matchRegex("a b", "ab", { flags: "x" })).not.toBeNull();
  expect(matchRegex("^b", "a\nb", { flags: "m", dialect: "ecma" })).toMatchObject({ start: 2 });
  expect(matchRegex("\\d", "٣")).not.toBeNull();
  expect(matchRegex("\\d", "٣", { dialect: "ecma" })).toBeNull();
  expect(() => matchRegex("a", "a", { flags: "y" })).toThrow(TypeError);
  expect(() => matchRegex("a", "a", { flags: "x", dialect: "ecma" })).toThrow(TypeError);
  // @ts-expect-error: no such dialect
  expect(() => matchRegex("a", "a", { dialect: "perl" })).toThrow(TypeError);
  expect(() => matchRegex("a", "a", { fuel: -1 })).toThrow(RangeError);
});

test("what is wrong is an error with a code, and the engine goes on", () => {
  expect(codeOf(() => matchRegex("(", ""))).toBe("REACH-E1801");
  expect(codeOf(() => matchRegex("a+", "a".repeat(1000), { fuel: 100 }))).toBe("REACH-E1201");
  expect(codeOf(() => matchRegex(new Uint8Array([0xff]), ""))).toBe("REACH-E1105");
  expect(codeOf(() => matchRegex("", new Uint8Array([0xc3])))).toBe("REACH-E1105");
  expect(codeOf(() => matchRegex("\ud800", ""))).toBe("REACH-E1106");
  expect(matchRegex("a", "a")).not.toBeNull();
});

test("REGEX-20 fuel does not tell which patterns were there before", () => {
  const program = ". as $q | [$q.patterns[] as $p | $q.text | test($p)]";
  // More patterns than the engine keeps, some of them wrong, in many orders.
  const pool = Array.from({ length: 24 }, (_, i) => (i % 9 === 8 ? `(${i}` : `a{${i}}[\\d\\p{L}]`));
  const used = createEngine();
  let state = 7;
  const roll = (n: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % n;
  };
  for (let i = 0; i < 300; i++) {
    const patterns = Array.from({ length: roll(40) }, () => pool[roll(pool.length)]);
    const input = JSON.stringify({ text: "aaaaaa1", patterns });
    const guarded = program.replace("test($p)", "try test($p) catch .");
    const fresh = createEngine();
    expect(used.evaluate(guarded, input)).toEqual(fresh.evaluate(guarded, input));
    const fuelOf = (engine: typeof used): number => {
      engine.matchRegex(pool[1] ?? "", "aa1");
      return engine.evaluate(".", "0").fuel;
    };
    expect(fuelOf(used)).toBe(fuelOf(fresh));
  }
});

test("REGEX-20 with g, each match is a search of its own", () => {
  const engine = createEngine();
  const fuelOf = (pattern: string, n: number): number =>
    engine.evaluate(`[match("${pattern}"; "g")] | length`, JSON.stringify("a".repeat(n)), {
      fuel: 1e12,
    }).fuel;
  // Matches side by side: in proportion to the length. Each looking ahead: to its square.
  expect(fuelOf("a", 4000) / fuelOf("a", 2000)).toBeLessThanOrEqual(2.2);
  expect(fuelOf("a(.*z)?", 2000) / fuelOf("a(.*z)?", 1000)).toBeLessThanOrEqual(4.4);
});

test("REGEX-20 groups of a text beyond ASCII are counted once", () => {
  // Counted from the beginning each time, they would take hours.
  const n = 150_000;
  const program = '[match("(é)|(x)";"g") | .captures[0].offset] | [length, .[0], .[-1]]';
  const { outputs } = createEngine().evaluate(program, JSON.stringify("é".repeat(n)));
  expect(outputs).toEqual([`[${n},0,${n - 1}]`]);
});

test("REGEX-20 to split and to replace costs in proportion to the text", () => {
  const engine = createEngine();
  for (const program of ['[splits(",")] | length', 'gsub(",";";") | length']) {
    const fuelOf = (n: number): number => {
      const { error, fuel } = engine.evaluate(program, JSON.stringify("é,".repeat(n)));
      expect(error).toBeNull();
      return fuel;
    };
    expect(fuelOf(40_000) / fuelOf(20_000), program).toBeLessThanOrEqual(2.2);
  }
});

test.each([
  ["literal text", "\\Q", "a"],
  ["members of a class", "[", "ab"],
  ["open groups", "", "(?:"],
  ["alternatives", "", "a|"],
])("REGEX-21 a pattern of two million %s ends in time", (_, head, piece) => {
  const engine = createEngine();
  const program = '. as $q | "a" | try test($q.head + $q.piece * 2e6) catch .';
  const { outputs } = engine.evaluate(program, JSON.stringify({ head, piece }));
  expect(outputs).toEqual(['"Regex failure: the pattern is too large"']);
});

test("REGEX-21 4,095 groups may be open at one place", () => {
  const engine = createEngine();
  const nested = (n: number): string => "(?:".repeat(n) + "a" + ")".repeat(n);
  expect(engine.matchRegex(nested(4095), "a")?.text).toBe("a");
  expect(() => engine.matchRegex(nested(4096), "a")).toThrow("the pattern is too large");
});

test("a bare p behind a backslash is the letter, whose case may not matter", () => {
  const engine = createEngine();
  expect(engine.matchRegex("\\p[\\P]", "Pp", { flags: "i" })?.text).toBe("Pp");
  expect(engine.matchRegex("\\p", "P")).toBeNull();
});
