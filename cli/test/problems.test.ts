// A refused document has all its problems: for people one by one, for programs as a list with places.
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "./reach.ts";
import type { Ended } from "./reach.ts";
import { problemOf } from "@reach-fabric/cli/testing";

const folder = temporaryFolder();
const head = "document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}\n";
const fine = `${head}do: [{a: {set: {x: 1}}}]\n`;
const decides = `${head}do: [{a: {call: decide, with: {table: r.yaml, input: '\${ . }'}}}]\n`;

interface Problem {
  readonly code: string;
  readonly what: string;
  readonly where: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer?: string;
  readonly why?: string;
  readonly hint?: string;
}
const problemsOf = (ended: Ended): Problem[] => errorOf(ended)["problems"] as Problem[];
const short = ({ code, line, column, pointer, hint }: Problem): string =>
  [code, `${line}:${column}`, pointer, ...(hint === undefined ? [] : [hint])].join(" ");

const run = ["run", "w.yaml", "-i", "i.json", "-o", "never.reach"];

/** A kind of document, what is written, the command that reads it, the file that is at fault, what must come. */
const cases: readonly {
  kind: string;
  files: Readonly<Record<string, string>>;
  args?: readonly string[];
  file: string;
  problems: readonly string[];
}[] = [
  {
    kind: "a workflow with a misspelt field",
    files: {
      "w.yaml": `${head}do:\n  - a:\n      call: http\n      with:\n        methd: GET\n        endpoint: https://a.example/\n`,
    },
    args: ["lint", "w.yaml"],
    file: "w.yaml",
    problems: [
      "REACH-E4210 6:9 /do/0/a/with/methd Did you mean `method`?",
      "REACH-E4212 5:7 /do/0/a/with/method",
    ],
  },
  {
    kind: "a workflow with a misspelt kind of task",
    files: { "w.yaml": `${head}do:\n  - a:\n      frk:\n        branches: []\n` },
    args: ["build", "w.yaml"],
    file: "w.yaml",
    problems: [
      "REACH-E4210 4:7 /do/0/a/frk Did you mean `fork`?",
      "REACH-E4212 3:5 /do/0/a A task holds one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.",
    ],
  },
  {
    kind: "a workflow with three problems, by line",
    files: {
      "w.yaml": `${head}do:\n  - a:\n      set: {}\n  - b:\n      wait: {hour: 1}\nextra: 1\n`,
    },
    args: ["pack", "build", "w.yaml", "-o", "never.pack"],
    file: "w.yaml",
    problems: [
      "REACH-E4215 4:7 /do/0/a/set",
      "REACH-E4210 6:14 /do/1/b/wait/hour Did you mean `hours`?",
      "REACH-E4210 7:1 /extra Known here: $schema, document, input, use, do, timeout, output, schedule, evaluate.",
    ],
  },
  {
    kind: "a decision table",
    files: {
      "w.yaml": decides,
      "r.yaml":
        "table: {name: r, version: 1}\nhitPolicy: first\ninputs: [n]\nrulez:\n  - {id: A, when: {n: 1}, then: 1}\n",
    },
    args: ["lint", "w.yaml"],
    file: "r.yaml",
    problems: [
      "REACH-E4211 1:18 /table/version Put it in quotes: without them it is a number.",
      "REACH-E4210 4:1 /rulez Did you mean `rules`?",
      "REACH-E4212 1:1 /rules",
    ],
  },
  {
    kind: "a grant",
    files: {
      "g.json":
        '{\n "format":"reach/grant/v1",\n "al":true,\n "http":[\n  {"orign":"https://x.example","methods":["GET"],"paths":["/*"]}]\n}',
    },
    args: [...run, "-g", "g.json"],
    file: "g.json",
    problems: [
      "REACH-E4210 3:2 /al Known here: format, http, emit, secrets, models, spending, mcp, folders, providers, addresses, directories.",
      "REACH-E4210 5:4 /http/0/orign Did you mean `origin`?",
      "REACH-E4212 5:3 /http/0/origin",
    ],
  },
  {
    kind: "a grant with origins that only a parser of URLs can tell",
    files: {
      "g.json":
        '{"format":"reach/grant/v1","http":[\n{"origin":"https://[0:0::1]","methods":["GET"],"paths":["/*"]}],\n"addresses":{"https://[0:0::1]":"https://[0:0::2]"}}',
    },
    args: [...run, "-g", "g.json"],
    file: "g.json",
    problems: [
      "REACH-E4215 2:2 /http/0/origin Write it as https://[::1].",
      "REACH-E4215 3:14 /addresses/https:~1~1[0:0::1] Write it as https://[::2].",
    ],
  },
  {
    kind: "pins",
    files: {
      "w.yaml": fine,
      "reach.pins.json":
        '{"format":"reach/pins/v1",\n"pins":{"https://a.example/x":{"fle":"x.json",\n"sha256":"0"}}}',
    },
    args: ["build", "w.yaml"],
    file: "reach.pins.json",
    problems: [
      "REACH-E4210 2:32 /pins/https:~1~1a.example~1x/fle Did you mean `file`?",
      "REACH-E4212 2:9 /pins/https:~1~1a.example~1x/file",
      "REACH-E4215 3:1 /pins/https:~1~1a.example~1x/sha256",
    ],
  },
  {
    kind: "secrets",
    files: { "s.json": '{"format":"reach/secrets/v1",\n"secrets":{"a":{"tokn":"x"},\n"b":1}}' },
    args: [...run, "--secrets", "s.json"],
    file: "s.json",
    problems: [
      "REACH-E4215 2:12 /secrets/a Expected {username, password}, {token}, or the properties of oauth2 or oidc.",
      "REACH-E4211 3:1 /secrets/b",
    ],
  },
  {
    kind: "pack.yaml",
    files: {
      "w.yaml": fine,
      "pack.yaml": "format: reach/pack-source/v1\nlimit: {}\ncapabilities: [{what: x}]\n",
    },
    args: ["build", "w.yaml"],
    file: "pack.yaml",
    problems: [
      "REACH-E4210 2:1 /limit Did you mean `limits`?",
      "REACH-E4212 3:16 /capabilities/0/reason",
    ],
  },
  {
    kind: "a policy",
    files: { "p.json": '{\n "format":"reach/policy/v1",\n "requird":[],\n "fuel":"x"\n}' },
    args: ["verify", "i.json", "--policy", "p.json"],
    file: "p.json",
    problems: [
      "REACH-E5218 3:2 /requird Did you mean `required`?",
      "REACH-E5218 4:2 /fuel `reach policy check` says what a policy asks for",
    ],
  },
  {
    kind: "a key file",
    files: {
      "k.json":
        '{"format":"reach/key/v1",\n"alg":"Ed25519","id":"0123456789abcdef",\n"publik":"x",\n"private":1}',
    },
    args: [...run, "-k", "k.json"],
    file: "k.json",
    problems: [
      "REACH-E5201 3:1 /publik Did you mean `public`?",
      "REACH-E5201 1:1 /public make a key with `reach keys new`",
      "REACH-E5201 4:1 /private Put it in quotes: without them it is a number.",
    ],
  },
  {
    kind: "an input that is no JSON, which is one problem",
    files: { "i.json": '{\n "a": 1,\n "a": 2}' },
    args: run,
    file: "i.json",
    problems: ["REACH-E1109 3:2  keep one of the members: which one counts would be a guess"],
  },
  {
    kind: "malformed YAML, which is one problem",
    files: { "w.yaml": "do: [" },
    args: ["lint", "w.yaml"],
    file: "w.yaml",
    problems: ["REACH-E4201 1:6 "],
  },
  {
    kind: "an expression that the engine refuses",
    files: { "w.yaml": `${head}do:\n  - a:\n      set:\n        x: \${ .a | | .b }\n` },
    args: ["build", "w.yaml"],
    file: "w.yaml",
    problems: ["REACH-E1301 5:9 /do/0/a/set/x"],
  },
  {
    kind: "a schema in a file of its own that the engine refuses",
    files: {
      "w.yaml": `${head}input: {schema: {resource: {endpoint: s.json}}}\ndo: [{a: {set: {x: 1}}}]\n`,
      "s.json": '{"properties":\n {"a":{"type":1}}}',
    },
    args: ["lint", "w.yaml"],
    file: "s.json",
    problems: ["REACH-E1901 2:8 /properties/a/type"],
  },
  {
    kind: "a table that is not there, at the place that names it",
    files: { "w.yaml": decides },
    args: ["lint", "w.yaml"],
    file: "w.yaml",
    problems: ["REACH-E4102 2:32 /do/0/a/with/table"],
  },
];

