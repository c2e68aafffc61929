// The verbs about runs, each as a process, against real servers on loopback.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grantFor, startServices } from "../../examples/loan-prescreen/services.ts";
import type { Services } from "../../examples/loan-prescreen/services.ts";
import { ended, errorOf, example, put, reach, start, temporaryFolder } from "./reach.ts";
import type { Ended } from "./reach.ts";

const folder = temporaryFolder();
const workflow = join(example, "workflow.yaml");
const applicant = (name: string): string => join(example, "applicants", `${name}.json`);

let services: Services;
let grant: string;
beforeAll(async () => {
  services = await startServices();
  grant = put(folder, "grant.json", grantFor(services));
});
afterAll(async () => {
  await services.stop();
});

/** Runs the example for one applicant. */
const decide = (name: string, output: string, more: readonly string[] = []): Promise<Ended> =>
  reach(folder, ["run", workflow, "-i", applicant(name), "-g", grant, "-o", output, ...more]);

interface RunResult {
  readonly status: string;
  readonly output: { readonly decision: string };
  readonly decision: string;
  readonly fingerprint: string;
}
const resultOf = ({ stdout }: Ended): RunResult => JSON.parse(stdout) as RunResult;

describe("a run and what can be asked of it", () => {
  test("run, verify, replay, inspect", async () => {
    const run = await decide("01-strong", "one.reach");
    expect(run).toMatchObject({ status: 0 });
    expect(run.stdout).toContain("completed");
    expect(run.stdout).toContain('"decision":"accept"');
    expect(run.stderr).toContain("made your key");
    expect(run.stderr).toContain("bureau.ask: GET https://bureau.example\n");
    expect(run.stderr.trimEnd().split("\n").at(-1)).toBe("next: reach verify one.reach");
    // What was recorded on the way is in the evidence now.
    expect(readdirSync(join(folder, "state/reach/runs"))).toEqual([]);

    const own = join(folder, "config/reach/key.json.pub");
    const verify = await reach(folder, ["verify", "one.reach", "--trust", own, "--json"]);
    expect(verify.status).toBe(0);
    expect(JSON.parse(verify.stdout)).toMatchObject({
      ok: true,
      verdicts: {
        authentic: { result: "pass" },
        trusted: { result: "pass" },
        complete: { result: "pass" },
        replayed: { result: "pass" },
        logged: { result: "not checked" },
        witnessed: { result: "not checked" },
        redacted: { result: "not checked" },
      },
    });

    const replay = await reach(folder, ["replay", "one.reach", "--json"]);
    expect(replay.status).toBe(0);
    expect(JSON.parse(replay.stdout)).toMatchObject({ status: "reproduced", end: "completed" });

    const inspect = await reach(folder, ["inspect", "one.reach"]);
    expect(inspect.status).toBe(0);
    expect(inspect.stdout).toContain("reach-examples/loan-prescreen:1.0.0");
    expect(inspect.stdout).toContain("GET https://bureau.example/v1/scores/a-1001");
    const step = await reach(folder, ["inspect", "one.reach", "--step", "0"]);
    expect(JSON.parse(step.stdout)).toMatchObject({ kind: "start", seq: 0 });
  });

  test("ports, headers, key order and attempts change nothing in a decision", async () => {
    const first = resultOf(await decide("09-bureau-recovers", "x1.reach", ["--json"]));
    const others = await startServices();
    const grant2 = put(folder, "grant2.json", grantFor(others));
    try {
      const args = ["-i", applicant("09-bureau-recovers"), "-g", grant2, "-o", "x2.reach", "--json"];
      const second = resultOf(await reach(folder, ["run", workflow, ...args]));
      expect([second.decision, second.fingerprint]).toEqual([first.decision, first.fingerprint]);
      const diff = await reach(folder, ["diff", "x1.reach", "x2.reach", "--json"]);
      expect([diff.status, JSON.parse(diff.stdout)]).toEqual([
        0,
        expect.objectContaining({ same: true }),
      ]);
    } finally {
      await others.stop();
    }
  });

  test("another answer of the bureau is another decision, and diff names the step", async () => {
    const first = resultOf(await decide("02-score-boundary", "y1.reach", ["--json"]));
    const others = await startServices({ scores: { "a-1002": 699 } });
    const grant2 = put(folder, "grant3.json", grantFor(others));
    try {
      const args = ["-i", applicant("02-score-boundary"), "-g", grant2, "-o", "y2.reach", "--json"];
      const second = resultOf(await reach(folder, ["run", workflow, ...args]));
      expect([first.output.decision, second.output.decision]).toEqual(["accept", "refer"]);
      expect(second.decision).not.toBe(first.decision);
    } finally {
      await others.stop();
    }
    const diff = await reach(folder, ["diff", "y1.reach", "y2.reach"]);
    expect(diff.status).toBe(1);
    expect(diff.stdout).toMatch(/First difference: record \d+, result/);
    expect(diff.stdout).toMatch(/a +700\n +b +699/);
    const json = await reach(folder, ["diff", "y1.reach", "y2.reach", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      same: false,
      kind: "result",
      pointer: "/result/body/score",
      values: { a: 700, b: 699 },
    });
  });

  test("a faulted run exits 1 and has evidence that verifies", async () => {
    const run = await decide("15-below-floor", "fault.reach");
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^x The run faulted: Below the lowest .* \(422\) {3}REACH-E4003\n/m);
    expect(run.stderr).toContain("task belowFloor\n");
    expect((await reach(folder, ["verify", "fault.reach"])).status).toBe(0);
  });

  test("--record keeps the run's folder", async () => {
    await decide("01-strong", "kept.reach", ["--record", "kept"]);
    expect(existsSync(join(folder, "kept/records.jsonl"))).toBe(true);
  });

  test("an existing output is kept unless --force is given", async () => {
    const path = put(folder, "there.reach", "mine");
    const refused = await decide("01-strong", path, ["--json"]);
    expect([refused.status, errorOf(refused)["code"]]).toEqual([2, "REACH-E4113"]);
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect((await decide("01-strong", path, ["--force"])).status).toBe(0);
    expect((await reach(folder, ["verify", path])).status).toBe(0);
  });

  test("an input may come from stdin", async () => {
    const stdin = readFileSync(applicant("06-low-score"));
    const args = ["run", workflow, "-i", "-", "-g", grant, "-o", "stdin.reach", "--json", "-q"];
    expect(resultOf(await reach(folder, args, { stdin })).output.decision).toBe("reject");
  });

  test("no secret of the key is printed by any verb", async () => {
    await reach(folder, ["keys", "new", "-o", "secret.key"]);
    const { private: secret } = JSON.parse(
      readFileSync(join(folder, "secret.key"), "utf8"),
    ) as { private: string };
    const said = [
      await decide("01-strong", "secret.reach", ["--key", "secret.key"]),
      await reach(folder, ["inspect", "secret.reach", "--json"]),
      await reach(folder, ["verify", "secret.reach", "--trust", "secret.key", "--json"]),
      await reach(folder, ["canon", "secret.reach"]),
    ].map(({ stdout, stderr }) => stdout + stderr);
    expect(said.join("")).not.toContain(secret);
  });
});

