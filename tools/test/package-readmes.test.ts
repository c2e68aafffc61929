// The programs in the READMEs of the packages run on this checkout as well, before `npm run pack` tries them on tarballs.
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packages, root } from "../pack/packages.ts";
import { stepsOf } from "../pack/readme.ts";

/** In this checkout, so that packages are found by their names. */
const folder = join(root, "build/package-readmes");

/** One process for all of them: most of its time is its start. */
const RUN = "for (const file of process.argv.slice(1)) await import(file);";

/** Runs programs of Node; what they say, and how it ended. */
const runs = (files: readonly string[]): Promise<{ status: number | null; said: string }> =>
  new Promise((resolve) => {
    const args = ["--conditions=reach-source", "--input-type=module", "--eval", RUN, ...files];
    const child = execFile(process.execPath, args, { cwd: folder }, (_, out, problems) =>
      resolve({ status: child.exitCode, said: `${out}${problems}` }),
    );
  });

test("each does what it says, the host's first: it makes the evidence that others begin with", async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const programs: string[] = [];
  for (const { folder: name, readme } of packages.toReversed()) {
    for (const [index, step] of stepsOf(readme).entries()) {
      if (step.kind === "file") writeFileSync(join(folder, step.name), step.text);
      if (step.kind !== "program") continue;
      const file = `./${name}-${index}.mjs`;
      writeFileSync(join(folder, file), step.text);
      programs.push(file);
    }
  }
  const from = new Set(programs.map((file) => /\w+/.exec(file)?.[0]));
  expect([...from]).toEqual(["host", "evidence", "schema", "bindings"]);
  expect(await runs(programs)).toEqual({ status: 0, said: "" });
});
