// Workflow documents that load, over every kind of task, with expressions that work, that fail and
// that ask for the time; inputs for them; and what the outside answers.
import fc from "fast-check";
import { tables } from "../models/script.ts";
import type { Answer, Script } from "../models/script.ts";
import type { Json } from "../models/workflow.ts";

const errors = "https://open-workflow-specification.org/spec/1.0.0/errors/";

/** Programs that give one value whatever they are given. */
const safe = [
  ".",
  ".n? // 0",
  "(.n? // 0) < 3",
  ".a? == true",
  "{a: ., n: 1}",
  "{b: 1, a: 2, n: (.n? // 0)}",
  "[.n?, {n: 2}, null]",
  "[range(3)]",
  "null",
  "false",
  "true",
  '"x"',
  '{n: "a/b", a: ".."}',
  '"ü\\n"',
  "-0",
  "1e400",
  "tojson",
  "$context",
  "($context.n? // 0) + 1",
  "{n: (($context.n? // 0) + 1)}",
  "($context.n? // 0) < 2",
  "$input",
  "$output",
  "$task.name",
  "$task.reference",
  "$task.output",
  "$task.input",
  "$workflow.input",
  "$workflow.definition.document.name",
  "$runtime",
];
/** Programs that ask. */
const asking = [
  "$task.startedAt.iso8601",
  "$workflow.id",
  "$workflow.startedAt.epoch",
  "[$task.startedAt.epoch.seconds, $workflow.id]",
  "now",
  "[now, $workflow.id]",
  "if false then now else 1 end",
  "{n: now, a: $task}",
];
/** Programs that fail, always or with some data. */
const risky = [
  ".a",
  ".n + 1",
  ".a.b",
  "[.n, .a]",
  "length",
  "keys",
  "$context.a",
  "$input.n",
  "empty",
  "1, 2",
  'error("no")',
  "error({a: 1})",
  "error(null)",
];
/** Programs by the variable that they want in scope. */
const ofVariable: Readonly<Record<string, readonly string[]>> = {
  item: ["$item", "$item.n?", "{n: $item}", "$item == 1"],
  index: ["$index", "$index < 1", "{n: $index}"],
  error: [
    "$error.status",
    "$error.type",
    "$error",
    "$error.status > 500",
    "{n: $error.status}",
    "true",
  ],
  e: ["$e", "$e.status == 503"],
};

interface Scope {
  /** Workflows that a task may run. */
  readonly children: readonly string[];
  readonly variables: readonly string[];
  readonly depth: number;
}

/** Undefined `n` times out of `n + 1`. */
const oneIn = <T>(n: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: n, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => oneIn(7, arbitrary);
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  oneIn(1, arbitrary);

/** An object without the members that are undefined. */
const parts = (record: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc
    .record(record)
    .map(
      (value) =>
        Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Json,
    );

const program = ({ variables }: Scope): fc.Arbitrary<string> => {
  const own = variables.flatMap((name) => ofVariable[name] ?? []);
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...safe) },
    { weight: 3, arbitrary: fc.constantFrom(...asking) },
    { weight: 2, arbitrary: fc.constantFrom(...risky) },
    ...(own.length === 0 ? [] : [{ weight: 10, arbitrary: fc.constantFrom(...own) }]),
  );
};
const braced = (scope: Scope): fc.Arbitrary<string> =>
  program(scope).map((text) => `\${ ${text} }`);
const either = (scope: Scope): fc.Arbitrary<string> => fc.oneof(program(scope), braced(scope));

const literal: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(null, true, 0, 2.5, "text", "x y", []);
const template = (scope: Scope): fc.Arbitrary<Json> =>
  fc.oneof(
    braced(scope),
    literal,
    fc.tuple(braced(scope), literal).map(([n, a]): Json => ({ n, a })),
    fc.tuple(braced(scope), literal).map(([a, b]): Json => [a, { b }]),
  );