describe("evidence that is not as it should be", () => {
  beforeAll(async () => {
    await decide("01-strong", "good.reach");
  });
  const good = (): Buffer => readFileSync(join(folder, "good.reach"));

  test("one changed byte: exit 1, the verdict and a code", async () => {
    const bytes = good();
    const at = bytes.indexOf('"score":782') + 8;
    bytes[at] = "9".charCodeAt(0);
    put(folder, "changed.reach", bytes);
    const verify = await reach(folder, ["verify", "changed.reach"]);
    expect(verify.status).toBe(1);
    expect(verify.stdout).toMatch(/^changed\.reach {2}FAILED\n/);
    expect(verify.stderr).toMatch(/^x .*authentic failed {3}REACH-E5\d{3}\n {2}where: changed\.reach/);
    expect((await reach(folder, ["replay", "changed.reach"])).status).toBe(1);
    expect((await reach(folder, ["inspect", "changed.reach"])).status).toBe(1);
    const both = await reach(folder, ["verify", "good.reach", "changed.reach", "--json"]);
    expect(both.status).toBe(1);
    const lines = both.stdout.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { ok: boolean }).ok)).toEqual([true, false]);
  });

  test("a key that is not trusted: exit 1", async () => {
    await reach(folder, ["keys", "new", "-o", "other.key"]);
    const args = ["verify", "good.reach", "--trust", "other.key.pub", "--json"];
    const verify = await reach(folder, args);
    expect(verify.status).toBe(1);
    expect(errorOf(verify)).toMatchObject({ code: "REACH-E5205", where: "good.reach" });
    const { verdicts } = JSON.parse(verify.stdout) as { verdicts: object };
    expect(verdicts).toMatchObject({ authentic: { result: "pass" }, trusted: { result: "fail" } });
  });

  test("a verdict that nobody can give yet, required: exit 3", async () => {
    const args = ["verify", "good.reach", "--require", "authentic,logged"];
    expect((await reach(folder, args)).status).toBe(3);
  });

  test("an unknown verdict is wrong usage", async () => {
    const verify = await reach(folder, ["verify", "good.reach", "--require", "nice", "--json"]);
    expect([verify.status, errorOf(verify)["code"]]).toEqual([2, "REACH-E4001"]);
  });

  test("a later version of the format could not be checked: exit 3", async () => {
    put(folder, "later.reach", laterVersion(good()));
    for (const verb of ["verify", "replay", "inspect"]) {
      const ended = await reach(folder, [verb, "later.reach", "--json"]);
      expect([verb, ended.status, errorOf(ended)["code"]]).toEqual([verb, 3, "REACH-E5104"]);
    }
  });

  test("not evidence at all, a folder, nothing", async () => {
    put(folder, "text.reach", "hello");
    const text = await reach(folder, ["verify", "text.reach", "--json"]);
    expect([text.status, errorOf(text)["code"]]).toEqual([1, "REACH-E5001"]);
    const missing = await reach(folder, ["verify", "none.reach", "--json"]);
    expect([missing.status, errorOf(missing)["code"]]).toEqual([2, "REACH-E4102"]);
    const directory = await reach(folder, ["verify", ".", "--json"]);
    expect([directory.status, errorOf(directory)["code"]]).toEqual([2, "REACH-E4104"]);
  });

  test("a trusted key file that is none", async () => {
    put(folder, "bad.key", '{"format":"reach/key/v1","secret":"hunter2"}');
    const verify = await reach(folder, ["verify", "good.reach", "--trust", "bad.key", "--json"]);
    expect([verify.status, errorOf(verify)]).toEqual([
      2,
      expect.objectContaining({ code: "REACH-E5201", where: "bad.key" }),
    ]);
    expect(verify.stderr).not.toContain("hunter2");
  });
});

