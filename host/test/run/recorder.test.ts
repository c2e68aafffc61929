import { execFileSync } from "node:child_process";
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize, sha256, toHex } from "@reach-fabric/engine";
import { folderRecorder, memoryRecorder, readFolder, writeFileAtomic } from "@reach-fabric/host";
import { asNobody, bytes, errorOf, later, newFolder, samplePack, text } from "../helpers.ts";

const at = "2026-11-23T07:00:00.000Z";
const record = (seq: number, more: object): Uint8Array =>
  canonicalize(JSON.stringify({ ...more, seq }));
const start = record(0, { kind: "start", input: "\u00e4\n" });
const request = record(1, {
  kind: "request",
  key: "0",
  type: "http",
  task: "/do/0/a",
  iteration: [],
});
const result = record(2, { kind: "result", key: "0", result: {} });
const outcome = record(3, { kind: "outcome", status: "completed", output: 1 });

const pack = samplePack();
const beginning = { pack, engine: "e".repeat(64), startedAt: at };

async function recorded(...records: Uint8Array[]): Promise<string> {
  const folder = join(await newFolder(), "run");
  const recorder = folderRecorder(folder);
  await recorder.begin(beginning);
  for (const [seq, line] of records.entries()) await recorder.append([line], { seq, at });
  await recorder.close();
  return folder;
}

describe("a folder", () => {
  it("gives back what was recorded", async () => {
    const folder = join(await newFolder(), "deep", "run");
    const recorder = folderRecorder(folder);
    await recorder.begin(beginning);
    await recorder.append([start], { seq: 0, at });
    await recorder.append([request]);
    await recorder.append([result, outcome], { seq: 2, at, code: "REACH-E3231", why: "reset" });
    await recorder.close();
    const found = await readFolder(folder);
    expect(found).toMatchObject({
      run: { id: recorder.run.id, startedAt: at },
      engine: beginning.engine,
      pack: { digest: pack.digest },
      torn: 0,
      ended: "completed",
      waiting: [],
      summary: "The run has ended (completed) with 4 whole records.",
      annotations: [
        { seq: 0, at },
        { seq: 2, at, code: "REACH-E3231", why: "reset" },
      ],
    });
    expect(found.records.map(text)).toEqual([start, request, result, outcome].map(text));
    expect(found.run.secret).toEqual(recorder.run.secret);
    expect(found.pack.files.map((file) => text(file.bytes))).toEqual(
      pack.files.map((file) => text(file.bytes)),
    );
    expect(recorder.run.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(recorder.run.secret).toHaveLength(32);
  });

  it("keeps the secret and the records from others", async (context) => {
    if (process.platform === "win32") context.skip("Windows has other permissions");
    const folder = await recorded(start);
    const mode = async (name: string) => (await stat(join(folder, name))).mode & 0o077;
    expect(await Promise.all([mode("."), mode("secret"), mode("records.jsonl")])).toEqual([
      0, 0, 0,
    ]);
  });

  it("is refused if it holds anything, which stays as it is", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "mine"), "x");
    const error = await errorOf(folderRecorder(folder).begin(beginning));
    expect(error.code).toBe("REACH-E4112");
    expect(await readdir(folder)).toEqual(["mine"]);
    const run = await recorded(start);
    expect((await errorOf(folderRecorder(run).begin(beginning))).code).toBe("REACH-E4112");
    expect((await readFolder(run)).records).toHaveLength(1);
  });

  it("is refused if it is a file, or if nobody may write there", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "f"), "");
    expect((await errorOf(folderRecorder(join(folder, "f")).begin(beginning))).code).toBe(
      "REACH-E4111",
    );
    await chmod(folder, 0o755);
    await asNobody(async () => {
      expect((await errorOf(folderRecorder(join(folder, "run")).begin(beginning))).code).toBe(
        "REACH-E4111",
      );
    });
    expect(await readdir(folder)).toEqual(["f"]);
  });

  it("never lets a name of the pack become a name on the disk", async () => {
    const evil = { ...pack, files: [{ path: "../../evil.yaml", bytes: pack.files[0]!.bytes }] };
    const manifest = bytes(text(pack.manifest).replace("a/w.yaml", "../../evil.yaml"));
    const folder = join(await newFolder(), "run");
    const recorder = folderRecorder(folder);
    await recorder.begin({ ...beginning, pack: { ...evil, manifest } });
    await recorder.close();
    expect((await readdir(join(folder, ".."))).sort()).toEqual(["run"]);
    expect((await readdir(join(folder, "pack"))).sort()).toEqual(
      [toHex(sha256(pack.files[0]!.bytes)), "pack.json"].sort(),
    );
    const listed = bytes(
      text(pack.manifest).replace(/"sha256":"[0-9a-f]{64}"/, '"sha256":"../../evil"'),
    );
    const second = join(await newFolder(), "run");
    await expect(
      folderRecorder(second).begin({ ...beginning, pack: { ...pack, manifest: listed } }),
    ).rejects.toThrow();
    expect(await readdir(second)).toEqual([]);
  });
});

