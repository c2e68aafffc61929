// Pieces that several documents share. Every object is strict: an unknown field is an error.
import * as z from "zod";
import { LABEL, SEMVER, whyNotPackPath } from "./names.ts";
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
  .regex(LABEL, { error: "Expected letters, digits and inner hyphens, at most 63." });

/** Semantic versioning 2.0.0. */
export const semver: z.ZodString = z
  .string()
  .regex(SEMVER, { error: "Expected a semantic version such as 1.0.0." });

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

/** An object with exactly one member: how the DSL writes a named item of a list. */
export function onlyMember(value: unknown): readonly [string, unknown] | undefined {
  if (typeName(value) !== "object") return undefined;
  const members = Object.entries(value as object);
  return members.length === 1 ? members[0] : undefined;
}

/** The name of a folder in workflows and grants. */
export const folderName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: "Expected the name of a folder: 1 to 64 letters, digits, `.`, `_` and `-`.",
});
