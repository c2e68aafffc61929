// No shell, ever: no shipped source starts a process (the bin re-executes Node, without a shell).
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const packages = ["bindings", "schema", "evidence", "host", "cli"];

test("no package imports child_process, and nothing asks for a shell", () => {
  const files = packages.flatMap((name) =>
    readdirSync(new URL(`${name}/src`, root), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `${name}/src/${file}`),
  );
  expect(files.length).toBeGreaterThan(50);
  const found = [...files, "cli/bin/reach.mjs", "tools/node.mjs", "tools/setup.mjs"].filter(
    (file) => {
      const source = readFileSync(new URL(file, root), "utf8");
      if (/shell:\s*true|\bexec(?:Sync)?\(/.test(source.replaceAll(/\.exec\(/g, ""))) return true;
      return file.endsWith(".ts") && /child_process|worker_threads|node:vm/.test(source);
    },
  );
  expect(found).toEqual([]);
});
