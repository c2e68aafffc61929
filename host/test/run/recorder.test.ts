import { execFileSync } from "node:child_process";
import fs, { existsSync, readdirSync, readlinkSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  stat,
  writeFile,
} from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { sha256, toHex } from "@reach-fabric/engine";
import type { RequestRecord } from "@reach-fabric/engine";
import {
  folderRecorder,
  memoryRecorder,
  readKept,
  runFolder,
  run,
  writeFileAtomic,
  signalRun,
} from "@reach-fabric/host";
import type { Beginning, RunOptions } from "@reach-fabric/host";
import { fakeEngine, pack } from "./fake-engine.ts";
import type { Program } from "./fake-engine.ts";
import { asNobody, bytes, errorOf, later, newFolder, samplePack, text } from "../helpers.ts";

type Bytes = Uint8Array;

const at = "2026-11-23T07:00:00.000Z";
const beginning = { pack, engine: "e".repeat(64), startedAt: at, start: bytes("{}") };

/** Asks once, and gives what came. */
const once: Program = function* () {
  const { result } = yield [{ type: "http" }];
  return result;
};

/** Asks a second time with what came. */
const twice: Program = function* () {
  const first = yield [{ type: "http" }];
  const second = yield [{ type: "http", request: first.result as RequestRecord["request"] }];
  return second.result;
};

/** Records a run in a folder. */
async function recorded(program: Program = once, more: Partial<RunOptions> = {}) {
  const folder = join(await newFolder(), "deep", "run");
  const note = { code: "REACH-E3231", why: "reset" };
  const result = await run({
    engine: fakeEngine(program),
    pack,
    input: bytes("\u00e4\n"),
    recorder: folderRecorder(folder),
    effects: {
      clock: () => Date.parse(at),
      fetch: () => Promise.resolve({ result: { failure: "reset" }, note }),
    },
    ...more,
  });
  return { folder, journal: join(folder, "entered.jsonl"), result };
}

/** The same, but that it was stopped when so many lines were written. */
async function stopped(lines: number, program: Program = once) {
  const run = await recorded(program);
  const all = (await readFile(run.journal, "utf8")).match(/.*\n/g) ?? [];
  expect(all.length).toBeGreaterThanOrEqual(lines);
  await writeFile(run.journal, all.slice(0, lines).join(""));
  return run;
}

const read = (folder: string, program: Program = once): ReturnType<typeof readKept> =>
  readKept(fakeEngine(program), runFolder(folder));

