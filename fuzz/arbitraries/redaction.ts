// Runs in which values are hidden: what they do with them, and two of each hidden value.
import fc from "fast-check";

export interface Case {
  readonly tasks: readonly object[];
  readonly more: object;
  readonly limits: object | undefined;
  /** What is hidden, in both runs: in the input as a member, an element and below an object, and in each answer. */
  readonly hidden: readonly [Hidden, Hidden];
  /** A command whose reason is hidden, before anything was answered. */
  readonly command: "pause" | "cancel" | null;
  /** Whether what is hidden is only passed on. */
  readonly isCarrying: boolean;
  readonly show: readonly string[];
}
interface Hidden {
  readonly input: unknown;
  readonly answer: unknown;
}

/** Members of `$context`: `h` and what is in `list` and `o` are hidden, `v` and `n` are not. */
const post = (body: unknown): object => ({
  call: "http",
  with: { method: "post", endpoint: "https://a.example/x", body },
});
const get = (endpoint: unknown): object => ({ call: "http", with: { method: "get", endpoint } });
const set = (value: unknown): object => ({ set: { value } });

const schema = (name: string): object => ({
  document: { type: "object", required: ["h"], properties: { [name]: { type: "number" } } },
});
const mcp = (name: string, value: unknown): object => ({
  call: "mcp",
  with: {
    method: "tools/call",
    parameters: { name: "x", arguments: { [name]: value } },
    transport: { http: { endpoint: "https://a.example/mcp" } },
  },
});
const emit = (event: object): object => ({
  emit: { event: { with: { source: "x", type: "t", ...event } } },
});
const child = (name: string): object => ({
  run: { workflow: { namespace: "test", name, version: "1.0.0", input: { h: "${ $context.h }" } } },
});
const raising = { raise: { error: { type: "https://a.example/e", status: 400 } } };

const carrying: readonly object[] = [
  set("${ $context.h }"),
  set(["${ $context.o }", { in: "${ $context.list[1] }" }, "Ada", true, null, 700]),
  set("${ {a: 1, b: $context.h} + {c: [$context.o.in]} }"),
  set("${ $context.list[1:] + [$context.v] }"),
  { set: "${ $context }", output: { as: "${ [.h, .n] }" } },
  { set: { x: 1 }, export: { as: "${ $context + {z: $context.h} }" } },
  set('${ $context | del(.h, .list[1]) | .o.in = "another" }'),
  set("${ [$context | .h?, (.list | first, last), (.o | to_entries[])] }"),
  set("${ [{k: 2, h: $context.h}, {k: 1}] | sort_by(.k) }"),
  { set: { n: "${ $context.n }", h: "${ $context.h }" }, output: { schema: schema("n") } },
  {
    fork: {
      branches: [
        { a: { ...set(1), export: { as: "${ $context + {a: 1} }" } } },
        { b: { ...set(2), export: { as: "${ $context + {b: [$context.h]} }" } } },
      ],
    },
  },
  { call: "llm", with: { model: "small", prompt: "?" } },
  mcp("n", 1),
  { listen: { to: { one: { with: { type: "t" } } } } },
  {
    listen: { to: { one: { with: { type: "t" } } }, read: "envelope" },
    foreach: { item: "e", do: [{ each: set("${ [$e.data, $context.h] }") }] },
  },
  child("carries"),
  { call: "decide", with: { table: "tables/n.json", input: { n: 5, h: "${ $context.h }" } } },
  post({ v: "${ $context.v }" }),
  { ...get("https://a.example/y"), output: { as: "${ {got: .h, n: .n} }" } },
  { for: { in: "${ [range(3)] }", each: "i" }, do: [{ turn: set("${ [$i, $context.h] }") }] },
  { fork: { branches: [{ a: set("${ $context.h }") }, { b: set("${ $context.n }") }] } },
  { try: [{ t: set("${ $context.o }") }], catch: { do: [{ c: set("${ $context.h }") }] } },
  { if: "${ $context.n > 1 }", set: { value: "${ $context.h }" } },
  { switch: [{ one: { when: "${ $context.n == 5 }", then: "continue" } }] },
];

