// The imports of a checkout as a graph, and all that is wrong with it. dependency-cruiser reads the files
// and applies the rules; this file sees to it that it read all of them, and looks for circles of folders.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dirname } from "node:path/posix";
import { cruise } from "dependency-cruiser";
import type { ICruiseOptions, ICruiseResult, IModule } from "dependency-cruiser";
import { LOADERS, options, resolving } from "./arrows-rules.ts";

/** One file imports another, or the generated module. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Whether all that is imported is types. */
  readonly types: boolean;
}

/** The sources or tests of a package, or a folder of programs: how much of it was read. */
export interface Part {
  readonly name: string;
  /** `*.ts` files that git knows or would add. */
  readonly listed: number;
  readonly cruised: number;
  readonly arrows: number;
}

/** A rule that is broken, and where. */
export interface Fault {
  readonly rule: string;
  readonly comment: string;
  /** Files or folders, each of which imports the next. */
  readonly path: readonly string[];
}

export interface Graph {
  readonly parts: readonly Part[];
  readonly arrows: readonly Arrow[];
  readonly faults: readonly Fault[];
}

/**
 * Reads the imports of a checkout and holds them to the rules of arrows-rules.ts. `within` are folders to
 * read, instead of all that have a `*.ts` file; what they import is read as well. Files of which git says
 * nothing can be given as `listed`. Throws where a file cannot be parsed.
 *
 * `arrowsOf(root, { within: ["evidence/src/log"] })` reads what the log of evidence imports.
 */
export async function arrowsOf(
  root: string,
  { within, listed = listedIn(root), ...changed }: Given = {},
): Promise<Graph> {
  const wanted = within?.map((folder) => `${folder}/`) ?? [""];
  const files = listed.filter((file) => wanted.some((folder) => file.startsWith(folder)));
  const started =
    within === undefined ? [...new Set(files.map((file) => packageOf(file)))] : [...within];
  const { output } = await cruise(started, { ...options, ...changed, baseDir: root }, resolving);
  if (typeof output === "string") throw new Error(`dependency-cruiser says: ${output}`);
  const read = new Map(output.modules.map((module) => [module.source, module]));
  const arrows = arrowsAmong(output);
  return {
    parts: partsOf(files, read, arrows),
    arrows,
    faults: [
      ...files.flatMap((file) => unread(root, file, read.get(file))),
      ...broken(output),
      ...circlesOfFolders(arrows),
    ],
  };
}

interface Given extends Pick<ICruiseOptions, "parser"> {
  readonly within?: readonly string[];
  readonly listed?: readonly string[];
}

/**
 * The TypeScript files of a checkout that git knows, or would take up with `git add`; where there is no git, all
 * but those that are installed or made. Throws where there are none: of them nothing would be wrong.
 */
export function listedIn(root: string): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.ts"];
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  const names = status === 0 ? stdout.split("\0") : walked(root, "");
  const files = [...new Set(names)].filter((name) => name !== "" && existsSync(join(root, name)));
  if (files.length === 0) throw new Error(`no TypeScript file is listed in ${root}`);
  return files.sort();
}

const MADE = ["node_modules", "dist", "build", "bundle", "generated"];

