// The file of a security log, and several processes. docs/spec/security-log.md, SEC-5.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createSecurityLog, securityFile } from "@reach-fabric/host";
import { newFolder } from "../helpers.ts";

/** Writes so many lines, each as long as its number says, and ends. */
const writer = fileURLToPath(new URL("writer.ts", import.meta.url));

test("SEC-5: lines of four processes that write at once are whole", async () => {
  const path = join(await newFolder(), "security.jsonl");
  const children = ["a", "b", "c", "d"].map((actor) =>
    spawn(process.execPath, ["--conditions=reach-source", writer, path, actor, "500"], {
      stdio: "inherit",
    }),
  );
  const ends = await Promise.all(children.map((child) => once(child, "exit")));
  expect(ends.map(([code]) => code as unknown)).toEqual([0, 0, 0, 0]);
  const lines = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { actor: string; secret: string });
  expect(lines.length).toBe(2000);
  for (const actor of ["a", "b", "c", "d"]) {
    const own = lines.filter((line) => line.actor === actor).map(({ secret }) => secret);
    expect(own).toEqual(Array.from({ length: 500 }, (_, i) => actor.repeat(1 + (i % 500))));
  }
});

test.skipIf(process.platform !== "linux")(
  "SEC-5: a line for which there is no room is told of, and the next begins behind it",
  async () => {
    const path = join(await newFolder(), "security.jsonl");
    // A limit of 1,000 bytes a file: what is beyond is not written.
    const limited = `ulimit -f 1; trap '' XFSZ; exec "$0" "$@"`;
    const { status, stderr } = spawnSync(
      "bash",
      ["-c", limited, process.execPath, "--conditions=reach-source", writer, path, "a", "9"],
      { encoding: "utf8", env: { ...process.env, LONG: "500" } },
    );
    expect([status, stderr]).toEqual([0, expect.stringContaining("REACH-E4182")]);
    expect(stderr.match(/REACH-E4182/g)?.length).toBe(1);
    const log = createSecurityLog({ actor: "z", sinks: [securityFile(path)] });
    log.note({ type: "input.refused", outcome: "failure", input: "file", code: "REACH-E1102" });
    await log.close();
    const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
    expect(JSON.parse(whole.at(-1) ?? "")).toMatchObject({ actor: "z", code: "REACH-E1102" });
  },
);
