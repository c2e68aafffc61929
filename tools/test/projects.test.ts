import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { filesOfProjects, processFiles, slowFiles } from "../test-projects.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("each file that a project of tests names is there, and in one project", () => {
  for (const pattern of [...processFiles, ...slowFiles]) {
    expect([pattern, globSync(pattern, { cwd: root }).length > 0]).toEqual([pattern, true]);
  }
  expect(processFiles.filter((name) => slowFiles.includes(name))).toEqual([]);
});

test("every other file is a unit test", () => {
  const projects = filesOfProjects();
  expect(projects.get("tools/test/projects.test.ts")).toBe("unit");
  expect(projects.get("cli/test/start.test.ts")).toBe("process");
  expect(projects.get("fuzz/test/smoke.test.ts")).toBe("slow");
});
