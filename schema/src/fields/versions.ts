// Versions of packs and workflows: SemVer 2.0.0, and ranges of it. docs/spec/policy.md, POL-9.
import * as z from "zod";
import { problemCode, report } from "./problem.ts";
import { SEMVER } from "./names.ts";

type Operator = ">=" | ">" | "<=" | "<" | "=" | "^" | "~";

/** One bound: of the versions on one side of it. */
interface Bound {
  readonly operator: ">=" | ">" | "<=" | "<";
  readonly version: string;
}

const COMPARATOR = /^(>=|<=|>|<|=|\^|~)?(.+)$/;

/**
 * Precedence of semantic versions, SemVer 2.0.0 section 11: below 0, 0 or above it. Build metadata does
 * not count.
 *
 * @example
 * compareVersions("1.0.0-rc.1", "1.0.0") < 0; // → true
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  const numbers = compareParts(left.numbers, right.numbers);
  if (numbers !== 0) return numbers;
  if (left.labels.length === 0 || right.labels.length === 0) {
    return right.labels.length - left.labels.length;
  }
  return compareParts(left.labels, right.labels);
}

interface Parts {
  readonly numbers: readonly string[];
  readonly labels: readonly string[];
}

function partsOf(text: string): Parts {
  const [, numbers = "", labels = ""] = /^([^-+]*)(?:-([^+]*))?/.exec(text) ?? [];
  return { numbers: numbers.split("."), labels: labels === "" ? [] : labels.split(".") };
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x === y) continue;
    const [isX, isY] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (isX && isY) return x.length === y.length ? (x < y ? -1 : 1) : x.length - y.length;
    if (isX !== isY) return isX ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/** The next number of decimal digits, however many there are. */
const next = (digits: string): string => String(BigInt(digits) + 1n);

/** The bounds of a comparator, as npm reads it; undefined for a text that is none. */
function boundsOf(text: string): readonly Bound[] | undefined {
  const [, operator = "=", version = ""] = COMPARATOR.exec(text) ?? [];
  if (!SEMVER.test(version)) return undefined;
  const [major = "", minor = "", patch = ""] = partsOf(version).numbers;
  const from: Bound = { operator: ">=", version };
  // Prereleases of what comes behind a range are not in it.
  const before = (end: string): Bound => ({ operator: "<", version: `${end}-0` });
  switch (operator as Operator) {
    case "=":
      return [from, { operator: "<=", version }];
    case "~":
      return [from, before(`${major}.${next(minor)}.0`)];
    case "^":
      if (major !== "0") return [from, before(`${next(major)}.0.0`)];
      if (minor !== "0") return [from, before(`0.${next(minor)}.0`)];
      return [from, before(`0.0.${next(patch)}`)];
    default:
      return [{ operator: operator as Bound["operator"], version }];
  }
}

const isWithin = (version: string, { operator, version: bound }: Bound): boolean => {
  const order = compareVersions(version, bound);
  if (order === 0) return operator === ">=" || operator === "<=";
  return order > 0 ? operator.startsWith(">") : operator.startsWith("<");
};

/** The bounds of all comparators of a range; undefined for a text that is no range. */
function rangeOf(text: string): readonly Bound[] | undefined {
  const bounds = text.split(" ").map(boundsOf);
  return bounds.some((one) => one === undefined) ? undefined : bounds.flatMap((one) => one ?? []);
}

/**
 * True if a version is in a range: in all of its comparators, which are separated by one space. A prerelease is
 * only where a comparator names a prerelease of the same three numbers, as npm has it.
 *
 * @example
 * isInRange("1.4.2", "^1.2.0"); // → true
 * isInRange("2.0.0-rc.1", ">=1.2.0 <2.0.0"); // → false
 */
export function isInRange(version: string, range: string): boolean {
  const bounds = rangeOf(range);
  if (bounds === undefined || !SEMVER.test(version)) return false;
  if (!bounds.every((bound) => isWithin(version, bound))) return false;
  const { numbers, labels } = partsOf(version);
  if (labels.length === 0) return true;
  return range.split(" ").some((comparator) => {
    const named = partsOf(COMPARATOR.exec(comparator)?.[2] ?? "");
    return named.labels.length > 0 && named.numbers.join(".") === numbers.join(".");
  });
}

/** True if no version can be in a range: it ends before it begins. */
function isEmpty(bounds: readonly Bound[]): boolean {
  return bounds.some((low) =>
    bounds.some((high) => {
      if (!low.operator.startsWith(">") || !high.operator.startsWith("<")) return false;
      const order = compareVersions(low.version, high.version);
      return order > 0 || (order === 0 && (low.operator === ">" || high.operator === "<"));
    }),
  );
}

/** Versions: comparators of complete versions, `1.4.2`, `^1.4.0`, `~1.4.0`, `>=1.2.0 <2.0.0`. */
export const versionRange: z.ZodString = z
  .string()
  .max(256)
  .check((context) => {
    const bounds = rangeOf(context.value);
    const what =
      bounds === undefined
        ? "Expected versions such as 1.4.2, ^1.4.0, ~1.4.0 or >=1.2.0 <2.0.0."
        : isEmpty(bounds)
          ? "No version is in this range: it ends before it begins."
          : undefined;
    if (what !== undefined) report(context, [], { code: problemCode.badValue, what });
  });
