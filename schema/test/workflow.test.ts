import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pointerOf } from "@reach-fabric/engine";
import { problemsOf, tablesOf, workflow } from "@reach-fabric/schema";
import type { Problem, Workflow } from "@reach-fabric/schema";

const document = { dsl: "1.0.3", namespace: "test", name: "sample", version: "1.0.0" };
const withTasks = (...tasks: unknown[]): unknown => ({ document, do: tasks });
const withTask = (task: unknown): unknown => withTasks({ task });
const problems = (value: unknown): Problem[] => problemsOf(workflow, value);
const said = (value: unknown): string[] =>
  problems(value).map(({ code, path }) => `${code} ${pointerOf(path)}`);

const get = { call: "http", with: { method: "get", endpoint: "https://a.example/{id}" } };

describe("accepts", () => {
  it.each<[string, unknown]>([
    ["set with an object", { set: { a: 1, b: "${ .x }" } }],
    ["set with an expression", { set: "${ . }" }],
    ["an empty list of tasks", { do: [] }],
    ["a call", get],
    ["every field of a call", { ...get, if: ".a", then: "end", metadata: { a: 1 } }],
    ["an answer's headers", { ...get, metadata: { reach: { responseHeaders: ["etag"] }, a: 1 } }],
    [
      "values by name",
      { call: "http", with: { ...get.with, headers: { a: 1 }, query: { a: [1, true] } } },
    ],
    ["a decision", { call: "decide", with: { table: "tables/a.yaml", input: "${ . }" } }],
    ["a loop over an array", { for: { in: [{ a: 1 }] }, do: [{ s: { set: { x: 1 } } }] }],
    ["a loop with names", { for: { each: "x", at: "i", in: ".l" }, while: ".a", do: [] }],
    ["an error in place", { raise: { error: { type: "https://e.example/x", status: 400 } } }],
    ["a status that is computed", { raise: { error: { type: "x", status: "${ .s }" } } }],
    [
      "a retry in place",
      {
        try: [{ get }],
        catch: {
          errors: { with: { status: 503 } },
          retry: {
            delay: { seconds: 1 },
            backoff: { exponential: {} },
            limit: { attempt: { count: 3 } },
            jitter: { from: "PT0S", to: "PT0.5S" },
          },
          do: [{ fallback: { set: { a: 1 } } }],
        },
      },
    ],
  ])("%s", (_, task) => {
    expect(problems(withTask(task))).toEqual([]);
  });

  it("input, output, use and evaluate", () => {
    const value = {
      document: { ...document, title: "T", summary: "S", tags: { a: "b" }, metadata: {} },
      input: { from: "${ . }" },
      output: { as: { a: "${ .b }" } },
      evaluate: { language: "jq", mode: "strict" },
      use: {
        errors: { low: { type: "https://e.example/low", status: 422 } },
        retries: { twice: { limit: { attempt: { count: 2 } } } },
      },
      do: [
        { a: { raise: { error: "low" } } },
        { b: { try: [{ get }], catch: { retry: "twice", then: "a" } } },
        { c: { switch: [{ x: { when: ".a", then: "a" } }, { y: { then: "exit" } }] } },
      ],
    };
    expect(problems(value)).toEqual([]);
  });
});

