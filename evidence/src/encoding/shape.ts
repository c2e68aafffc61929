// Strict checks of the shape of JSON values, for what is read on the way of verify(): small, and without a
// library that takes longer to load than a file takes to verify.
import { pointerOf } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import type { EvidenceCode } from "../errors/errors.ts";

/** The first thing that does not fit: where, and what belongs there. */
interface Fault {
  readonly path: readonly string[];
  readonly expected: string;
}

/** Says what is wrong with a value; undefined where it fits. */
export type Check = (value: unknown) => Fault | undefined;

const fault = (expected: string): Fault => ({ path: [], expected });

const below = (name: string, { path, expected }: Fault): Fault => ({
  path: [name, ...path],
  expected,
});

/** An object with these members, perhaps some of others, and nothing else. */
export function object(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = new Map(Object.entries({ ...required, ...optional }));
  const names = Object.keys(required);
  return (value) => {
    if (!isObject(value)) return fault("an object");
    for (const name of Object.keys(value)) {
      const check = known.get(name);
      if (check === undefined) return below(name, fault("nothing: the format has no such member"));
      const found = check(value[name]);
      if (found !== undefined) return below(name, found);
    }
    const missing = names.find((name) => !Object.hasOwn(value, name));
    return missing === undefined ? undefined : below(missing, fault("a member, which is missing"));
  };
}

/** Anything: it is for others to judge. */
export const any: Check = () => undefined;

/** Any object: what is in it is for others to judge. */
export const anyObject: Check = (value) => (isObject(value) ? undefined : fault("an object"));

export const listOf =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return fault("an array");
    for (const [i, item] of value.entries()) {
      const found = check(item);
      if (found !== undefined) return below(`${i}`, found);
    }
    return undefined;
  };

/** A list of so many items. */
export const sized = (from: number, to: number, check: Check): Check => {
  const items = listOf(check);
  return (value) =>
    Array.isArray(value) && (value.length < from || value.length > to)
      ? fault(to === Number.MAX_SAFE_INTEGER ? `${from} or more items` : `${from} to ${to} items`)
      : items(value);
};

/** A text of some units that a pattern fits. */
export const text =
  (expected: string, fits: (text: string) => boolean = () => true): Check =>
  (value) =>
    typeof value === "string" && fits(value) ? undefined : fault(expected);

export const matching = (pattern: RegExp, expected: string): Check =>
  text(expected, (value) => pattern.test(value));

/** One of these texts. */
export const oneOf = (...texts: readonly string[]): Check =>
  text(texts.map((each) => JSON.stringify(each)).join(" or "), (value) => texts.includes(value));

export const integer =
  (from: number, to: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= from && Number(value) <= to
      ? undefined
      : fault(`an integer from ${from} to ${to}`);

/** 32 bytes in hex. */
export const digest: Check = matching(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

export const instant: Check = matching(
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/,
  "an instant as 2026-11-23T07:00:00.000Z",
);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Requires that a value has a shape.
 *
 * @throws EvidenceError of the code, with the first member that does not fit
 */
export function requireShape(
  check: Check,
  value: unknown,
  what: string,
  code: EvidenceCode = "REACH-E5103",
): void {
  const found = check(value);
  if (found !== undefined) throw misfit(what, found.path, `expected ${found.expected}`, code);
}

/** The error about a value that has not its form, at a place below `what`. */
export function misfit(
  what: string,
  path: readonly string[],
  why: string,
  code: EvidenceCode,
): EvidenceError {
  const pointer = pointerOf(path);
  const where = pointer === "" ? what : `${what} at ${quoted(pointer)}`;
  return new EvidenceError(code, `${where}: ${why}`);
}