/** The same container with run.json of a later version, its CRCs right. */
function laterVersion(bytes: Buffer): Buffer {
  const at = bytes.indexOf("reach/evidence/v1");
  bytes.write("2", at + "reach/evidence/v".length);
  const nameSize = bytes.readUInt16LE(26);
  const start = 30 + nameSize;
  const crc = crc32(bytes.subarray(start, start + bytes.readUInt32LE(18)));
  bytes.writeUInt32LE(crc, 14);
  bytes.writeUInt32LE(crc, bytes.readUInt32LE(bytes.length - 22 + 16) + 16);
  return bytes;
}

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
    { why: "a duplicate key in YAML", workflow: `${fine}do: []\n`, code: "REACH-E4202", where: /:3/ },
    { why: "a duplicate key in the input", input: '{"a":1,"a":2}', code: "REACH-E1109", where: /:1:8/ },
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
    { why: "an unknown field in the grant", grant: '{"format":"reach/grant/v1","all":true}', code: "REACH-E4210" },
    { why: "a grant of a later version", grant: '{"format":"reach/grant/v2"}', code: /^REACH-E42/ },
    { why: "a grant that is not JSON", grant: "http: []", code: /^REACH-E11/ },
    { why: "a key file that is none", key: "{}", code: "REACH-E5201", where: /k\.json/ },
    { why: "a workflow that is not there", code: "REACH-E4102", where: /none\.yaml/ },
  ];

  test.each(cases)("$why", async (one) => {
    const sub = join(folder, "refused");
    rmSync(sub, { recursive: true, force: true });
    mkdirSync(join(sub, "out"), { recursive: true });
    const missing = one.where?.toString().includes("none") === true;
    const flow = missing ? "none.yaml" : put(sub, "w.yaml", one.workflow ?? fine);
    const args = [
      ...["run", flow, "-i", put(sub, "i.json", one.input ?? "{}"), "-o", "out/x.reach", "--json"],
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
    const shown = await reach(sub, args.filter((arg) => arg !== "--json"));
    expect(shown.stderr).toContain(`   ${String(error["code"])}\n`);
    expect(shown.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  test("an output that cannot be written", async () => {
    const run = await decide("01-strong", "no/such/folder/x.reach", ["--json"]);
    expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4111"]);
  });

  test("a file that must not be read", async (context) => {
    if (process.getuid?.() === 0) return context.skip("root may read every file");
    const path = put(folder, "unreadable.json", "{}");
    spawnSync("chmod", ["000", path]);
    const run = await reach(folder, ["run", workflow, "-i", path, "-o", "u.reach", "--json"]);
    expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4101"]);
  });
});

describe("what the world does to a run", () => {
  /** A server with one answer, a workflow that asks it, and a grant for it. */
  async function asking(answer: RequestListener | null, endpoint = "https://s.example/x"): Promise<{
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
    ["a 500", (_: unknown, response: { writeHead(n: number): { end(): void } }) => response.writeHead(500).end(), 500],
    ["an answer over the limit", (_: unknown, response: { end(s: string): void }) => response.end(`"${"x".repeat(9 << 20)}"`), 502],
    ["an answer that is not JSON", (_: unknown, response: { end(s: string): void }) => response.end("<html>"), 502],
  ] as const)("%s faults the run, exits 1, and the evidence of it verifies", async (why, answer, status) => {
    const { args, stop } = await asking(answer as RequestListener | null);
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
  });

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
        await reach(folder, ["diff", "evil.reach", "good.reach"]),
      ].map(({ stdout, stderr }) => stdout + stderr);
      for (const text of said) {
        // eslint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }
      expect(said[1]).toContain(String.raw`\u001b`);
    } finally {
      stop();
    }
  });
});

