// call file: what a run reads, writes and lists in the folders of its grant, and what it cannot reach from there.
import { execFileSync } from "node:child_process";
import {
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEngine, parseRecord, replay } from "@reach-fabric/engine";
import { HostTrouble, isRepeatable, loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions } from "@reach-fabric/host";
import {
  createFiles,
  HeldFolder,
  ofSystem,
  SecretGuard,
  whyNotDown,
} from "@reach-fabric/host/testing";
import { bytes, errorOf, later, newFolder } from "../helpers.ts";

const ALL = {
  folders: [{ name: "letters", access: ["list" as const, "read" as const, "write" as const] }],
};
const posix = describe.skipIf(process.platform === "win32");

type Options = Partial<Parameters<typeof createFiles>[0]>;
type Call = Parameters<ReturnType<typeof createFiles>>[0];

/** Asks the host alone, as if the engine had let everything pass. */
async function use(directory: string, call: Partial<Call>, options: Options = {}, key = "0") {
  const ask = createFiles({ grant: ALL, directories: { letters: directory }, ...options });
  const context = {
    idempotencyKey: key.padStart(64, "0"),
    signal: new AbortController().signal,
  };
  const whole = { method: "read", folder: "letters", ...call };
  const { result, body, note } = await ask(whole, context);
  return body === undefined ? { result, note } : Buffer.from(body).toString();
}

/** A folder of the grant with a file, and beside it one that is nobody's business. */
async function place() {
  const above = await newFolder();
  const directory = join(above, "letters");
  await mkdir(join(directory, "in"), { recursive: true });
  await mkdir(join(above, "private"));
  await writeFile(join(above, "private", "a.txt"), "private");
  await writeFile(join(above, "secret.txt"), "private");
  await writeFile(join(directory, "in", "a.txt"), "open");
  return { above, directory };
}

const denied = (why: string, code = "REACH-E3113") => ({
  result: { failure: "denied" },
  note: { code, why },
});

/** Runs a workflow with one call file, by the engine and the host together. */
async function ask(args: object, options: Partial<RunOptions> = {}) {
  const file = join(await newFolder(), "workflow.json");
  const document = { dsl: "1.0.3", namespace: "test", name: "files", version: "1.0.0" };
  await writeFile(file, JSON.stringify({ document, do: [{ a: { call: "file", with: args } }] }));
  const pack = await loadPack(file);
  const given = { input: bytes("{}"), recorder: memoryRecorder(), grant: ALL, ...options };
  const result = await run({ engine: createEngine(), pack, ...given });
  expect(replay(createEngine(), pack, result.records)).toMatchObject({ status: "reproduced" });
  return { result, records: result.records.map((record) => parseRecord(record)) };
}

const letters = { folder: "letters" };