/** Where a string is an expression anyway. */
const shape = (scope: Scope): fc.Arbitrary<Json> =>
  fc.oneof(
    either(scope),
    template(scope).filter((v) => typeof v !== "string"),
  );

const filter = (scope: Scope): fc.Arbitrary<Json> =>
  parts({
    with: fc.oneof(
      fc.constantFrom<Json[]>(
        { type: "a.x" },
        { type: "b" },
        { type: '${ startswith("a") }' },
        { type: "a.y", ext: 7 },
        { data: "${ .n > 1 }", type: "${ . }" },
        { data: { n: 1, a: "x" } },
        { subject: "${ .a.b }" },
        { source: "${ [.], false }" },
      ),
      braced(scope)
        .filter((text) => !text.includes("now"))
        .map((data): Json => ({ data })),
    ),
    correlate: rarely(
      fc.constantFrom<Json[]>(
        { n: { from: ".data.n" } },
        { n: { from: "${ .data.n }", expect: "${ .n }" } },
        { n: { from: ".data.n" }, m: { from: ".type", expect: "a.x" } },
      ),
    ),
  });
const strategy = (scope: Scope): fc.Arbitrary<Json> =>
  fc.oneof(
    filter(scope).map((one): Json => ({ one })),
    fc.array(filter(scope), { minLength: 1, maxLength: 2 }).map((all): Json => ({ all })),
    fc.array(filter(scope), { minLength: 1, maxLength: 2 }).map((any): Json => ({ any })),
  );
const listen = (scope: Scope, turns: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc
    .tuple(
      fc.oneof(
        strategy(scope),
        fc
          .tuple(
            fc.array(filter(scope), { maxLength: 2 }),
            fc.oneof(
              strategy(scope),
              fc.constantFrom<Json[]>("length > 1", "length > 0"),
              program(scope),
            ),
          )
          .map(([any, until]): Json => ({ any, until })),
      ),
      fc.option(fc.constantFrom("data", "envelope", "raw"), { nil: undefined }),
      sometimes(turns),
    )
    .map(([to, read, foreach]): Json => ({
      listen: { to, ...(read === undefined ? {} : { read }) },
      ...(foreach === undefined ? {} : { foreach }),
    }));

const emit = (scope: Scope): fc.Arbitrary<Json> =>
  parts({
    type: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<Json[]>("a.x", "a.y") },
      { weight: 1, arbitrary: fc.oneof(fc.constant("z"), braced(scope)) },
    ),
    id: rarely(scalar(scope)),
    time: rarely(fc.constant("2026-01-01T00:00:00Z")),
    source: rarely(fc.oneof(fc.constant("/s"), braced(scope))),
    ext: rarely(scalar(scope)),
    data: sometimes(template(scope)),
  }).map((attributes): Json => ({ emit: { event: { with: attributes } } }));

const llm = (scope: Scope): fc.Arbitrary<Json> =>
  fc
    .tuple(
      fc.oneof(
        fc.oneof(braced(scope), fc.constant("ask")).map((prompt): Json => ({ prompt })),
        fc
          .tuple(braced(scope), fc.constantFrom("be kind", "${ .a }"))
          .map(([prompt, system]): Json => ({ prompt, system })),
        fc.oneof(
          braced(scope).map((messages): Json => ({ messages })),
          fc
            .tuple(fc.constantFrom("user", "assistant", "${ .a }"), braced(scope))
            .map(([role, content]): Json => ({ messages: [{ role, content }] })),
          fc
            .tuple(braced(scope), fc.constantFrom<Json[]>("${ .n }", [], [{ name: "look" }]))
            .map(([given, tools]): Json => {
              const called = { id: "c1", name: "look", arguments: given };
              const said = { role: "assistant", content: "" };
              return {
                messages: [
                  { ...said, tools: [called] },
                  { role: "tool", id: "c1", content: "${ . | tojson }" },
                  { ...said, tools },
                ],
              };
            }),
        ),
      ),
      parts({
        model: fc.constantFrom("small", "small", "small", "large"),
        parameters: sometimes(
          fc.oneof(
            fc.constantFrom<Json[]>({ temperature: 0, seed: 7 }, { maxTokens: "${ .n }", topP: 1 }),
            braced(scope),
          ),
        ),
        schema: sometimes(
          fc
            .constantFrom<Json[]>(true, { type: "object" }, { required: ["n"] })
            .map((document): Json => ({ document })),
        ),
        output: sometimes(fc.constantFrom("content", "response")),
      }),
      sometimes(
        fc
          .constantFrom<Json[]>(true, { type: "object" }, { required: ["b"] })
          .map((document): Json => ({
            output: "response",
            tools: [{ name: "look", schema: { document } }],
          })),
      ),
    )
    .map(([question, rest, tools]): Json => ({
      call: "llm",
      with: { ...(question as object), ...(rest as object), ...(tools as object) } as Json,
    }));