function walked(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return MADE.includes(entry.name) ? [] : walked(root, path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

/** `evidence/src`, `evidence/test`, `tools` ...: what a file belongs to. */
export function partOf(file: string): string {
  const [first = "", second = "", ...rest] = file.split("/");
  if (second === "") return "(root)";
  return rest.length > 0 && ["src", "test"].includes(second) ? `${first}/${second}` : first;
}

/** The folder in which a file lies. */
export const folderOf = (file: string): string => dirname(file);

/** The package or folder of programs that a file or folder belongs to. */
export const packageOf = (path: string): string => path.split("/")[0] ?? path;

function arrowsAmong({ modules }: ICruiseResult): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const { source, dependencies } of modules) {
    for (const { resolved: to, coreModule, couldNotResolve, dependencyTypes } of dependencies) {
      if (coreModule || couldNotResolve || /(?:^|\/)node_modules\//.test(to)) continue;
      const key = `${source}\0${to}`;
      const types = dependencyTypes.includes("type-only") && (arrows.get(key)?.types ?? true);
      arrows.set(key, { from: source, to, types });
    }
  }
  const order = (arrow: Arrow): string => `${arrow.from}\0${arrow.to}`;
  return [...arrows.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function partsOf(
  files: readonly string[],
  read: ReadonlyMap<string, IModule>,
  arrows: readonly Arrow[],
): Part[] {
  const names = [...new Set(files.map(partOf))].sort();
  return names.map((name) => {
    const own = files.filter((file) => partOf(file) === name);
    return {
      name,
      listed: own.length,
      cruised: own.filter((file) => read.has(file)).length,
      arrows: arrows.filter(({ from }) => partOf(from) === name).length,
    };
  });
}

// Formatted sources have an import at the start of a line, in double quotes; the second form is that of a
// type, or of a module that is loaded when it is needed.
const IMPORT = /^(?:import|export)\s(?:[^"'`;]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
const TEXT = /`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'/gs;
/** Texts in which an import in single quotes is none. Quotes are numbers, for the sake of this very file. */
const ELSEWHERE = /\x60(?:\\.|[^\x60\\])*\x60|(?<!path=)\x22(?:\\.|[^\x22\\\n])*\x22/gs;
/** Ways to import that the formatter would turn, or that only the compiler follows. */
const ODD =
  /\b(?:from|import) ?\(? ?\x27([^\x27\n]+)\x27|^\/\/\/ *<reference path=\x22([^\x22]+)/gm;

/** All that is in quotes or backticks. */
const QUOTED =
  /(\x60)(?:\\.|[^\x60\\])*\x60|(\x22)(?:\\.|[^\x22\\\n])*\x22|(\x27)(?:\\.|[^\x27\\\n])*\x27/gs;
/** Ways to load a module that no arrow shows, in a source without what is in its quotes. */
const HIDDEN = /\bcreateRequire\b|\bimport\((?!""|'')/g;

const hiddenIn = (source: string): string[] =>
  [...source.replaceAll(QUOTED, "$1$1$2$2$3$3").matchAll(HIDDEN)].map(([name]) => name);

/**
 * What of a file was not read. A parser that finds nothing in a file is as green as no parser, and swc's
 * visitor passes over `import("./x.ts").X` among types: so what looks like an import must be one.
 */
function unread(root: string, file: string, module: IModule | undefined): Fault[] {
  if (module === undefined) {
    return [{ rule: "all-read", comment: "The file was not cruised.", path: [file] }];
  }
  const found = new Set(module.dependencies.flatMap(({ module: name }) => [name, `node:${name}`]));
  const source = readFileSync(join(root, file), "utf8");
  const named = (pattern: RegExp, within: string): string[] =>
    [...within.matchAll(pattern)].map(([, first, second]) => first ?? second ?? "");
  const fault = (comment: string, name: string): Fault => ({
    rule: "all-seen",
    comment,
    path: [file, name],
  });
  return [
    ...named(IMPORT, source.replaceAll(TEXT, "``"))
      .filter((name) => !found.has(name))
      .map((name) =>
        fault("The parser did not see this import: of types, write `import type`.", name),
      ),
    ...named(ODD, source.replaceAll(ELSEWHERE, '""')).map((name) =>
      fault("Imports have double quotes, and none is a `<reference path>`.", name),
    ),
    ...(LOADERS.includes(file) ? [] : hiddenIn(source)).map((name) =>
      fault("What is loaded so shows no arrow: import it by a text in double quotes.", name),
    ),
  ];
}

function broken({ summary }: ICruiseResult): Fault[] {
  const faults = new Map<string, Fault>();
  for (const { rule, from, to, cycle } of summary.violations) {
    const path = cycle ? turned(cycle.map(({ name }) => name)) : [from, to];
    const { comment = "" } =
      options.ruleSet?.forbidden?.find(({ name }) => name === rule.name) ?? {};
    faults.set([rule.name, ...path].join("\0"), { rule: rule.name, comment, path });
  }
  return [...faults.values()];
}

/** A circle from its first name to that name again, so that it is one wherever it was entered. */
function turned(circle: readonly string[]): string[] {
  const [first = ""] = [...circle].sort();
  const at = circle.indexOf(first);
  return [...circle.slice(at), ...circle.slice(0, at), first];
}

/** Circles between folders; a folder is where a file lies, without what is below it. */
function circlesOfFolders(arrows: readonly Arrow[]): Fault[] {
  const comment = "Folders that import each other are one folder, or cut at the wrong place.";
  return knots(foldersOf(arrows)).map((path) => ({ rule: "no-circle-of-folders", comment, path }));
}

/** Which folders a folder imports, itself excepted. */
export function foldersOf(arrows: readonly Arrow[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  const at = (file: string): Set<string> => {
    const folder = folderOf(file);
    const imports = folders.get(folder) ?? new Set<string>();
    folders.set(folder, imports);
    return imports;
  };
  for (const { from, to } of arrows) {
    at(to);
    if (folderOf(from) !== folderOf(to)) at(from).add(folderOf(to));
    else at(from);
  }
  return folders;
}

/** Shortest circles, one through each node that lies on one and was not in a circle before. */
function knots(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const done = new Set<string>();
  const circles: string[][] = [];
  for (const start of [...graph.keys()].sort()) {
    if (done.has(start)) continue;
    const circle = wayBack(graph, start);
    if (circle === undefined) continue;
    for (const node of circle) done.add(node);
    circles.push([...circle, start]);
  }
  return circles;
}

/** The shortest way from a node to itself, without its end. */
function wayBack(
  graph: ReadonlyMap<string, ReadonlySet<string>>,
  start: string,
): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of [...(graph.get(way.at(-1) ?? "") ?? [])].sort()) {
      if (next === start) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
