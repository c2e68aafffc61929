// The `@example` blocks of the sources as programs. A block is a module of its own: what it imports, it imports
// itself; other names are, in this order, what its package exports, what tools/doc-examples/given.ts has, and what
// other packages export. A line `expression; // → value` is a claim, and `// → throws CODE` is one, too.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where the modules are written: within the checkout, so that packages are found by their names. */
export const FOLDER = "build/doc-examples";

/** The packages that have examples, and the names by which they are imported. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  bindings: ["@reach-fabric/engine"],
  evidence: ["@reach-fabric/evidence"],
  host: ["@reach-fabric/host"],
  schema: ["@reach-fabric/schema"],
  cli: [],
};

/** A block of a comment. */
export interface DocExample {
  /** `bindings/src/core/bytes.ts:40`, the line of its tag. */
  readonly place: string;
  readonly code: string;
}

/** The examples in a source. */
export function examplesIn(path: string, source: string): DocExample[] {
  return [...source.matchAll(/^[ \t]*\/\*\*[^]*?\*\//gm)].flatMap(({ 0: comment, index }) =>
    [...comment.matchAll(/^[ \t]*\* @example\b([^]*?)(?=^[ \t]*\* @|^[ \t]*\*\/)/gm)].map(
      (found) => {
        const line = source.slice(0, index + found.index).split("\n").length;
        const code = (found[1] ?? "").replace(/^[ \t]*\* ?/gm, "").trim();
        return { place: `${path}:${line}`, code };
      },
    ),
  );
}

/** All examples of the sources, in the order of their files. */
export const allExamples = (): DocExample[] =>
  Object.keys(PACKAGES)
    .flatMap((folder) => globSync(`${folder}/src/**/*.ts`, { cwd: root }).sort())
    .map((path) => path.replaceAll("\\", "/"))
    .flatMap((path) => examplesIn(path, readFileSync(`${root}${path}`, "utf8")));

const CLAIM = /^([ \t]*)(\S.*); \/\/ → (.+)$/gm;
const IMPORT = /^import [^]*?;$/gm;

/** What an example claims: as many checks has its module. */
export const claimsOf = ({ code }: DocExample): number => [...code.matchAll(CLAIM)].length;

/** Comments behind a statement that are no claims: nobody would check them. */
export const looseComments = ({ code }: DocExample): string[] =>
  code.split("\n").filter((line) => /\S.*\/\/ (?!→ )/.test(line.replace(/"[^"]*"|'[^']*'/g, "")));

/** Names that are used and not the member of something. */
function namesIn(code: string): Set<string> {
  const bare = code.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^\s*\/\/.*$/gm, "");
  return new Set(bare.match(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g));
}

/** Names that a block declares itself. */
function declaredIn(code: string): Set<string> {
  const patterns = [...code.matchAll(/\b(?:const|let) (\{[^}]*\}|\[[^\]]*\]|\w+)/g)];
  return new Set(patterns.flatMap(([, names = ""]) => names.match(/\w+(?!\w|:)/g) ?? []));
}

/** The names that modules and fixtures have. */
export interface Names {
  readonly given: ReadonlySet<string>;
  readonly exports: ReadonlyMap<string, ReadonlySet<string>>;
}

export async function loadNames(): Promise<Names> {
  const { givenToHost } = await import("./given.ts");
  const exports = new Map<string, ReadonlySet<string>>();
  for (const name of Object.values(PACKAGES).flat()) {
    exports.set(name, new Set(Object.keys((await import(/* @vite-ignore */ name)) as object)));
  }
  return { given: new Set(Object.keys(givenToHost)), exports };
}

/** The module of an example. */
export function moduleOf({ place, code }: DocExample, { given, exports }: Names): string {
  const [path = ""] = place.split(":");
  const folder = path.split("/")[0] ?? "";
  const own = PACKAGES[folder] ?? [];
  const fixtures = folder === "host" ? "givenToHost" : "given";
  const source = readFileSync(`${root}${path}`, "utf8");
  const imports = code.match(IMPORT) ?? [];
  const body = code
    .replace(IMPORT, "")
    .replace(CLAIM, (_, space: string, expression: string, value: string) => {
      const [, error] = /^throws (REACH-E\d{4})$/.exec(value) ?? [];
      return error === undefined
        ? `${space}isThat(${expression}, ${value});`
        : `${space}throwsThat(() => ${expression}, "${error}");`;
    })
    .trim();
  const has = new Set([...namesIn(imports.join("\n")), ...declaredIn(body)]);
  const homeOf = (name: string): string | undefined => {
    const fromPackage = own.find((module) => exports.get(module)?.has(name));
    if (fromPackage !== undefined) return fromPackage;
    if (given.has(name)) return "given";
    // Functions that no package exports are shown to those who read the source.
    const isOwn = new RegExp(`^export (?:async )?(?:function\\*?|const|class) ${name}\\b`, "m");
    if (isOwn.test(source)) return `../../${path}`;
    return [...exports.keys()].find((module) => exports.get(module)?.has(name));
  };
  const head = [...namesIn(body)]
    .filter((name) => !has.has(name))
    .flatMap((name) => {
      const home = homeOf(name);
      if (home === undefined) return [];
      return home === "given"
        ? [`const ${name} = await ${fixtures}.${name}();`]
        : [`import { ${name} } from "${home}";`];
    });
  return [
    `// ${place}`,
    `import { ${fixtures}, isThat, throwsThat } from "../../tools/doc-examples/given.ts";`,
    ...imports,
    ...head.sort().reverse(),
    body,
    `void [${fixtures}, isThat, throwsThat];\n`,
  ].join("\n");
}

/** The name of an example's module. */
export const fileOf = ({ place }: DocExample): string => `${place.replace(/[/:.]+/g, "-")}.ts`;

/** Writes all modules, and the configuration with which TypeScript checks them. */
export function writeModules(examples: readonly DocExample[], names: Names): void {
  rmSync(`${root}${FOLDER}`, { recursive: true, force: true });
  mkdirSync(`${root}${FOLDER}`, { recursive: true });
  for (const example of examples) {
    writeFileSync(`${root}${FOLDER}/${fileOf(example)}`, moduleOf(example, names));
  }
  const options = { composite: false, incremental: false, noEmit: true, lib: ["esnext", "dom"] };
  const config = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [], references: [] };
  writeFileSync(
    `${root}${FOLDER}/tsconfig.json`,
    JSON.stringify({ ...config, compilerOptions: options }),
  );
}