const looking: readonly object[] = [
  { if: '${ $context.h == "Ada" }', set: { value: 1 } },
  { if: "${ $context.h }", set: { value: 1 } },
  {
    switch: [
      { one: { when: "${ $context.h == 1 }", then: "continue" } },
      { other: { then: "end" } },
    ],
  },
  set("${ if $context.h then 1 else 2 end }"),
  set("${ $context.h and true }"),
  set("${ $context.h // 7 }"),
  set("${ [$context.h[]?] }"),
  set("${ $context.h.x? }"),
  set("${ [limit($context.h; 1, 2)] }"),
  set("${ [range($context.h)] }"),
  set("${ $context.list == [1, 2] }"),
  set("${ $context == $context }"),
  set("${ {($context.h): 1} }"),
  set("${ [$context.list, 1] | flatten }"),
  set("${ [paths] }"),
  set('${ "a\\($context.o)" }'),
  set("${ [$context.list[1:][] | numbers] }"),
  set("${ $context | walk(.) | length }"),
  set("${ $context.h | tostring }"),
  set("${ $context.h | length }"),
  set("${ [$context.list[] | type] }"),
  set("${ $context.list | sort }"),
  { for: { in: "${ $context.h }", each: "i" }, do: [{ turn: set("${ $i }") }] },
  {
    try: [{ t: set("${ $context.h + 1 }") }],
    catch: { as: "e", do: [{ c: set("${ $e.detail }") }] },
  },
  { try: [{ t: set("${ $context.h | error }") }], catch: { do: [{ c: set("caught") }] } },
  get('${ "https://a.example/" + ($context.h | tostring) }'),
  {
    raise: {
      error: { type: "https://a.example/e", status: 400, title: "${ $context.h | tojson }" },
    },
  },
  { set: { x: 1 }, input: { schema: { document: { type: "string" } }, from: "${ $context.h }" } },
  {
    set: { y: "${ $context.h }" },
    output: { schema: { document: { properties: { y: { type: "number" } } } } },
  },
  { call: "decide", with: { table: "tables/t.json", input: { s: "${ $context.h }" } } },
  {
    fork: {
      compete: true,
      branches: [{ a: set("${ $context.h * 2 }") }, { b: get("https://a.example/z") }],
    },
  },
  { wait: "${ $context.h }" },
  { for: { in: "${ $context.list }", each: "i" }, do: [{ turn: set("${ $i + 1 }") }] },
  { for: { in: "${ [1, 2] }", each: "i" }, while: "${ $context.h }", do: [{ turn: set(1) }] },
  { try: [{ t: raising }], catch: { when: "${ $context.h }", do: [{ c: set("caught") }] } },
  {
    try: [{ t: raising }],
    catch: { retry: { limit: { attempt: { count: 2 } }, when: "${ $context.h }" } },
  },
  get("https://a.example/{h}"),
  {
    call: "http",
    with: { method: "get", endpoint: "https://a.example/q", query: { h: "${ $context.h }" } },
  },
  {
    call: "http",
    with: { method: "get", endpoint: "https://a.example/q", headers: { h: "${ $context.h }" } },
  },
  { call: "llm", with: { model: "small", prompt: "${ $context.h }" } },
  { call: "llm", with: { model: "small", prompt: "?", schema: { document: {} } } },
  emit({ subject: "${ $context.h }" }),
  { listen: { to: { one: { with: { type: "t", data: '${ . != "another" }' } } } } },
  { listen: { to: { one: { with: { type: "t" } } }, read: "raw" } },
  child("looks"),
  { set: { x: 1 }, output: { as: "${ $context.h | length }" } },
  { set: { x: 1 }, export: { as: "${ {h: ($context.h | type)} }" } },
  {
    fork: {
      branches: [
        { a: { ...set(1), export: { as: "${ $context + {h: 1} }" } } },
        { b: { ...set(2), export: { as: "${ $context + {h: $context.o.in} }" } } },
      ],
    },
  },
  // What is hidden goes out, and what comes back depends on it.
  post({ h: "${ $context.h }" }),
  mcp("h", "${ $context.h }"),
  emit({ data: "${ [$context.h] }" }),
];

