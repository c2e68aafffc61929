import { describe, expect, it } from "vitest";
import { pointerOf } from "@reach-fabric/engine";
import {
  grant,
  grantFile,
  inOrder,
  packManifest,
  packPath,
  policyFile,
  problemsOf,
  table,
  whyNotPath,
} from "@reach-fabric/schema";

type Schema = Parameters<typeof problemsOf>[0];
const said = (schema: Schema, value: unknown): string[] =>
  problemsOf(schema, value).map(({ code, path }) => `${code} ${pointerOf(path)}`);

it("has words of its own for what a schema refuses", () => {
  const words = (value: object): string[] => problemsOf(policyFile, value).map(({ what }) => what);
  expect(words({ format: "reach/policy/v2" })).toEqual(["Expected reach/policy/v1."]);
  expect(words({ format: "reach/policy/v1", required: ["fine"], fuel: -1 })).toEqual([
    "Expected authentic or trusted or approved or complete or replayed or logged or witnessed or redacted.",
    "Expected at least 0.",
  ]);
});

describe("decision table", () => {
  const policy = {
    table: { name: "policy", version: "1.0.0" },
    hitPolicy: "first",
    inputs: ["score", "country"],
    rules: [
      { id: "R1", when: { score: { gte: 700, lt: 900 } }, then: "accept", reasons: ["OK"] },
      { id: "R2", when: { country: { in: ["DE", null] }, score: 1 }, then: { a: [1] } },
    ],
    default: { then: null, reasons: [] },
  };
  const rule = (when: unknown): unknown => ({ ...policy, rules: [{ id: "R", when, then: 1 }] });

  it("accepts every kind of cell", () => {
    expect(said(table, policy)).toEqual([]);
    expect(said(table, rule({ score: null, country: false }))).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["an unknown field", { ...policy, note: 1 }, "REACH-E4210 /note"],
    ["another hit policy", { ...policy, hitPolicy: "any" }, "REACH-E4215 /hitPolicy"],
    ["an unknown input", rule({ scor: 1 }), "REACH-E4216 /rules/0/when/scor"],
    ["an empty range", rule({ score: {} }), "REACH-E4215 /rules/0/when/score"],
    [
      "a range with two lower bounds",
      rule({ score: { gt: 1, gte: 1 } }),
      "REACH-E4215 /rules/0/when/score",
    ],
    ["a range of texts", rule({ score: { gt: "1" } }), "REACH-E4211 /rules/0/when/score/gt"],
    ["an unknown operator", rule({ score: { ge: 1 } }), "REACH-E4210 /rules/0/when/score/ge"],
    ["a set of lists", rule({ score: { in: [[1]] } }), "REACH-E4211 /rules/0/when/score/in/0"],
    ["a list as a cell", rule({ score: [1] }), "REACH-E4211 /rules/0/when/score"],
    ["no result", { ...policy, rules: [{ id: "R", when: {} }] }, "REACH-E4212 /rules/0/then"],
    [
      "two rules of one name",
      { ...policy, rules: [policy.rules[0], policy.rules[0]] },
      "REACH-E4217 /rules/1/id",
    ],
    [
      "two inputs of one name",
      { ...policy, inputs: ["score", "country", "score"] },
      "REACH-E4217 /inputs/2",
    ],
    ["no rule", { ...policy, rules: [] }, "REACH-E4215 /rules"],
  ])("refuses %s", (_, value, expected) => {
    expect(said(table, value)).toEqual([expected]);
  });
});

