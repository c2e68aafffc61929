// Workflows that run others: which file is meant, in which version, and that none runs itself (WF-60).
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
import { errorOf, newFolder } from "../helpers.ts";

const workflow = (name: string, version: string, list: unknown, more: object = {}): string =>
  JSON.stringify({
    document: { dsl: "1.0.3", namespace: "test", name, version },
    do: list,
    ...more,
  });
const runs = (name: string, version?: string): object => ({
  run: {
    workflow: { namespace: "test", name, ...(version === undefined ? {} : { version }), input: {} },
  },
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await newFolder();
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}
const packOf = async (files: Readonly<Record<string, string>>): Promise<Pack> =>
  loadPack(join(await folderOf(files), "w.json"));
const manifestOf = (pack: Pack): { workflows: string[]; id: string; tables: string[] } =>
  JSON.parse(fromUtf8(pack.manifest)) as never;
const textOf = (pack: Pack, path: string): string =>
  fromUtf8(pack.files.find((file) => file.path === path)?.bytes as Uint8Array);

describe("workflows beside a workflow", () => {
  it("are part of the pack, before the one that runs them, and run", async () => {
    const pack = await packOf({
      "w.json": workflow("main", "1.0.0", [
        { a: runs("one", "1.0.0") },
        { b: runs("two", "1.0.0") },
      ]),
      "a.json": workflow("two", "1.0.0", [{ x: runs("one", "1.0.0") }]),
      "z.yaml":
        "document: {dsl: 1.0.3, namespace: test, name: one, version: 1.0.0}\ndo: [{s: {set: '{n: 1}'}}]\n",
      "other.json": workflow("other", "1.0.0", []),
      "notes.yaml": "just: notes\n",
      "broken.json": "{",
    });
    expect(manifestOf(pack).workflows).toEqual(["z.yaml", "a.json", "w.json"]);
    expect(manifestOf(pack).id).toBe("test/main");
    const { status, output } = await run({
      engine: createEngine(),
      pack,
      input: canonicalize("{}"),
      recorder: memoryRecorder(),
    });
    expect({ status, output }).toEqual({ status: "completed", output: { n: 1 } });
  });

  it("are the latest of their versions, written into the pack, where none is named", async () => {
    const files = {
      "w.json": workflow("main", "1.0.0", [{ a: runs("one") }, { b: runs("one", "latest") }]),
      "a.json": workflow("one", "1.9.0", [{ s: { set: '"1.9"' } }]),
      "b.json": workflow("one", "1.10.0", [{ s: { set: '"1.10"' } }]),
      "c.json": workflow("one", "2.0.0-rc.1", [{ s: { set: '"2"' } }]),
    };
    const pack = await packOf(files);
    expect(manifestOf(pack).workflows).toEqual(["b.json", "w.json"]);
    expect(textOf(pack, "w.json").match(/"version":"1\.10\.0"/g)).toHaveLength(2);
    expect(textOf(pack, "sources/w.json")).toContain('"version":"latest"');
    const { "a.json": _, "b.json": __, ...early } = files;
    expect(manifestOf(await packOf(early)).workflows).toEqual(["c.json", "w.json"]);
  });

  it("bring their tables along", async () => {
    const pack = await packOf({
      "w.json": workflow("main", "1.0.0", [{ a: runs("one") }]),
      "one.json": workflow("one", "1.0.0", [
        { d: { call: "decide", with: { table: "t.json", input: { n: 1 } } } },
      ]),
      "t.json": JSON.stringify({
        table: { name: "t", version: "1.0.0" },
        hitPolicy: "first",
        inputs: ["n"],
        rules: [{ id: "A", when: {}, then: 1 }],
      }),
    });
    expect(manifestOf(pack).tables).toEqual(["t.json"]);
  });

  it.each([
    ["another version", runs("one", "2.0.0"), "REACH-E4216", /there is 1\.0\.0/],
    ["another name", runs("two"), "REACH-E4216", /beside the workflow/],
    ["itself", runs("main"), "REACH-E4213", /w\.json runs w\.json/],
    ["one that runs it", runs("back"), "REACH-E4213", /w\.json runs back\.json runs w\.json/],
    ["two files", runs("twin"), "REACH-E4217", /t1\.json and t2\.json/],
    ["one that is wrong", runs("wrong"), "REACH-E4210", /wrong\.json/],
  ])("are told when they cannot be: %s", async (_, task, code, words) => {
    const files = {
      "w.json": workflow("main", "1.0.0", [{ a: task }]),
      "one.json": workflow("one", "1.0.0", []),
      "back.json": workflow("back", "1.0.0", [{ b: runs("main") }]),
      "t1.json": workflow("twin", "1.0.0", []),
      "t2.json": workflow("twin", "1.0.0", []),
      "wrong.json": workflow("wrong", "1.0.0", [], { more: 1 }),
    };
    const error = await errorOf(packOf(files));
    expect(error.code).toBe(code);
    expect([error.where, error.why, error.hint, error.message].join(" ")).toMatch(words);
  });

  it("are not read through a link, nor below or above the folder", async () => {
    const outside = await folderOf({ "one.json": workflow("one", "1.0.0", []) });
    const folder = await folderOf({ "w.json": workflow("main", "1.0.0", [{ a: runs("one") }]) });
    await symlink(join(outside, "one.json"), join(folder, "one.json"));
    await mkdir(join(folder, "below"));
    await writeFile(join(folder, "below", "one.json"), workflow("one", "1.0.0", []));
    expect((await errorOf(loadPack(join(folder, "w.json")))).code).toBe("REACH-E4216");
  });
});
