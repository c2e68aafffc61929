import * as z from "zod";

/** One thing that is wrong in a document, as data that a tool can print or point at. */
export interface Problem {
  /** Stable: `REACH-E42xx`. */
  readonly code: string;
  /** The place, as names and indices; of the field itself where the field should not be there. */
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly why?: string;
  readonly hint?: string;
}

/** Codes of what can be wrong in a document that is well-formed JSON. */
export const problemCode = {
  unknownField: "REACH-E4210",
  wrongType: "REACH-E4211",
  missing: "REACH-E4212",
  refused: "REACH-E4213",
  notBuiltYet: "REACH-E4214",
  badValue: "REACH-E4215",
  unknownName: "REACH-E4216",
  duplicateName: "REACH-E4217",
} as const;

/** A problem that is found by hand: what zod cannot say by itself. */
export type UnplacedProblem = Omit<Problem, "path">;

/** Names and indices from the root of a document. */
export type Path = readonly (string | number)[];
/** What a check of zod is given. */
export type Context = z.core.ParsePayload;

/** Adds a finding at a path below the value that a check looks at. */
export function report(context: Context, path: Path, finding: UnplacedProblem): void {
  context.issues.push({
    code: "custom",
    input: undefined,
    message: finding.what,
    path: [...path],
    params: { finding },
    continue: true,
  });
}

/** The fields of the object of an issue about unknown ones, by the list of these that zod hands on in it. */
const fieldsOf = new WeakMap<readonly string[], readonly string[]>();

/** An object without unknown fields, whose problems can name the fields that there are. */
export function strict<Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") fieldsOf.set(issue.keys, Object.keys(shape));
      return undefined;
    },
  });
}

/** For a check of an object that unknown fields do not keep from being made: the others have their types. */
export const besideUnknown: z.core.$ZodSuperRefineParams = {
  when: ({ issues }) =>
    issues.every((issue) => issue.code === "unrecognized_keys" || issue.continue === true),
};

/**
 * What a schema finds wrong in a value, in the order of the schema; empty if nothing.
 *
 * @example
 * problemsOf(grantFile, { format: "reach/grant/v2" })[0]?.path; // → ["format"]
 */
export function problemsOf(schema: z.ZodType, value: unknown): Problem[] {
  const result = schema.safeParse(value, { error: wordsOf });
  return result.success ? [] : result.error.issues.flatMap((issue) => fromIssue(issue, value));
}

/** The words for a value that a schema refuses without words of its own. */
function wordsOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_value") return `Expected ${issue.values.join(" or ")}.`;
  if (issue.code === "too_small")
    return `Expected at least ${amount(issue.origin, issue.minimum)}.`;
  if (issue.code === "too_big") return `Expected at most ${amount(issue.origin, issue.maximum)}.`;
  return undefined;
}

function amount(origin: string, limit: number | bigint): string {
  const unit = origin === "string" ? " characters" : origin === "array" ? " items" : "";
  return `${limit}${unit}`;
}

/**
 * Problems in the order in which they are told: by their line, where it is known, and a field that is
 * missing after the unknown fields of its object, one of which may be its misspelling.
 *
 * @example
 * inOrder(problemsOf(grantFile, { frmat: "reach/grant/v1" }))[0]?.path; // → ["frmat"]
 */
export function inOrder<P extends Pick<Problem, "code" | "path">>(
  problems: readonly P[],
  lineOf: (problem: P) => number = () => 0,
): P[] {
  const lastUnknown = new Map<string, number>();
  for (const problem of problems) {
    if (problem.code !== problemCode.unknownField) continue;
    const object = JSON.stringify(problem.path.slice(0, -1));
    lastUnknown.set(object, Math.max(lastUnknown.get(object) ?? 0, lineOf(problem)));
  }
  const placed = problems.map((problem) => {
    const line = lineOf(problem);
    if (problem.code !== problemCode.missing) return { problem, line, isAfter: 0 };
    // The path of a field, or of an object that lacks a field of several.
    const unknown = [problem.path.slice(0, -1), problem.path]
      .map((path) => lastUnknown.get(JSON.stringify(path)))
      .find((found) => found !== undefined);
    if (unknown === undefined) return { problem, line, isAfter: 0 };
    return { problem, line: Math.max(line, unknown), isAfter: 1 };
  });
  return placed
    .sort((a, b) => a.line - b.line || a.isAfter - b.isAfter)
    .map(({ problem }) => problem);
}