describe("--json lists every problem with its file, line and column", () => {
  test.each(cases)("$kind", async ({ kind, files, args = [], file, problems }) => {
    const sub = join(folder, kind);
    mkdirSync(sub);
    for (const [name, text] of Object.entries({ "w.yaml": fine, "i.json": "{}", ...files })) {
      put(sub, name, text);
    }
    if ("s.json" in files) chmodSync(join(sub, "s.json"), 0o600);
    const ended = await reach(sub, [...args, "--json"]);
    expect(ended.status).toBe(2);
    const found = problemsOf(ended);
    // People are told the same places.
    const told = (await reach(sub, args)).stderr;
    for (const { file: path, line, column } of found.slice(0, 20)) {
      if (line !== undefined) expect(told).toContain(`${path}:${line}:${column}`);
    }
    expect(found.map(short)).toEqual(problems);
    expect(found.map((problem) => problem.file)).toEqual(
      found.map(() => expect.stringMatching(new RegExp(`(^|/)${file}$`)) as string),
    );
    // The members beside the list are those of the first.
    const { problems: _, exitCode, ...first } = errorOf(ended);
    const { file: _f, line: _l, column: _c, pointer: _p, ...same } = found[0] as Problem;
    expect([first, exitCode]).toEqual([same, 2]);
    expect(ended.stderr).not.toContain("more problem");
  });

  test("of a keyring the file: what is wrong in it was signed as base64", async () => {
    put(folder, "ring.json", '{"payload":1,"payloadTyp":"x","signatures":[{"sig":""}]}');
    await reach(folder, ["keys", "new", "--no-passphrase", "-o", "root.key"]);
    const args = ["keys", "list", "--keyring", "ring.json", "--root", "root.key.pub", "--json"];
    const ended = await reach(folder, args);
    expect(ended.status).toBe(2);
    expect(problemsOf(ended)).toEqual([
      expect.objectContaining({ code: "REACH-E5209", file: "ring.json", pointer: "/payload" }),
      expect.objectContaining({ pointer: "/payloadTyp", hint: "Did you mean `payloadType`?" }),
      expect.objectContaining({
        pointer: "/payloadType",
        what: "The field `payloadType` is missing",
      }),
    ]);
    expect(problemsOf(ended).some((problem) => "line" in problem)).toBe(false);
  });
});

