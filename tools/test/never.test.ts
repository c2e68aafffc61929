// What no shipped source may do, whatever it is for.
//
// No shell, ever: none starts a process (the bin re-executes Node, without a shell).
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const packages = ["bindings", "schema", "evidence", "host", "cli"];

const files = packages.flatMap((name) =>
  readdirSync(new URL(`${name}/src`, root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${name}/src/${file}`),
);

test("no package imports child_process, and nothing asks for a shell", () => {
  expect(files.length).toBeGreaterThan(50);
  const found = [
    ...files,
    "cli/bin/reach.cjs",
    "cli/bin/start.cjs",
    "tools/node.mjs",
    "tools/setup.mjs",
  ].filter((file) => {
    const source = readFileSync(new URL(file, root), "utf8");
    if (/shell:\s*true|\bexec(?:Sync)?\(/.test(source.replaceAll(/\.exec\(/g, ""))) return true;
    return file.endsWith(".ts") && /child_process|node:vm|node:cluster/.test(source);
  });
  expect(found).toEqual([]);
});

test("threads run programs of this package alone: an engine, and a store's database", () => {
  const sources = files.map((file) => [file, readFileSync(new URL(file, root), "utf8")] as const);
  const threads = sources.filter(([, source]) => source.includes("node:worker_threads"));
  expect(threads.map(([file]) => file).sort()).toEqual([
    "host/src/pool/engine-thread.ts",
    "host/src/pool/pool.ts",
    "host/src/pool/threads.ts",
    "host/src/store/sqlite/store-thread.ts",
    "host/src/store/sqlite/thread-client.ts",
  ]);
  for (const [, source] of threads.filter(([, text]) => text.includes("new Worker("))) {
    expect(source).toMatch(
      /new URL\(`[a-z-]+-thread\.\$\{import\.meta\.url\.slice\(-2\)\}`, import\.meta\.url\)/,
    );
    expect(source).not.toContain("eval:");
  }
});

test("what is installed runs no script, is of one version, and is held to its digest", () => {
  const text = (file: string): string => readFileSync(new URL(file, root), "utf8");
  expect(text(".npmrc")).toMatch(/^ignore-scripts=true$/m);
  const manifests = ["", ...packages.map((name) => `${name}/`)].map(
    (folder) => JSON.parse(text(`${folder}package.json`)) as Record<string, unknown>,
  );
  const wanted = manifests.flatMap((manifest) =>
    ["dependencies", "devDependencies", "optionalDependencies"].flatMap((list) =>
      Object.entries((manifest[list] ?? {}) as Record<string, string>),
    ),
  );
  expect(wanted.length).toBeGreaterThan(40);
  expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  const { packages: installed } = JSON.parse(text("package-lock.json")) as {
    packages: Record<string, { link?: true; integrity?: string }>;
  };
  const foreign = Object.entries(installed).filter(([, { link }]) => link === undefined);
  const loose = foreign.filter(
    ([path, { integrity = "" }]) =>
      path.includes("node_modules/") && !integrity.startsWith("sha512-"),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

// Secrets are used, never compared: keys make signatures, a passphrase opens a key file by the tag of its
// cipher, tokens are sent. A comparison that ends at the first difference would tell how far a guess was right.
// This looks at names in the sources and times nothing: a secret by another name is not seen.
test("timing of secret comparisons: no secret is compared with a value", () => {
  const SECRET = /(?:secret|passphrase|password|token|runSecret|salt)/.source;
  const VALUE = /(?!undefined\b|null\b|""|"string"|\d|[\w.]*(?:[lL]ength|Size)\b)[\w"'`[(]/.source;
  const CALL = /(?:equals|compare|localeCompare|sameBytes|firstDifferentByte)/.source;
  const compared = new RegExp(
    [
      `(?<!typeof )\\b\\w*${SECRET}\\b(?:\\[\\w+\\])?\\s*[!=]==?\\s*${VALUE}`,
      `[\\w)\\]] [!=]== (?:[\\w.]*\\.)?${SECRET}\\b(?![.(])`,
      `\\b${CALL}\\([^)]*\\b\\w*${SECRET}\\b(?!\\.)`,
      `\\b\\w*${SECRET}\\.${CALL}\\(`,
    ].join("|"),
    "i",
  );
  const found = files.flatMap((file) =>
    readFileSync(new URL(file, root), "utf8")
      .split("\n")
      .filter((line) => compared.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  // Whether all bytes are the same one; the name of a secret in a grant, which is no secret.
  expect(found).toEqual([
    "evidence/src/file/create.ts: if (secret.length === 32 && secret.some((byte) => byte !== secret[0])) return;",
    "evidence/src/keys/key-file.ts: const isFit = secret.length === secretSize && secret.some((byte) => byte !== secret[0]);",
    "host/src/effects/egress/grant.ts: secrets.some(({ name, origins }) => name === secret && origins.includes(origin));",
  ]);
  for (const line of [
    "if (given === secret) {",
    "return token === other;",
    "a.every((b, i) => b === secret[i])",
    "if (Buffer.compare(given, secret) === 0) {",
    "return sameBytes(passphrase, other);",
    "return token.equals(other);",
  ]) {
    expect({ line, compared: compared.test(line) }).toEqual({ line, compared: true });
  }
});

// A bundler may leave such a character in a regular expression as it is, and a page be read as another encoding.
test("no code that runs in browsers has a character beyond ASCII, but in a comment", () => {
  const found = files
    .filter((file) => /^(?:bindings|schema|evidence)\//.test(file))
    .flatMap((file) =>
      readFileSync(new URL(file, root), "utf8")
        .split("\n")
        .filter((line) => /[^\0-\x7f]/.test(line) && !/^\s*(?:\/\/|\/?\*)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
});

// A variable that others read is slower to follow than a call: only where the bench shows that a call is slower to run.
test("the engine exports no variable without the column of the bench that needs it", () => {
  const columns = readFileSync(new URL("bench/README.md", root), "utf8");
  const sources = readdirSync(new URL("assembly", root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(new URL(`assembly/${file}`, root), "utf8"));
  // A comment stands for all declarations that follow it without a blank line.
  const parts = sources.flatMap((source) => source.split("\n\n"));
  const exporting = parts.filter((part) => /^export let /m.test(part));
  expect(exporting.length).toBeGreaterThan(0);
  const without = exporting.filter((part) => {
    const [, named = ""] = /bench columns? ([^.]*)\./.exec(part) ?? [];
    const names = [...named.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    return (
      names.length === 0 ||
      names.some((name) => !columns.includes(`| ${name} |`) && !columns.includes(`| \`${name}\` |`))
    );
  });
  expect(without).toEqual([]);
});
