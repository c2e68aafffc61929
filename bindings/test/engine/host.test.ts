// Nothing of the host but WebAssembly reaches a decision: the same answers to all golden cases
// under other time zones, locales and flags, and with Date, Math, Intl and chance replaced.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { answersOfNode, questions } from "../../../tools/runtimes.ts";

const patch = new URL("patched-host.mjs", import.meta.url).href;
const folder = fileURLToPath(new URL("../../../build/host-test/", import.meta.url));
// Without the cases that burn a lot of fuel: an unoptimised engine would need minutes.
const asked = await questions(folder, {
  programs: 200,
  runs: 20,
  keep: (path) => !path.endsWith("limits.json"),
});
const plain = answersOfNode(process.execPath, asked).transcript;

const hosts: readonly [string, Parameters<typeof answersOfNode>[2]][] = [
  [
    "at the date line, in Turkish",
    { env: { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" } },
  ],
  ["with Date, Math, Intl and chance replaced", { flags: ["--import", patch] }],
  ["without optimising compilers", { flags: ["--no-opt", "--liftoff-only"] }],
  ["with optimising compilers only", { flags: ["--no-liftoff", "--no-wasm-lazy-compilation"] }],
  ["with a small stack", { flags: ["--stack-size=200"] }],
];

test("the patched host is another one", () => {
  const program = "console.log(Math.sqrt(4), new Date().getTime(), 'i'.toLocaleUpperCase())";
  const { stdout } = spawnSync(process.execPath, ["--import", patch, "-e", program], {
    encoding: "utf8",
  });
  expect(stdout).toBe("0.123456789 86400000 wrong\n");
});

test.each(hosts)("the same answers %s", (_, host) => {
  const { builds } = answersOfNode(process.execPath, asked, host).transcript;
  expect(builds.flatMap(({ failed }) => failed)).toEqual([]);
  expect(builds).toEqual(plain.builds);
});
