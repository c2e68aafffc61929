// What names look like: in schemas, and where a document is checked without them.

/** A name of the DSL: RFC 1123 label. */
export const LABEL: RegExp = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** Semantic versioning 2.0.0. */
export const SEMVER: RegExp =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

/** Where a value of a class is: `input`, or `result:` and the pointer of the task that asked. */
export const CLASSIFIED_IN: RegExp = /^(input|result:(\/[^/]*)+)$/;

/** A JSON pointer. */
export const POINTER: RegExp = /^(\/[^/]*)*$/;

/** True for `namespace/name`. */
export function isPackId(id: string): boolean {
  const parts = id.split("/");
  return parts.length === 2 && parts.every((part) => LABEL.test(part));
}

/** What Windows opens as a device, whatever comes behind a dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Why a text is no path inside a pack, or undefined if it is one.
 *
 * Segments of ASCII letters, digits, `.`, `_`, `-`, `+`, `@` and inner spaces, joined by `/`: no
 * name then means two files, or none, on another operating system.
 */
export function whyNotPackPath(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.length > 240) return "it is longer than 240 characters";
  if (path.startsWith("/") || /^[a-zA-Z]:/.test(path)) return "it is absolute";
  if (path.includes("\\")) return "it has a backslash; write `/`";
  if (path.split("/").length > 16) return "it is deeper than 16 folders";
  for (const segment of path.split("/")) {
    if (segment === "") return "it has an empty segment";
    if (segment === "..") return "`..` leaves the workflow's folder";
    if (segment === ".") return "`.` is not a name; leave it out";
    if (!/^[\w.+@-]+(?: +[\w.+@-]+)*$/.test(segment)) {
      return "its names may hold ASCII letters, digits, `.`, `_`, `-`, `+`, `@` and inner spaces";
    }
    if (segment.endsWith(".")) return "a name must not end in a dot";
    if (DEVICE.test(segment)) return "on some systems it is the name of a device";
  }
  return path === "pack.json" ? "pack.json is the pack's own manifest" : undefined;
}