const mcp = (scope: Scope): fc.Arbitrary<Json> =>
  parts({
    method: fc.constantFrom("tools/call", "tools/call", "tools/list", "prompts/list"),
    parameters: oneIn(
      0,
      fc.oneof(
        braced(scope),
        fc
          .tuple(fc.constantFrom("add", "bad", "${ .a }"), template(scope))
          .map(([name, args]): Json => ({ name, arguments: args })),
      ),
    ),
    timeout: rarely(duration.filter((d) => JSON.stringify(d) !== '{"milliseconds":0}')),
    client: rarely(fc.constant<Json>({ name: "c", version: "1" })),
    transport: fc.constantFrom<Json[]>(
      { http: { endpoint: "https://a.example/v1/mcp" } },
      { http: { endpoint: "https://a.example/v1/mcp" } },
      { http: { endpoint: "https://a.example/v1/other" } },
    ),
  }).map((args): Json => ({ call: "mcp", with: args }));

const grpc = (scope: Scope): fc.Arbitrary<Json> =>
  parts({
    proto: fc.constant<Json>({ endpoint: "p.proto" }),
    service: fc.constantFrom<Json[]>(
      { name: "v1", host: "a.example", port: 443 },
      { name: "v1", host: "a.example" },
      { name: "v2.S", host: "a.example" },
    ),
    method: fc.constant("Do"),
    arguments: sometimes(
      fc.oneof(
        braced(scope),
        template(scope).map((n): Json => ({ n })),
      ),
    ),
  }).map((args): Json => ({ call: "grpc", with: args }));

const schema: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    { resource: { endpoint: "schemas/n.json" } },
    { resource: { endpoint: { uri: "schemas/a.json" }, name: "a" }, format: "json" },
  ),
  fc
    .constantFrom<Json[]>(
      true,
      { type: ["object", "null"] },
      { properties: { n: { maximum: 1 } }, additionalProperties: { $ref: "schemas/a.json" } },
      { not: { required: ["a"] } },
      { if: { type: "array" }, then: { maxItems: 2 }, else: { minProperties: 1 } },
    )
    .map((document): Json => ({ document })),
);
/** A clause of a task, which has an expression, a schema, or both. */
const clause = (name: string, value: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  parts({ [name]: oneIn(0, value), schema: oneIn(3, schema) });

/** Where only texts, numbers and booleans are welcome. */
const scalar = (scope: Scope): fc.Arbitrary<Json> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Json[]>("x", 1, true, "${ .n? // 7 }", "a b&c=é") },
    { weight: 1, arbitrary: template(scope) },
  );

const duration = fc.constantFrom<Json[]>(
  { milliseconds: 0 },
  { milliseconds: 10 },
  { seconds: 2, milliseconds: 1 },
);

const timeout = fc.constantFrom<Json[]>(
  { after: { milliseconds: 20 } },
  { after: { seconds: 3 } },
  "soon",
);