describe("names what is wrong, where, and what to do", () => {
  it.each<[string, unknown, string]>([
    ["an unknown field", { ...get, whith: {} }, "REACH-E4210 /do/0/task/whith"],
    [
      "an unknown field deep down",
      { set: { a: 1 }, input: { form: "." } },
      "REACH-E4210 /do/0/task/input/form",
    ],
    [
      "a misspelt kind",
      { sett: { a: 1 }, if: "." },
      "REACH-E4210 /do/0/task/sett, REACH-E4212 /do/0/task",
    ],
    ["a task that is no object", 7, "REACH-E4211 /do/0/task"],
    ["a wrong type", { set: { a: 1 }, if: true }, "REACH-E4211 /do/0/task/if"],
    [
      "a missing field",
      { call: "http", with: { method: "get" } },
      "REACH-E4212 /do/0/task/with/endpoint",
    ],
    [
      "a method that is none",
      { call: "http", with: { ...get.with, method: "CONNECT" } },
      "REACH-E4215 /do/0/task/with/method",
    ],
    [
      "a header's name in capitals",
      { ...get, metadata: { reach: { responseHeaders: ["ETag"] } } },
      "REACH-E4215 /do/0/task/metadata/reach/responseHeaders/0",
    ],
    [
      "an unknown field of ours",
      { ...get, metadata: { reach: { headers: [] } } },
      "REACH-E4210 /do/0/task/metadata/reach/headers",
    ],
    [
      "headers that are a text",
      { call: "http", with: { ...get.with, headers: "a: b" } },
      "REACH-E4215 /do/0/task/with/headers",
    ],
    [
      "an event without a type",
      { emit: { event: { with: { source: "/a" } } } },
      "REACH-E4215 /do/0/task/emit/event/with",
    ],
    [
      "an attribute in capitals",
      { emit: { event: { with: { type: "a", traceId: "1" } } } },
      "REACH-E4215 /do/0/task/emit/event/with/traceId",
    ],
    [
      "until beside all",
      { listen: { to: { all: [{ with: { type: "a" } }], until: "true" } } },
      "REACH-E4215 /do/0/task/listen/to",
    ],
    [
      "two strategies",
      { listen: { to: { all: [{ with: { type: "a" } }], any: [] } } },
      "REACH-E4215 /do/0/task/listen/to",
    ],
    [
      "a task of a foreach",
      { listen: { to: { any: [] } }, foreach: { do: [{ a: { set: {} } }] } },
      "REACH-E4215 /do/0/task/foreach/do/0/a/set",
    ],
    [
      "an expression in errors.with",
      { try: [], catch: { errors: { with: { type: "${ .t }" } } } },
      "REACH-E4213 /do/0/task/catch/errors/with/type",
    ],
    ["an empty set", { set: {} }, "REACH-E4215 /do/0/task/set"],
    ["an unknown target", { set: { a: 1 }, then: "nowhere" }, "REACH-E4216 /do/0/task/then"],
    [
      "an unknown target of a case",
      { switch: [{ a: { then: "nowhere" } }] },
      "REACH-E4216 /do/0/task/switch/0/a/then",
    ],
    [
      "an unknown target of a catch",
      { try: [], catch: { then: "nowhere" } },
      "REACH-E4216 /do/0/task/catch/then",
    ],
    [
      "two defaults",
      { switch: [{ a: { then: "end" } }, { b: { then: "end" } }] },
      "REACH-E4215 /do/0/task/switch/1/b",
    ],
    ["a switch without cases", { switch: [] }, "REACH-E4215 /do/0/task/switch"],
    ["an unknown error", { raise: { error: "nope" } }, "REACH-E4216 /do/0/task/raise/error"],
    [
      "an unknown retry policy",
      { try: [], catch: { retry: "nope" } },
      "REACH-E4216 /do/0/task/catch/retry",
    ],
    [
      "two backoffs",
      { try: [], catch: { retry: { backoff: { constant: {}, linear: {} } } } },
      "REACH-E4215 /do/0/task/catch/retry/backoff",
    ],
    [
      "a duration in months",
      { try: [], catch: { retry: { delay: "P1M" } } },
      "REACH-E4213 /do/0/task/catch/retry/delay",
    ],
    [
      "a duration that is none",
      { try: [], catch: { retry: { delay: "5 s" } } },
      "REACH-E4215 /do/0/task/catch/retry/delay",
    ],
    [
      "an empty duration",
      { try: [], catch: { retry: { delay: {} } } },
      "REACH-E4215 /do/0/task/catch/retry/delay",
    ],
    [
      "an unknown part of a duration",
      { try: [], catch: { retry: { delay: { weeks: 1 } } } },
      "REACH-E4210 /do/0/task/catch/retry/delay/weeks",
    ],
    [
      "a table outside the folder",
      { call: "decide", with: { table: "../a.json", input: 1 } },
      "REACH-E4215 /do/0/task/with/table",
    ],
    [
      "a decision without input",
      { call: "decide", with: { table: "a.json" } },
      "REACH-E4212 /do/0/task/with/input",
    ],
    [
      "a problem in a nested list",
      { do: [{ inner: { for: { in: "." }, do: [{ x: { set: 1 } }] } }] },
      "REACH-E4211 /do/0/task/do/0/inner/do/0/x/set",
    ],
    ["a fork without branches", { fork: { branches: [] } }, "REACH-E4215 /do/0/task/fork/branches"],
    [
      "a branch that leads to another",
      { fork: { branches: [{ a: { set: { x: 1 }, then: "b" } }, { b: { set: { x: 1 } } }] } },
      "REACH-E4216 /do/0/task/fork/branches/0/a/then",
    ],
    [
      "a problem in a branch",
      { fork: { branches: [{ a: { set: 1 } }] } },
      "REACH-E4211 /do/0/task/fork/branches/0/a/set",
    ],
    // Not built yet, and refused.
    ["a wait of months", { wait: { months: 1 } }, "REACH-E4210 /do/0/task/wait/months"],
    ["an unknown timeout", { set: { a: 1 }, timeout: "no" }, "REACH-E4216 /do/0/task/timeout"],
    [
      "a schema from elsewhere",
      { set: { a: 1 }, input: { schema: { resource: { endpoint: "https://a.example/s" } } } },
      "REACH-E4213 /do/0/task/input/schema/resource/endpoint",
    ],
    [
      "a schema of another language",
      { set: { a: 1 }, output: { schema: { format: "avro", document: {} } } },
      "REACH-E4213 /do/0/task/output/schema/format",
    ],
    [
      "a schema of nothing",
      { set: { a: 1 }, export: { schema: {} } },
      "REACH-E4215 /do/0/task/export/schema",
    ],
    [
      "a question without a model",
      { call: "llm", with: { prompt: "?" } },
      "REACH-E4212 /do/0/task/with/model",
    ],
    [
      "a question twice",
      { call: "llm", with: { model: "m", prompt: "?", messages: [] } },
      "REACH-E4215 /do/0/task/with",
    ],
    [
      "call mcp by stdio",
      { call: "mcp", with: { method: "tools/list", transport: { stdio: { command: "x" } } } },
      "REACH-E4214 /do/0/task/with/transport/stdio",
    ],
    [
      "run.workflow",
      { run: { workflow: { namespace: "a" } } },
      "REACH-E4212 /do/0/task/run/workflow/name",
    ],
    [
      "run.workflow that nobody awaits",
      { run: { await: false, workflow: { namespace: "a", name: "b" } } },
      "REACH-E4213 /do/0/task/run/await",
    ],
    ["run.shell", { run: { shell: { command: "ls" } } }, "REACH-E4213 /do/0/task"],
    ["run.script", { run: { script: {} } }, "REACH-E4213 /do/0/task"],
    ["run.container", { run: { container: {} } }, "REACH-E4213 /do/0/task"],
    [
      "authentication",
      {
        call: "http",
        with: { method: "get", endpoint: { uri: "https://a.example", authentication: {} } },
      },
      "REACH-E4215 /do/0/task/with/endpoint/authentication",
    ],
    [
      "authentication that is not built yet",
      {
        call: "http",
        with: {
          method: "get",
          endpoint: {
            uri: "https://a.example",
            authentication: { oauth2: { authority: "https://l", grant: "authorization_code" } },
          },
        },
      },
      "REACH-E4213 /do/0/task/with/endpoint/authentication/oauth2/grant",
    ],
    [
      "a secret that nobody lists",
      {
        call: "http",
        with: {
          method: "get",
          endpoint: { uri: "https://a.example", authentication: { bearer: { use: "x" } } },
        },
      },
      "REACH-E4216 /do/0/task/with/endpoint/authentication/bearer/use",
    ],
  ])("%s", (_, task, expected) => {
    expect(said(withTask(task)).join(", ")).toBe(expected);
  });

  it("lists: one name each, every name once", () => {
    expect(said(withTasks({ a: { set: { x: 1 } }, b: { set: { x: 1 } } }))).toEqual([
      "REACH-E4215 /do/0",
    ]);
    expect(said(withTasks({ a: { set: { x: 1 } } }, { a: { set: { x: 1 } } }))).toEqual([
      "REACH-E4217 /do/1/a",
    ]);
    expect(said(withTasks({}))).toEqual(["REACH-E4215 /do/0"]);
  });

  it("the document itself", () => {
    expect(said({})).toEqual(["REACH-E4212 /document", "REACH-E4212 /do"]);
    expect(said({ document: { ...document, dsl: "1.1.0" }, do: [] })).toEqual([
      "REACH-E4215 /document/dsl",
    ]);
    expect(said({ document: { ...document, version: 1 }, do: [] })).toEqual([
      "REACH-E4211 /document/version",
    ]);
    expect(said({ document, do: [], evaluate: { mode: "loose" } })).toEqual([
      "REACH-E4213 /evaluate/mode",
    ]);
    expect(said({ document, do: [], schedule: { cron: "* * * *", read: "data" } })).toEqual([
      "REACH-E4215 /schedule/cron",
      "REACH-E4215 /schedule",
    ]);
    expect(said(JSON.parse('{"__proto__":1,"do":[]}'))).toContain("REACH-E4210 /__proto__");
  });

  it("several at once, with hints", () => {
    const [first, second] = problems(withTask({ set: { a: 1 }, thenn: "end", iff: "." }));
    expect(first).toMatchObject({ hint: "Did you mean `then`?", path: ["do", 0, "task", "thenn"] });
    expect(second).toMatchObject({ hint: "Did you mean `if`?" });
    const [version] = problems({ document: { ...document, version: 1 }, do: [] });
    expect(version?.hint).toMatch(/quotes/);
    const [shell] = problems(withTask({ run: { shell: {} } }));
    expect(shell?.why).toMatch(/never starts a shell/);
    const [kind] = problems(withTask({ frk: { branches: [] } }));
    expect(kind).toMatchObject({ hint: "Did you mean `fork`?", path: ["do", 0, "task", "frk"] });
  });

  it("an unknown field does not hide what is wrong elsewhere", () => {
    const unknown = { document, do: [{ task: { raise: { error: "none" } } }], extra: 1 };
    expect(said(unknown)).toEqual(["REACH-E4210 /extra", "REACH-E4216 /do/0/task/raise/error"]);
    // Where a type is wrong, what is said of the whole has to wait.
    const wrong = { ...unknown, timeout: 7 };
    expect(said(wrong)).not.toContain("REACH-E4216 /do/0/task/raise/error");
  });

  it("the names of fields reach a hint from inside a choice, too", () => {
    const task = {
      call: "http",
      with: { method: "get", endpoint: { uri: "https://a.example", authentification: {} } },
    };
    expect(problems(withTask(task))).toMatchObject([
      {
        path: ["do", 0, "task", "with", "endpoint", "authentification"],
        hint: "Did you mean `authentication`?",
      },
    ]);
  });
});

