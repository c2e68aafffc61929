/** JSON pointers (RFC 6901): made, taken apart and followed. The one place that knows `~0` and `~1`. */

/**
 * The pointer of what is one step below another pointer: a member by its name, an element by its index.
 *
 * @example pointerBelow("/paths", "/pets"); // → "/paths/~1pets"
 */
export const pointerBelow = (pointer: string, step: string | number): string =>
  `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;

/**
 * The pointer of a place, by the names and indices that lead to it from the root.
 *
 * @example pointerOf(["items", 0, "a/b"]); // → "/items/0/a~1b"
 */
export const pointerOf = (path: readonly (string | number)[]): string => {
  let pointer = "";
  for (const step of path) pointer = pointerBelow(pointer, step);
  return pointer;
};

/**
 * The names and indices of a pointer, indices as texts too: only the value itself tells them apart. The
 * pointer is not checked; what stands before its first `/` is left aside.
 *
 * @example pathOf("/items/0/a~1b"); // → ["items", "0", "a/b"]
 */
export const pathOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/** RFC 6901, section 4: digits without leading zeros. */
const INDEX = /^(?:0|[1-9][0-9]*)$/;

/**
 * The value at a place within a JSON value; undefined where there is none, which no JSON value is. Own
 * members and elements only: `__proto__` and `length` are names like any others.
 *
 * @example valueAt({ items: [{ price: 2 }] }, pathOf("/items/0/price")); // → 2
 */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    if (Array.isArray(at) && !INDEX.test(String(step))) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return at;
}

/**
 * A task's pointer as people name it: the names on the way, without lists and indices.
 *
 * @example taskName("/do/3/bureau/try/0/ask"); // → "bureau.ask"
 */
export function taskName(pointer: string): string {
  const parts = pathOf(pointer);
  // A name follows the index of its list; everything else is structure.
  const names = parts.filter((_, at) => at > 0 && /^\d+$/.test(parts[at - 1] ?? ""));
  const name = names.join(".");
  return pointer.endsWith("/run/workflow") ? `${name} (workflow)` : name || pointer;
}
