// What a run is refused for, before anything is asked of the world or written.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decider, errorOf, put, reach, temporaryFolder, workflow } from "./reach.ts";

const folder = temporaryFolder();
const decide = decider(folder);

describe("what a run is refused for, before anything is asked or written", () => {
  const set = (value: string): string =>
    `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}\ndo: [{a: {set: {x: ${value}}}}]\n`;
  const http = `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do:
  - ask:
      call: http
      with: {method: get, endpoint: 'https://elsewhere.example/v1/{id}'}
`;
  const fine = set("1");
  const emptyGrant = '{"format":"reach/grant/v1"}';

  /** What the case is about, what is written, and what must come of it. */
  const cases: readonly {
    why: string;
    workflow?: string | Uint8Array;
    input?: string | Uint8Array;
    grant?: string;
    key?: string;
    status?: number;
    code: string | RegExp;
    where?: string | RegExp;
    hint?: string;
    reason?: string;
    /** Also as people see it. */
    shown?: true;
  }[] = [
    {
      why: "malformed YAML",
      workflow: "do: [",
      code: "REACH-E4201",
      where: /w\.yaml:\d+/,
      shown: true,
    },
    {
      why: "an unknown field",
      workflow: fine.replace("{set:", "{sett:"),
      code: /^REACH-E42/,
      where: /w\.yaml:2/,
    },
    {
      why: "an unknown field of the document",
      workflow: `${fine}nonsense: 1\n`,
      code: "REACH-E4210",
      where: /w\.yaml:3/,
    },
    {
      why: "a duplicate key in YAML",
      workflow: `${fine}do: []\n`,
      code: "REACH-E4202",
      where: /:3/,
    },
    {
      why: "a duplicate key in the input",
      input: '{"a":1,"a":2}',
      code: "REACH-E1109",
      where: /:1:8/,
    },
    {
      why: "invalid UTF-8 in YAML",
      workflow: Uint8Array.of(0x61, 0xff),
      code: "REACH-E4203",
      where: /w\.yaml/,
    },
    {
      why: "invalid UTF-8 in the input",
      input: Uint8Array.of(0x22, 0xc3, 0x22),
      code: "REACH-E1105",
      where: /i\.json:1:2/,
    },
    { why: "a lone surrogate in YAML", workflow: set(String.raw`"\ud800"`), code: "REACH-E4204" },
    { why: "a lone surrogate in the input", input: String.raw`"\udc00"`, code: "REACH-E1106" },
    {
      why: "an integer that does not survive, in YAML",
      workflow: set("9007199254740993"),
      code: "REACH-E4205",
    },
    {
      why: "an integer that does not survive, in the input",
      input: "9007199254740993",
      code: "REACH-E1111",
      where: /i\.json:1:1/,
    },
    {
      why: "a jq syntax error",
      workflow: set("'${ .a | | .b }'"),
      code: "REACH-E1301",
      where: /w\.yaml \/do\/0\/a\/set\/x$/,
      reason: " .a | | .b \n      ^",
      shown: true,
    },
    {
      why: "no grant for a model that a branch asks",
      workflow: `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do: [{f: {fork: {branches: [{ask: {call: llm, with: {model: small, prompt: '?'}}}]}}}]
`,
      status: 4,
      code: "REACH-E3150",
      where: /task f\.ask/,
      hint: '{"format": "reach/grant/v1", "models": ["small"]}',
    },
    {
      why: "a grant without the events that it emits",
      workflow: `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do: [{say: {emit: {event: {with: {type: a.b}}}}}]
`,
      grant: '{"format":"reach/grant/v1","emit":["a.c","b*"]}',
      status: 4,
      code: "REACH-E3151",
      where: /task say/,
      hint: '"emit": ["a.b"]',
    },
    {
      why: "no grant where one is needed",
      workflow: http,
      status: 4,
      code: "REACH-E3150",
      where: /task ask/,
      hint: '{"origin":"https://elsewhere.example","methods":["GET"],"paths":["/v1/*"]}',
      shown: true,
    },
    {
      why: "a host that is not in the grant",
      workflow: http,
      grant: emptyGrant,
      status: 4,
      code: "REACH-E3151",
      hint: "https://elsewhere.example",
    },
    {
      why: "a method that is not in the grant",
      workflow: http,
      grant: `{"format":"reach/grant/v1","http":[{"origin":"https://elsewhere.example","methods":["POST"],"paths":["/*"]}]}`,
      status: 4,
      code: "REACH-E3151",
    },
    {
      why: "a path that is not in the grant",
      workflow: http,
      grant: `{"format":"reach/grant/v1","http":[{"origin":"https://elsewhere.example","methods":["GET"],"paths":["/v2/*"]}]}`,
      status: 4,
      code: "REACH-E3151",
    },
    {
      why: "an unknown field in the grant",
      grant: '{"format":"reach/grant/v1","all":true}',
      code: "REACH-E4210",
    },
    { why: "a grant of a later version", grant: '{"format":"reach/grant/v2"}', code: /^REACH-E42/ },
    { why: "a grant that is not JSON", grant: "http: []", code: /^REACH-E11/ },
    { why: "a key file that is none", key: "{}", code: "REACH-E5201", where: /k\.json/ },
    { why: "a workflow that is not there", code: "REACH-E4102", where: /none\.yaml/ },
  ];

  test.each(cases)("$why", async (one) => {
    const sub = join(folder, one.why);
    mkdirSync(join(sub, "out"), { recursive: true });
    const missing = one.where?.toString().includes("none") === true;
    const flow = missing ? "none.yaml" : put(sub, "w.yaml", one.workflow ?? fine);
    const args = [
      "run",
      flow,
      "-i",
      put(sub, "i.json", one.input ?? "{}"),
      "-o",
      "out/x.reach",
      "--json",
      ...(one.grant === undefined ? [] : ["-g", put(sub, "g.json", one.grant)]),
      ...(one.key === undefined ? [] : ["-k", put(sub, "k.json", one.key)]),
    ];
    const run = await reach(sub, args);
    const error = errorOf(run);
    expect(error["code"]).toMatch(one.code);
    expect(run.status).toBe(one.status ?? 2);
    if (one.where !== undefined) expect(error["where"]).toMatch(one.where);
    if (one.reason !== undefined) expect(error["why"]).toBe(one.reason);
    if (one.hint !== undefined) expect(error["hint"]).toContain(one.hint);
    expect(run.stdout).toBe("");
    // Nothing was written, and no run was begun.
    expect(readdirSync(join(sub, "out"))).toEqual([]);
    expect(existsSync(join(sub, "state"))).toBe(false);
    if (one.shown !== true) return;
    // The same for people: what and code first, never a stack trace.
    const shown = await reach(
      sub,
      args.filter((arg) => arg !== "--json"),
    );
    expect(shown.stderr).toContain(`   ${String(error["code"])}\n`);
    expect(shown.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  test("an output that cannot be written", async () => {
    const run = await decide("01-strong", "no/such/folder/x.reach", ["--json"]);
    expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4111"]);
  });

  test("a file that the system refuses to read", async (context) => {
    if (process.platform !== "linux") context.skip("needs a file that opens and does not read");
    const args = ["run", workflow, "-i", "/proc/self/mem", "-o", "u.reach", "--json"];
    const run = await reach(folder, args);
    expect([run.status, errorOf(run)]).toEqual([
      2,
      expect.objectContaining({ code: "REACH-E4101", where: "/proc/self/mem" }),
    ]);
  });

  test("a file that must not be read", async (context) => {
    if (process.getuid?.() === 0) context.skip("root may read every file");
    const path = put(folder, "unreadable.json", "{}");
    spawnSync("chmod", ["000", path]);
    const run = await reach(folder, ["run", workflow, "-i", path, "-o", "u.reach", "--json"]);
    expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4101"]);
  });

  test.each([
    ["--events", "missing.ndjson", "REACH-E4102"],
    ["--commands", "missing.ndjson", "REACH-E4102"],
    ["--commands", put(folder, "odd.ndjson", '{"command":"explode"}\n'), "REACH-E3006"],
    ["--events", put(folder, "none.ndjson", '{"command":"cancel"}\n'), "REACH-E3005"],
  ])("%s %s", async (option, file, code) => {
    const flow = put(folder, "fine.yaml", fine);
    const input = put(folder, "in.json", "{}");
    const output = join(folder, "never.reach");
    const run = await reach(folder, [
      "run",
      flow,
      "-i",
      input,
      "-o",
      output,
      option,
      file,
      "--json",
    ]);
    expect([run.status, errorOf(run)["code"]]).toEqual([2, code]);
    expect(existsSync(output)).toBe(false);
  });

  test("stdin for two things at once", async () => {
    const flow = put(folder, "fine.yaml", fine);
    const args = ["run", flow, "-i", "-", "-o", "never.reach", "--events", "-", "--json"];
    const run = await reach(folder, args, { stdin: "{}" });
    expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4001"]);
  });
});

describe("a run that did not complete says why", () => {
  const head = "document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}";

  test("a model of which nobody knows where it is", async () => {
    const flow = put(
      folder,
      "llm.yaml",
      `${head}\ndo: [{a: {call: llm, with: {model: m, prompt: hello}}}]\n`,
    );
    const grant = put(folder, "m.json", '{"format":"reach/grant/v1","models":["m"]}');
    const input = put(folder, "in.json", "{}");
    const run = await reach(folder, [
      "run",
      flow,
      "-i",
      input,
      "-g",
      grant,
      "-o",
      "m.reach",
      "--json",
    ]);
    expect([run.status, errorOf(run)]).toEqual([
      4,
      expect.objectContaining({
        code: "REACH-E3152",
        why: "no provider is given for m (REACH-E3107)",
        hint: expect.stringContaining("providers") as string,
      }),
    ]);
  });

  test("the reason for which it was cancelled", async () => {
    const flow = put(folder, "wait.yaml", `${head}\ndo: [{a: {wait: {hours: 1}}}]\n`);
    const commands = put(folder, "cancel.ndjson", '{"command":"cancel","reason":"audit"}\n');
    const input = put(folder, "in.json", "{}");
    const args = ["run", flow, "-i", input, "-o", "c.reach", "--commands", commands, "--json"];
    const run = await reach(folder, args);
    expect([run.status, errorOf(run)]).toEqual([
      1,
      expect.objectContaining({ code: "REACH-E4004", why: "audit" }),
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({ status: "cancelled", reason: "audit" });
  });
});
