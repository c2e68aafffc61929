// JSON values in which some places are hidden. docs/spec/evidence.md, EVID-36.
//
// A hidden place is a text that begins with the second half of a pair of surrogates. No text of the engine does,
// so such a value is plain JSON to look at, and nothing that is shown is taken for a hole.
import { fromUtf8, hole, pointerBelow, utf8 } from "@reach-fabric/engine";
import { isObject } from "../encoding/shape.ts";

const MARK = "\udc00";

/** What stands where a value is hidden. */
export const holeAt = (number: number): string => `${MARK}${number}`;

export const isHole = (value: unknown): value is string =>
  typeof value === "string" && value.startsWith(MARK);

export const hasHole = (value: unknown): boolean =>
  isHole(value) ||
  (typeof value === "object" && value !== null && Object.values(value).some(hasHole));

/** The value in the text of a record as the engine writes it. */
export const parseWithHoles = (record: Uint8Array): unknown =>
  // oxlint-disable-next-line no-control-regex -- how a hole is written (TRACE-25)
  JSON.parse(fromUtf8(record).replaceAll(/\u0001(\d+)\u0001/g, `"\\udc00$1"`));

/** The text of a record as the engine reads it: RFC 8785, but for the holes. */
export const textWithHoles = (record: unknown): Uint8Array<ArrayBuffer> =>
  utf8(written(record, (at) => hole(Number(at.slice(MARK.length)))));

/** What people and programs see in the place of a hidden value. */
const MASK = "[hidden]";

/** The RFC 8785 text of a value, with a text for each hole. */
export const maskedText = (value: unknown): Uint8Array<ArrayBuffer> =>
  utf8(written(value, () => JSON.stringify(MASK)));

/** The value with that text in the place of each hole. */
export const masked = (value: unknown): unknown => JSON.parse(fromUtf8(maskedText(value)));

function written(value: unknown, ofHole: (hole: string) => string): string {
  if (isHole(value)) return ofHole(value);
  const children = childrenOf(value);
  if (children === undefined) return JSON.stringify(value);
  const texts = children.map(([name, child]) => [JSON.stringify(name), written(child, ofHole)]);
  if (Array.isArray(value)) return `[${texts.map(([, text]) => text).join(",")}]`;
  return `{${texts.map((text) => text.join(":")).join(",")}}`;
}

/** Elements or members in the order of RFC 8785; undefined for a value that has none of either kind. */
export function childrenOf(
  value: unknown,
): (readonly [name: string, child: unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((child, i) => [String(i), child as unknown]);
  if (!isObject(value)) return undefined;
  return Object.keys(value)
    .sort()
    .map((name) => [name, value[name]]);
}

/** An array, or an object, of other children than `like` has. */
export const withChildren = (
  like: unknown,
  children: readonly (readonly [name: string, child: unknown])[],
): unknown =>
  Array.isArray(like) ? children.map(([, child]) => child) : Object.fromEntries(children);

/** Where the holes of a value are, from its own pointer on. */
export function holesOf(value: unknown, pointer: string): string[] {
  if (isHole(value)) return [pointer];
  const children = childrenOf(value) ?? [];
  return children.flatMap(([name, child]) => holesOf(child, pointerBelow(pointer, name)));
}
