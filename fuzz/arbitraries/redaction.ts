// Runs in which values are hidden: what they do with them, and two of each hidden value.
import fc from "fast-check";

export interface Case {
  readonly tasks: readonly object[];
  readonly more: object;
  readonly limits: object | undefined;
  /** What is hidden, in both runs: in the input as a member, an element and below an object, and in each answer. */
  readonly hidden: readonly [Hidden, Hidden];
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

const carrying: readonly object[] = [
  set("${ $context.h }"),
  set(["${ $context.o }", { in: "${ $context.list[1] }" }, "Ada", true, null, 700]),
  set("${ {a: 1, b: $context.h} + {c: [$context.o.in]} }"),
  set("${ $context.list[1:] + [$context.v] }"),
  { set: "${ $context }", output: { as: "${ [.h, .n] }" } },
  { set: { x: 1 }, export: { as: "${ $context + {z: $context.h} }" } },
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
  // What is hidden goes out, and what comes back depends on it.
  post({ h: "${ $context.h }" }),
];

export const tables = {
  "tables/t.json": {
    table: { name: "t", version: "1.0.0" },
    hitPolicy: "first",
    inputs: ["s"],
    rules: [{ id: "r", when: { s: "Ada" }, then: { ok: true }, reasons: ["R"] }],
    default: { then: { ok: false }, reasons: ["D"] },
  },
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
    show: fc.subarray(["outcome/output", "t0/output", "t1/output", "outcome/error/status"], {
      maxLength: 2,
    }),
  })
  .map(({ before, look, after, hidden, limit, show }) => ({
    tasks: named(look === null ? before : [...before, look, ...after]),
    more: {},
    limits: limit === null ? undefined : { fuel: limit },
    hidden,
    isCarrying: look === null && limit === null,
    show,
  }));