const policy = (scope: Scope): fc.Arbitrary<Json> =>
  parts({
    when: rarely(program(scope)),
    exceptWhen: rarely(program(scope)),
    delay: sometimes(duration),
    backoff: sometimes(
      fc.constantFrom<Json[]>({ linear: {} }, { exponential: {} }, { constant: {} }),
    ),
    limit: fc
      .tuple(
        fc.nat(2),
        rarely(fc.constantFrom<Json[]>({ milliseconds: 30 }, { seconds: 1 })),
        rarely(fc.constantFrom<Json[]>({ milliseconds: 40 }, { seconds: 4 })),
      )
      .map(([count, each, all]) => ({
        attempt: { count, ...(each === undefined ? {} : { duration: each }) },
        ...(all === undefined ? {} : { duration: all }),
      })),
    jitter: rarely(fc.constant({ from: { milliseconds: 3 }, to: { seconds: 1 } })),
  });

const endpoint = (scope: Scope): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant("https://a.example/v1/x") },
    fc.constantFrom(
      "https://a.example/v1/{n}",
      "https://a.example/v1/{a}/z",
      "https://A.example:443/v1/{n}?k=1".replace("A.example:443", "a.example"),
      "https://b.example/v1",
    ),
    braced(scope),
    program(scope).map((text) => `\${ "https://a.example/v1/" + (${text} | tostring) }`),
  );

const http = (scope: Scope): fc.Arbitrary<Json> =>
  fc
    .tuple(
      parts({
        method: fc.constantFrom("get", "POST"),
        endpoint: endpoint(scope),
        query: rarely(
          fc.oneof(
            scalar(scope).map((q): Json => ({ q, a: [1, "ü"] })),
            fc.constantFrom("${ {z: 1, a: [.n?, true]} }", "${ {b: nan, a: {}} }"),
          ),
        ),
        headers: rarely(
          fc.oneof(
            scalar(scope).map((x): Json => ({ "X-A": x })),
            fc.constantFrom('${ {"X-B": {}, "X-A": "ü"} }', '${ {"X-B": 1, "X-A": nan} }'),
          ),
        ),
        body: sometimes(template(scope)),
        output: sometimes(fc.constantFrom("content", "raw", "response")),
        redirect: rarely(fc.boolean()),
      }),
      rarely(fc.constant<Json>({ reach: { responseHeaders: ["x-id"] } })),
    )
    .map(([args, metadata]): Json => ({
      call: "http",
      with: args,
      ...(metadata === undefined ? {} : { metadata }),
    }));

const inlineError = (scope: Scope): fc.Arbitrary<Json> =>
  parts({
    type: fc.constantFrom(`${errors}runtime`, "https://t.example/e"),
    status: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<Json[]>(400, 503) },
      { weight: 1, arbitrary: braced(scope) },
    ),
    title: rarely(fc.oneof(fc.constant("T"), braced(scope))),
    detail: rarely(fc.oneof(fc.constant("D"), braced(scope))),
  });