function fromIssue(issue: z.core.$ZodIssue, root: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const at = (finding: UnplacedProblem, where: Path = path): Problem => ({
    ...finding,
    path: where,
  });
  if (issue.code === "custom" && issue.params?.["finding"]) {
    return [at(issue.params["finding"] as UnplacedProblem)];
  }
  if (issue.code === "unrecognized_keys") {
    const known = fieldsOf.get(issue.keys) ?? [];
    return issue.keys.map((key) => at(unknownField(key, known), [...path, key]));
  }
  if (isMissing(root, path)) {
    return [at({ code: problemCode.missing, what: `The field \`${path.at(-1)}\` is missing.` })];
  }
  if (issue.code === "invalid_type") return [at(wrongType(issue.expected, valueAt(root, path)))];
  if (issue.code === "invalid_union") {
    // The alternative that got furthest says it best.
    const [nearest] = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a));
    if (nearest && depthOf(nearest) > 0) {
      const below = (inner: z.core.$ZodIssue): z.core.$ZodIssue => ({
        ...inner,
        path: [...issue.path, ...inner.path],
      });
      return nearest.flatMap((inner) => fromIssue(below(inner), root));
    }
    return [at({ code: problemCode.wrongType, what: issue.message })];
  }
  return [at({ code: problemCode.badValue, what: issue.message })];
}

const depthOf = (issues: readonly z.core.$ZodIssue[]): number =>
  Math.max(...issues.map((issue) => issue.path.length + (issue.code === "invalid_type" ? 0 : 1)));

function wrongType(expected: string, value: unknown): UnplacedProblem {
  const actual = typeName(value);
  const finding = {
    code: problemCode.wrongType,
    what: `Expected ${article(expected)}, found ${article(actual)}.`,
  };
  if (expected === "string" && (actual === "number" || actual === "boolean")) {
    return { ...finding, hint: `Put it in quotes: without them it is a ${actual}.` };
  }
  if (actual === "null")
    return { ...finding, hint: "In YAML, a value that is left empty is null." };
  return finding;
}

const article = (type: string): string =>
  type === "null" ? type : `${/^[aeio]/.test(type) ? "an" : "a"} ${type}`;

/** The JSON type of a value. */
export const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function isMissing(root: unknown, path: Path): boolean {
  return path.length > 0 && valueAt(root, path) === undefined;
}

/** What to say of a field that should not be there. */
export function unknownField(name: string, known: readonly string[]): UnplacedProblem {
  const near = known
    .filter((other) => Math.abs(name.length - other.length) <= 3)
    .map((other) => ({ other, distance: editDistance(name, other) }))
    .filter(({ other, distance }) => distance <= Math.min(3, Math.floor(other.length / 2)))
    .sort((a, b) => a.distance - b.distance)[0];
  return {
    code: problemCode.unknownField,
    what: `The field \`${shorten(name)}\` is unknown here.`,
    why: "Unknown fields are errors: a misspelt one would silently change what is decided.",
    ...(near
      ? { hint: `Did you mean \`${near.other}\`?` }
      : known.length > 0
        ? { hint: `Known here: ${known.join(", ")}.` }
        : {}),
  };
}

/** A name as part of a message: never longer than a line. */
export const shorten = (name: string): string =>
  name.length > 60 ? `${name.slice(0, 57)}...` : name;

/** Levenshtein distance; the names of a schema are short. */
function editDistance(a: string, b: string): number {
  if (a.length > 60) return a.length;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
