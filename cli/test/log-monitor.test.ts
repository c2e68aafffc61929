// Whom runs in a log are about, and a log that is followed: docs/spec/log.md, LOG-63 to LOG-65.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { serveLog } from "@reach-fabric/host";
import { errorOf, put, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();
put(
  folder,
  "w.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: plain, version: 1.0.0}
do: [{answer: {set: {n: '\${ .n + 1 }'}}}]
`,
);
put(
  folder,
  "pack.yaml",
  `format: reach/pack-source/v1
classification:
  - {class: subject, in: input, pointer: /customer}
  - {class: subject, in: input, pointer: /partner}
`,
);
let vkey = "";
let made = 0;

const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await reach(folder, [...args, "--json"]);
  expect([args, status, stderr]).toEqual([args, 0, expect.not.stringContaining("REACH-E")]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
};
/** Runs the workflow about someone, noted in the log. */
async function about(input: object, key = "matter.key"): Promise<string> {
  put(folder, "in.json", JSON.stringify({ n: 1, ...input }));
  const out = ["--input", "in.json", "-o", `${(made += 1)}.reach`, "--key", "team.key"];
  const logged = ["--log", "audit", "--log-key", "log.key", "--matter-key", key];
  return (await json("run", "w.yaml", ...out, ...logged))["run"] as string;
}
const runsOf = async (subject: string, ...more: readonly string[]): Promise<unknown[]> => {
  const found = await json(
    "log",
    "subject",
    "audit",
    subject,
    "--matter-key",
    "matter.key",
    ...more,
  );
  return (found["runs"] as { run: string }[]).map(({ run }) => run);
};

beforeAll(async () => {
  for (const name of ["log", "team"])
    await json("keys", "new", "--no-passphrase", "-o", `${name}.key`);
  vkey = (await json("log", "init", "audit", "--key", "log.key"))["key"] as string;
  await json("log", "matter-key", "-o", "matter.key");
  await json("log", "matter-key", "-o", "other.key");
});

describe("LOG-63 LOG-64 whom runs are about", () => {
  test("a matter key is a file for its owner alone, and in no message", async () => {
    const path = join(folder, "matter.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { secret } = JSON.parse(readFileSync(path, "utf8")) as { secret: string };
    expect(Buffer.from(secret, "base64")).toHaveLength(32);
    const again = await reach(folder, ["log", "matter-key", "-o", "matter.key"]);
    expect(again.status).toBe(2);
    const find = (name: string) =>
      reach(folder, ["log", "subject", "audit", "C-1", "--matter-key", name, "--json"]);
    put(folder, "open.key", readFileSync(path, "utf8"));
    chmodSync(join(folder, "open.key"), 0o644);
    expect(errorOf(await find("open.key"))["code"]).toBe("REACH-E4132");
    const wrong = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    for (const text of [
      secret,
      JSON.stringify({ ...wrong, id: "0000000000000000" }),
      JSON.stringify({ ...wrong, more: secret }),
      JSON.stringify({ ...wrong, secret: `${secret}\n` }),
    ]) {
      put(folder, "wrong.key", text);
      chmodSync(join(folder, "wrong.key"), 0o600);
      const { status, stdout, stderr } = await find("wrong.key");
      expect([status, stdout]).toEqual([2, ""]);
      expect(JSON.parse(stderr)).toMatchObject({ code: "REACH-E5347" });
      expect(stderr).not.toContain(secret.slice(0, 12));
    }
  });

  test("who has the key lists all runs about one subject, by text or number", async () => {
    const ada = await about({ customer: "C-1042" });
    const both = await about({ customer: 77, partner: "C-1042" });
    await about({ customer: "C-1043" });
    const none = await about({});
    expect(await runsOf("C-1042")).toEqual([ada, both]);
    expect(await runsOf("77")).toEqual([both]);
    expect(await runsOf("C-1042 ")).toEqual([]);
    const { stdout } = await reach(
      folder,
      ["log", "subject", "audit", "-", "--matter-key", "matter.key"],
      {
        stdin: "C-1042\n",
      },
    );
    expect(stdout).toContain(ada);
    expect(stdout).toContain("entry 2");
    expect(stdout).not.toContain(none);
  });

  test("LOG-64: a subject is found in whichever Unicode form it is typed", async () => {
    const composed = await about({ customer: "M\u00fcller" });
    const apart = await about({ customer: "Mu\u0308ller" });
    await about({ customer: "Muller" });
    expect(await runsOf("M\u00fcller")).toEqual([composed, apart]);
    expect(await runsOf("Mu\u0308ller")).toEqual([composed, apart]);
  });

  test("by an address and by a period as well", async () => {
    const runs = await runsOf("C-1042");
    const server = await serveLog(join(folder, "audit"));
    const at = ["--matter-key", "matter.key", "--log", vkey];
    const served = await json("log", "subject", server.url, "C-1042", ...at);
    expect((served["runs"] as { run: string }[]).map(({ run }) => run)).toEqual(runs);
    const bare = ["log", "subject", server.url, "C-1042", "--matter-key", "matter.key", "--json"];
    expect(errorOf(await reach(folder, bare))["code"]).toBe("REACH-E4001");
    await server.close();
    await json(
      "log",
      "prove",
      "audit",
      "--from",
      "2020-01-01",
      "--to",
      "2099-01-01",
      "-o",
      "all.json",
    );
    const period = await json("log", "subject", "all.json", "C-1042", ...at);
    expect(period["runs"]).toEqual(served["runs"]);
  });

  test("nothing of a subject can be seen without the key, not even that two are one", async () => {
    for (const customer of ["C-1042", "C-1042", "C-1042", "C-7"]) await about({ customer });
    await json(
      "log",
      "prove",
      "audit",
      "--from",
      "2020-01-01",
      "--to",
      "2099-01-01",
      "-o",
      "seen.json",
    );
    const text = readFileSync(join(folder, "seen.json"), "utf8");
    expect(text).not.toContain("C-1042");
    const codes = [...text.matchAll(/"codes":\[(.*?)\]/g)].flatMap(([, all = ""]) =>
      all.split(","),
    );
    expect(codes.length).toBeGreaterThanOrEqual(4);
    expect(new Set(codes).size).toBe(codes.length);
    for (const name of ["matter.key", "other.key"]) {
      const { secret } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { secret: string };
      expect(readFileSync(join(folder, `${made}.reach`), "latin1")).not.toContain(secret);
    }
  });

  test("runs under another key are not passed over in silence: exit 3", async () => {
    const run = await about({ customer: "C-1042" }, "other.key");
    const found = await reach(folder, [
      "log",
      "subject",
      "audit",
      "C-1042",
      "--matter-key",
      "matter.key",
      "--json",
    ]);
    expect(found.status).toBe(3);
    expect(errorOf(found)).toMatchObject({ code: "REACH-E4008" });
    expect(await runsOf("C-1042", "--matter-key", "other.key")).toContain(run);
  });

  test("a logged run of such a pack needs the key; one that is not logged has no use for it", async () => {
    put(folder, "in.json", '{"n": 1}');
    const out = [
      "run",
      "w.yaml",
      "--input",
      "in.json",
      "-o",
      "no.reach",
      "--key",
      "team.key",
      "--json",
    ];
    const logged = ["--log", "audit", "--log-key", "log.key"];
    expect(errorOf(await reach(folder, [...out, ...logged]))).toMatchObject({
      code: "REACH-E4171",
    });
    expect(existsSync(join(folder, "no.reach"))).toBe(false);
    const key = ["--matter-key", "matter.key"];
    expect(errorOf(await reach(folder, [...out, ...key]))).toMatchObject({ code: "REACH-E4001" });
    expect((await reach(folder, out)).status).toBe(0);
  });

  test("a subject that is in an answer comes too late to be noted: it is refused", async () => {
    mkdirSync(join(folder, "late"));
    put(folder, "late/w.yaml", readFileSync(join(folder, "w.yaml"), "utf8"));
    const late = "classification: [{class: subject, in: 'result:/do/0/answer', pointer: /who}]";
    put(folder, "late/pack.yaml", `format: reach/pack-source/v1\n${late}\n`);
    const linted = await reach(folder, ["build", "late/w.yaml", "-o", "built", "--json"]);
    expect(linted.status).toBe(2);
    expect(linted.stderr).toContain("A subject is in the input");
  });

  test("a log whose entries are not those of its root lists nothing", async () => {
    await about({ customer: "C-1042" });
    const path = join(folder, "audit/tile/entries/000.p");
    const width = Math.max(...readdirSync(path).map(Number));
    const bundle = join(path, String(width));
    const good = readFileSync(bundle);
    const changed = good.toString("latin1").replace(/"codes":\["./, '"codes":["0');
    writeFileSync(bundle, Buffer.from(changed, "latin1"));
    const found = await reach(folder, [
      "log",
      "subject",
      "audit",
      "C-1042",
      "--matter-key",
      "matter.key",
      "--json",
    ]);
    expect([found.status, found.stdout]).toEqual([1, ""]);
    expect(errorOf(found)["code"]).toBe("REACH-E4161");
    writeFileSync(bundle, good);
  });
});

describe("LOG-65 monitor", () => {
  const once = (...more: readonly string[]) =>
    reach(folder, ["log", "monitor", "audit", "--state", "seen.state", "--once", ...more]);

  test("says a line of JSON for each finding, and exits 1", async () => {
    expect(await once()).toMatchObject({ status: 0, stdout: "" });
    put(
      folder,
      "wait.yaml",
      "document: {dsl: '1.0.3', namespace: t, name: w, version: 1.0.0}\ndo: [{w: {listen: {to: {one: {with: {type: never}}}}}}]\n",
    );
    const out = ["--input", "in.json", "-o", "never.reach", "--key", "team.key"];
    const logged = ["--log", "audit", "--log-key", "log.key", "--matter-key", "matter.key"];
    expect((await reach(folder, ["run", "wait.yaml", ...out, ...logged])).status).not.toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const found = await once("--unfinished", "1s", "--stall", "1s");
    expect(found.status).toBe(1);
    const lines = found.stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as object);
    expect(lines).toMatchObject([{ finding: "stall" }, { finding: "unfinished", attempt: 1 }]);
    expect(await once("--unfinished", "1s")).toMatchObject({ status: 0, stdout: "" });
  });

  test("keeps its state below the user's, by the log, where none is named", async () => {
    const args = ["log", "monitor", "audit", "--once", "--log", vkey, "--json"];
    expect(await reach(folder, args)).toMatchObject({ status: 0, stdout: "" });
    expect(existsSync(join(folder, "state/reach/logs"))).toBe(true);
    const other = ["log", "monitor", "audit", "--once", "--every", "soon", "--json"];
    expect(errorOf(await reach(folder, other))["code"]).toBe("REACH-E4001");
  });

  test("attack: an address with a password is refused before it is in a finding", async () => {
    for (const place of ["http://me:s3cret@127.0.0.1:9/", "http://127.0.0.1:99999/", "http://"]) {
      for (const once of [["--once"], []]) {
        const args = ["log", "monitor", place, "--log", vkey, ...once, "--json"];
        const ended = await reach(folder, args);
        const { code } = errorOf(ended);
        expect([ended.status, ended.stdout, code]).toEqual([2, "", "REACH-E4170"]);
        expect(ended.stderr).not.toContain("s3cret");
      }
    }
  });
});
