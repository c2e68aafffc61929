// Openings: what is shown of a value that was committed to, with the seeds that show it, and the commitments
// of what is not. docs/spec/evidence.md, EVID-37.
//
//     {"s":SEED,"v":VALUE}   all of the value; without "s" where a seed of the file covers its record
//     {"a":[OPENING...]}     an array in which something is hidden; {"o":{NAME:OPENING...}} an object
//     "COMMITMENT"           nothing
//
// Those of a record that the engine computes have no "v".
import { concat, fromHex, pointerBelow, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { canonicalBytes } from "../encoding/json.ts";
import { digest, isObject, requireShape } from "../encoding/shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { childrenOf, hasHole, holeAt, isHole, withChildren } from "./holes.ts";
import { childSeed } from "./seeds.ts";

export type Opening =
  | string
  | { readonly s?: string; readonly v?: unknown }
  | { readonly a: readonly Opening[] }
  | { readonly o: Readonly<Record<string, Opening>> };

/** What an opening says: the commitment, and the value, with holes where it is hidden. */
export interface Opened {
  readonly commitment: Uint8Array;
  readonly value: unknown;
}

/** How an opening is read. */
export interface Reading {
  /** Where the value is, for messages. */
  readonly at: string;
  /** The seed of the value, where one of the file covers it. */
  readonly seed?: Uint8Array | undefined;
  /** The number of the next hole. */
  readonly next: () => number;
}

/**
 * The opening of a value.
 *
 * @param seed that of the slot
 * @param shown the same value with holes where it is to be hidden
 * @param form `computed`: without the values, which the engine gives
 */
export function openingOf(
  engine: Engine,
  seed: Uint8Array,
  value: unknown,
  shown: unknown,
  form: "whole" | "computed" = "whole",
): Opening {
  if (isHole(shown)) return toHex(engine.commitValue(seed, canonicalBytes(engine, value)));
  if (!hasHole(shown)) return form === "whole" ? { s: toHex(seed), v: value } : { s: toHex(seed) };
  const inside = childrenOf(shown) ?? [];
  const children = (childrenOf(value) ?? []).map(
    ([name, child], i) =>
      [name, openingOf(engine, childSeed(engine, seed, i), child, inside[i]?.[1], form)] as const,
  );
  const opened = withChildren(value, children);
  return (Array.isArray(value) ? { a: opened } : { o: opened }) as Opening;
}

/**
 * Reads an opening: what it shows of a value, and the commitment that follows from it.
 *
 * @throws EvidenceError `REACH-E5501` for anything that is not the one opening of what it shows
 */
export function readOpening(engine: Engine, opening: unknown, reading: Reading): Opened {
  const { at, seed, next } = reading;
  const form = formOf(opening);
  if (form === "string") {
    requireShape(digest, opening, at, "REACH-E5501");
    return { commitment: fromHex(opening as string), value: holeAt(next()) };
  }
  if (form === (seed === undefined ? "s,v" : "v")) {
    const { s, v } = opening as { s: string; v: unknown };
    if (seed === undefined) requireShape(digest, s, at, "REACH-E5501");
    return {
      commitment: engine.commitValue(seed ?? fromHex(s), canonicalBytes(engine, v)),
      value: v,
    };
  }
  const isArray = form === "a";
  const children = partsOf(opening, isArray).map(([name, part]) => {
    const below = { at: pointerBelow(at, name), next };
    return [name, readOpening(engine, part, below)] as const;
  });
  // No seed covers what is hidden in part, and what is shown as a whole has one opening.
  const isHiding = children.some(([, { value }]) => hasHole(value));
  if (!isHiding || seed !== undefined) {
    throw new EvidenceError("REACH-E5501", `${quoted(at)} is not the opening of a value`);
  }
  const values = children.map(([name, { value }]) => [name, value] as const);
  return {
    commitment: containerOf(engine, isArray, children),
    value: isArray ? values.map(([, value]) => value) : Object.fromEntries(values),
  };
}

/** What is in an opened array, or object; nothing for any other opening. */
function partsOf(opening: unknown, isArray: boolean): (readonly [name: string, part: unknown])[] {
  const name = isArray ? "a" : "o";
  if (formOf(opening) !== name) return [];
  const parts = (opening as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(parts) === isArray ? (childrenOf(parts) ?? []) : [];
}

/** Whether all of a value is shown, by the seed of its record. */
export const isCovered = (opening: unknown): boolean => formOf(opening) === "v";

/** The names of an opening's members; `string` for a commitment. */
const formOf = (opening: unknown): string =>
  isObject(opening) ? Object.keys(opening).sort().join() : typeof opening;

/**
 * The opening of a computed value, with the value.
 *
 * @param computed what the engine computed: exactly its holes are hidden
 * @throws EvidenceError `REACH-E5701` for an opening of another value
 */
export function filled(opening: unknown, computed: unknown, at: string): Opening {
  const form = formOf(opening);
  if (isHole(computed) && form === "string") return opening as string;
  const differs = (): EvidenceError =>
    new EvidenceError("REACH-E5701", `the engine computes something else at ${quoted(at)}`);
  if (!hasHole(computed)) {
    if (form !== "" && form !== "s") throw differs();
    return { ...(opening as object), v: computed };
  }
  const isArray = Array.isArray(computed);
  const children = childrenOf(computed) ?? [];
  const parts = partsOf(opening, isArray);
  if (children.length === 0 || parts.length !== children.length) throw differs();
  const all = parts.map(([name, part], i) => {
    const [own, child] = children[i] ?? [];
    if (name !== own) throw differs();
    return [name, filled(part, child, pointerBelow(at, name))] as const;
  });
  return { [isArray ? "a" : "o"]: withChildren(computed, all) };
}

/** The commitment of an array or object with children, from theirs (TRACE-21). */
function containerOf(
  engine: Engine,
  isArray: boolean,
  children: readonly (readonly [name: string, child: Opened])[],
): Uint8Array {
  const parts = children.flatMap(([name, { commitment }]) => {
    const bytes = utf8(name);
    return isArray ? [commitment] : [varint(bytes.length), bytes, commitment];
  });
  const tag = Uint8Array.of(isArray ? 0x55 : 0x56);
  return engine.sha256(concat([tag, varint(children.length), ...parts]));
}

/** Unsigned LEB128. */
function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Uint8Array.of(...bytes, rest);
}
