// Runs that wait, or were killed, and go on: docs/spec/run-folder.md, RUN-6 to RUN-8; docs/guides/waiting.md.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
put(
  folder,
  "approval.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: approval, version: 1.0.0}
do:
  - ask: {listen: {to: {one: {with: {type: approved}}}}}
  - done: {set: {ok: true}}
`,
);
put(
  folder,
  "later.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: later, version: 1.0.0}
do: [{pause: {wait: {hours: 3}}}]
`,
);
put(
  folder,
  "pay.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: pay, version: 1.0.0}
do:
  - pay: {call: http, with: {method: post, endpoint: 'https://bank.example/pay', body: {amount: 5}}}
`,
);
put(folder, "in.json", "{}");
const event = {
  specversion: "1.0",
  id: "e1",
  source: "/desk",
  type: "approved",
  data: { by: "x" },
};
put(folder, "approved.jsonl", `${JSON.stringify(event)}\n`);

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    paid.push(String(request.headers["idempotency-key"]));
    response.writeHead(200, { "content-type": "application/json" }).end('{"paid":5}');
  });
});
const paid: string[] = [];
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const http = [{ origin: "https://bank.example", methods: ["POST"], paths: ["/pay"] }];
  const addresses = { "https://bank.example": `http://127.0.0.1:${port}` };
  put(folder, "grant.json", JSON.stringify({ format: "reach/grant/v1", http, addresses }));
});
afterAll(() => server.close());

let made = 0;
const begin = (workflow: string, ...more: readonly string[]) => {
  const output = `${(made += 1)}.reach`;
  const args = ["run", workflow, "-i", "in.json", "-o", output, ...more, "--json"];
  return reach(folder, args).then((ended) => ({ ...ended, output: join(folder, output) }));
};

