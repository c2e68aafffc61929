// What the world does to a run: servers that fail, a terminal under attack, a full disk, Ctrl-C.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decider, ended, errorOf, put, reach, resultOf, start, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();
const decide = decider(folder);

describe("what the world does to a run", () => {
  /** A server with one answer, a workflow that asks it, and a grant for it. */
  async function asking(
    answer: RequestListener | null,
    endpoint = "https://s.example/x",
  ): Promise<{
    args: string[];
    stop: () => void;
  }> {
    const server: Server = createServer(answer ?? undefined);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    if (answer === null) server.close();
    const flow = `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do:
  - ask:
      call: http
      with: {method: get, endpoint: '${endpoint}'}
`;
    const grant = {
      format: "reach/grant/v1",
      http: [{ origin: "https://s.example", methods: ["GET"], paths: ["/x"] }],
      addresses: { "https://s.example": `http://127.0.0.1:${port}` },
    };
    put(folder, "ask.yaml", flow);
    put(folder, "ask-grant.json", JSON.stringify(grant));
    put(folder, "ask.json", "{}");
    return {
      args: ["run", "ask.yaml", "-i", "ask.json", "-g", "ask-grant.json", "--json"],
      stop: () => {
        server.close();
        server.closeAllConnections();
      },
    };
  }

  test.each([
    ["connection refused", null, 503],
    [
      "a 500",
      (_: unknown, response: { writeHead(n: number): { end(): void } }) =>
        response.writeHead(500).end(),
      500,
    ],
    [
      "an answer over the limit",
      (_: unknown, response: { end(s: string): void }) => response.end(`"${"x".repeat(9 << 20)}"`),
      502,
    ],
    [
      "an answer that is not JSON",
      (_: unknown, response: { end(s: string): void }) => response.end("<html>"),
      502,
    ],
  ] as const)(
    "%s faults the run, exits 1, and the evidence of it verifies",
    async (why, answer, status) => {
      const { args, stop } = await asking(answer);
      const file = `${why.replaceAll(" ", "-")}.reach`;
      try {
        const run = await reach(folder, [...args, "-o", file]);
        expect(run.status).toBe(1);
        expect(resultOf(run)).toMatchObject({
          status: "faulted",
          error: { type: expect.stringMatching(/communication$/) as string, status },
        });
        expect(errorOf(run)).toMatchObject({
          code: "REACH-E4003",
          where: "ask.yaml, task ask",
          hint: `The evidence of it is written: reach inspect ${file}`,
        });
      } finally {
        stop();
      }
      expect((await reach(folder, ["verify", file])).status).toBe(0);
    },
  );

  test("what only the run shows not to be granted exits 4, with evidence", async () => {
    const { args, stop } = await asking(() => undefined, '${ "https://t.example/x" }');
    try {
      const run = await reach(folder, [...args, "-o", "denied.reach"]);
      expect(run.status).toBe(4);
      expect(errorOf(run)).toMatchObject({ code: "REACH-E3152", exitCode: 4 });
      expect((await reach(folder, ["verify", "denied.reach"])).status).toBe(0);
    } finally {
      stop();
    }
  });

  test("Ctrl-C exits 130, says what the folder has, and writes no evidence", async () => {
    const { args, stop } = await asking(() => undefined);
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
        why: expect.stringMatching(/it had 2 whole records and was waiting on effect 0/) as string,
      });
      const where = String(error["where"]);
      expect(where).toContain(join(folder, "state/reach/runs"));
      expect(existsSync(join(where, "records.jsonl"))).toBe(true);
      expect(existsSync(join(folder, "interrupted.reach"))).toBe(false);
    } finally {
      stop();
    }
  });

  test("hostile text in an answer cannot act on the terminal", async () => {
    const evil = "\u001b[2J\u001b]0;owned\u0007 \u202eevil\u2066 \u009b31m\r\n";
    const { args, stop } = await asking((_, response) => {
      response.end(JSON.stringify({ [evil]: evil }));
    });
    try {
      const quiet = args.filter((arg) => arg !== "--json");
      const run = await reach(folder, [...quiet, "-o", "evil.reach"]);
      const said = [
        run,
        await reach(folder, ["inspect", "evil.reach"]),
        await reach(folder, ["inspect", "evil.reach", "--step", "2"]),
        await reach(folder, ["inspect", "evil.reach", "--json"]),
        await reach(folder, ["verify", "evil.reach"]),
        await reach(folder, ["diff", "evil.reach", "connection-refused.reach"]),
      ].map(({ stdout, stderr }) => stdout + stderr);
      for (const text of said) {
        expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
      expect(said[1]).toContain(String.raw`\u001b`);
    } finally {
      stop();
    }
  });
});

describe("a full disk", () => {
  /** A file system with room for so many pages, one of them taken, or why there is none. */
  function smallDisk(pages: number): { path: string; unmount: () => void } | string {
    const path = join(folder, `disk-${pages}`);
    mkdirSync(path);
    const options = `size=${pages * 4}k,mode=700`;
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], {
      encoding: "utf8",
    });
    if (status !== 0) return `no tmpfs can be mounted here: ${(stderr ?? "").trim()}`;
    writeFileSync(join(path, "fill"), Buffer.alloc(4096));
    return { path, unmount: () => spawnSync("umount", [path]) };
  }

  test.for([
    { what: "the evidence", pages: 2, kept: true },
    { what: "the beginning of the records", pages: 3, kept: false },
    { what: "the rest of the records", pages: 8, kept: true },
  ])("$what does not fit: nothing half-written is left", async ({ what, pages, kept }, context) => {
    const disk = smallDisk(pages);
    if (typeof disk === "string") {
      context.skip(disk);
      return;
    }
    try {
      const evidence = what === "the evidence";
      const output = join(evidence ? disk.path : folder, "full.reach");
      const env = evidence ? {} : { XDG_STATE_HOME: disk.path };
      const run = await decide("09-bureau-recovers", output, ["--json"], { env });
      expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4110"]);
      const left = readdirSync(disk.path, { recursive: true, encoding: "utf8" });
      expect(existsSync(output)).toBe(false);
      expect(left.filter((name) => /\.(reach|part)$/.test(name))).toEqual([]);
      // Effects that have happened are not forgotten: the error says where the records of them are.
      const hint = String(errorOf(run)["hint"]);
      const where = /The records are in (.*)$/.exec(hint)?.[1];
      expect(where !== undefined).toBe(kept);
      if (where === undefined) {
        expect(left.filter((name) => name.includes("records"))).toEqual([]);
        return;
      }
      const lines = readFileSync(join(where, "records.jsonl"), "utf8").split("\n");
      expect(lines.pop()).toBe("");
      for (const [seq, line] of lines.entries()) expect(JSON.parse(line)).toMatchObject({ seq });
    } finally {
      disk.unmount();
    }
  });
});
