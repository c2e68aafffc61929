// What `npm run pack` holds packages to, as far as it needs no registry and no other Node.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withoutNpm } from "../pack/npm.ts";
import { closure, filesOf, packages, root } from "../pack/packages.ts";
import { stepsOf } from "../pack/readme.ts";
import { contentProblems } from "../pack/tarballs.ts";
import { pathsBelow } from "../pack/trace.ts";

const read = (...names: string[]): string => readFileSync(join(root, ...names), "utf8");

describe.each(packages.map((each) => [each.folder, each] as const))("%s", (folder, each) => {
  test("says what it is, whose, and where it is from", () => {
    const { manifest } = each;
    expect(manifest.license).toBe("Apache-2.0");
    expect(read(folder, "LICENSE")).toBe(read("LICENSE"));
    expect(manifest.repository).toMatchObject({ type: "git", directory: folder });
    expect(manifest.homepage).toContain(`/${folder}#readme`);
    expect(manifest.bugs?.url).toMatch(/^https:/);
    expect(manifest.keywords?.length).toBeGreaterThan(3);
  });

  test("has a README that begins with its installation, and something that runs", () => {
    const steps = stepsOf(each.readme);
    expect(steps[0]).toMatchObject({ kind: "install" });
    expect(steps[0]?.kind === "install" && steps[0].names).toContain(each.manifest.name);
    expect(steps.some(({ kind }) => kind === "program" || kind === "command")).toBe(true);
    for (const step of steps) {
      if (step.kind === "command") expect(step.args[0]).toBe("@reach-fabric/cli");
    }
  });
});

test("a file that was not built, and one that nobody expects, are named", () => {
  const [engine] = packages;
  const wanted = engine === undefined ? [] : filesOf(engine);
  expect(wanted).toEqual(expect.arrayContaining(["LICENSE", "dist/index.js", "dist/index.d.ts"]));
  expect(wanted.filter((name) => name.includes("testing"))).toEqual([]);
  expect(contentProblems(wanted, wanted)).toEqual([]);
  const other = [...wanted.filter((name) => name !== "dist/index.js"), "src/index.ts"];
  expect(contentProblems(wanted, other)).toEqual([
    "lacks dist/index.js",
    "should not hold src/index.ts",
  ]);
});

test("a package is installed with those that it needs", () => {
  const names = (name: string): string[] => closure([name]).map(({ folder }) => folder);
  expect(names("@reach-fabric/engine")).toEqual(["bindings"]);
  expect(names("@reach-fabric/evidence")).toEqual(["bindings", "schema", "evidence"]);
  expect(names("@reach-fabric/cli")).toEqual(["cli"]);
});

test("a block of a README that nobody would run is refused", () => {
  expect(() => stepsOf("```js\nlet a = 1;\n```\n")).toThrow("says nothing");
  expect(() => stepsOf("```ts\na;    // 1\n```\n")).toThrow("no test runs");
  expect(() => stepsOf("```console\n$ reach lint\n```\n")).toThrow("not $ npx");
});

test("a trace names what is in the clone, however it is reached", () => {
  const trace = `1 openat(AT_FDCWD</home/a>, "/clone/x.js", O_RDONLY) = 3</clone/x.js>
1 openat(AT_FDCWD</home/a>, "../../clone/y.js", O_RDONLY) = -1 ENOENT
1 statx(7</clone/src>, "", AT_EMPTY_PATH) = 0
1 readlink("/home/../clone/z.js", 0x1) = -1 EINVAL
1 openat(AT_FDCWD</home/a>, "/cloned/no.js", O_RDONLY) = -1 ENOENT
`;
  expect(pathsBelow(trace, "/clone/")).toEqual(
    ["/clone/src", "/clone/x.js", "/clone/y.js", "/clone/z.js"].sort(),
  );
});

test("a consumer is told nothing of this clone by npm, and keeps its registry", () => {
  const env = { npm_config_local_prefix: root, INIT_CWD: root, NODE_OPTIONS: "--x" };
  const kept = { npm_config_registry: "https://r.example/", NODE_EXTRA_CA_CERTS: "ca.pem" };
  expect(withoutNpm({ ...env, ...kept })).toEqual(kept);
});
