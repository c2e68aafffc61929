import { chmod, mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256, toHex } from "@reach-fabric/engine";
import { packManifest, problemsOf } from "@reach-fabric/schema";
import { loadPack } from "@reach-fabric/host";
import { asNobody, errorOf, newFolder, text } from "../helpers.ts";

const workflow = `
document: {dsl: "1.0.3", namespace: examples, name: loan, version: 1.0.0}
do:
  - policy: {call: decide, with: {table: tables/policy.yaml, input: "\${ . }"}}
`;
const policy = `
table: {name: policy, version: 1.0.0}
hitPolicy: first
inputs: [score]
rules:
  - {id: R1, when: {score: {gte: 700}}, then: accept, reasons: [OK]}
`;

async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await newFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
const load = async (files: Record<string, string | Uint8Array>, name = "workflow.yaml") =>
  loadPack(join(await folderOf(files), name));
const codeOf = async (files: Record<string, string | Uint8Array>, name?: string) =>
  (await errorOf(load(files, name))).code;

describe("a pack", () => {
  it("is the canonical workflow, its tables, and the manifest that lists them", async () => {
    const pack = await load({ "workflow.yaml": workflow, "tables/policy.yaml": policy });
    expect(pack.files.map(({ path }) => path)).toEqual(["tables/policy.yaml", "workflow.yaml"]);
    const manifest = JSON.parse(text(pack.manifest)) as Record<string, unknown>;
    expect(problemsOf(packManifest, manifest)).toEqual([]);
    expect(manifest).toMatchObject({
      format: "reach/pack/v1",
      id: "examples/loan",
      version: "1.0.0",
      workflows: ["workflow.yaml"],
      tables: ["tables/policy.yaml"],
    });
    expect(pack.digest).toBe(toHex(sha256(pack.manifest)));
    expect(text(pack.files[1]!.bytes)).toBe(
      '{"do":[{"policy":{"call":"decide","with":{"input":"${ . }","table":"tables/policy.yaml"}}}],' +
        '"document":{"dsl":"1.0.3","name":"loan","namespace":"examples","version":"1.0.0"}}',
    );
    const listed = manifest["files"] as { sha256: string; size: number }[];
    expect(listed.map(({ sha256: digest }) => digest)).toEqual(
      pack.files.map(({ bytes }) => toHex(sha256(bytes))),
    );
  });

  it("has the schemas that the workflow names, and those that they refer to", async () => {
    const pack = await load({
      "workflow.yaml": `
document: {dsl: "1.0.3", namespace: examples, name: loan, version: 1.0.0}
input: {schema: {resource: {endpoint: schemas/loan.yaml}}}
do:
  - ask: {set: "1", output: {schema: {document: {$ref: "schemas/sum.json#/$defs/x"}}}}
`,
      "schemas/loan.yaml": `
properties:
  const: {$ref: parts/person.json}
  enum: {enum: [{$ref: nowhere.json}]}
  self: {$ref: "#"}
  other: {$id: "https://a.example/x/", $ref: elsewhere.json}
`,
      "schemas/parts/person.json": '{"$ref":"../sum.json"}',
      "schemas/sum.json": '{"$defs":{"x":{"$ref":"#"}}}',
    });
    const manifest = JSON.parse(text(pack.manifest)) as Record<string, unknown>;
    expect(problemsOf(packManifest, manifest)).toEqual([]);
    expect(manifest["schemas"]).toEqual([
      "schemas/loan.yaml",
      "schemas/parts/person.json",
      "schemas/sum.json",
    ]);
  });

  it("a schema that is not there, whoever names it", async () => {
    const name = (endpoint: string): string => `
document: {dsl: "1.0.3", namespace: examples, name: loan, version: 1.0.0}
input: {schema: {resource: {endpoint: ${endpoint}}}}
do: [{a: {set: "1"}}]
`;
    expect(await codeOf({ "workflow.yaml": name("schemas/no.json") })).toBe("REACH-E4102");
    expect(
      await codeOf({ "workflow.yaml": name("a.json"), "a.json": '{"$ref":"../b.json"}' }),
    ).toBe("REACH-E4102");
    expect(await codeOf({ "workflow.yaml": name("https://a.example/s") })).toBe("REACH-E4213");
  });

  it("is the same for the same content, in whatever folder, format and layout", async () => {
    const files = { "workflow.yaml": workflow, "tables/policy.yaml": policy };
    const first = await load(files);
    const spaced = policy.replaceAll(", ", ",    ") + "# a comment\n";
    const again = await load({ ...files, "tables/policy.yaml": spaced });
    expect(again.digest).toBe(first.digest);
    const json = await load(
      { "w.json": text(first.files[1]!.bytes), "tables/policy.yaml": policy },
      "w.json",
    );
    expect(text(json.files[1]!.bytes)).toBe(text(first.files[1]!.bytes));
    const changed = await load({ ...files, "tables/policy.yaml": policy.replace("700", "701") });
    expect(changed.digest).not.toBe(first.digest);
  });
});

