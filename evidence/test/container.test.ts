import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "@reach-fabric/engine";
import { CONTAINER_LIMITS, readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { entries, evidence } from "./fixtures/fixture.ts";

const file = evidence();

test("what is written is read again, entry for entry", () => {
  const list = [
    { name: "a", bytes: utf8("") },
    { name: "b/c.json", bytes: utf8("{}") },
    { name: "d/e/f/g", bytes: utf8("PK\u0003\u0004") },
  ];
  expect(readContainer(writeContainer(list))).toEqual(list);
});

test("a container that is a part of a longer buffer is read where it is", () => {
  const longer = new Uint8Array(file.length + 20);
  longer.set(file, 7);
  expect(readContainer(longer.subarray(7, 7 + file.length))).toEqual(readContainer(file));
});

test("what no reader takes is not written", () => {
  const many = Array.from({ length: CONTAINER_LIMITS.entries + 1 }, (_, i) => `n${i}`);
  for (const [names, code] of [
    [many, "REACH-E5007"],
    [["a", "a"], "REACH-E5004"],
    [["../a"], "REACH-E5003"],
    [["x".repeat(129)], "REACH-E5003"],
  ] as const) {
    const list = names.map((name) => ({ name, bytes: utf8("") }));
    expect(() => writeContainer(list)).toThrow(expect.objectContaining({ code }));
  }
});

test("other tools read it: fflate", () => {
  expect(unzipSync(file)).toEqual(Object.fromEntries(entries(file)));
});

test("other tools read it: unzip -t finds every CRC right", ({ skip }) => {
  if (spawnSync("unzip", ["-v"]).status !== 0) skip("there is no unzip");
  const folder = mkdtempSync(join(tmpdir(), "reach-"));
  try {
    writeFileSync(join(folder, "one.reach"), file);
    const { status, stdout } = spawnSync("unzip", ["-tqq", "one.reach"], { cwd: folder });
    expect([status, stdout.toString()]).toEqual([0, ""]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
