// The graph of packages and folders as docs/architecture.md shows it: ground floors first. It holds names and
// no counts, so that it changes when the architecture does, and not with each file.
import { foldersOf, packageOf } from "./arrows-graph.ts";
import type { Arrow, Graph } from "./arrows-graph.ts";

const BEGIN = "<!-- Made by `npm run arrows -- --write`: edit nothing from here -->";
const END = "<!-- to here. -->";

/** Packages with `src`, and the engine; then the programs, of which folders are shown in one table. */
const PACKAGES = ["assembly", "schema", "bindings", "evidence", "host", "cli"];

/** A page whose part between the two marks is the graph's; throws where a mark is missing. */
export function withGraph(page: string, graph: Graph): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page has no part from ${BEGIN} to ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${markdown(graph)}\n${page.slice(end)}`;
}

function markdown({ arrows }: Graph): string {
  const shown = arrows.filter(({ from }) => !/^[a-z]+\/test\//.test(from));
  const all = new Set(shown.flatMap(({ from, to }) => [packageOf(from), packageOf(to)]));
  const programs = [...all].filter((name) => !PACKAGES.includes(name));
  return [
    table(["package", "imports"], packageRows(shown)),
    ...PACKAGES.map((name) => {
      const own = shown.filter(({ from }) => packageOf(from) === name);
      const rows = folderRows(own, (folder) => packageOf(folder) === name);
      const head = [`\`${name}/\``, "imports of its own", "of other packages"];
      // What imports no other package needs no column for them.
      const most = rows.some(([, , others]) => others !== "") ? 3 : 2;
      const cut = (row: readonly string[]): readonly string[] => row.slice(0, most);
      return table(cut(head), rows.map(cut));
    }),
    table(
      ["programs", "imports of programs", "of packages"],
      folderRows(
        shown.filter(({ from }) => programs.includes(packageOf(from))),
        (folder) => programs.includes(packageOf(folder)),
      ),
    ),
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.join(" | ")} |\n`.replaceAll("  ", " ");
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/** A row for each package: what it imports, and of what it takes types alone. */
function packageRows(arrows: readonly Arrow[]): string[][] {
  return PACKAGES.map((name) => {
    const out = arrows.filter(({ from, to }) => packageOf(from) === name && packageOf(to) !== name);
    const others = inOrder(out.map(({ to }) => packageOf(to))).split(", ");
    const isOfTypes = (other: string): boolean =>
      out.every(({ to, types }) => types || packageOf(to) !== other);
    return [
      `\`${name}\``,
      others
        .map((other) => (other !== "" && isOfTypes(other) ? `types of ${other}` : other))
        .join(", "),
    ];
  });
}

/** A row for each folder, ground floors first: a folder stands above all that it imports. */
function folderRows(arrows: readonly Arrow[], isOwn: (folder: string) => boolean): string[][] {
  const graph = foldersOf(arrows);
  const folders = [...graph.keys()].filter((folder) => isOwn(folder) && !/\/test\b/.test(folder));
  const floors = floorsOf(folders, graph);
  const order = (folder: string): number => floors.get(folder) ?? 0;
  return folders
    .sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1))
    .map((folder) => {
      const imports = [...(graph.get(folder) ?? [])];
      const own = imports.filter((other) => folders.includes(other));
      const others = imports.filter((other) => !isOwn(other)).map(packageOf);
      return [`\`${shortOf(folder)}\``, own.map(shortOf).sort().join(", "), inOrder(others)];
    });
}

function floorsOf(
  folders: readonly string[],
  graph: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, number> {
  const floors = new Map<string, number>();
  const floorOf = (folder: string): number => {
    const known = floors.get(folder);
    if (known !== undefined) return known;
    floors.set(folder, 0); // of a circle, which is a fault that is told elsewhere
    const below = [...(graph.get(folder) ?? [])].filter((other) => folders.includes(other));
    const floor = Math.max(-1, ...below.map(floorOf)) + 1;
    floors.set(folder, floor);
    return floor;
  };
  folders.forEach(floorOf);
  return floors;
}

/** A folder as its package names it. */
function shortOf(folder: string): string {
  const [first = "", ...rest] = folder.split("/");
  if (!PACKAGES.includes(first)) return folder;
  return rest.join("/").replace(/^src\//, "") || first;
}

const inOrder = (names: Iterable<string>): string => {
  const all = new Set(names);
  const known = PACKAGES.filter((name) => all.has(name));
  return [...known, ...[...all].filter((name) => !PACKAGES.includes(name)).sort()].join(", ");
};