describe("refuses", () => {
  const table = (path: string): string => workflow.replace("tables/policy.yaml", path);

  it("a workflow with problems: the first, where it stands, and all of them", async () => {
    const folder = await folderOf({
      "w.yaml": workflow.replace("do:", "too: 1\nshedule: 2\ndo:"),
    });
    const error = await errorOf(loadPack(join(folder, "w.yaml")));
    expect(error).toMatchObject({
      code: "REACH-E4210",
      where: `${folder}/w.yaml:3:1 (workflow /too)`,
      exitCode: 2,
    });
    expect(error.problems).toHaveLength(2);
    expect(error.problems[1]).toMatchObject({
      pointer: "/shedule",
      hint: "Did you mean `schedule`?",
    });
  });

  it("a table with problems, in its own file", async () => {
    const folder = await folderOf({
      "w.yaml": workflow,
      "tables/policy.yaml": policy.replace("score: {gte", "skore: {gte"),
    });
    const error = await errorOf(loadPack(join(folder, "w.yaml")));
    expect(error).toMatchObject({
      code: "REACH-E4216",
      where: `${folder}/tables/policy.yaml:6:21 (decision table /rules/0/when/skore)`,
    });
  });

  it("a problem in a JSON file, with its place there too", async () => {
    const content = '{\n  "document": {},\n  "extra": 1,\n  "do": []}';
    const folder = await folderOf({ "w.json": content });
    const error = await errorOf(loadPack(join(folder, "w.json")));
    expect(error.problems.map(({ pointer }) => pointer)).toContain("/extra");
    expect(error.where).toMatch(/w\.json:2:3 \(workflow \/document\/dsl\)$/);
  });

  it.each([
    ["malformed YAML", "a: [", "REACH-E4201"],
    ["a duplicate key", `${workflow}\ndo: []`, "REACH-E4202"],
    ["invalid UTF-8", new Uint8Array([0xff, 0xfe]), "REACH-E4203"],
    ["a lone surrogate", `${workflow}\nmetadata: "\\ud800"`, "REACH-E4204"],
    ["an integer that does not survive", `${workflow}\nmetadata: 9007199254740993`, "REACH-E4205"],
    ["an empty file", "", "REACH-E4207"],
    ["an unknown field", `${workflow}\nmetadata: 1`, "REACH-E4210"],
  ])("%s", async (_, content, code) => {
    expect(await codeOf({ "workflow.yaml": content })).toBe(code);
  });

  it("a workflow that is not there, a folder, a pipe, a file that is too large", async () => {
    const folder = await newFolder();
    expect((await errorOf(loadPack(join(folder, "no.yaml")))).code).toBe("REACH-E4102");
    expect((await errorOf(loadPack(join(folder, "no", "no.yaml")))).code).toBe("REACH-E4102");
    await mkdir(join(folder, "d.yaml"));
    expect((await errorOf(loadPack(join(folder, "d.yaml")))).code).toBe("REACH-E4104");
    execFileSync("mkfifo", [join(folder, "p.yaml")]);
    expect((await errorOf(loadPack(join(folder, "p.yaml")))).code).toBe("REACH-E4104");
    await writeFile(join(folder, "big.yaml"), "");
    await truncate(join(folder, "big.yaml"), 65 * 1024 * 1024);
    expect((await errorOf(loadPack(join(folder, "big.yaml")))).code).toBe("REACH-E4103");
  });

  it("a file that may not be read", async (context) => {
    if (process.platform === "win32") context.skip("Windows has other permissions");
    const folder = await folderOf({ "workflow.yaml": workflow });
    await chmod(folder, 0o755);
    await chmod(join(folder, "workflow.yaml"), 0);
    const error = await asNobody(() => errorOf(loadPack(join(folder, "workflow.yaml"))));
    expect(error).toMatchObject({ code: "REACH-E4101", why: "permission denied" });
  });

  it("a table that is not there, and says who names it", async () => {
    const error = await errorOf(load({ "workflow.yaml": workflow }));
    expect(error.code).toBe("REACH-E4102");
    expect(error.where).toMatch(/tables\/policy\.yaml$/);
    expect(error.why).toMatch(/named at .*workflow\.yaml:4:\d+$/);
  });

  it.each([
    "../policy.yaml",
    "tables/../../policy.yaml",
    "/etc/hostname.yaml",
    "tables\\policy.yaml",
    "./policy.yaml",
  ])("a table outside of the folder: %j", async (path) => {
    expect(await codeOf({ "workflow.yaml": table(path) })).toBe("REACH-E4215");
  });

  it("a table that is a link, even to a good file", async () => {
    const folder = await folderOf({ "workflow.yaml": table("policy.yaml"), "real.yaml": policy });
    await symlink("real.yaml", join(folder, "policy.yaml"));
    expect((await errorOf(loadPack(join(folder, "workflow.yaml")))).code).toBe("REACH-E4121");
  });

  it("a table in a linked folder", async () => {
    const outside = await folderOf({ "policy.yaml": policy });
    const folder = await folderOf({ "workflow.yaml": workflow });
    await symlink(outside, join(folder, "tables"));
    expect((await errorOf(loadPack(join(folder, "workflow.yaml")))).code).toBe("REACH-E4121");
  });

  it("two tables whose names differ in case only", async () => {
    const two = `${workflow}  - again: {call: decide, with: {table: Tables/policy.yaml, input: 1}}\n`;
    const files = {
      "workflow.yaml": two,
      "tables/policy.yaml": policy,
      "Tables/policy.yaml": policy,
    };
    expect(await codeOf(files)).toBe("REACH-E4217");
  });

  it("a workflow whose name no pack can hold", async () => {
    expect(await codeOf({ "w\u00f6rk.yaml": workflow }, "w\u00f6rk.yaml")).toBe("REACH-E4120");
    expect(await codeOf({ "pack.json": "{}" }, "pack.json")).toBe("REACH-E4120");
  });

  it("a file that is neither YAML nor JSON", async () => {
    expect(await codeOf({ "w.txt": workflow }, "w.txt")).toBe("REACH-E4200");
  });
});

it("a linked folder of the workflow is no obstacle: only what lies below it counts", async () => {
  const folder = await folderOf({ "workflow.yaml": workflow, "tables/policy.yaml": policy });
  const link = join(await newFolder(), "link");
  await symlink(folder, link);
  expect((await loadPack(join(link, "workflow.yaml"))).files).toHaveLength(2);
});