describe("call file", () => {
  test("WF-73: a run reads, writes and lists, and is computed again without the folder", async () => {
    const { directory } = await place();
    const options = { directories: { letters: directory } };
    const read = await ask({ method: "read", ...letters, path: "in/a.txt" }, options);
    expect(read.result.output).toBe("open");
    expect(read.records).toMatchObject([
      { kind: "start", grant: ALL },
      { kind: "request", type: "file", request: { method: "read", ...letters, path: "in/a.txt" } },
      { kind: "result", result: { content: "open" } },
      { kind: "task", status: "completed" },
      { kind: "outcome", output: "open" },
    ]);
    expect(JSON.stringify(read.records)).not.toContain(directory);
    const content = { b: [1.0, "é"], a: null };
    await ask({ method: "write", ...letters, path: "b.json", content }, options);
    expect(await readFile(join(directory, "b.json"), "utf8")).toBe('{"a":null,"b":[1,"é"]}');
    const json = await ask({ method: "read", ...letters, path: "b.json", as: "json" }, options);
    expect(json.result.output).toEqual(content);
    const list = await ask({ method: "list", ...letters }, options);
    expect(list.result.output).toEqual([
      { kind: "file", name: "b.json", size: 23 },
      { kind: "folder", name: "in" },
    ]);
  });

  test("WF-73: bytes are as they are, and a text that is none is an error", async () => {
    const { directory } = await place();
    const options = { directories: { letters: directory } };
    await writeFile(join(directory, "a.bin"), Uint8Array.of(0xff, 0, 0xed, 0xa0, 0x80));
    const as = (how: string) =>
      ask({ method: "read", ...letters, path: "a.bin", as: how }, options);
    expect((await as("base64")).result.output).toBe("/wDtoIA=");
    expect((await as("text")).result.error).toMatchObject({
      title: "The file is not text in UTF-8",
    });
    await writeFile(join(directory, "a.bin"), "\ufeffa\r\n");
    expect((await as("text")).result.output).toBe("\ufeffa\r\n");
  });

  test("WF-76: what is not there, and what is there already, are failures of their own", async () => {
    const { directory } = await place();
    const options = { directories: { letters: directory } };
    const none = await ask({ method: "read", ...letters, path: "in/b.txt" }, options);
    expect(none.result.error).toMatchObject({ status: 404, detail: "missing" });
    const isNew = { method: "write", ...letters, path: "in/a.txt", content: "x", new: true };
    expect((await ask(isNew, options)).result.error).toMatchObject({
      status: 409,
      detail: "exists",
    });
    expect(await readFile(join(directory, "in/a.txt"), "utf8")).toBe("open");
    expect((await ask({ ...isNew, path: "in/c.txt" }, options)).result.status).toBe("completed");
    expect(await readdir(join(directory, "in"))).toEqual(["a.txt", "c.txt"]);
    // A folder is not made for it.
    const far = await ask({ ...isNew, path: "out/c.txt" }, options);
    expect(far.result.error).toMatchObject({ status: 404 });
  });

  test("GRANT-26: without a directory for a folder nothing is read", async () => {
    const { result } = await ask({ method: "read", ...letters, path: "a" });
    expect(result.error).toMatchObject({ status: 403, detail: "denied" });
    expect(await use("/", { path: "a" }, { directories: {} })).toEqual(
      denied("no directory is given for the folder letters", "REACH-E3111"),
    );
  });

  test("GRANT-17: a directory that is not there is trouble of this machine, and in no record", async () => {
    const { above } = await place();
    const gone = use(join(above, "gone"), { path: "a" });
    expect(await errorOf(gone)).toBeInstanceOf(HostTrouble);
    for (const code of ["ENOSPC", "EIO", "EMFILE", "ESTALE"]) {
      expect(ofSystem(Object.assign(new Error("no"), { code }))).toBeInstanceOf(HostTrouble);
    }
  });

  test("GRANT-16: what is read or written whole is done again; what must be new waits for a person", () => {
    const isAgain = (request: object) =>
      isRepeatable({ type: "file", request: { ...letters, ...request } });
    expect(isAgain({ method: "read", path: "a" })).toBe(true);
    expect(isAgain({ method: "list" })).toBe(true);
    expect(isAgain({ method: "write", path: "a", content: 1 })).toBe(true);
    expect(isAgain({ method: "write", path: "a", content: 1, new: true })).toBe(false);
  });

  test("GRANT-29: no bytes beyond the bound, neither way", async () => {
    const { directory } = await place();
    const limits = { bytes: 4 };
    expect(await use(directory, { path: "in/a.txt" }, { limits })).toBe("open");
    const isLarge = { result: { failure: "tooLarge" }, note: { code: "REACH-E3221" } };
    expect(await use(directory, { path: "in/a.txt" }, { limits: { bytes: 3 } })).toMatchObject(
      isLarge,
    );
    const write = { method: "write", path: "in/a.txt" };
    expect(await use(directory, { ...write, content: "12345" }, { limits })).toMatchObject(isLarge);
    expect(await use(directory, { ...write, content: [123] }, { limits })).toMatchObject(isLarge);
    expect(await readFile(join(directory, "in/a.txt"), "utf8")).toBe("open");
  });

  test("GRANT-29: what is written is for its owner, and leaves nothing beside it", async () => {
    const { directory } = await place();
    const write = { method: "write", path: "in/a.txt", content: "new" };
    // What a process has left that was killed.
    await writeFile(join(directory, "in", `.reach-${"0".repeat(32)}.part`), "half");
    expect(await use(directory, { method: "list", path: "in" })).toEqual({
      result: { entries: [{ kind: "file", name: "a.txt", size: 4 }] },
    });
    await rm(join(directory, "in", `.reach-${"0".repeat(32)}.part`));
    expect(await use(directory, write)).toEqual({ result: {} });
    expect(await readdir(join(directory, "in"))).toEqual(["a.txt"]);
    if (process.platform !== "win32") {
      expect((await stat(join(directory, "in/a.txt"))).mode & 0o777).toBe(0o600);
    }
  });

  test("GRANT-17: a try that was given up does not spoil the next one, which has its key", async () => {
    const { directory } = await place();
    const use = createFiles({ grant: ALL, directories: { letters: directory } });
    const call = {
      method: "write",
      folder: "letters",
      path: "in/a.txt",
      content: "x".repeat(9999),
    };
    for (let round = 0; round < 60; round++) {
      const first = new AbortController();
      const given = { idempotencyKey: "0".repeat(64), signal: first.signal };
      const gone = use(call, given).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      first.abort(new Error("given up"));
      const { result } = await use(call, { ...given, signal: new AbortController().signal });
      expect(result).toEqual({});
      await gone;
      expect(await readdir(join(directory, "in"))).toEqual(["a.txt"]);
    }
  });

  test("GRANT-28: what is of another file system is neither opened nor listed", async () => {
    const { directory } = await place();
    const top = await HeldFolder.open(directory);
    const folder = await top.enter("in");
    const found = await folder.look("a.txt");
    if (found === undefined) throw new Error("it is not there");
    expect(folder.isInside(found)).toBe(true);
    const mounted = Object.assign(Object.create(found) as typeof found, { dev: found.dev + 1n });
    expect(folder.isInside(mounted)).toBe(false);
    const error: unknown = await folder.file("a.txt", mounted).catch((why: unknown) => why);
    await folder.close();
    await top.close();
    expect(error).toMatchObject({ message: "another file system is mounted there" });
  });

  test("GRANT-29: a list has what a path can name and a call can open, in one order", async () => {
    const { above, directory } = await place();
    for (const name of ["é", "Z", "a", "\u{1f600}", "\ufb01", "end.", "two "]) {
      await writeFile(join(directory, "in", name), name);
    }
    await symlink(join(above, "secret.txt"), join(directory, "in", "linked"));
    await link(join(above, "secret.txt"), join(directory, "in", "hard"));
    const listed = await use(directory, { method: "list", path: "in" });
    const { entries } = (listed as { result: { entries: { name: string }[] } }).result;
    expect(entries.map(({ name }) => name)).toEqual([
      "Z",
      "a",
      "a.txt",
      "é",
      "\u{1f600}",
      "\ufb01",
    ]);
  });

  test("GRANT-29: no secret of the run goes into a file", async () => {
    const { directory } = await place();
    const guard = new SecretGuard({ key: { token: "tok-Bx93kfQ2mZ" } }, ["key"]);
    const write = { method: "write", path: "in/a.txt", content: { t: "it is tok-Bx93kfQ2mZ" } };
    expect(await use(directory, write, { guard })).toEqual(
      denied("the content holds a secret", "REACH-E3110"),
    );
    expect(await readFile(join(directory, "in/a.txt"), "utf8")).toBe("open");
  });
});