describe("an interrupted run", () => {
  it("does not wait for what a cancelled task has asked for", async () => {
    const cancelled = record(2, {
      kind: "task",
      task: "/do/0/a",
      iteration: [],
      status: "cancelled",
      next: "cancel",
      input: 1,
      context: null,
    });
    expect(await readFolder(await recorded(start, request, cancelled))).toMatchObject({
      waiting: [],
    });
  });

  it("says what it had and waits for", async () => {
    expect((await readFolder(await recorded(start, request))).summary).toBe(
      "The run was interrupted: it had 2 whole records and was waiting on effect 0 (http) of task /do/0/a.",
    );
    expect(await readFolder(await recorded(start, request, result))).toMatchObject({
      ended: undefined,
      waiting: [],
      summary:
        "The run was interrupted: it had 3 whole records and was about to compute its next step.",
    });
    expect((await readFolder(await recorded())).summary).toBe(
      "The run was interrupted: it had 0 whole records and was not begun.",
    );
  });

  it("a record that was cut off anywhere is told and left out", async () => {
    const line = request.length + 1;
    for (let cut = 1; cut <= line; cut += 1) {
      const folder = await recorded(start, request);
      const path = join(folder, "records.jsonl");
      await truncate(path, start.length + 1 + line - cut);
      const found = await readFolder(folder);
      expect([found.records.length, found.torn, found.ended]).toEqual([1, line - cut, undefined]);
      if (cut < line)
        expect(found.summary).toMatch(/a further record was cut off after \d+ bytes\.$/);
    }
  });

  it("a tail that the disk left empty or half is told and left out", async () => {
    for (const tail of [new Uint8Array(100), bytes(`{"kind":"requ\u0000\u0000\n`), bytes("\n")]) {
      const folder = await recorded(start);
      await appendFile(join(folder, "records.jsonl"), tail);
      const found = await readFolder(folder);
      expect([found.records.length, found.torn]).toEqual([1, tail.length]);
    }
  });

  it.each<[string, (content: string) => string]>([
    ["a record taken out", (content) => content.split("\n").toSpliced(1, 1).join("\n")],
    [
      "two records swapped",
      (content) => {
        const [a, b, c, d, e] = content.split("\n");
        return [a, c, b, d, e].join("\n");
      },
    ],
    ["a record twice", (content) => content.replace(/^(.*\n)/, "$1$1")],
    ["nonsense in the middle", (content) => content.replace('"kind":"request"', '"kind":"req')],
    ["nonsense at the end, after a torn line", (content) => `${content}nonsense\n{"kin`],
  ])("%s is damage", async (_, change) => {
    const folder = await recorded(start, request, result, outcome);
    const path = join(folder, "records.jsonl");
    await writeFile(path, change(await readFile(path, "utf8")));
    expect((await errorOf(readFolder(folder))).code).toBe("REACH-E4131");
  });

  it("a damaged secret, a missing file of the pack, a later format, another folder", async () => {
    const folder = await recorded(start);
    await writeFile(join(folder, "secret"), "x");
    expect((await errorOf(readFolder(folder))).code).toBe("REACH-E4131");
    const later = await recorded(start);
    await writeFile(join(later, "run.json"), '{"format":"reach/run/v2"}');
    expect((await errorOf(readFolder(later))).code).toBe("REACH-E4130");
    await writeFile(join(later, "run.json"), "{");
    expect((await errorOf(readFolder(later))).code).toBe("REACH-E4131");
    expect((await errorOf(readFolder(await newFolder()))).code).toBe("REACH-E4130");
    const packless = await recorded(start);
    execFileSync("rm", [join(packless, "pack", toHex(sha256(pack.files[0]!.bytes)))]);
    expect((await errorOf(readFolder(packless))).code).toBe("REACH-E4102");
  });
});

