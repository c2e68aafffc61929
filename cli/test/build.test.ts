import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder, workflow } from "./reach.ts";

const folder = temporaryFolder();
const asking = put(
  folder,
  "asking.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: asking, version: 1.0.0}
use:
  secrets: [key]
  authentications: {shared: {bearer: {use: key}}}
do:
  - get:
      call: http
      with: {method: get, endpoint: {uri: 'https://a.example/v1/{id}', authentication: {use: shared}}}
  - any:
      call: http
      with: {method: post, endpoint: '\${ .where }'}
  - tool:
      call: mcp
      with: {method: tools/call, parameters: {name: add}, transport: {http: {endpoint: 'https://m.example/mcp'}}}
  - tools:
      call: mcp
      with: {method: tools/call, parameters: {name: '\${ .tool }'}, transport: {http: {endpoint: 'https://m.example/mcp'}}}
  - think:
      call: llm
      with: {model: small, prompt: hello}
  - tell:
      emit: {event: {with: {type: t.told, data: .user}}}
  - set:
      set: {n: .n}
      then: end
  - never:
      set: {n: 1}
`,
);

describe("build", () => {
  test("says what a workflow will ask for, and how two runtimes may differ", async () => {
    const { status, stdout } = await reach(folder, ["build", asking, "--json"]);
    expect(status).toBe(0);
    const { grant, capabilities, warnings, files } = JSON.parse(stdout) as {
      grant: object;
      capabilities: { kind: string; task: string; what?: string }[];
      warnings: { where: string; what: string }[];
      files: { path: string; kind: string }[];
    };
    expect(grant).toEqual({
      format: "reach/grant/v1",
      models: ["small"],
      emit: ["t.told"],
      http: [{ origin: "https://a.example", methods: ["GET"], paths: ["/v1/*"] }],
      mcp: [{ server: "https://m.example/mcp", calls: ["tools/call *", "tools/call add"] }],
      secrets: [{ name: "key", origins: ["https://a.example"] }],
    });
    expect(capabilities).toContainEqual({
      kind: "computed",
      what: "where POST goes",
      file: "asking.yaml",
      task: "/do/1/any",
    });
    expect(
      warnings.map(({ where, what }) => [where.replace(asking, "FILE"), what.slice(0, 20)]),
    ).toEqual([
      [expect.stringMatching(/^FILE:26:\d+$/), "Nothing leads to thi"],
      [expect.stringMatching(/^FILE:22:\d+$/), ".user is a text; oth"],
      [expect.stringMatching(/^FILE:24:\d+$/), ".n is a text; other "],
    ]);
    expect(files).toMatchObject([{ path: "asking.yaml", kind: "workflow" }]);
  });

  test("the grant that it prints is one that a run accepts", async () => {
    const { stdout } = await reach(folder, ["build", asking]);
    const text = /A grant for it\n(\{[\s\S]*?\})\n\n/.exec(stdout)?.[1] ?? "";
    expect(text).toContain('"models"');
    const grant = put(folder, "grant.json", text);
    put(folder, "in.json", "{}");
    const out = ["--input", "in.json", "--output", "o.reach", "--grant", grant, "--json"];
    const { stderr } = await reach(folder, ["run", asking, ...out]);
    expect(stderr).not.toMatch(/E42|was given|no grant/);
  });

  test("writes a pack that runs from its folder, as the same pack", async () => {
    const pack = join(folder, "pack");
    const { status, stdout } = await reach(folder, ["build", workflow, "--output", pack, "--json"]);
    expect(status).toBe(0);
    const { digest } = JSON.parse(stdout) as { digest: string };
    const again = await reach(folder, ["build", pack, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ digest });
    const full = await reach(folder, ["build", workflow, "--output", pack, "--json"]);
    expect([full.status, errorOf(full).code]).toEqual([2, "REACH-E4112"]);
    const linted = await reach(folder, ["lint", pack, "--json"]);
    expect([linted.status, JSON.parse(linted.stdout)]).toEqual([
      0,
      expect.objectContaining({ errors: 0 }),
    ]);
  });

  test("a pack that was changed is refused", async () => {
    const pack = join(folder, "changed");
    await reach(folder, ["build", workflow, "--output", pack]);
    const file = join(pack, "workflow.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("1.0.3", "1.0.2"));
    const changed = await reach(folder, ["build", pack, "--json"]);
    expect([changed.status, errorOf(changed).code]).toEqual([2, "REACH-E4122"]);
  });

  test("what the engine refuses is said with its place", async () => {
    const head = "document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}";
    const wait = put(folder, "wait.yaml", `${head}\ndo: [{a: {wait: {days: 400000}}}]\n`);
    const error = errorOf(await reach(folder, ["build", wait, "--json"]));
    expect(error).toMatchObject({ code: "REACH-E1518", where: `${wait} /do/0/a/wait` });
    expect(error).not.toHaveProperty("why");
    const schema = put(
      folder,
      "schema.yaml",
      `${head}\nuse: {secrets: [k]}\ndo: [{a: {call: http, with: {method: get, endpoint: 'https://a.example', headers: {x: '\${ $secrets.other.k }'}}}}]\n`,
    );
    const listed = errorOf(await reach(folder, ["build", schema, "--json"]));
    expect(listed["what"]).toBe("use.secrets does not list: other");
  });

  test("what is refused or not pinned is an error", async () => {
    mkdirSync(join(folder, "none"));
    const bad = put(
      folder,
      "none/bad.yaml",
      `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do: [{a: {run: {shell: {command: ls}}}}, {b: {call: 'https://f.example/f.yaml'}}]
`,
    );
    const result = await reach(folder, ["build", bad, "--json"]);
    expect([result.status, errorOf(result).code]).toEqual([2, "REACH-E4213"]);
  });
});
