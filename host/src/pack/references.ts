// Which files of a pack a JSON Schema refers to. The engine resolves references itself; this finds what
// has to be in the pack for it (docs/spec/workflow.md, WF-36).

/** Keywords whose value is data, and those whose members are schemas with names of their own. */
const DATA = new Set(["const", "default", "enum", "examples"]);
const NAMED = new Set([
  "$defs",
  "definitions",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);

/**
 * The paths of other files that a schema refers to, each once, in the order in which they come.
 *
 * @param file the path of the file that it is in
 *
 * @example
 * filesOf({ $ref: "address.json#/$defs/street" }, "schemas/order.json"); // → ["schemas/address.json"]
 */
export function filesOf(schema: unknown, file: string): string[] {
  const found = new Set<string>();
  const open = [{ value: schema, base: new URL(encodeURI(file), "pack:///"), isSchema: true }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, isSchema } = next;
    if (typeof value !== "object" || value === null) continue;
    const { $id } = value as { $id?: unknown };
    const own = isSchema && typeof $id === "string" ? URL.parse($id, next.base) : next.base;
    const base = own ?? next.base;
    for (const [key, inner] of Object.entries(value)) {
      if (isSchema && DATA.has(key)) continue;
      if (isSchema && (key === "$ref" || key === "$dynamicRef") && typeof inner === "string") {
        const path = pathOf(URL.parse(inner, base));
        if (path !== undefined && path !== file) found.add(path);
      }
      open.push({ value: inner, base, isSchema: !(isSchema && NAMED.has(key)) });
    }
  }
  return [...found];
}

/** The file that a URI names; none, if it is not one of a pack. */
function pathOf(uri: URL | null): string | undefined {
  if (uri?.protocol !== "pack:" || uri.host !== "" || uri.search !== "") return undefined;
  try {
    return decodeURIComponent(uri.pathname.slice(1));
  } catch {
    return undefined;
  }
}