describe("writeFileAtomic", () => {
  it("writes all of it, over what was there", async () => {
    const folder = await newFolder();
    const path = join(folder, "a.reach");
    await writeFileAtomic(path, bytes("old"));
    await writeFileAtomic(path, bytes("new"), 0o600);
    expect([await readFile(path, "utf8"), await readdir(folder)]).toEqual(["new", ["a.reach"]]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("leaves nothing behind when it cannot", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "a.reach"));
    expect((await errorOf(writeFileAtomic(join(folder, "a.reach"), bytes("x")))).code).toBe(
      "REACH-E4111",
    );
    expect(await readdir(folder)).toEqual(["a.reach"]);
    expect((await errorOf(writeFileAtomic(join(folder, "no", "a"), bytes("x")))).code).toBe(
      "REACH-E4111",
    );
  });
});

describe("a full disk", () => {
  /** A disk of 64 KiB, or the reason why there is none. */
  async function smallDisk(): Promise<string | undefined> {
    const folder = await newFolder();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], {
        stdio: "ignore",
      });
    } catch {
      return undefined;
    }
    later(() => execFileSync("umount", ["-l", folder]));
    return folder;
  }

  it("writeFileAtomic: the old file stays, and nothing beside it", async (context) => {
    const disk = (await smallDisk()) ?? context.skip("a small tmpfs cannot be mounted here");
    const path = join(disk, "a.reach");
    await writeFileAtomic(path, bytes("old"));
    const error = await errorOf(writeFileAtomic(path, new Uint8Array(200_000)));
    expect(error).toMatchObject({ code: "REACH-E4110", exitCode: 2 });
    expect([await readFile(path, "utf8"), await readdir(disk)]).toEqual(["old", ["a.reach"]]);
  });

  it("the beginning of a run: the folder is as it was", async (context) => {
    const disk = (await smallDisk()) ?? context.skip("a small tmpfs cannot be mounted here");
    const run = join(disk, "run");
    const error = await errorOf(
      folderRecorder(run).begin({ ...beginning, pack: samplePack(200_000) }),
    );
    expect(error.code).toBe("REACH-E4110");
    expect(await readdir(run)).toEqual([]);
  });

  it("a record in the middle: the whole records before it stay, and nothing of it", async (context) => {
    const disk = (await smallDisk()) ?? context.skip("a small tmpfs cannot be mounted here");
    const recorder = folderRecorder(join(disk, "run"));
    later(() => recorder.close());
    await recorder.begin(beginning);
    await recorder.append([start]);
    const big = record(1, { kind: "task", task: "/do/0/a", output: "x".repeat(200_000) });
    expect((await errorOf(recorder.append([big]))).code).toBe("REACH-E4110");
    // What failed once is not tried again: a later record would leave a gap.
    await expect(recorder.append([outcome])).rejects.toThrow();
    const found = await readFolder(join(disk, "run"));
    expect([found.records.map(text), found.torn]).toEqual([[text(start)], 0]);
  });
});

it("the memory recorder has an identity of its own", async () => {
  const [a, b] = [memoryRecorder(), memoryRecorder()];
  expect(a.run.id).not.toBe(b.run.id);
  expect(a.run.secret).not.toEqual(b.run.secret);
  await a.begin(beginning);
  await a.append([start]);
  await a.close();
});