describe("RUN-1 a folder", () => {
  it("gives back what was recorded", async () => {
    const { folder, result } = await recorded();
    const found = await read(folder);
    expect(found).toMatchObject({
      run: { id: result.run.id, attempt: 1, startedAt: at },
      engine: beginning.engine,
      pack: { digest: pack.digest },
      torn: 0,
      ended: "completed",
      waiting: [],
      summary: "The run has ended (completed) with 4 records.",
      annotations: [
        { seq: 0, at },
        { seq: 2, at, code: "REACH-E3231", why: "reset" },
      ],
    });
    expect(found.records.map(text)).toEqual(result.records.map(text));
    expect(found.inputs.map(text)).toEqual([0, 2].map((seq) => text(result.records[seq]!)));
    expect(found.run.secret).toEqual(result.run.secret);
    expect(found.pack.files.map((file) => text(file.bytes))).toEqual(
      pack.files.map((file) => text(file.bytes)),
    );
    expect(result.run.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(result.run.secret).toHaveLength(32);
  });

  it("only its owner may read what is in it", async () => {
    const { folder } = await recorded();
    await signalRun(
      runFolder(folder),
      { specversion: "1.0", id: "1", source: "/s", type: "t" },
      at,
    );
    for (const name of await readdir(folder, { recursive: true })) {
      const found = await stat(join(folder, name));
      const mode = found.mode & 0o777;
      expect([name, mode]).toEqual([name, found.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it("RUN-3 keeps what entered, what it left behind as a digest, and nothing that left", async () => {
    const { journal, result } = await recorded();
    const [start, asked, answer, outcome] = result.records as [Bytes, Bytes, Bytes, Bytes];
    const stamps = result.annotations.map((stamp) => JSON.stringify(stamp));
    expect(await readFile(journal, "utf8")).toBe(
      `{"left":"${toHex(sha256(asked))}","record":${text(start)},"stamp":${stamps[0]},"begun":["0"]}\n` +
        `{"left":"${toHex(sha256(outcome))}","record":${text(answer)},"stamp":${stamps[1]}}\n`,
    );
  });

  it("ABI-8 costs one sync a step", async () => {
    const file = await open(join(await newFolder(), "x"), "w");
    const kind = Object.getPrototypeOf(file) as FileHandle;
    await file.close();
    const five: Program = function* () {
      for (let i = 0; i < 5; i += 1) yield [{ type: "http" }, { ended: "/do/0/a" }];
    };
    const recorder = folderRecorder(join(await newFolder(), "run"));
    const counts: (() => number)[] = [];
    const begin = async (beginning: Beginning): Promise<void> => {
      await recorder.begin(beginning);
      for (const name of ["sync", "datasync"] as const) {
        const spy = vi.spyOn(kind, name);
        later(() => spy.mockRestore());
        counts.push(() => spy.mock.calls.length);
      }
      // Those that are done in place, on a fast disk.
      const spy = vi.spyOn(fs, "fdatasyncSync");
      syncBuiltinESMExports();
      later(() => {
        spy.mockRestore();
        syncBuiltinESMExports();
      });
      counts.push(() => spy.mock.calls.length);
    };
    await recorded(five, { recorder: { ...recorder, begin } });
    const [syncs = 0, appended = 0, inPlace = 0] = counts.map((count) => count());
    expect([syncs, appended + inPlace]).toEqual([0, 1 + 5]);
  });

  it("of a run that waits keeps no descriptor but its lock's, and goes on", async (context) => {
    if (!existsSync("/proc/self/fd")) context.skip();
    const folder = join(await newFolder(), "run");
    const open = (): string[] =>
      readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
          const path = readlinkSync(`/proc/self/fd/${fd}`);
          return path.startsWith(folder) ? [path.slice(folder.length + 1)] : [];
        } catch {
          return [];
        }
      });
    const program: Program = function* () {
      yield [{ type: "timer", request: { ms: 1800 } }];
      yield [{ type: "timer", request: { ms: 1 } }];
    };
    const recorder = folderRecorder(folder);
    const working = run({ engine: fakeEngine(program), pack, input: bytes("{}"), recorder });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(open().sort()).toEqual(["entered.jsonl", "lock"]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(open()).toEqual(["lock"]);
    await working;
    expect(open()).toEqual([]);
    expect((await readFile(join(folder, "entered.jsonl"), "utf8")).split("\n")).toHaveLength(4);
  });

  it("that others have changed while it was closed takes nothing more", async () => {
    const folder = join(await newFolder(), "run");
    const program: Program = function* () {
      yield [{ type: "timer", request: { ms: 1800 } }];
    };
    const recorder = folderRecorder(folder);
    const working = run({ engine: fakeEngine(program), pack, input: bytes("{}"), recorder });
    setTimeout(() => void appendFile(join(folder, "entered.jsonl"), "x"), 1400);
    const error = await errorOf(working);
    expect([error.code, error.why]).toEqual([
      "REACH-E4111",
      expect.stringMatching(/^it has \d+ bytes, and had \d+/),
    ]);
  });

  it("keeps the secret and what entered from others", async (context) => {
    if (process.platform === "win32") context.skip("Windows has other permissions");
    const { folder } = await recorded();
    const mode = async (name: string) => (await stat(join(folder, name))).mode & 0o077;
    expect(await Promise.all([".", "secret", "entered.jsonl"].map(mode))).toEqual([0, 0, 0]);
  });

  it("is refused if it holds anything, which stays as it is", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "mine"), "x");
    const error = await errorOf(folderRecorder(folder).begin(beginning));
    expect(error.code).toBe("REACH-E4112");
    expect(await readdir(folder)).toEqual(["mine"]);
    const run = await recorded();
    expect((await errorOf(folderRecorder(run.folder).begin(beginning))).code).toBe("REACH-E4112");
    expect((await read(run.folder)).records).toHaveLength(4);
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
    expect(await readdir(second)).toEqual(["lock"]);
  });
});

describe("RUN-4 an interrupted run", () => {
  it("does not wait for what a cancelled task has asked for", async () => {
    const cancelling: Program = function* () {
      yield [
        { type: "http", task: "/do/0/a" },
        { type: "http", task: "/do/1/b" },
        { ended: "/do/0/a", status: "cancelled" },
      ];
      return null;
    };
    const { folder } = await stopped(1, cancelling);
    expect((await read(folder, cancelling)).waiting).toMatchObject([
      { request: { key: "1" }, hasBegun: true, askedAt: at },
    ]);
  });

  it("RUN-3 has no room behind its lines once it is closed", async () => {
    const { journal } = await recorded();
    expect((await readFile(journal)).includes(0)).toBe(false);
  });

  it("says what it had and waits for, as the engine computes it", async () => {
    expect(await read((await stopped(1)).folder)).toMatchObject({
      ended: undefined,
      waiting: [{ request: { key: "0" }, hasBegun: true, askedAt: at }],
      summary:
        "The run was interrupted: it had 2 records and was waiting on effect 0 (http) of task /do/0/a.",
    });
    expect(await read((await stopped(2)).folder)).toMatchObject({
      ended: "completed",
      waiting: [],
      summary: "The run has ended (completed) with 4 records.",
    });
    expect((await read((await stopped(0)).folder)).summary).toBe(
      "The run was interrupted: it had 0 records and was not begun.",
    );
  });

  it("RUN-5 a line that was cut off anywhere is told and left out", async () => {
    for (const kept of [0, 1]) {
      const { folder, journal } = await recorded();
      const lines = (await readFile(journal)).toString("latin1").match(/.*\n/g) ?? [];
      const whole = Buffer.from(lines.slice(0, kept).join(""), "latin1");
      const line = Buffer.from(lines[kept] ?? "", "latin1");
      for (let length = 1; length < line.length; length += 6) {
        await writeFile(journal, Buffer.concat([whole, line.subarray(0, length)]));
        const found = await read(folder);
        expect([found.inputs.length, found.torn]).toEqual([kept, length]);
        expect(found.summary).toMatch(/; the last \d+ bytes were cut off\.$/);
      }
    }
  });

  it("RUN-5 a tail that the disk left empty or half is told and left out", async () => {
    for (const [tail, torn] of [
      ["\0".repeat(100), 0],
      [`{"left":"ab\0\0\n`, 14],
      [`{"left":"ab\0\0\n\0\0`, 14],
      ["\0\n", 2],
      ["\n", 1],
    ] as const) {
      const { folder, journal } = await stopped(1);
      await appendFile(journal, tail);
      const found = await read(folder);
      expect([found.inputs.length, found.torn]).toEqual([1, torn]);
    }
  });

  it("RUN-5 of lines that were written together any may be missing, and no other ones", async () => {
    const two: Program = function* () {
      yield [{ type: "clock" }];
      yield [{ type: "clock" }];
      return yield [{ type: "http" }];
    };
    const { folder, journal } = await recorded(two);
    const [start = "", first = "", second = "", last = ""] = (
      await readFile(journal, "utf8")
    ).split("\n");
    for (const [lines, kept] of [
      [[start, `${first.slice(0, 20)}\0`, second], 1],
      [["\0", first, second], 0],
      [[start, first, "{"], 2],
    ] as const) {
      await writeFile(journal, lines.map((line) => `${line}\n`).join(""));
      expect((await read(folder, two)).inputs).toHaveLength(kept);
    }
    for (const lines of [
      [start, "\0", second, last],
      ["\0", start, first, second],
    ]) {
      await writeFile(journal, lines.map((line) => `${line}\n`).join(""));
      expect((await errorOf(read(folder, two))).code).toBe("REACH-E4131");
    }
  });

  it.each<[string, (lines: string[]) => string[], string | RegExp]>([
    ["a record taken out", ([a, , c]) => [a!, c!], "line 2 has the stamp of record 4, not 2"],
    [
      "the first record taken out",
      ([, b, c]) => [b!, c!],
      "line 1 has the stamp of record 2, not 0",
    ],
    ["two records swapped", ([a, b, c]) => [b!, a!, c!], "line 1 has the stamp of record 2, not 0"],
    ["a record twice", ([a, b, c]) => [a!, a!, b!, c!], "line 2 has the stamp of record 0, not 2"],
    [
      "an answer changed",
      ([a, b, c]) => [a!, b!.replace('"reset"', '"other"'), c!],
      "after record 2 is not what was recorded",
    ],
    ["a digest changed", ([a, b, c]) => [a!, b!.replace(/[0-9a-f]"/, '_"'), c!], "line 2 is not"],
    ["other digests", ([a, b, c]) => [a!, b!.replace(/^(.{9})./, "$1g"), c!], "line 2 is not"],
    ["a blank", ([a, b, c]) => [a!, b!.replace(",", ", "), c!], "line 2 is not as it was written"],
    [
      "a stamp without a time",
      ([a, b, c]) => [a!.replace('"at"', '"et"'), b!, c!],
      "line 1 is not",
    ],
    [
      "no stamp",
      ([a, b, c]) => [a!.replace(/"stamp":.*/, '"stamp":null}'), b!, c!],
      "line 1 is not",
    ],
    ["nonsense in the middle", ([a, , c]) => [a!, '{"rec', c!], "line 2 is not"],
    [
      "the stamp of another record",
      ([a, b, c]) => [a!, b!.replace('"stamp":{"seq":2', '"stamp":{"seq":3'), c!],
      "line 2 has the stamp of record 3, not 2",
    ],
    [
      "an effect that was not asked for",
      ([a, b, c]) => [a!, b!.replace('"begun":["1"]', '"begun":["2"]'), c!],
      "line 2 begins the effect 2, which was not asked for",
    ],
    [
      "an effect of a run that has ended",
      (all) => [...all, `{"at":"${at}","begun":["1"]}`],
      "line 4 begins effects of a run that has ended",
    ],
    ["no effects", (all) => [...all, `{"at":"${at}","begun":[]}`, ...all], "line 4 is not"],
  ])("%s is damage", async (_, change, why) => {
    const { folder, journal } = await recorded(twice);
    const lines = (await readFile(journal, "utf8")).split("\n");
    await writeFile(
      journal,
      change(lines.slice(0, -1))
        .map((line) => `${line}\n`)
        .join(""),
    );
    const error = await errorOf(read(folder, twice));
    expect(error.code).toBe("REACH-E4131");
    expect(error.why).toMatch(why);
  });

  it("of an engine that computes something else is told with the record", async () => {
    const { folder } = await recorded();
    const another: Program = function* () {
      yield [{ type: "http", task: "/do/0/b" }];
      return null;
    };
    expect(await errorOf(read(folder, another))).toMatchObject({
      code: "REACH-E4131",
      message: "The engine does not compute what was recorded.",
      why: "what it computes after record 0 is not what was recorded",
    });
  });

  it("of an engine with other semantics is none of this one's", async () => {
    const { folder } = await recorded();
    const engine = { ...fakeEngine(once), semantics: 1000 };
    expect((await errorOf(readKept(engine, runFolder(folder)))).code).toBe("REACH-E4140");
  });

  it("RUN-2 a damaged secret, a missing file of the pack, another format, another folder", async () => {
    const { folder } = await recorded();
    await writeFile(join(folder, "secret"), "x");
    expect((await errorOf(read(folder))).code).toBe("REACH-E4131");
    const { folder: later } = await recorded();
    await writeFile(join(later, "run.json"), '{"format":"reach/run/v4"}');
    expect(await errorOf(read(later))).toMatchObject({
      code: "REACH-E4130",
      hint: "It may be from a later version.",
    });
    await writeFile(join(later, "run.json"), '{"format":"reach/run/v2"}');
    expect(await errorOf(read(later))).toMatchObject({
      code: "REACH-E4130",
      hint: "It is from before the first release: run the input again.",
    });
    await writeFile(join(later, "run.json"), "{");
    expect((await errorOf(read(later))).code).toBe("REACH-E4131");
    await writeFile(join(later, "run.json"), "null");
    expect((await errorOf(read(later))).code).toBe("REACH-E4130");
    const meta = await readFile(join(folder, "run.json"), "utf8");
    for (const [from, to, why] of [
      ['"attempt":1', '"attempt":0', "attempt"],
      ['"attempt":1', '"attempt":1.5', "attempt"],
      ['"attempt":1,', "", "attempt"],
      [/"id":"../, '"id":"..', "id"],
      [/"engine":"../, '"engine":"EE', "engine"],
      [/"startedAt":"[^"]*"/, '"startedAt":"tomorrow"', "startedAt"],
      ["{", '{"note":1,', "note"],
    ] as const) {
      await writeFile(join(later, "run.json"), meta.replace(from, to));
      const error = await errorOf(read(later));
      expect([error.code, error.why]).toEqual(["REACH-E4131", expect.stringContaining(why)]);
    }
    expect((await errorOf(read(await newFolder()))).code).toBe("REACH-E4130");
    const { folder: packless } = await recorded();
    execFileSync("rm", [join(packless, "pack", toHex(sha256(pack.files[0]!.bytes)))]);
    expect((await errorOf(read(packless))).code).toBe("REACH-E4102");
  });
});

describe("writeFileAtomic", () => {
  it("attack: a pipe is not replaced by a file", async () => {
    const path = join(await newFolder(), "pipe");
    execFileSync("mkfifo", [path]);
    expect((await errorOf(writeFileAtomic(path, bytes("x")))).code).toBe("REACH-E4111");
    expect((await stat(path)).isFIFO()).toBe(true);
  });

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

  it("the beginning of a run: nothing is left but the lock", async (context) => {
    const disk = (await smallDisk()) ?? context.skip("a small tmpfs cannot be mounted here");
    const run = join(disk, "run");
    const error = await errorOf(
      folderRecorder(run).begin({ ...beginning, pack: samplePack(200_000) }),
    );
    expect(error.code).toBe("REACH-E4110");
    expect(await readdir(run)).toEqual(["lock"]);
  });

  it("a record in the middle: the whole records before it stay, and nothing of it", async (context) => {
    const disk = (await smallDisk()) ?? context.skip("a small tmpfs cannot be mounted here");
    const folder = join(disk, "run");
    const body = new Uint8Array(200_000).fill(0x78);
    const fetch = () => Promise.resolve({ result: { status: 200, headers: {} }, body });
    const recorder = folderRecorder(folder);
    const kept = { ...recorder, close: () => Promise.resolve() };
    later(() => recorder.close());
    const running = recorded(once, { recorder: kept, effects: { fetch } });
    expect((await errorOf(running)).code).toBe("REACH-E4110");
    // What failed once is not tried again: a later record would leave a gap.
    const begun = { begun: ["0"], at };
    await expect(recorder.append([begun])).rejects.toThrow();
    const found = await read(folder);
    expect([found.inputs.length, found.torn]).toEqual([1, 0]);
  });
});

it("the memory recorder has an identity of its own", async () => {
  const [a, b] = [memoryRecorder(), memoryRecorder()];
  expect(a.run.id).not.toBe(b.run.id);
  expect(a.run.secret).not.toEqual(b.run.secret);
  expect(memoryRecorder({ attempt: 2 }).run.attempt).toBe(2);
  expect((await recorded(once, { recorder: a })).result.run).toMatchObject(a.run);
});