interface Listed {
  readonly run: string;
  readonly where: string;
  readonly waiting: readonly { readonly effect: string; readonly hasBegun: boolean }[];
}
async function kept(): Promise<Listed[]> {
  const { stdout } = await reach(folder, ["runs", "list", "--json"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Listed);
}

/** A run that was killed when it had asked for something: its journal up to there. */
async function doubtful(): Promise<Listed & { readonly output: string }> {
  const record = join(folder, `killed-${made}`);
  const { status, output } = await begin("pay.yaml", "--grant", "grant.json", "--record", record);
  expect(status).toBe(0);
  rmSync(output);
  const journal = join(record, "entered.jsonl");
  const [first = ""] = readFileSync(journal, "utf8").split("\n");
  writeFileSync(journal, `${first}\n`);
  const { stdout } = await reach(folder, ["runs", "show", record, "--json"]);
  return { ...(JSON.parse(stdout) as Listed), output };
}

/** Words as a shell reads them, of a line without other signs than quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|\\(')/g, "$1$2"),
  );

describe("a run that waits", () => {
  test("for an event exits 5, says what goes on, and goes on with it", async () => {
    const { output, ...ended } = await begin("approval.yaml");
    expect(ended.status).toBe(5);
    expect(errorOf(ended)).toMatchObject({
      code: "REACH-E3004",
      why: "ask waits for an event (approved)",
    });
    expect(existsSync(output)).toBe(false);
    const [{ run } = { run: "" }] = await kept();
    expect(errorOf(ended)["hint"]).toContain(`reach resume ${run} --events FILE`);
    const again = await reach(folder, ["resume", run.slice(0, 8), "--json"]);
    expect(again.status).toBe(5);
    const events = ["--events", "approved.jsonl", "--json"];
    const resumed = await reach(folder, ["resume", run, ...events]);
    expect([resumed.status, JSON.parse(resumed.stdout)]).toMatchObject([
      0,
      { status: "completed", output: { ok: true }, run, file: output },
    ]);
    expect((await reach(folder, ["verify", output])).status).toBe(0);
    expect(await kept()).toEqual([]);
  });

  test("the command that goes on with it names its folder, or its store, and finds it", async () => {
    for (const place of [
      ["--record", "a folder/it's"],
      ["--store", "folder:some runs"],
      ["--store", "sqlite:other.db"],
    ]) {
      const { output, ...ended } = await begin("approval.yaml", ...place);
      const [, line = ""] = /reach resume (.*) --events/.exec(String(errorOf(ended)["hint"])) ?? [];
      const words = await reach(folder, ["runs", "show", ...wordsOf(line), "--json"]);
      expect([line, words.status]).toEqual([line, 0]);
      const removed = await reach(folder, ["runs", "rm", ...wordsOf(line), "--json"]);
      expect(errorOf(removed)["hint"]).toContain(`reach resume ${line}. `);
      rmSync(output, { force: true });
    }
  });

  test("RUN-9 takes an event that was given to it while no process executed it, and once", async () => {
    await begin("approval.yaml");
    const [{ run } = { run: "" }] = await kept();
    put(folder, "word.json", '{"by":"clerk-7"}');
    const word = ["--type", "approved", "--data", "word.json", "--as", "clerk-7", "--json"];
    for (const type of ["other", "approved"]) {
      const given = await reach(folder, ["signal", run, ...word, "--type", type]);
      expect([given.status, JSON.parse(given.stdout)]).toMatchObject([0, { run }]);
    }
    const resumed = await reach(folder, ["resume", run, "--json"]);
    expect([resumed.status, JSON.parse(resumed.stdout)]).toMatchObject([
      0,
      { status: "completed" },
    ]);
    expect(await kept()).toEqual([]);
  });

  test("RUN-9 takes an event while a process executes it", async () => {
    const record = join(folder, "signalled.run");
    const running = begin("approval.yaml", "--wait", "--record", record);
    for (let tries = 0; tries < 100 && !existsSync(join(record, "run.json")); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const given = ["signal", record, "--type", "approved", "--json"];
    expect((await reach(folder, given)).status).toBe(0);
    expect((await running).status).toBe(0);
  });

  test("for a time that is more than a minute away", async () => {
    const ended = await begin("later.yaml");
    expect(ended.status).toBe(5);
    expect(errorOf(ended)["why"]).toMatch(/^pause waits until 20\d\d-/);
    const [{ run } = { run: "" }] = await kept();
    const refused = await reach(folder, ["runs", "rm", run, "--json"]);
    expect([refused.status, errorOf(refused)["what"]]).toEqual([2, "The run has not ended"]);
    expect((await reach(folder, ["runs", "rm", run, "--force", "--json"])).status).toBe(0);
    expect(await kept()).toEqual([]);
  });
});

describe("RUN-7 what may have been done, or not", () => {
  test("waits for a person, whose word is signed with the evidence", async () => {
    const { where: record, output } = await doubtful();
    const before = paid.length;
    const waits = await reach(folder, ["resume", record, "--json"]);
    expect(waits.status).toBe(5);
    expect(errorOf(waits)["hint"]).toContain(`reach resolve ${record} 0`);
    put(folder, "receipt.json", '{"paid":5}');
    const word = ["--answer", "receipt.json", "--as", "clerk-7", "--json"];
    expect((await reach(folder, ["resolve", record, "0", ...word])).status).toBe(0);
    expect((await reach(folder, ["resume", record, "--json"])).status).toBe(0);
    expect(paid.length).toBe(before);
    const shown = await reach(folder, ["verify", output, "--json"]);
    expect(shown.status).toBe(0);
    const { stdout } = await reach(folder, ["inspect", output, "--json"]);
    expect(stdout).toContain("clerk-7");
  });

  test("is done again if a person says so, under the same key", async () => {
    const { where: record } = await doubtful();
    const [key] = paid.slice(-1);
    expect((await reach(folder, ["resolve", record, "0", "--retry", "--json"])).status).toBe(0);
    expect((await reach(folder, ["resume", record, "--json"])).status).toBe(0);
    expect(paid.slice(-2)).toEqual([key, key]);
  });

  test("is done again if the grant says that it is repeatable", async () => {
    const { where: record } = await doubtful();
    const grant = JSON.parse(readFileSync(join(folder, "grant.json"), "utf8")) as {
      http: object[];
    };
    const http = grant.http.map((entry) => ({ ...entry, repeatable: true }));
    put(folder, "repeatable.json", JSON.stringify({ ...grant, http }));
    const before = paid.length;
    const ended = await reach(folder, ["resume", record, "--grant", "repeatable.json", "--json"]);
    expect([ended.status, paid.length]).toEqual([0, before + 1]);
  });

  test("with wrong words", async () => {
    const { where: record } = await doubtful();
    for (const [args, code] of [
      [["resolve", record, "0"], "REACH-E4001"],
      [["resolve", record, "0", "--retry", "--failed", "reset"], "REACH-E4001"],
      [["resolve", record, "7", "--retry"], "REACH-E3008"],
      [["resolve", record, "0", "--failed", "bored"], "REACH-E1601"],
      [["resolve", record, "0", "--answer", "in.json", "--status", "99"], "REACH-E4001"],
      [["resolve", "none", "0", "--retry"], "REACH-E4001"],
      [["resume", "none"], "REACH-E4001"],
      [["runs", "show", "none"], "REACH-E4001"],
    ] as const) {
      const ended = await reach(folder, [...args, "--json"]);
      expect([args, ended.status, errorOf(ended)["code"]]).toEqual([args, 2, code]);
    }
  });
});

test("RUN-8 a run that is noted in a log has one beginning and one piece of evidence, however often it goes on", async () => {
  const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { status, stdout } = await reach(folder, [...args, "--json"]);
    expect([args, status]).toEqual([args, 0]);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  };
  await json("keys", "new", "-o", "log.key", "--no-passphrase");
  await json("log", "init", "audit", "--key", "log.key");
  const { size: before } = await json("log", "checkpoint", "audit");
  const log = ["--log", "audit", "--log-key", "log.key"];
  const { status, output } = await begin("approval.yaml", ...log, "--record", "logged.run");
  expect(status).toBe(5);
  expect((await reach(folder, ["resume", "logged.run", "--json"])).status).toBe(5);
  await json("resume", "logged.run", "--events", "approved.jsonl");
  const first = readFileSync(output);
  // The process was killed when the log had the evidence, and the file was not written.
  rmSync(output);
  await json("resume", "logged.run");
  expect(readFileSync(output)).toEqual(first);
  const { size } = await json("log", "checkpoint", "audit");
  expect(size).toBe(Number(before) + 2);
  expect(await json("log", "fsck", "audit")).toMatchObject({ ok: true });
  // It was killed behind that: there is nothing more to do.
  expect(await json("resume", "logged.run")).toMatchObject({ written: "before" });
  // Another run's evidence in its place is not its own.
  const other = await begin("approval.yaml", "--events", "approved.jsonl");
  writeFileSync(output, readFileSync(other.output));
  const refused = await reach(folder, ["resume", "logged.run", "--json"]);
  expect([refused.status, errorOf(refused)["code"]]).toEqual([2, "REACH-E4113"]);
});

test("RUN-8 a run that a program has begun goes on in a program", async () => {
  const { where: record } = await doubtful();
  rmSync(join(record, "request.json"));
  const ended = await reach(folder, ["resume", record, "--json"]);
  expect([ended.status, errorOf(ended)["what"]]).toEqual([
    2,
    "What the run was asked is not known",
  ]);
});
