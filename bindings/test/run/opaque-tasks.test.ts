// Opaque replay: which parts of tasks pass a hidden value on, and which look at it (docs/spec/trace.md).
import { describe, expect, test } from "vitest";
import { HOLE, replayed, SECRET, secretly } from "./opaque-runs.ts";
import type { Case } from "./opaque-runs.ts";
import { get } from "./workflows.ts";

const set = (value: unknown): object => ({ set: { value } });
const input = secretly;
const one = (at: object, more: Partial<Case> = {}): Case => ({ tasks: [{ at }], input, ...more });
const post = (more: object): object => ({
  call: "http",
  with: { method: "post", endpoint: "https://a.example/x", ...more },
});
const text = { type: "string" };
const schema = (properties: object): object => ({
  schema: { document: { type: "object", properties } },
});
const grants = {
  http: [{ origin: "https://a.example", methods: ["GET", "POST"], paths: ["/*"] }],
  emit: ["*"],
  models: ["small"],
  mcp: [{ server: "https://a.example/mcp", calls: ["*"] }],
};
const event = (more: object): object => ({
  event: { id: "1", source: "x", specversion: "1.0", type: "t", ...more },
});
const said = (s: string): object => ({ finish: "stop", model: "small", text: s });
const known = JSON.parse(SECRET) as string;
const table = (name: string, when: object): Record<string, object> => ({
  "tables/t.json": {
    table: { name: "t", version: "1.0.0" },
    hitPolicy: "first",
    inputs: [name],
    rules: [{ id: "r", when, then: { ok: true }, reasons: ["R"] }],
    default: { then: { ok: false }, reasons: ["D"] },
  },
});
const listen = (filter: object, more: object = {}): object => ({
  listen: { to: { one: filter }, ...more },
});

describe("TRACE-26 carrying", () => {
  const cases: Record<string, Case> = {
    "set, and on to the next task": {
      tasks: [{ a: set("${ .s }") }, { b: set("${ .value }") }],
      input,
    },
    "the task's own input and output": one({
      set: "${ . }",
      input: { from: "${ .o }" },
      output: { as: "${ [.in] }" },
    }),
    "export and $context": {
      tasks: [
        { a: { set: { x: 1 }, export: { as: "${ {kept: $context.s} }" } } },
        { b: set("${ $context.kept }") },
      ],
      input,
    },
    "input.from and output.as of the workflow": {
      tasks: [{ a: set("${ .moved }") }],
      more: { input: { from: "${ {moved: .s} }" }, output: { as: "${ {out: .} }" } },
      input,
    },
    "a schema that asks for other members": {
      tasks: [
        {
          a: { set: "${ . }", input: schema({ n: { type: "number" } }), output: schema({ s: {} }) },
        },
      ],
      input,
    },
    "a condition on another member": one({ if: "${ .n == 5 }", set: "${ . }" }),
    "a task that is skipped": one({ if: "${ .n == 6 }", set: { x: 1 } }),
    "a body, and an answer": one(post({ body: { name: "${ .s }", all: "${ .o }" } }), {
      bodies: [`{"back":${SECRET}}`],
    }),
    "a body that is hidden": one(post({ body: "${ .s }" }), { bodies: [SECRET] }),
    "an answer as a response": one(get("https://a.example/x", { output: "response" }), {
      bodies: [SECRET],
    }),
    "each turn of a loop": one({
      for: { each: "x", in: "${ .t }" },
      do: [{ in: set("${ [$x] }") }],
    }),
    "the branches of a fork": one({
      fork: { branches: [{ a: set("${ .s }") }, { b: set("${ .o }") }] },
    }),
    "what the branches export": one({
      fork: {
        branches: [
          { a: { set: { x: 1 }, export: { as: "${ $context + {a: 1} }" } } },
          { b: { set: { x: 2 }, export: { as: "${ $context + {b: $context.s} }" } } },
        ],
      },
    }),
    "a fork that competes": one({
      fork: { compete: true, branches: [{ a: set("${ .s }") }, { b: get() }] },
    }),
    "a try that goes well": one({ try: [{ in: set("${ .s }") }], catch: { do: [{ no: set(1) }] } }),
    "an error beside it": {
      tasks: [
        {
          at: {
            try: [{ in: { raise: { error: { type: "https://x.example/e", status: 400 } } } }],
            catch: {
              errors: { with: { status: 400 } },
              when: "${ $context.n == 5 }",
              do: [{ so: set("${ $context.s }") }],
            },
          },
        },
      ],
      input,
    },
    "a switch on another member": one({ switch: [{ a: { when: "${ .n == 5 }", then: "end" } }] }),
    "a table's other inputs": one(
      {
        call: "decide",
        with: { table: "tables/t.json", input: { n: "${ .n }", s: "${ .s }" } },
        output: { as: "${ {r: .result, s: $input.s} }" },
      },
      {
        tables: table("n", { n: { gt: 1 } }),
      },
    ),
    "an event's data": one(
      { emit: { event: { with: { source: "x", type: "t", data: "${ .s }" } } } },
      { grant: grants, results: [{ id: "1", ms: 5 }] },
    ),
    "the data of an event that came": one(listen({ with: { type: "t" } }), {
      results: [event({ data: known })],
    }),
    "its envelope": one(listen({ with: { type: "t" } }, { read: "envelope" }), {
      results: [event({ data: known })],
    }),
    "a correlation with another member": one(
      listen({ with: { type: "t" }, correlate: { n: { from: "${ .data.n }" } } }),
      { results: [event({ data: { n: 1, s: known } })] },
    ),
    "what a model says": one(
      { call: "llm", with: { model: "small", prompt: "?" } },
      { grant: grants, results: [said(known)] },
    ),
    "a tool's arguments and its answer": one(
      {
        call: "mcp",
        with: {
          method: "tools/call",
          parameters: { name: "x", arguments: { s: "${ .s }" } },
          transport: { http: { endpoint: "https://a.example/mcp" } },
        },
      },
      { grant: grants, results: [{ result: { content: [], s: known } }] },
    ),
    "the clock beside it": {
      tasks: [{ a: set("${ [now, .s] }") }, { w: { wait: { milliseconds: 5 } } }],
      input,
    },
  };
  test.each(Object.entries(cases))("%s", (_, given) => {
    const { replay, texts, whole } = replayed(given);
    expect(replay).toEqual({ status: "ended", records: whole.length });
    expect(texts.slice(1).join("")).toContain(HOLE);
  });
});

