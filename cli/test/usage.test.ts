import { expect, test } from "vitest";
import { errorOf, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();

test.each([
  ["run"],
  ["verify"],
  ["replay"],
  ["diff"],
  ["inspect"],
  ["keys new"],
  ["keys trust"],
  ["keys rotate"],
  ["keys revoke"],
  ["keys renew"],
  ["keys list"],
  ["canon"],
  ["lint"],
  ["eval"],
  ["golden verify"],
])("%s --help has an example and exits 0", async (verb) => {
  const { status, stdout, stderr } = await reach(folder, [...verb.split(" "), "--help"]);
  expect(stdout).toMatch(new RegExp(`Example:\\n {2}\\$ .*reach ${verb}`));
  expect(stdout).toContain("--json");
  expect([status, stderr]).toEqual([0, ""]);
});

test("reach --help names the exit codes", async () => {
  const { status, stdout } = await reach(folder, ["--help"]);
  expect(stdout).toMatch(/0 ok.*1 .*2 .*3 .*4 .*130/s);
  expect(status).toBe(0);
});

test("reach --version prints a version", async () => {
  const { status, stdout } = await reach(folder, ["--version"]);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});

test.each([
  [[], ""],
  [["keys"], ""],
  [["unknown"], "E4001"],
  [["verify"], "E4001"],
  [["run", "w.yaml", "--input", "i.json"], "E4001"],
  [["canon", "--nonsense"], "E4001"],
  [["diff", "only-one.reach"], "E4001"],
  [["eval", ".", "--fuel", "many"], "E4001"],
])("wrong usage exits 2 and prints nothing on stdout but help: %j", async (args, code) => {
  const { status, stdout, stderr } = await reach(folder, args);
  expect(status).toBe(2);
  if (code === "") return;
  expect(stdout).toBe("");
  expect(stderr).toMatch(new RegExp(`^x .* {3}REACH-${code}\n`));
});

test("with --json an error is one JSON object on stderr", async () => {
  const ended = await reach(folder, ["run", "w.yaml", "--json"]);
  expect(errorOf(ended)).toEqual({
    code: "REACH-E4001",
    what: expect.stringContaining("--input") as string,
    hint: "reach run --help",
    exitCode: 2,
  });
  expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("colours appear only where they are wanted", async () => {
  const plain = await reach(folder, ["unknown"]);
  const forced = await reach(folder, ["unknown"], { env: { FORCE_COLOR: "1" } });
  const both = await reach(folder, ["unknown"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  const escape = String.fromCharCode(27);
  expect([plain, forced, both].map(({ stderr }) => stderr.includes(escape))).toEqual([
    false,
    true,
    false,
  ]);
});