describe("people are shown every problem", () => {
  test("each with its place, a reason where it is new", async () => {
    put(folder, "three.yaml", `documnt: 1\n${head}do:\n  - a:\n      wait: {hour: 1}\n  - b: 7\n`);
    const { status, stderr } = await reach(folder, ["lint", "three.yaml"]);
    expect([status, stderr]).toEqual([
      2,
      [
        "x The field `documnt` is unknown here   REACH-E4210",
        "  where: three.yaml:1:1 (workflow /documnt)",
        "  why:   Unknown fields are errors: a misspelt one would silently change what is decided.",
        "  hint:  Did you mean `document`?",
        "x The field `hour` is unknown here   REACH-E4210",
        "  where: three.yaml:5:14 (workflow /do/0/a/wait/hour)",
        "  hint:  Did you mean `hours`?",
        "x Expected a task (an object), found number   REACH-E4211",
        "  where: three.yaml:6:5 (workflow /do/1/b)",
        "  hint:  A task holds one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.",
        "",
      ].join("\n"),
    ]);
  });

  test("the place in a policy, whose `where` is the file alone", async () => {
    put(folder, "bad.json", '{"format":"reach/policy/v1",\n"requird":[]}');
    const args = ["verify", "bad.json", "--policy", "bad.json"];
    const { stderr } = await reach(folder, args);
    expect(stderr).toContain("\n  where: bad.json:2:1 /requird\n");
    expect(errorOf(await reach(folder, [...args, "--json"]))["where"]).toBe("bad.json");
  });

  test("twenty at most, and how many more there are; --json has them all", async () => {
    const tasks = Array.from({ length: 23 }, (_, index) => `  - t${index}: 1\n`).join("");
    put(folder, "many.yaml", `${head}do:\n${tasks}`);
    const { stderr } = await reach(folder, ["lint", "many.yaml"]);
    expect(stderr.match(/^x /gm)).toHaveLength(20);
    expect(stderr).toMatch(/\nand 3 more problems\n$/);
    expect(problemsOf(await reach(folder, ["lint", "many.yaml", "--json"]))).toHaveLength(23);
  });
});

test("an error that nobody expected shows no secret", () => {
  const { code, why } = problemOf(new TypeError("no way to https://me:pw@a.example/"));
  expect([code, why]).toEqual(["REACH-E4002", expect.stringContaining("https://[redacted]@a.")]);
});