describe("TRACE-27, TRACE-28 looks", () => {
  type Look = readonly [given: Case, what: string, records?: number, task?: string];
  const cases: Record<string, Look> = {
    if: [one({ if: "${ .s }", set: { x: 1 } }), "if"],
    "a case of switch": [one({ switch: [{ a: { when: "${ .s }", then: "end" } }] }), "switch"],
    "for.in": [one({ for: { each: "x", in: "${ .s }" }, do: [{ a: set(1) }] }), "for"],
    "for.while": [
      one({ for: { each: "x", in: "${ .t }" }, while: "${ $context.s }", do: [{ a: set(1) }] }),
      "for",
    ],
    "in a loop over it": [
      one({ for: { each: "x", in: "${ .t }" }, do: [{ a: set("${ $x + 1 }") }] }),
      "expression",
      2,
      "/do/0/at/do/0/a",
    ],
    wait: [one({ wait: "${ .s }" }), "wait"],
    "a part of a duration": [one({ wait: "${ {seconds: .s} }" }), "wait"],
    "raise.detail": [
      one({ raise: { error: { type: "https://x.example/e", status: 400, detail: "${ .s }" } } }),
      "raise",
    ],
    "catch.when": [
      one({
        try: [{ a: { raise: { error: { type: "https://x.example/e", status: 400 } } } }],
        catch: { when: "${ $context.s }", do: [{ b: set(1) }] },
      }),
      "try",
      2,
    ],
    "an error in a try": [
      one({ try: [{ a: set("${ error($context.s) }") }], catch: { do: [{ b: set(1) }] } }),
      "expression",
      1,
      "/do/0/at/try/0/a",
    ],
    "input.schema": [one({ set: { x: 1 }, input: schema({ s: text }) }), "schema"],
    "output.schema": [one({ set: "${ . }", output: schema({ s: text }) }), "schema"],
    "export.schema": [
      one({ set: "${ . }", export: { as: "${ . }", ...schema({ s: text }) } }),
      "schema",
    ],
    "the workflow's input": [
      { ...one(set(1)), more: { input: schema({ s: text }) } },
      "schema",
      1,
      "",
    ],
    "the workflow's output": [
      { ...one({ set: "${ . }" }), more: { output: schema({ s: text }) } },
      "schema",
      2,
      "",
    ],
    "the workflow's output.as": [
      { ...one({ set: "${ . }" }), more: { output: { as: "${ .s | length }" } } },
      "expression",
      2,
      "",
    ],
    "a URI template": [one(get("https://a.example/{s}")), "URI"],
    "a URI": [one(get("${ .s }")), "URI"],
    "a part of a URI": [one(get('${ "https://a.example/" + .s }')), "expression"],
    "a query": [one(get("https://a.example/x", { query: { q: "${ .s }" } })), "URI"],
    "a header": [one(get("https://a.example/x", { headers: { q: "${ .s }" } })), "headers"],
    "a prompt": [
      one(
        { call: "llm", with: { model: "small", prompt: "${ .s }" } },
        { grant: grants, results: [said("")] },
      ),
      "call",
    ],
    "a message": [
      one(
        { call: "llm", with: { model: "small", messages: [{ role: "user", content: "${ .s }" }] } },
        { grant: grants, results: [said("")] },
      ),
      "call",
    ],
    "an answer with a schema": [
      one(
        { call: "llm", with: { model: "small", prompt: "?", schema: { document: {} } } },
        { grant: grants, results: [said('"x"')], secret: '"\\"x\\""' },
      ),
      "call",
      3,
    ],
    "the name of a tool": [
      one(
        {
          call: "mcp",
          with: {
            method: "tools/call",
            parameters: { name: "${ .s }" },
            transport: { http: { endpoint: "https://a.example/mcp" } },
          },
        },
        { grant: grants, results: [{ result: {} }] },
      ),
      "call",
    ],
    "an event's type": [
      one(
        { emit: { event: { with: { source: "x", type: "${ .s }" } } } },
        { grant: grants, results: [{ id: "1", ms: 5 }] },
      ),
      "emit",
    ],
    "an event's attribute": [
      one(listen({ with: { type: "t", subject: known } }), {
        results: [event({ subject: known })],
      }),
      "result",
      2,
    ],
    "a filter": [
      one(listen({ with: { type: "t", data: "${ . != 1 }" } }), {
        results: [event({ data: known })],
      }),
      "expression",
      2,
    ],
    "a correlation": [
      one(
        listen({
          with: { type: "t" },
          correlate: { n: { from: "${ .data }", expect: "${ .s }" } },
        }),
        { results: [event({ data: known })] },
      ),
      "result",
      2,
    ],
    "data as a text": [
      one(listen({ with: { type: "t" } }, { read: "raw" }), {
        results: [event({ data: { s: known } })],
      }),
      "listen",
      3,
    ],
    "an answer as a whole": [
      one(get(), { bodies: ["1"], secret: '{"body":1,"headers":{},"status":200}' }),
      "result",
      2,
    ],
    "its status": [one(get(), { secret: "200" }), "result", 2],
    "a sample of the clock": [one(set("${ now }"), { secret: "1700000000000" }), "result", 2],
    "an input of a table": [
      one(
        { call: "decide", with: { table: "tables/t.json", input: "${ . }" } },
        {
          tables: table("s", { s: "x" }),
        },
      ),
      "call",
    ],
    "a branch of a fork, for all": [
      one({
        fork: { branches: [{ a: set("${ .s }") }, { b: set("${ .s | length }") }, { c: set(1) }] },
      }),
      "expression",
      2,
      "/do/0/at/fork/branches/1/b",
    ],
    "branches that export others of it": [
      one(
        {
          fork: {
            branches: [
              { a: { set: { x: 1 }, export: { as: "${ $context + {s: $context.o.in} }" } } },
              { b: { set: { x: 1 }, export: { as: "${ $context + {o: $context.s} }" } } },
            ],
          },
        },
        { input: `{"s":"x","o":{"in":${SECRET}}}` },
      ),
      "context",
      3,
      "/do/0/at/fork/branches/1/b",
    ],
    "its own fuel": [
      one(
        { for: { each: "x", in: "${ [range(1000)] }" }, do: [{ a: set("${ $x }") }] },
        { fuel: 4000 },
      ),
      "limit",
      0,
      "*",
    ],
    // The run itself was ended by it as well.
    "a limit of its own, if only of nesting": [
      one(set("${ reduce range(1100) as $i (1; [.]) }")),
      "limit",
    ],
    "the number of effects": [
      { tasks: [{ a: get() }, { at: get() }], input, limits: { effects: 1 } },
      "limit",
      4,
      "/do/1/at",
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [given, what, records = 1, task = "/do/0/at"]) => {
    const { replay, whole } = replayed(given);
    expect(replay).toMatchObject({ status: "looked", looked: { what } });
    if (task !== "*")
      expect({ records: replay.records, task: replay.looked?.task }).toEqual({ records, task });
    expect(replay.records).toBeLessThan(whole.length);
  });
});