const OUTSIDE = [
  ".reach-a",
  "in/.Reach-0.part",
  "../secret.txt",
  "in/../../secret.txt",
  "..",
  "in/..",
  "./in/a.txt",
  "in/./a.txt",
  "/etc/passwd",
  "//etc/passwd",
  "in//a.txt",
  "in/",
  "",
  "..\\secret.txt",
  "in\\a.txt",
  "C:/secret.txt",
  "a.txt:stream",
  "in/a.txt\0.png",
  "in/a\n.txt",
  "in/a\u0085.txt",
  "in/.. /secret.txt",
  "in/.../a",
  "in/a.txt.",
  "in/\ud800.txt",
  "a".repeat(256),
  Array.from({ length: 33 }, () => "a").join("/"),
];

describe("attack: a folder of a grant is left", () => {
  describe("GRANT-27: a path that leads elsewhere, by the host alone", () => {
    test.each(OUTSIDE)("%j", async (path) => {
      const { above, directory } = await place();
      for (const call of [
        { path },
        { method: "list", path },
        { method: "write", path, content: "mine" },
      ]) {
        expect(await use(directory, call)).toMatchObject({
          result: { failure: "denied" },
          note: { code: "REACH-E3112" },
        });
      }
      expect(await readFile(join(above, "secret.txt"), "utf8")).toBe("private");
    });
  });

  test("GRANT-27: `..` by the engine alone, and the host is asked nothing", async () => {
    let asked = 0;
    const file = () => {
      asked += 1;
      return Promise.resolve({ result: { failure: "denied" } });
    };
    for (const path of OUTSIDE.filter((one) => !one.includes("\ud800"))) {
      const { result } = await ask({ method: "read", ...letters, path }, { effects: { file } });
      expect(result.error).toMatchObject({ status: 400, title: /path of a file is not one/ });
    }
    expect(asked).toBe(0);
  });

  test("GRANT-26: what is not granted, by the host alone", async () => {
    const { directory } = await place();
    const write = { method: "write", path: "in/a.txt", content: "mine" };
    const grant = { folders: [{ name: "letters", access: ["read" as const] }] };
    expect(await use(directory, write, { grant })).toEqual(
      denied("no entry grants to write in the folder letters", "REACH-E3111"),
    );
    const list = { method: "list", path: "in" };
    expect(await use(directory, list, { grant })).toMatchObject({ result: { failure: "denied" } });
    expect(await use(directory, { path: "in/a.txt" }, { grant: {} })).toMatchObject({
      result: { failure: "denied" },
    });
    expect(await readFile(join(directory, "in/a.txt"), "utf8")).toBe("open");
  });

  test("GRANT-26: what is not granted, by the engine alone, and the host is asked nothing", async () => {
    const effects = { file: () => Promise.reject(new Error("asked")) };
    const grant = { folders: [{ name: "letters", access: ["list" as const] }] };
    const { result } = await ask({ method: "read", ...letters, path: "a" }, { effects, grant });
    expect(result.error).toMatchObject({
      status: 403,
      title: "The grant does not allow this file",
    });
  });
});