describe("pack.json", () => {
  const file = (path: string): unknown => ({ path, sha256: "0".repeat(64), size: 1 });
  const manifest = {
    files: [file("tables/a.yaml"), file("workflow.yaml")],
    format: "reach/pack/v1",
    id: "examples/loan",
    tables: ["tables/a.yaml"],
    version: "1.0.0",
    workflows: ["workflow.yaml"],
  };

  it("accepts files in order", () => {
    expect(said(packManifest, manifest)).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      "another order",
      { ...manifest, files: manifest.files.toReversed() },
      "REACH-E4215 /files/1/path",
    ],
    [
      "a file twice",
      { ...manifest, files: [...manifest.files, file("workflow.yaml")] },
      "REACH-E4215 /files/2/path",
    ],
    ["a table that is not listed", { ...manifest, tables: ["b.yaml"] }, "REACH-E4216 /tables/0"],
    ["an id without namespace", { ...manifest, id: "loan" }, "REACH-E4215 /id"],
    ["a later format", { ...manifest, format: "reach/pack/v2" }, "REACH-E4215 /format"],
    [
      "a digest that is none",
      { ...manifest, files: [{ path: "workflow.yaml", sha256: "x", size: 1 }], tables: [] },
      "REACH-E4215 /files/0/sha256",
    ],
  ])("refuses %s", (_, value, expected) => {
    expect(said(packManifest, value)).toEqual([expected]);
  });

  it.each(["a", "a/b.json", "a b.yaml", "x/.hidden", "A-1_2+3@4.json", "...a"])(
    "path %j",
    (path) => {
      expect(said(packPath, path)).toEqual([]);
    },
  );

  it("says why", () => {
    const why = (path: string) => problemsOf(packPath, path)[0]?.what;
    expect(why("a/../b")).toMatch(/leaves the workflow's folder/);
    expect(why("C:/a")).toMatch(/absolute/);
    expect(why("a\\b")).toMatch(/backslash/);
  });

  it.each([
    "",
    "/a",
    "a/",
    "a//b",
    "..",
    "../a",
    "a/../b",
    ".",
    "./a",
    "a\\b",
    "C:/a",
    "c:a",
    "a\u0000",
    "a\nb",
    "\u00e4.json",
    "a.",
    "a ",
    " a",
    "x".repeat(241),
    "pack.json",
    "a/%2e%2e:b",
    "~/a?",
    "*",
  ])("no path %j", (path) => {
    expect(said(packPath, path)).toHaveLength(1);
  });
});

