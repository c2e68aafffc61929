// Pieces that several documents share. Every object is strict: an unknown field is an error.
import * as z from "zod";
import { problemCode, report, typeName } from "./problem.ts";

/** Any JSON value. */
export const json: z.ZodType = z.unknown().check((context) => {
  if (context.value === undefined) context.issues.push({ code: "custom", input: undefined });
});

/** An object whose content is the author's. */
export const anyObject: z.ZodRecord<z.ZodString, z.ZodUnknown> = z.record(z.string(), z.unknown());

/** A name of the DSL: RFC 1123 label. */
export const label: z.ZodString = z
  .string()
  .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/, {
    error: "Expected letters, digits and inner hyphens, at most 63.",
  });

/** Semantic versioning 2.0.0. */
export const semver: z.ZodString = z
  .string()
  .regex(
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/,
    { error: "Expected a semantic version such as 1.0.0." },
  );

/** SHA-256 in lower-case hex. */
export const sha256Hex: z.ZodString = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: "Expected a SHA-256 in lower-case hex." });

/** A path inside a pack: relative, portable, never leaving the folder (docs/spec/grant.md). */
export const packPath: z.ZodString = z.string().check((context) => {
  const why = whyNotPackPath(context.value);
  if (why)
    report(context, [], { code: problemCode.badValue, what: `Not a path inside a pack: ${why}.` });
});

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

/** An object with exactly one member: how the DSL writes a named item of a list. */
export function onlyMember(value: unknown): readonly [string, unknown] | undefined {
  if (typeName(value) !== "object") return undefined;
  const members = Object.entries(value as object);
  return members.length === 1 ? members[0] : undefined;
}