const table = (input: string, when: unknown): object => ({
  table: { name: "t", version: "1.0.0" },
  hitPolicy: "first",
  inputs: [input],
  rules: [{ id: "r", when: { [input]: when }, then: { ok: true }, reasons: ["R"] }],
  default: { then: { ok: false }, reasons: ["D"] },
});
export const tables = { "tables/t.json": table("s", "Ada"), "tables/n.json": table("n", 5) };

/** Workflows that tasks run. */
const workflow = (name: string, task: object): object => ({
  document: { dsl: "1.0.3", namespace: "test", name, version: "1.0.0" },
  do: [{ inner: task }],
});
export const children = {
  "carries.json": workflow("carries", set("${ [.h, $input] }")),
  "looks.json": workflow("looks", set("${ .h | not }")),
};

export const grant = {
  http: [{ methods: ["GET", "POST"], origin: "https://a.example", paths: ["/*"] }],
  emit: ["*"],
  models: ["small"],
  mcp: [{ server: "https://a.example/mcp", calls: ["*"] }],
};

/** What an effect is answered with, with something hidden in it. */
export function answerOf(type: string, n: number, hidden: unknown): unknown {
  switch (type) {
    case "http":
      return { n, h: hidden };
    case "llm":
      return { finish: "stop", model: "small", text: textOf(hidden) };
    case "mcp":
      return { result: { content: [], n, h: hidden } };
    case "event":
      return { event: { id: `${n}`, source: "x", specversion: "1.0", type: "t", data: hidden } };
    case "emit":
      return { id: `${n}`, ms: n };
    default:
      return {};
  }
}
export const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** Where that is in the record of the result. */
export const hiddenAt: Readonly<Record<string, string>> = {
  body: "/body/h",
  text: "/text",
  result: "/result/h",
  event: "/event/data",
};

/** What could be guessed: texts of the pack and of answers, small numbers, truths. */
const guesses: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  5,
  700,
  "",
  "Ada",
  "Bob",
  "caught",
  "x".repeat(100),
  [],
  {},
  [1],
  { in: "Ada" },
];

/** Values that are different to most looks: one is nothing, and false; the other something, and can be iterated over. */
const differing: readonly [Hidden, Hidden] = [
  { input: null, answer: false },
  { input: [1], answer: "Ada" },
];

const named = (tasks: readonly object[]): object[] => tasks.map((task, i) => ({ [`t${i}`]: task }));
const value = fc.constantFrom(...guesses);
const hidden = fc.record({ input: value, answer: value });

const of = (tasks: readonly object[], most: number): fc.Arbitrary<object[]> =>
  fc.array(fc.constantFrom(...tasks), { minLength: 1, maxLength: most });

/** Half of the runs only pass on what is hidden; the others look, or send it out, at some place. */
export const cases: fc.Arbitrary<Case> = fc
  .record({
    before: of(carrying, 4),
    look: fc.option(fc.constantFrom(...looking)),
    after: of([...carrying, ...looking], 3),
    hidden: fc.tuple(hidden, hidden),
    limit: fc.option(fc.constantFrom(3000, 6000, 12_000), { freq: 4 }),
    command: fc.constantFrom(null, null, null, "pause" as const, "cancel" as const),
    show: fc.subarray(["outcome/output", "t0/output", "t1/output", "outcome/error/status"], {
      maxLength: 2,
    }),
  })
  .map(({ before, look, after, hidden, limit, command, show }) => ({
    tasks: named(look === null ? before : [...before, look, ...after]),
    more: {},
    limits: limit === null ? undefined : { fuel: limit },
    hidden,
    command,
    isCarrying: look === null && limit === null,
    show,
  }));

const one = { more: {}, limits: undefined, command: null, show: [] };

/** Each way to pass something on, and each to look, by itself. */
export const single: readonly Case[] = [
  ...carrying.map((task) => ({ ...one, tasks: [task], isCarrying: true })),
  ...looking.map((task) => ({ ...one, tasks: [task], isCarrying: false })),
  ...(["pause", "cancel"] as const).map((command) => {
    return { ...one, tasks: [get("https://a.example/z")], isCarrying: true, command };
  }),
].map((each) => ({
  ...each,
  tasks: named([...each.tasks, set("${ $context.n }")]),
  hidden: differing,
}));
