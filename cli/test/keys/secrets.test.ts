// `reach secrets`: values go in by stdin, and come out nowhere. docs/spec/vault.md.
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";
import type { Ended } from "../reach.ts";

const folder = temporaryFolder();
put(folder, "phrase", "correct horse battery staple\n");
const TOKEN = "tok-CANARY-0123456789";

const secrets = (line: string, stdin = ""): Promise<Ended> => {
  const args = line.split(" ");
  return reach(folder, ["secrets", ...args, "--passphrase-file", "phrase", "--json"], { stdin });
};
const json = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout) as Record<string, unknown>;

test("set, list, rotate, retire, remove, check: with no value in any word", async () => {
  put(
    folder,
    "grant.json",
    JSON.stringify({
      format: "reach/grant/v1",
      http: [{ origin: "https://a.example", methods: ["GET"], paths: ["/*"] }],
      secrets: [
        { name: "bureau", origins: ["https://a.example"] },
        { name: "absent", origins: ["https://a.example"] },
      ],
    }),
  );
  const said: string[] = [];
  const run = async (line: string, stdin = "", status = 0): Promise<Record<string, unknown>> => {
    const ended = await secrets(line, stdin);
    said.push(ended.stdout, ended.stderr);
    expect([line, ended.status, status === 0 ? ended.stderr : ""]).toEqual([
      line,
      status,
      expect.any(String),
    ]);
    return status === 0 || status === 1 ? json(ended) : errorOf(ended);
  };
  expect(await run("set bureau --secrets v.vault", `${TOKEN}\n`)).toMatchObject({ version: 1 });
  await run("set erp --username reach --secrets v.vault", "CANARY-word\n");
  const app = {
    authority: "https://t.example",
    grant: "client_credentials",
    client: { id: "me", secret: "CANARY-of-the-client" },
  };
  await run("set app --properties --secrets v.vault", JSON.stringify(app));
  expect(await run("rotate bureau --secrets v.vault", `${TOKEN}-2\r\n`)).toMatchObject({
    version: 2,
  });
  const { secrets: listed } = await run("list --secrets v.vault --grant grant.json");
  expect(listed).toEqual([
    { name: "app", version: 1, since: expect.any(String), former: [], uses: [] },
    {
      name: "bureau",
      version: 2,
      since: expect.any(String),
      former: [{ version: 1, since: expect.any(String) }],
      uses: ["https://a.example"],
    },
    { name: "erp", version: 1, since: expect.any(String), former: [], uses: [] },
  ]);
  const { findings } = await run("check --secrets v.vault --grant grant.json", "", 1);
  expect(
    (findings as { kind: string; name: string }[]).map(({ kind, name }) => `${kind} ${name}`),
  ).toEqual(["absent absent", "short erp", "nowhere app", "nowhere erp", "former bureau"]);
  await run("retire bureau --secrets v.vault");
  await run("remove app --secrets v.vault");
  expect(await run("check --secrets v.vault")).toMatchObject({ kind: "vault", secrets: 2 });
  for (const [line, stdin, code] of [
    ["set bureau --secrets v.vault", TOKEN, "REACH-E4139"],
    ["set short --secrets v.vault", "CANARY", "REACH-E4133"],
    ["set a --secrets v.vault", "", "REACH-E4001"],
    ["set a --secrets v.vault", `${TOKEN}\n\n`, "REACH-E4001"],
    ["set a --secrets v.vault", ` ${TOKEN}`, "REACH-E4001"],
    ["set a --properties --secrets v.vault", `{"token":"${TOKEN}"`, "REACH-E4001"],
    ["set a --properties --secrets v.vault", `{"CANARY":"${TOKEN}"}`, "REACH-E4215"],
    ["set two&words --secrets v.vault", TOKEN, "REACH-E4215"],
    ["rotate none --secrets v.vault", TOKEN, "REACH-E4138"],
    ["retire bureau --secrets v.vault", "", "REACH-E4138"],
    ["remove none --secrets v.vault", "", "REACH-E4138"],
    ["list --secrets none.vault", "", "REACH-E4102"],
    ["rotate bureau --secrets grant.json", TOKEN, "REACH-E4132"],
  ] as const) {
    if (code === "REACH-E4132") chmodSync(join(folder, "grant.json"), 0o644);
    expect([line, (await run(line, stdin, 2))["code"]]).toEqual([line, code]);
  }
  expect(said.join("\n")).not.toMatch(/CANARY/);
  expect(readFileSync(join(folder, "v.vault"), "utf8")).not.toContain("CANARY");
});