const bodies = (scope: Scope): fc.Arbitrary<Json> => {
  const { depth, variables, children } = scope;
  const deeper = (...more: string[]): Scope => ({
    children,
    depth: depth - 1,
    variables: [...variables, ...more],
  });
  const flat: fc.WeightedArbitrary<Json>[] = [
    {
      weight: 4,
      arbitrary: fc.oneof(
        program(scope).map((set): Json => ({ set })),
        fc.tuple(template(scope), template(scope)).map(([n, a]): Json => ({ set: { n, a } })),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.oneof(
        inlineError(scope).map((error): Json => ({ raise: { error } })),
        fc.constant<Json>({ raise: { error: "named" } }),
      ),
    },
    { weight: 5, arbitrary: http(scope) },
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          duration,
          fc.constantFrom(
            "${ {seconds: (.n? // 1)} }",
            "${ {milliseconds: 0} }",
            "${ {days: -1} }",
          ),
          braced(scope),
        )
        .map((wait): Json => ({ wait })),
    },
    { weight: 1, arbitrary: emit(scope) },
    { weight: 2, arbitrary: llm(scope) },
    { weight: 1, arbitrary: mcp(scope) },
    { weight: 1, arbitrary: grpc(scope) },
    {
      weight: 1,
      arbitrary: listen(
        scope,
        parts({
          item: fc.constant("item"),
          at: rarely(fc.constant("index")),
          do: depth === 0 ? fc.constant(undefined) : sometimes(list(deeper("item", "index"))),
          output: rarely(fc.record({ as: shape(deeper("item", "index")) })),
          export: rarely(fc.record({ as: shape(deeper("item", "index")) })),
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...Object.keys(tables)), template(scope))
        .map(([table, input]): Json => ({ call: "decide", with: { table, input } })),
    },
  ];
  if (children.length > 0) {
    const run = fc
      .tuple(fc.constantFrom(...children), sometimes(template(scope)), rarely(fc.constant("none")))
      .map(([name, input, gives]): Json => ({
        run: {
          ...(gives === undefined ? {} : { return: gives }),
          workflow: {
            namespace: "fuzz",
            name,
            version: "1.0.0",
            ...(input === undefined ? {} : { input }),
          },
        },
      }));
    flat.push({ weight: 3, arbitrary: run });
  }
  if (depth === 0) return fc.oneof(...flat);
  return fc.oneof(
    ...flat,
    { weight: 1, arbitrary: fc.record({ do: list(deeper()) }) },
    { weight: 4, arbitrary: fork(deeper()) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.oneof(fc.constantFrom<Json[]>("[1, 2]", [1, "${ . }"], "[range(3)]"), either(scope)),
          rarely(program({ ...scope, variables: [...variables, "item", "index"] })),
          list(deeper("item", "index")),
        )
        .map(([of, condition, tasks]): Json => ({
          for: { in: of },
          ...(condition === undefined ? {} : { while: condition }),
          do: tasks,
        })),
    },
    {
      weight: 4,
      arbitrary: fc.boolean().chain((renamed) => {
        const name = renamed ? "e" : "error";
        const caught = { ...scope, variables: [...variables, name] };
        return fc
          .tuple(
            list(deeper()),
            parts({
              errors: rarely(
                fc.constantFrom<Json[]>(
                  { with: { status: 503 } },
                  { with: { type: `${errors}expression` } },
                ),
              ),
              as: fc.constant(renamed ? "e" : undefined),
              when: rarely(program(caught)),
              exceptWhen: rarely(program(caught)),
              retry: sometimes(fc.oneof(policy(caught), fc.constant("thrice"))),
              do: sometimes(list(deeper(name))),
            }),
          )
          .map(([tasks, clause]): Json => ({ try: tasks, catch: clause }));
      }),
    },
  );
};

const flows = (count: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("continue", "exit", "end") },
    ...(count === 0 ? [] : [{ weight: 2, arbitrary: fc.nat(count - 1).map((i) => `t${i}`) }]),
  );

function list(scope: Scope): fc.Arbitrary<Json> {
  return fc
    .integer({ min: 1, max: 3 })
    .chain((count) =>
      fc
        .array(task(scope, count), { minLength: count, maxLength: count })
        .map((tasks): Json => tasks.map((t, i): Json => ({ [`t${i}`]: t }))),
    );
}

/** Branches lead to no others; some end the workflow. */
function fork(scope: Scope): fc.Arbitrary<Json> {
  return fc
    .tuple(
      fc.array(task(scope, 0), { minLength: 1, maxLength: 3 }),
      fc.option(fc.boolean(), { nil: undefined }),
    )
    .map(([tasks, compete]): Json => ({
      fork: {
        branches: tasks.map((t, i): Json => ({ [`b${i}`]: t })),
        ...(compete === undefined ? {} : { compete }),
      },
    }));
}