it("nesting costs time in proportion", () => {
  let task: unknown = { set: { a: 1 } };
  for (let level = 0; level < 100; level += 1) {
    task = { for: { in: "." }, do: [{ inner: { do: [{ task }] } }] };
  }
  expect(problems(withTask(task))).toEqual([]);
});

it("tablesOf finds the tables of all decisions, wherever they are", () => {
  const decide = (table: string): unknown => ({ call: "decide", with: { table, input: "${ . }" } });
  const value = withTasks(
    { a: decide("a.json") },
    {
      b: {
        do: [{ c: { try: [{ d: decide("b.json") }], catch: { do: [{ e: decide("c.json") }] } } }],
      },
    },
  );
  expect(problems(value)).toEqual([]);
  expect(tablesOf(value as Workflow)).toEqual([
    { path: ["do", 0, "a", "with", "table"], file: "a.json" },
    { path: ["do", 1, "b", "do", 0, "c", "try", 0, "d", "with", "table"], file: "b.json" },
    { path: ["do", 1, "b", "do", 0, "c", "catch", "do", 0, "e", "with", "table"], file: "c.json" },
  ]);
});

describe("the language's own examples", () => {
  const vectors = new URL("../../../shared/vectors/openworkflow/", import.meta.url).pathname;
  const names = (folder: string): string[] =>
    existsSync(join(vectors, folder))
      ? readdirSync(join(vectors, folder)).filter((name) => name.endsWith(".yaml"))
      : [];
  const read = (folder: string, name: string): unknown =>
    parse(readFileSync(join(vectors, folder, name), "utf8"), { uniqueKeys: false });

  it("each is accepted, or refused for what it uses: never for its form", (context) => {
    const examples = names("examples");
    if (examples.length === 0) context.skip("shared/vectors/openworkflow is not here");
    const codes = examples.map((name) =>
      said(read("examples", name)).map((line) => `${name} ${line}`),
    );
    expect(codes.flat().filter((line) => !/REACH-E421[34]/.test(line))).toEqual([]);
    expect(codes.filter((list) => list.length === 0).length).toBeGreaterThanOrEqual(13);
  });

  it("what is invalid is refused", (context) => {
    const invalid = names("invalid");
    if (invalid.length === 0) context.skip("shared/vectors/openworkflow is not here");
    for (const name of invalid) {
      expect(problems(read("invalid", name)), name).not.toEqual([]);
    }
  });
});
