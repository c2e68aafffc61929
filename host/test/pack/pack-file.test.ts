// Packs on the disk: docs/spec/pack.md, PACK-3, PACK-6.
import { createEngine } from "@reach-fabric/engine";
import { writePackFile } from "@reach-fabric/evidence";
import { loadPack, writePack, memoryRecorder, run } from "@reach-fabric/host";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const engine = createEngine();
const folder = mkdtempSync(join(tmpdir(), "reach-pack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WORKFLOW =
  "document: {dsl: '1.0.3', namespace: t, name: plain, version: 1.2.0}\ndo: [{a: {set: {n: 1}}}]\n";
function source(name: string, packYaml?: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "w.yaml"), WORKFLOW);
  if (packYaml !== undefined) writeFileSync(join(folder, name, "pack.yaml"), packYaml);
  return join(folder, name, "w.yaml");
}
const manifestOf = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode((await loadPack(path)).manifest)) as Record<string, unknown>;

describe("PACK-3 pack.yaml", () => {
  test("is taken into pack.json; the engine takes such a pack", async () => {
    const path = source(
      "said",
      "format: reach/pack-source/v1\nclassification: [{class: personal, in: input, pointer: /name}]\nengines: {semantics: [1]}\nlimits: {fuel: 5000}\n",
    );
    expect(await manifestOf(path)).toMatchObject({
      classification: [{ class: "personal", in: "input", pointer: "/name" }],
      engines: { semantics: [1] },
      limits: { fuel: 5000 },
    });
    const result = await run({
      engine,
      pack: await loadPack(path),
      input: Buffer.from("{}"),
      recorder: memoryRecorder(),
    });
    expect(result.status).toBe("completed");
    expect(new TextDecoder().decode(result.records[0])).toContain('"fuel":5000');
  });

  test("what it does not say is not there, and the digest as it was", async () => {
    const bare = await loadPack(source("bare"));
    const empty = await loadPack(source("empty", "format: reach/pack-source/v1\n"));
    expect(empty.digest).toBe(bare.digest);
  });

  test.each([
    ["an unknown field", "format: reach/pack-source/v1\nplugins: []\n", "REACH-E4210"],
    ["another format", "format: reach/pack-source/v2\n", "REACH-E4215"],
    [
      "an empty reason",
      "format: reach/pack-source/v1\ncapabilities: [{what: x, reason: ''}]\n",
      "REACH-E4215",
    ],
    [
      "a pointer that is none",
      "format: reach/pack-source/v1\nclassification: [{class: a, in: input, pointer: name}]\n",
      "REACH-E4215",
    ],
  ])("%s is refused", async (name, text, code) => {
    await expect(loadPack(source(name, text))).rejects.toMatchObject({ code });
  });

  test("a pack for another engine does not run", async () => {
    const pack = await loadPack(
      source("later", "format: reach/pack-source/v1\nengines: {semantics: [999]}\n"),
    );
    const started = run({ engine, pack, input: Buffer.from("{}"), recorder: memoryRecorder() });
    await expect(started).rejects.toMatchObject({ code: "REACH-E4140" });
  });
});

describe("PACK-6 unpacking", () => {
  test("a .pack file is the pack of its folder", async () => {
    const pack = await loadPack(source("one"));
    const file = join(folder, "one.pack");
    writeFileSync(file, writePackFile(engine, pack));
    expect(await loadPack(file)).toEqual(pack);
    await writePack(join(folder, "unpacked"), pack);
    expect((await loadPack(join(folder, "unpacked"))).digest).toBe(pack.digest);
  });

  test("links in the target are not followed, what is there is not written over", async () => {
    const pack = await loadPack(source("two"));
    const outside = join(folder, "outside");
    const target = join(folder, "target");
    mkdirSync(outside);
    mkdirSync(target);
    symlinkSync(outside, join(target, "sources"));
    await expect(writePack(target, pack)).rejects.toMatchObject({ code: "REACH-E4112" });
    expect(readdirSync(outside)).toEqual([]);
  });

  test("archive slip: paths that leave the folder write nothing anywhere", async () => {
    const pack = await loadPack(source("three"));
    const evil = { ...pack, files: [{ path: "../evil.yaml", bytes: Buffer.from("x") }] };
    await expect(writePack(join(folder, "slip"), evil)).rejects.toThrow("A path that no pack has");
    expect(existsSync(join(folder, "evil.yaml"))).toBe(false);
  });
});
