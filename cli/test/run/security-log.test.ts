// `reach --security-log`: each type of record, by a command that a user gives. docs/spec/security-log.md.
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLog } from "@reach-fabric/host";
import { securityRecord } from "@reach-fabric/schema";
import type { SecurityRecord, SecurityType } from "@reach-fabric/schema";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
const TOKEN = "bearer-CANARY-0123456789";
const A = "https://api.example";
let server: Server;

const run = (line: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  reach(
    folder,
    line.split(" ").filter((word) => word !== ""),
    { env },
  );

/** Runs tasks, and says how that ended. */
function runOf(
  tasks: readonly object[],
  line: string = "",
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
  put(folder, "w.json", JSON.stringify({ document, use: { secrets: ["key"] }, do: tasks }));
  const files = `run w.json -i in.json -g grant.json --secrets secrets.json -k own.key -o out.reach --force`;
  return run(`${files} ${line}`.trim(), env);
}

const get = (uri: string, more: object = {}): object => ({
  call: "http",
  with: { method: "get", endpoint: { uri, ...more } },
});
const bearer = { authentication: { bearer: { use: "key" } } };
const echo = [{ ask: get(`${A}/echo`, bearer) }];

beforeAll(async () => {
  server = createServer(({ headers }, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ you: headers.authorization ?? null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const http = [A, "http://127.0.0.1"].map((origin) => ({
    origin,
    methods: ["GET"],
    paths: ["/*"],
  }));
  const secrets = [{ name: "key", origins: [A] }];
  const addresses = { [A]: `http://127.0.0.1:${port}` };
  put(folder, "grant.json", JSON.stringify({ format: "reach/grant/v1", http, secrets, addresses }));
  writeFileSync(
    join(folder, "secrets.json"),
    JSON.stringify({ format: "reach/secrets/v1", secrets: { key: { token: TOKEN } } }),
    { mode: 0o600 },
  );
  put(folder, "in.json", JSON.stringify({ b: "https://other.example/x" }));
  put(folder, "bad.json", "{");
  for (const name of ["own", "other", "log", "root", "matter"]) {
    const made =
      name === "matter"
        ? "log matter-key -o matter.key"
        : `keys new --no-passphrase -o ${name}.key`;
    expect((await run(made)).status).toBe(0);
  }
  expect((await run("log init audit --key log.key")).status).toBe(0);
  expect((await runOf([{ a: { set: { x: 1 } } }])).status).toBe(0);
  put(folder, "plain.reach", readFileSync(join(folder, "out.reach")));
});
afterAll(() => server.close());

/** The records that a command has left in a log of its own. */
async function notedBy(
  work: (option: string) => Promise<Ended>,
): Promise<{ records: SecurityRecord[]; ended: Ended }> {
  const path = join(folder, "security.jsonl");
  rmSync(path, { force: true });
  const ended = await work("--security-log security.jsonl");
  const lines = readFileSync(path, "utf8");
  expect(lines).not.toContain("CANARY");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const records = lines
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => securityRecord.parse(JSON.parse(line)));
  return { records, ended };
}

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

/** For each type a command that causes a record of it, with what is in that. */
const causes: Readonly<
  Record<
    SecurityType,
    readonly [work: (option: string) => Promise<Ended>, record: object, status: number]
  >
> = {
  "grant.denied": [
    (option) => runOf([{ ask: get("${ .b }") }], option),
    { run: uuid, by: "engine", kind: "http", origin: "https://other.example", task: "/do/0/ask" },
    4,
  ],
  "secret.redeemed": [(option) => runOf(echo, option), { run: uuid, secret: "key", origin: A }, 4],
  "secret.caught": [
    (option) => runOf(echo, option),
    { run: uuid, effect: "0", kind: "http", code: "REACH-E3110" },
    4,
  ],
  "egress.refused": [
    (option) => runOf([{ ask: get("http://127.0.0.1/x") }], option),
    { run: uuid, reason: "address", code: "REACH-E3104", origin: "http://127.0.0.1" },
    4,
  ],
  "input.refused": [
    (option) => run(`canon bad.json ${option}`),
    { input: "file", code: "REACH-E1113" },
    2,
  ],
  "key.used": [
    (option) => runOf([{ a: { set: { x: 1 } } }], option),
    { alg: "Ed25519", purpose: "evidence", key: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
    0,
  ],
  "policy.failed": [
    (option) => run(`verify plain.reach --trust other.key.pub ${option}`),
    { run: uuid, verdicts: ["trusted"], codes: ["REACH-E5205"] },
    1,
  ],
  "effect.resolved": [
    async (option) => {
      rmSync(join(folder, "kept"), { recursive: true, force: true });
      await runOf(
        [{ wait: { listen: { to: { one: { with: { type: "t" } } } } } }],
        "--record kept",
      );
      return run(`resolve kept 0 --retry --as clerk-7 ${option}`);
    },
    { run: uuid, effect: "0", as: "retry", code: "REACH-E3008", actor: "clerk-7" },
    2,
  ],
  "value.erased": [
    (option) => {
      put(folder, "erased.reach", readFileSync(join(folder, "plain.reach")));
      return run(`erase erased.reach --drop /run/actor --reason test ${option}`);
    },
    { run: uuid, after: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    0,
  ],
};

describe("a command with a security log", () => {
  test.each(Object.entries(causes))("SEC-1: notes %s", async (type, [work, record, status]) => {
    const { records, ended } = await notedBy(work);
    expect(ended.status).toBe(status);
    expect(records.filter((one) => one.type === type)).toEqual([expect.objectContaining(record)]);
    // The same without a log ends the same.
    expect((await work("")).status).toBe(ended.status);
  });

  test("SEC-7: notes every key by what it signs", async () => {
    const purposes = async (line: string): Promise<string[]> => {
      const { records, ended } = await notedBy((option) => run(`${line} ${option}`));
      expect([line, ended.status, ended.stderr]).toEqual([line, 0, expect.any(String)]);
      return records.flatMap((one) => (one.type === "key.used" ? one.purpose : []));
    };
    const ring = "--keyring ring.json --root root.key";
    expect(await purposes(`keys trust log.key.pub --role log ${ring} --new`)).toEqual(["keyring"]);
    expect(await purposes("log append audit --key log.key --act a.b")).toContain("checkpoint");
    expect(
      await purposes(
        "redact plain.reach --drop /run/actor -o r.reach --by me --key own.key --why test",
      ),
    ).toEqual(["redaction"]);
    await run("keys new --no-passphrase -o pub.key --alg P-256");
    await run("pack build w.json -o one.pack");
    expect(await purposes("pack sign one.pack --key pub.key")).toEqual(["pack", "pack", "pack"]);
    put(folder, "policy.json", JSON.stringify({ format: "reach/policy/v1", fuel: 100_000_000 }));
    const attest = "--policy policy.json --attest own.key --trust own.key.pub";
    expect(await purposes(`verify plain.reach ${attest}`)).toEqual(["verification"]);
  });

  test("SEC-4: says the user, or a pseudonym, or who the command was told", async () => {
    const actorOf = async (
      line: string,
      env: NodeJS.ProcessEnv = {},
    ): Promise<string | undefined> => {
      const { records } = await notedBy((option) =>
        run(`${line} ${option}`, { TEST_USER: "jane", ...env }),
      );
      return records[0]?.actor;
    };
    expect(await actorOf("canon bad.json")).toBe("jane");
    const pseudonym = await actorOf("canon bad.json --security-log-key matter.key");
    expect(pseudonym).toMatch(/^p-[0-9a-f]{32}$/);
    expect(await actorOf("canon bad.json", { REACH_SECURITY_LOG_KEY: "matter.key" })).toBe(
      pseudonym,
    );
    expect(await actorOf("resolve kept 9 --retry --as clerk-7")).toBe("clerk-7");
  });

  test("SEC-5: takes the file from the environment, and - is stderr, before the verb and behind it", async () => {
    rmSync(join(folder, "env.jsonl"), { force: true });
    await run("canon bad.json", { REACH_SECURITY_LOG: "env.jsonl" });
    await run("canon bad.json", { REACH_SECURITY_LOG: "" });
    expect(readFileSync(join(folder, "env.jsonl"), "utf8").split("\n").length).toBe(2);
    for (const line of [
      "canon bad.json --security-log - --json",
      "--security-log - canon bad.json --json",
    ]) {
      const { stderr, stdout } = await run(line);
      const [noted, problem, ...none] = stderr
        .trimEnd()
        .split("\n")
        .map((text) => JSON.parse(text) as object);
      expect([stdout, none]).toEqual(["", []]);
      expect(noted).toMatchObject({ type: "input.refused", code: "REACH-E1113" });
      expect(problem).toMatchObject({ code: "REACH-E1113" });
      expect(problem).not.toHaveProperty("isNoted");
    }
  });

  test("SEC-5: is not begun where the log cannot be opened", async () => {
    rmSync(join(folder, "link"), { force: true });
    symlinkSync("elsewhere", join(folder, "link"));
    rmSync(join(folder, "never.reach"), { force: true });
    const ended = await run("run w.json -i in.json -o never.reach --json --security-log link");
    expect([ended.status, errorOf(ended)]).toEqual([
      2,
      expect.objectContaining({ code: "REACH-E4180", where: "link" }),
    ]);
    expect(() => statSync(join(folder, "never.reach"))).toThrow();
    expect(() => statSync(join(folder, "elsewhere"))).toThrow();
  });

  test("SEC-6: has what a run tells in its audit log as well, without a person, with or without a file", async () => {
    const actsOf = async (): Promise<unknown[]> => {
      const acts: unknown[] = [];
      for await (const { entry } of (await readLog(join(folder, "audit"))).entries()) {
        if (entry.type === "act")
          acts.push([entry.body.type, entry.body.outcome, entry.body.details, entry.body.actor]);
      }
      return acts;
    };
    const log = "--log audit --log-key log.key --actor Jane";
    const before = (await actsOf()).length;
    const { records } = await notedBy((option) => runOf(echo, `${log} ${option}`));
    await runOf(echo, log);
    const acts = (await actsOf()).slice(before) as [
      string,
      string,
      Record<string, string>,
      string,
    ][];
    const types = ["grant.given", "secret.redeemed", "secret.caught"];
    expect(acts.map(([type]) => type)).toEqual([...types, ...types]);
    expect(acts[1]?.slice(0, 3)).toEqual([
      "secret.redeemed",
      "success",
      { run: uuid, secret: "key", origin: A },
    ]);
    // Its actor is the key that signs.
    expect(new Set(acts.map(([, , , actor]) => actor)).size).toBe(1);
    expect(JSON.stringify(acts)).not.toMatch(/Jane|CANARY/);
    expect(records.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["secret.redeemed", "key.used"]),
    );
    expect((await run("log fsck audit")).status).toBe(0);
    expect((await run("verify out.reach --trust own.key.pub")).status).toBe(0);
  });

  test("SEC-1: tells what was refused once, though the run and the command both say it", async () => {
    const listen = [{ wait: { listen: { to: { one: { with: { type: "t" } } } } } }];
    for (const [kind, line] of [
      ["event", '{"type": "t"}'],
      ["command", '{"command": "explode"}'],
    ] as const) {
      put(folder, `${kind}.jsonl`, `${line}\n`);
      const { records, ended } = await notedBy((option) =>
        runOf(listen, `--${kind}s ${kind}.jsonl ${option}`),
      );
      expect(ended.status).toBe(2);
      expect(records).toEqual([expect.objectContaining({ type: "input.refused", input: kind })]);
    }
  });
});