/** `count`: of the tasks that it can lead to. */
function task(scope: Scope, count: number): fc.Arbitrary<Json> {
  const choice = fc
    .array(
      parts({
        when: fc.oneof(
          { weight: 4, arbitrary: program(scope) },
          { weight: 1, arbitrary: fc.constant(undefined) },
        ),
        then: flows(count),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((cases): Json => {
      // At most one without `when`.
      let fallback = false;
      const kept = (cases as { when?: Json; then: Json }[]).filter(({ when }) => {
        const isSecond = when === undefined && fallback;
        fallback ||= when === undefined;
        return !isSecond;
      });
      return { switch: kept.map((c, i): Json => ({ [`c${i}`]: c as Json })) };
    });
  const common = parts({
    if: rarely(program(scope)),
    input: rarely(clause("from", shape(scope))),
    output: rarely(clause("as", shape(scope))),
    export: rarely(clause("as", shape(scope))),
    timeout: rarely(timeout),
    then: rarely(flows(count)),
  });
  const body = fc.oneof({ weight: 6, arbitrary: bodies(scope) }, { weight: 1, arbitrary: choice });
  return fc.tuple(common, body, rarely(flows(count))).map(([some, rest, then]): Json => {
    const whole = { ...(some as object), ...(rest as object) } as Record<string, Json>;
    if (whole["try"] !== undefined && then !== undefined) {
      whole["catch"] = { ...(whole["catch"] as object), then };
    }
    return whole;
  });
}

/** `number`: another one for each, so that what they define in `use` differs. */
const document = (name: string, number: number, top: Scope): fc.Arbitrary<Json> =>
  fc
    .record({
      do: list(top),
      input: rarely(clause("from", either(top))),
      output: rarely(clause("as", either(top))),
      limit: rarely(timeout),
    })
    .map(({ do: tasks, input, output, limit }): Json => ({
      document: { dsl: "1.0.3", namespace: "fuzz", name, version: "1.0.0" },
      use: {
        errors: { named: { type: `${errors}validation`, status: 422 + number, detail: "${ .a }" } },
        timeouts: { soon: { after: { milliseconds: 7 + number } } },
        retries: {
          thrice: {
            limit: { attempt: { count: 3 } },
            delay: { milliseconds: 5 },
            backoff: { linear: {} },
          },
        },
      },
      do: tasks,
      ...(limit === undefined ? {} : { timeout: limit }),
      ...(input === undefined ? {} : { input: input }),
      ...(output === undefined ? {} : { output: output }),
    }));

const answer: fc.Arbitrary<Answer> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      status: fc.constantFrom(200, 200, 201, 302, 404, 503),
      headers: fc.constantFrom<Readonly<Record<string, string>>[]>(
        {},
        { "X-Id": "7", date: "today" },
      ),
      body: fc.constantFrom(
        '{"n":1,"a":true}',
        '{"n":2,"a":{"b":"x"}}',
        "[1,2,{}]",
        "null",
        '"text"',
        "",
        "not json",
        '{"a":1,"a":2}',
        "12345678901234567890",
        "\uFEFF{}",
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      failure: fc.constantFrom("refused", "timeout", "denied", "tooLarge", "redirect"),
    }),
  },
);

const hex = fc
  .array(fc.nat(15), { minLength: 32, maxLength: 32 })
  .map((digits) => digits.map((d) => d.toString(16)).join(""));

export const scripts: fc.Arbitrary<Script> = fc.record({
  document: document("case", 0, { children: ["c0", "c1"], depth: 3, variables: [] }),
  children: fc
    .tuple(
      document("c0", 1, { children: [], depth: 1, variables: [] }),
      document("c1", 2, { children: ["c0"], depth: 1, variables: [] }),
    )
    .map((both): readonly Json[] => both),
  input: fc.constantFrom<Json[]>(
    {},
    null,
    { n: 1, a: true },
    { n: 2, a: { b: "x" } },
    { a: "x y", n: "q" },
    [1, 2],
    "text",
  ),
  answers: fc.array(answer, { minLength: 1, maxLength: 4 }),
  order: fc.array(fc.nat(7), { minLength: 1, maxLength: 6 }),
  late: fc.boolean(),
  chance: fc.array(hex, { minLength: 1, maxLength: 3 }),
  pauseAfter: oneIn(9, fc.nat(4)).map((n) => n ?? null),
  cancelAfter: oneIn(15, fc.nat(4)).map((n) => n ?? null),
});