describe("grant", () => {
  const entry = { methods: ["GET"], origin: "https://bureau.example", paths: ["/v1/*"] };
  const file = { format: "reach/grant/v1", http: [entry] };

  it("accepts", () => {
    expect(said(grantFile, file)).toEqual([]);
    expect(said(grantFile, { format: "reach/grant/v1" })).toEqual([]);
    expect(
      said(grantFile, { ...file, addresses: { [entry.origin]: "http://127.0.0.1:4101" } }),
    ).toEqual([]);
    expect(said(grant, {})).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["no format", { http: [] }, "REACH-E4212 /format"],
    ["a later format", { ...file, format: "reach/grant/v2" }, "REACH-E4215 /format"],
    ["an unknown field", { ...file, https: [] }, "REACH-E4210 /https"],
    [
      "an unknown field of an entry",
      { ...file, http: [{ ...entry, path: "/" }] },
      "REACH-E4210 /http/0/path",
    ],
    [
      "a method in lower case",
      { ...file, http: [{ ...entry, methods: ["get"] }] },
      "REACH-E4215 /http/0/methods/0",
    ],
    [
      "a method that opens tunnels",
      { ...file, http: [{ ...entry, methods: ["CONNECT"] }] },
      "REACH-E4215 /http/0/methods/0",
    ],
    ["no method", { ...file, http: [{ ...entry, methods: [] }] }, "REACH-E4215 /http/0/methods"],
    ["no path", { ...file, http: [{ ...entry, paths: [] }] }, "REACH-E4215 /http/0/paths"],
    [
      "an address for nothing",
      { ...file, addresses: { "https://burau.example": "http://127.0.0.1:1" } },
      "REACH-E4216 /addresses/https:~1~1burau.example",
    ],
    [
      "an address with a path",
      { ...file, addresses: { [entry.origin]: "http://127.0.0.1:1/x" } },
      "REACH-E4215 /addresses/https:~1~1bureau.example",
    ],
  ])("refuses %s", (_, value, expected) => {
    expect(said(grantFile, value)).toEqual([expected]);
  });

  it.each([
    "https://Bureau.example",
    "https://bureau.example/",
    "https://bureau.example:443",
    "http://bureau.example:80",
    "https://bureau.example:0",
    "https://bureau.example:70000",
    "https://user@bureau.example",
    "ftp://bureau.example",
    "bureau.example",
    "https://",
    "https://bureau.example.",
    "https://.bureau.example",
    "https://a..b",
    "https://a_b.example",
    "https://-a.example",
    "http://0x7f.1",
    "http://2130706433",
    "http://127.1",
    "http://0177.0.0.1",
    "http://127.0.0.01",
    "http://256.0.0.1",
    "https://*.example",
    "https://bureau.example?x",
    "https://bureau.example#x",
    "https://b\u00fcro.example",
    " https://a.example",
    "https://a.example\n",
  ])("GRANT-2: no origin %j", (origin) => {
    expect(said(grantFile, { ...file, http: [{ ...entry, origin }] })).toEqual([
      "REACH-E4215 /http/0/origin",
    ]);
  });

  it.each([
    "v1",
    "",
    "/v1/*/x",
    "/**",
    "/v1?x",
    "/v1#x",
    "/a/../b",
    "/a/./b",
    "/a/..",
    "/a//b",
    "/a/%2e%2e/b",
    "/a/%2E/b",
    "/a%2Fb",
    "/a%5cb",
    "/a\\b",
    "/a b",
    "/a%",
    "/a%zz",
    "/\u00e4",
    "/a%00b",
    "/a/..;x/b",
    "/a/%252e%252e/b",
    "/a%252fb",
    "/a/.%2e/b",
    "/a\tb",
  ])("GRANT-3: no path pattern %j", (path) => {
    expect(said(grantFile, { ...file, http: [{ ...entry, paths: [path] }] })).toEqual([
      "REACH-E4215 /http/0/paths/0",
    ]);
  });

  it.each([
    "/",
    "/*",
    "/v1",
    "/v1/*",
    "/v1*",
    "/a.b/..c/d..",
    "/%C3%A4",
    "/a;b=c",
    "/a:b@c",
    "/~u",
  ])("GRANT-3: path pattern %j", (path) => {
    expect(said(grantFile, { ...file, http: [{ ...entry, paths: [path] }] })).toEqual([]);
    expect(whyNotPath(path)).toBeUndefined();
  });
});

describe("problems in the order in which they are told", () => {
  const file = { http: [{ orign: "x", methods: ["GET"], paths: ["/*"] }], frmat: 1 };
  const problems = problemsOf(grantFile, file);
  const lines: Record<string, number> = {
    "/frmat": 6,
    "/format": 1,
    "/http/0/origin": 3,
    "/http/0/orign": 3,
  };

  it("a missing field comes after the unknown ones of its object", () => {
    expect(inOrder(problems).map(({ path }) => pointerOf(path))).toEqual([
      "/http/0/orign",
      "/frmat",
      "/format",
      "/http/0/origin",
    ]);
  });

  it("by line, where the typo takes the missing field to its own", () => {
    const ordered = inOrder(problems, ({ path }) => lines[pointerOf(path)] ?? 0);
    expect(ordered.map(({ path }) => pointerOf(path))).toEqual([
      "/http/0/orign",
      "/http/0/origin",
      "/frmat",
      "/format",
    ]);
  });

  it("a table and a grant with an unknown field are checked to the end", () => {
    const bad = {
      format: "reach/grant/v1",
      extra: 1,
      addresses: { "https://a.example": "https://b.example" },
    };
    expect(said(grantFile, bad)).toEqual([
      "REACH-E4210 /extra",
      "REACH-E4216 /addresses/https:~1~1a.example",
    ]);
    const rules = [{ id: "R", when: { m: 1 }, then: 1 }];
    const odd = {
      table: { name: "t", version: "1.0.0" },
      hitPolicy: "first",
      inputs: ["n"],
      rules,
    };
    expect(said(table, { ...odd, note: 1 })).toEqual([
      "REACH-E4210 /note",
      "REACH-E4216 /rules/0/when/m",
    ]);
  });
});
