// What the world does to the process of a run: Ctrl-C, a full disk.
import { spawnSync } from "node:child_process";
import type { ServerResponse } from "node:http";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import { readKept, runFolder, sqliteStore } from "@reach-fabric/host";
import { asking } from "../asking.ts";
import { decider, ended, errorOf, reachProcess, start, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
const decide = decider(folder, reachProcess);

describe("what the world does to a run", () => {
  test("Ctrl-C exits 130, says what the folder has, and writes no evidence", async () => {
    const { args, stop } = await asking(folder, () => undefined);
    try {
      const child = start(folder, [...args, "-o", "interrupted.reach"]);
      child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes('"event":"request"')) child.kill("SIGINT");
      });
      const run = await ended(child);
      const error = errorOf(run);
      expect(run.status).toBe(130);
      expect(error).toMatchObject({
        code: "REACH-E4005",
        why: expect.stringMatching(/it had 2 records and was waiting on effect 0/) as string,
      });
      const [file, id] = String(error["where"]).split(", run ");
      expect(file).toBe(join(folder, "state/reach/runs.db"));
      const store = await sqliteStore(file ?? "");
      const { state } = await store.run(id ?? "").head();
      await store.close();
      expect(state).toBe("interrupted");
      expect(existsSync(join(folder, "interrupted.reach"))).toBe(false);
    } finally {
      stop();
    }
  });

  test("a terminal that is closed exits 129, and says what the folder has", async () => {
    const { args, stop } = await asking(folder, () => undefined);
    try {
      const child = start(folder, [...args, "-o", "hung-up.reach"]);
      child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes('"event":"request"')) child.kill("SIGHUP");
      });
      const run = await ended(child);
      expect(run.status).toBe(129);
      const hint = expect.stringMatching(/The records stay there/) as string;
      expect(errorOf(run)).toMatchObject({ code: "REACH-E4005", hint });
      expect(existsSync(join(folder, "hung-up.reach"))).toBe(false);
    } finally {
      stop();
    }
  });

  test("a process that is killed leaves what entered, and what was asked is computed again", async () => {
    const { args, stop } = await asking(folder, () => undefined);
    try {
      const child = start(folder, [...args, "-o", "killed.reach", "--record", "killed"]);
      child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes('"event":"request"')) child.kill("SIGKILL");
      });
      await ended(child);
      expect(existsSync(join(folder, "killed.reach"))).toBe(false);
      expect(await readKept(createEngine(), runFolder(join(folder, "killed")))).toMatchObject({
        torn: 0,
        waiting: [{ request: { key: "0", type: "http" }, hasBegun: true }],
        summary: expect.stringMatching(/^The run was interrupted: it had 2 records/) as string,
      });
    } finally {
      stop();
    }
  });
});

describe("a reader that goes away ends no run", () => {
  test.each(["stdout", "stderr"] as const)("of %s", async (stream) => {
    // The answer comes after the reader has gone: its run has more to say.
    const answers: ServerResponse[] = [];
    const { args, stop } = await asking(folder, (_, response) => void answers.push(response));
    try {
      const output = `unread-${stream}.reach`;
      const child = start(folder, [...args, "-o", output]);
      let isAsked = false;
      child.stderr?.on("data", (chunk: Buffer) => {
        if (isAsked || !chunk.includes('"event":"request"')) return;
        isAsked = true;
        child[stream]?.destroy();
        const answering = setInterval(() => {
          if (answers.length === 0) return;
          clearInterval(answering);
          answers[0]?.end('{"ok":true}');
        }, 20);
      });
      const run = await ended(child);
      expect(run.status).toBe(0);
      expect(run[stream === "stdout" ? "stderr" : "stdout"]).toContain(
        stream === "stdout" ? '"answer":"200"' : '"status":"completed"',
      );
      expect(existsSync(join(folder, output))).toBe(true);
    } finally {
      stop();
    }
  });
});

describe("a full disk", () => {
  /** A file system with room for so many pages, one of them taken, or why there is none. */
  function smallDisk(pages: number): { path: string; unmount: () => void } | string {
    const path = join(folder, `disk-${pages}`);
    mkdirSync(path, { recursive: true });
    const options = `size=${pages * 4}k,mode=700`;
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], {
      encoding: "utf8",
    });
    if (status !== 0) return `no tmpfs can be mounted here: ${(stderr ?? "").trim()}`;
    writeFileSync(join(path, "fill"), Buffer.alloc(4096));
    return { path, unmount: () => spawnSync("umount", [path]) };
  }

  /** A run whose answer has more bytes than the disk. */
  async function askForMuch(output: string, more: readonly string[]): Promise<Ended> {
    const much = JSON.stringify("x".repeat(700_000));
    const { args, stop } = await asking(folder, (_, response) => void response.end(much));
    try {
      return await reachProcess(folder, [...args, "-o", output, ...more]);
    } finally {
      stop();
    }
  }

  test.for([
    { what: "the evidence", store: "folder", pages: 2, kept: true },
    { what: "the beginning of the records", store: "folder", pages: 3, kept: false },
    { what: "the beginning of the records", store: "sqlite", pages: 3, kept: false },
    { what: "the tables of the records", store: "sqlite", pages: 20, kept: false },
    { what: "a large answer", store: "folder", pages: 150, kept: true },
    { what: "a large answer", store: "sqlite", pages: 150, kept: true },
  ])(
    "$what does not fit in a $store: nothing half-written is left",
    async ({ what, store, pages, kept }, context) => {
      const disk = smallDisk(pages);
      if (typeof disk === "string") {
        context.skip(disk);
        return;
      }
      try {
        const evidence = what === "the evidence";
        const output = join(evidence ? disk.path : folder, "full.reach");
        const place = `${store}:${join(evidence ? folder : disk.path, "full")}`;
        const more = ["--store", place, "--json"];
        const run =
          what === "a large answer"
            ? await askForMuch(output, more)
            : await decide("09-bureau-recovers", output, more);
        expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4110"]);
        const left = readdirSync(disk.path, { recursive: true, encoding: "utf8" });
        expect(existsSync(output)).toBe(false);
        expect(left.filter((name) => /\.(reach|part)$/.test(name))).toEqual([]);
        // Effects that have happened are not forgotten: the error says where the records of them are.
        const hint = String(errorOf(run)["hint"]);
        const where = /The records are in (.*)$/.exec(hint)?.[1];
        expect(where !== undefined).toBe(kept);
        if (where === undefined) {
          expect(left.filter((name) => name.includes("entered"))).toEqual([]);
          return;
        }
        const [, id] = where.split(", run ");
        // Where there is room, it is opened again.
        const roomy = join(folder, "roomy");
        mkdirSync(roomy, { recursive: true });
        for (const name of id === undefined ? [] : ["full", "full-wal"]) {
          cpSync(join(disk.path, name), join(roomy, name));
        }
        const opened = id === undefined ? undefined : await sqliteStore(join(roomy, "full"));
        const found = opened?.run(id ?? "") ?? runFolder(where);
        const { inputs, torn } = await readKept(createEngine(), found);
        await opened?.close();
        expect([inputs.length > 0, torn]).toEqual([true, 0]);
      } finally {
        disk.unmount();
      }
    },
  );
});