describe("a full disk", () => {
  /** A file system with room for next to nothing, or why there is none. */
  function smallDisk(size: string): { path: string; unmount: () => void } | string {
    const path = join(folder, `disk-${size}`);
    mkdirSync(path);
    const { status, stderr } = spawnSync(
      "mount",
      ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path],
      { encoding: "utf8" },
    );
    if (status !== 0) return `no tmpfs can be mounted here: ${(stderr ?? "").trim()}`;
    return { path, unmount: () => spawnSync("umount", [path]) };
  }

  test.for(["the evidence", "the records"])("%s does not fit: nothing is left behind", async (what, context) => {
    const disk = smallDisk(what === "the evidence" ? "8k" : "12k");
    if (typeof disk === "string") return context.skip(disk);
    try {
      writeFileSync(join(disk.path, "fill"), Buffer.alloc(4096));
      const state = what === "the records" ? { XDG_STATE_HOME: disk.path } : {};
      const output = what === "the records" ? "full.reach" : join(disk.path, "full.reach");
      const args = ["run", workflow, "-i", applicant("01-strong"), "-g", grant, "-o", output, "--json"];
      const run = await reach(folder, args, { env: state });
      expect([run.status, errorOf(run)["code"]]).toEqual([2, "REACH-E4110"]);
      expect(existsSync(join(folder, "full.reach"))).toBe(false);
      const left = readdirSync(disk.path, { recursive: true, encoding: "utf8" });
      expect(left.filter((name) => name.includes("reach/runs/") || name.endsWith(".part"))).toEqual([]);
      expect(left.some((name) => name.endsWith(".reach"))).toBe(false);
    } finally {
      disk.unmount();
    }
  });
});