/** On a system that has a name for what is open, and as on one that has none. */
posix.each([true, false])("attack: links out of a folder (held by the system: %s)", (isBound) => {
  test("GRANT-28: a link as the last name", async () => {
    const { above, directory } = await place();
    await symlink(join(above, "secret.txt"), join(directory, "in/b.txt"));
    await symlink(join(above, "new.txt"), join(directory, "in/c.txt"));
    const isLink = denied("it is a symbolic link");
    expect(await use(directory, { path: "in/b.txt" }, { isBound })).toEqual(isLink);
    for (const path of ["in/b.txt", "in/c.txt"]) {
      const write = { method: "write", path, content: "mine" };
      expect(await use(directory, write, { isBound })).toEqual(isLink);
    }
    const made = { method: "write", path: "in/c.txt", content: "mine", new: true };
    expect(await use(directory, made, { isBound })).toMatchObject({
      result: { failure: "exists" },
    });
    expect(await readFile(join(above, "secret.txt"), "utf8")).toBe("private");
    expect(await readdir(above)).toEqual(["letters", "private", "secret.txt"]);
  });

  test("GRANT-28: a link as a name before the last", async () => {
    const { above, directory } = await place();
    await symlink(join(above, "private"), join(directory, "out"));
    await symlink("..", join(directory, "in/up"));
    for (const path of ["out/a.txt", "in/up/in/a.txt"]) {
      for (const call of [{ path }, { method: "write", path, content: "mine" }]) {
        expect(await use(directory, call, { isBound })).toEqual(denied("it is a symbolic link"));
      }
    }
    const list = { method: "list", path: "out" };
    expect(await use(directory, list, { isBound })).toEqual(denied("it is a symbolic link"));
    expect(await readFile(join(above, "private/a.txt"), "utf8")).toBe("private");
  });

  test("GRANT-28: a file that has a name elsewhere", async () => {
    const { above, directory } = await place();
    await link(join(above, "secret.txt"), join(directory, "in/b.txt"));
    const hasName = denied("the file has another name");
    expect(await use(directory, { path: "in/b.txt" }, { isBound })).toEqual(hasName);
    const write = { method: "write", path: "in/b.txt", content: "mine" };
    expect(await use(directory, write, { isBound })).toEqual(hasName);
  });

  test("GRANT-28: a pipe, which nobody waits for, and a socket", async () => {
    const { directory } = await place();
    execFileSync("mkfifo", [join(directory, "in/pipe")]);
    const server = createServer().listen(join(directory, "in/socket"));
    later(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    for (const path of ["in/pipe", "in/socket"]) {
      const special = denied("it is a device, a pipe or a socket");
      expect(await use(directory, { path }, { isBound })).toEqual(special);
      const write = { method: "write", path, content: "mine" };
      expect(await use(directory, write, { isBound })).toEqual(special);
    }
    expect(await use(directory, { path: "in" }, { isBound })).toEqual(denied("it is a folder"));
  });

  test("GRANT-28: a link that takes the place of a folder between two steps", async () => {
    const { above, directory } = await place();
    const top = await HeldFolder.open(directory, isBound);
    later(() => top.close());
    const seen = await top.look("in");
    const folder = await top.enter("in");
    later(() => folder.close());
    await rename(join(directory, "in"), join(directory, "was"));
    await symlink(join(above, "private"), join(directory, "in"));
    await expect(top.enter("in", seen)).rejects.toMatchObject({ failure: "denied" });
    const got = await folder.file("a.txt").then(
      async (file) => {
        const text = await file.readFile("utf8");
        await file.close();
        return text;
      },
      ({ failure }: { failure: string }) => failure,
    );
    // What is held is the folder that it was, whatever its name means by now.
    expect(got).toBe(isBound && process.platform === "linux" ? "open" : "denied");
  });

  test("GRANT-28: a link, and another file, that take the place of a file between two steps", async () => {
    const { above, directory } = await place();
    const folder = await HeldFolder.open(directory, isBound);
    later(() => folder.close());
    await writeFile(join(directory, "a.txt"), "open");
    const seen = await folder.look("a.txt");
    await rm(join(directory, "a.txt"));
    await symlink(join(above, "secret.txt"), join(directory, "a.txt"));
    await expect(folder.file("a.txt", seen)).rejects.toThrow("it is a symbolic link");
    await rm(join(directory, "a.txt"));
    await link(join(above, "secret.txt"), join(directory, "a.txt"));
    await expect(folder.file("a.txt", seen)).rejects.toThrow("in the place of something else");
  });

  test("GRANT-28: a link that comes and goes while files are read and written", async () => {
    const { above, directory } = await place();
    await symlink(join(above, "private"), join(directory, "link"));
    const over = new AbortController();
    const swapping = (async () => {
      while (!over.signal.aborted) {
        await rename(join(directory, "in"), join(directory, "was"));
        await rename(join(directory, "link"), join(directory, "in"));
        await rename(join(directory, "in"), join(directory, "link"));
        await rename(join(directory, "was"), join(directory, "in"));
      }
    })();
    const seen = new Set<unknown>();
    // Where the system has no name for what is open, a folder that is put back in time is not found out.
    const writes = isBound && process.platform === "linux";
    for (let i = 0; i < 200; i += 1) {
      const write = { method: "write", path: "in/b.txt", content: "mine" };
      if (writes) await use(directory, write).catch(() => "trouble");
      seen.add(await use(directory, { path: "in/a.txt" }, { isBound }).catch(() => "trouble"));
    }
    over.abort();
    await swapping;
    expect(seen).not.toContain("private");
    expect(await readdir(join(above, "private"))).toEqual(["a.txt"]);
  });
});

describe("attack: what else is below a folder", () => {
  test.skipIf(process.platform !== "linux")(
    "GRANT-28: a folder where another file system is mounted",
    async () => {
      expect(await use("/", { method: "list", path: "proc" })).toEqual(
        denied("another file system is mounted there"),
      );
    },
  );

  test("GRANT-27: whatever a path is, one that passes leads down", () => {
    for (const path of [
      "a",
      "in/2026/a.json",
      "..a/.b",
      "%2e%2e/a",
      "\uff0e\uff0e/a",
      "~",
      "-",
      "*",
    ]) {
      expect(whyNotDown(path)).toBeUndefined();
    }
    for (const path of OUTSIDE) expect(whyNotDown(path)).toBeTypeOf("string");
  });
});
