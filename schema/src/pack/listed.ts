// What a manifest that has its form can still say wrong: about the files that it lists (docs/spec/pack.md, PACK-2).

/** The parts of a manifest that name files. */
export interface ListedFiles {
  readonly files: readonly { readonly path: string }[];
  readonly workflows: readonly string[];
  readonly tables: readonly string[];
  readonly schemas?: readonly string[] | undefined;
}

/** Something that is not as it should be. */
export interface Misplaced {
  readonly path: readonly (string | number)[];
  readonly kind: "badValue" | "duplicateName" | "unknownName";
  readonly what: string;
}

/** Files out of order, those that cannot lie beside others on every system, and names of files that are not listed. */
export function misplaced({ files, workflows, tables, schemas = [] }: ListedFiles): Misplaced[] {
  const paths = files.map(({ path }) => path);
  const listed = new Set(paths);
  const found: Misplaced[] = [];
  for (const [index, path] of paths.entries()) {
    const before = paths[index - 1];
    if (before === undefined || before < path) continue;
    const what = "The files are not in the order of their paths, each once.";
    found.push({ path: ["files", index, "path"], kind: "badValue", what });
  }
  for (const [index, what] of clashes(paths)) {
    found.push({ path: ["files", index, "path"], kind: "duplicateName", what });
  }
  for (const [name, list] of Object.entries({ workflows, tables, schemas })) {
    for (const [index, path] of list.entries()) {
      if (listed.has(path)) continue;
      const what = "The manifest lists no such file.";
      found.push({ path: [name, index], kind: "unknownName", what });
    }
  }
  return found;
}

/** Files that cannot lie beside others on every system, and why; paths are ASCII. */
function clashes(paths: readonly string[]): [index: number, why: string][] {
  const lower = paths.map((path) => path.toLowerCase());
  const folders = new Set(
    lower.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))),
  );
  const seen = new Set<string>();
  return lower.flatMap((path, index): [number, string][] => {
    // One that is there twice is out of order already.
    if (paths[index] === paths[index - 1]) return [];
    if (seen.has(path)) return [[index, "Two files whose names differ in case only."]];
    seen.add(path);
    return folders.has(path) ? [[index, "A file is below another file."]] : [];
  });
}
