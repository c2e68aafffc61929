// Documents that name things are held to those things.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { effectTypes } from "@reach-fabric/engine";
import { listedIn } from "../arrows-graph.ts";
import { verdictsAsMarkdown } from "../conformance/verdicts.ts";

const root = new URL("../../", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** The TypeScript sources of a folder, as one text. */
function sources(folder: string): string {
  const names = readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".ts") && !name.includes("generated"))
    .map((name) => text(`${folder}/${name}`))
    .join("\n");
}

const codesIn = (source: string, pattern: RegExp): string[] =>
  [...new Set([...source.matchAll(pattern)].map((match) => match[1] ?? ""))].sort();

test("docs/spec/errors.md and evidence.md list exactly the codes of the sources", () => {
  const listed = codesIn(
    text("docs/spec/errors.md") + text("docs/spec/evidence.md"),
    /^\| (?:REACH-)?E(\d{4}) \|/gm,
  );
  const engine = codesIn(text("assembly/errors/codes.ts"), /^export const E_\w+ = (\d{4});/gm);
  const others = ["schema/src", "host/src", "cli/src", "evidence/src"].map((folder) =>
    sources(folder),
  );
  const inPackages = codesIn(others.join("\n"), /"REACH-E(\d{4})"/g);
  const used = [...new Set([...engine, ...inPackages])].sort();
  expect(listed).toEqual(used);
});

/** Where each package says its codes, and nowhere else. */
const homes: readonly { folder: string; home?: string }[] = [
  { folder: "bindings/src" },
  { folder: "schema/src", home: "fields/problem.ts" },
  { folder: "host/src", home: "files/codes.ts" },
  { folder: "cli/src", home: "ui/codes.ts" },
];

