// Where the golden files are, and the rules of docs/spec that they are about.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toHex } from "@reach-fabric/engine";
import type { PoliciesIndex } from "./policies.ts";
import type { RunsIndex } from "./runs.ts";
import type { Golden } from "./golden.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A golden file as it lies on the disk; the path is relative to the repository. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

const names = (folder: string): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" }).sort();

/** All golden files of all released formats, by path. */
export function goldenFiles(): FileText[] {
  return names("golden")
    .filter((name) => /^v\d+\/.*\.json$/.test(name.replaceAll("\\", "/")))
    .map((name) => `golden/${name.replaceAll("\\", "/")}`)
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }));
}

/** golden/runs/index.json, and the bytes of a file beside it. */
export const runsIndex = (): RunsIndex =>
  JSON.parse(readFileSync(`${root}golden/runs/index.json`, "utf8")) as RunsIndex;

export const readRun = (file: string): Uint8Array =>
  new Uint8Array(readFileSync(`${root}golden/runs/${file}`));

/** golden/policies/index.json, and the bytes of a file beside it. */
export const policiesIndex = (): PoliciesIndex =>
  JSON.parse(readFileSync(`${root}golden/policies/index.json`, "utf8")) as PoliciesIndex;

export const readPolicyFile = (file: string): Uint8Array =>
  new Uint8Array(readFileSync(`${root}golden/policies/${file}`));

/** Everything that a runtime is asked, besides what is generated. */
export function allGolden(): Omit<Golden, "programs" | "scripts"> {
  const index = runsIndex();
  const runs = index.runs.map(({ file }) => [file, toHex(readRun(file))]);
  return {
    files: goldenFiles(),
    index,
    runs: Object.fromEntries(runs) as Golden["runs"],
    debug: toHex(new Uint8Array(readFileSync(`${root}build/debug/engine.wasm`))),
  };
}

/** Rule ids and the page of docs/spec that defines each. A rule begins a paragraph: `**JSON-1** ...`. */
export function specRules(): Map<string, string> {
  const rules = new Map<string, string>();
  for (const name of names("docs/spec").filter((file) => file.endsWith(".md"))) {
    const page = `docs/spec/${name}`;
    const text = readFileSync(root + page, "utf8");
    for (const [, id = ""] of text.matchAll(/^(?:[-*|] )?\*\*([A-Z]+-\d+)\*\*/gm)) {
      const before = rules.get(id);
      if (before !== undefined) throw new Error(`${id} is defined in ${before} and in ${page}`);
      rules.set(id, page);
    }
  }
  return rules;
}

/** Rule ids that tests cite, in a title or a comment, with a file that does. */
export function testedRules(): Map<string, string> {
  const rules = new Map<string, string>();
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(`${root}${entry.name}/test`),
  );
  for (const { name: folder } of folders) {
    for (const name of names(`${folder}/test`).filter((file) => file.endsWith(".test.ts"))) {
      const path = `${folder}/test/${name}`;
      const text = readFileSync(root + path, "utf8");
      for (const [id] of text.matchAll(/\b[A-Z]+-\d+\b/g)) rules.set(id, path);
    }
  }
  return rules;
}