test("attack: a value on the command line is refused, and not repeated", async () => {
  for (const line of [`set cli ${TOKEN}`, `rotate cli ${TOKEN}`, `set ${TOKEN} cli`]) {
    const ended = await secrets(line);
    const { code, what } = errorOf(ended);
    expect([ended.status, code, what]).toEqual([2, "REACH-E4001", "A value is never an argument"]);
    expect(ended.stdout + ended.stderr).not.toContain("CANARY");
  }
});

test("the user's own vault is the default, and its passphrase can come from a descriptor", async () => {
  expect((await secrets("set own", "tok-0123456789abcdef")).status).toBe(0);
  expect(readFileSync(join(folder, "config/reach/secrets.vault"), "utf8")).toContain(
    "reach/vault/v1",
  );
  expect(readFileSync(join(folder, "state/reach/vaults.json"), "utf8")).toContain("secrets.vault");
  const fd = openSync(join(folder, "phrase"), "r");
  const args = ["secrets", "list", "--passphrase-file", `/dev/fd/${fd}`, "--json"];
  const ended = await reach(folder, args);
  expect([ended.status, json(ended)["secrets"]]).toMatchObject([0, [{ name: "own" }]]);
  const none = await reach(folder, ["secrets", "list", "--json"]);
  expect([none.status, errorOf(none)["code"]]).toEqual([2, "REACH-E4001"]);
});

test("attack: a vault that was put back, cut, or changed exits 1, and stays as it is", async () => {
  const path = join(folder, "back.vault");
  await secrets("set one --secrets back.vault", "tok-0123456789abcdef");
  const old = readFileSync(path);
  await secrets("set two --secrets back.vault", "tok-fedcba9876543210");
  const whole = readFileSync(path);
  const check = async (bytes: Uint8Array): Promise<unknown[]> => {
    writeFileSync(path, bytes);
    const ended = await secrets("check --secrets back.vault");
    expect(readFileSync(path).equals(bytes)).toBe(true);
    return [ended.status, ended.status === 0 ? "" : errorOf(ended)["code"]];
  };
  expect(await check(old)).toEqual([1, "REACH-E4137"]);
  expect(await check(whole.subarray(0, whole.length - 9))).toEqual([1, "REACH-E4134"]);
  expect(await check(whole.subarray(0, 30))).toEqual([1, "REACH-E4134"]);
  expect(await check(Buffer.from(whole.toString().replace('"two"', '"tw0"')))).toEqual([
    1,
    "REACH-E4136",
  ]);
  expect(await check(whole)).toEqual([0, ""]);
  writeFileSync(path, old);
  expect((await secrets("check --accept-older --secrets back.vault")).status).toBe(0);
  expect((await secrets("check --secrets back.vault")).status).toBe(0);
});

test("check and list take a file and a folder, too", async () => {
  mkdirSync(join(folder, "values"), { mode: 0o700 });
  writeFileSync(join(folder, "values/bureau.token"), `${TOKEN}\n`, { mode: 0o600 });
  const list = await secrets("list --secrets values");
  expect(json(list)).toEqual({
    source: "values",
    kind: "folder",
    secrets: [{ name: "bureau", former: [], uses: [] }],
  });
  const set = await secrets("set more --secrets values", TOKEN);
  expect([set.status, errorOf(set)["what"]]).toEqual([
    2,
    "This is a folder of secrets, and no vault",
  ]);
});