test.each(homes)("the codes of $folder stand in one file, each once", ({ folder, home }) => {
  const outside = readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("generated") && name !== home)
    .filter((name) => /["'`]REACH-E\d/.test(withoutComments(text(`${folder}/${name}`))));
  expect(outside).toEqual([]);
  if (home !== undefined) expect(repeatedIn(text(`${folder}/${home}`))).toEqual([]);
});

test("the catalogue of evidence has each code once, and no code is in two packages", () => {
  const catalogue = text("evidence/src/errors/errors.ts");
  expect(repeatedIn(catalogue)).toEqual([]);
  const known = codesIn(catalogue, /"REACH-E(\d{4})"/g);
  // Its other files name the codes, which the type of the catalogue's keys holds them to.
  expect(codesIn(sources("evidence/src"), /"REACH-E(\d{4})"/g)).toEqual(known);
  const own = ["schema/src/fields/problem.ts", "host/src/files/codes.ts"].map((path) => text(path));
  const commands = text("cli/src/ui/codes.ts").split("const named")[0] ?? "";
  expect(repeatedIn([catalogue, ...own, commands].join("\n"))).toEqual([]);
});

/** A source without what its comments say of codes. */
const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

/** The codes that come more than once in a source. */
function repeatedIn(source: string): string[] {
  const all = [...withoutComments(source).matchAll(/"REACH-E\d{4}"/g)].map(([code]) => code);
  return all.filter((code, index) => all.indexOf(code) !== index);
}

test("ABI-7 lists the descriptors that admit() takes, and a result of each type of effect", () => {
  const rule = text("docs/spec/abi.md").split("**ABI-7**")[1]?.split("**ABI-8**")[0] ?? "";
  const admit = text("assembly/workflow/run/admit.ts");
  expect(codesIn(rule, /^\{"kind":"(\w+)"/gm)).toEqual(codesIn(admit, /cellIs\(kind, "(\w+)"\)/g));
  expect(codesIn(rule, /^\| `(\w+)` \|/gm)).toEqual([...effectTypes].sort());
});

test("docs/spec/keys.md shows the verdicts that the conformance suites require", () => {
  expect(text("docs/spec/keys.md")).toContain(verdictsAsMarkdown());
});

test("every file that docs/threat-model.md names is there", () => {
  const named = codesIn(
    text("docs/threat-model.md"),
    /`((?:assembly|bindings|schema|evidence|host|cli|golden|fuzz|tools|docs)\/[\w./-]*)`/g,
  );
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((path) => !existsSync(new URL(path, root)));
  expect(missing).toEqual([]);
});

test("a name without a folder in docs/threat-model.md is a file beside the one before it", () => {
  let folder = "";
  const named: string[] = [];
  for (const [, path = ""] of text("docs/threat-model.md").matchAll(/`([\w./-]+\.(?:ts|json))`/g)) {
    if (path.includes("/")) folder = path.slice(0, path.lastIndexOf("/"));
    else if (path !== "package-lock.json") named.push(`${folder}/${path}`);
  }
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});

test("docs/threat-model.md names a control's tests by their files, not by a folder", () => {
  const rows = text("docs/threat-model.md").matchAll(/^\| .* \| .* \| (.*) \|$/gm);
  const folders = [...rows].flatMap(([, tests = ""]) =>
    [...tests.matchAll(/`([\w-]+\/[\w./-]*)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !/\.(?:ts|json)$/.test(path)),
  );
  expect(folders).toEqual([]);
});

/** The rows of the index of docs/hacking.md: what is looked for, the file, and the name in it. */
const featureIndex = (): string[][] =>
  (text("docs/hacking.md").split("| feature |")[1]?.split("\n\n")[0] ?? "")
    .split("\n")
    .slice(2)
    .map((row) => /^\| ([^|]+) \| `([^`]+)` \| `(\w+)` \|$/.exec(row)?.slice(1) ?? [row]);

test("the index of docs/hacking.md leads to files that have the names", () => {
  const wrong = featureIndex().filter(
    ([, path = "", name = ""]) =>
      !existsSync(new URL(path, root)) || !declaration(name).test(text(path)),
  );
  expect(wrong).toEqual([]);
});

/** What a newcomer must find: more rows may be there, none of these may go. */
const features = [
  "a new builtin of jq, native",
  "a new builtin of jq, written in jq",
  "backoff of a retry",
  "fork, `compete`: compiled, and its branches begun",
  "fork, `compete`: the first one wins",
  "order of races: of branches, timers and answers",
  "size limit of an answer, in the host",
  "grant, checked by the engine",
  "grant, checked again by the host",
  "grant, the rules for MCP, models and events",
  "time travel, `replay --until`",
  "decision digest",
  "commitment of a field, in the engine",
  "seed of a record",
  "Merkle consistency proof",
  "fuel of a regular expression: its steps",
  "fuel of a regular expression: compiling it",
  "place of a secret in a request: made",
  "place of a secret in a request: checked",
  "place of a secret in a request: filled",
  "push to an OCI registry",
  "cosignature of a witness",
  "rules of a table that overlap",
  "clock: what asks for it",
  "clock: what answers",
  "text of a number",
  "`$dynamicRef` of JSON Schema",
  "what-if: which answer fits which request",
  "rollback of a keyring",
  "report as a page of HTML",
  "exit codes, and what each means",
  "exit codes, the text of the help",
];

test("the index of docs/hacking.md has each feature that is looked for", () => {
  const listed = featureIndex().map(([feature]) => feature);
  expect(features.filter((feature) => !listed.includes(feature))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

/** Where a name is declared, or is a method of what is exported. */
const declaration = (name: string): RegExp =>
  new RegExp(
    `^ *(?:export )?(?:async )?(?:function|const|let|class) ${name}\\b|^ +${name}: async`,
    "m",
  );

test("no folder holds more than 20 sources", () => {
  const counts = new Map<string, number>();
  for (const file of listedIn(fileURLToPath(root))) {
    const folder = dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const full = [...counts].filter(([, count]) => count > 20).map(([folder]) => folder);
  expect(full).toEqual([]);
});

test("every link of a document leads to a file", () => {
  const names = readdirSync(new URL("docs", root), { recursive: true, encoding: "utf8" });
  const pages = names.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  const broken: string[] = [];
  for (const page of ["README.md", "SECURITY.md", ...pages]) {
    for (const [, target = ""] of text(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      if (!existsSync(new URL(target, new URL(page, root)))) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test("what supersedes a decision is another one, by its heading", () => {
  const entries = text("docs/decisions.md")
    .split(/^(?=\*\*\d)/m)
    .slice(1);
  const headings = entries.map((entry) =>
    /^\*\*([^]+?)\.?\*\*/.exec(entry)?.[1]?.replace(/\s+/g, " "),
  );
  const marks = entries.flatMap((entry, index) =>
    [...entry.matchAll(/^Superseded.*$/gm)].map(([mark]) => ({ mark, own: headings[index] })),
  );
  expect(marks.length).toBeGreaterThan(3);
  const wrong = marks.filter(({ mark, own }) => {
    const [, by] = /^Superseded(?: in part \([^)]+\))? by: (.+)\.$/.exec(mark) ?? [];
    return by === own || !headings.includes(by);
  });
  expect(headings).not.toContain(undefined);
  expect(wrong).toEqual([]);
});
