// What is shown by name depends on what is hidden: it is named, with the hidden texts that stand in it.
import { pathOf, pointerBelow, valueAt } from "@reach-fabric/engine";
import { childrenOf, hasHole, holesOf, isHole } from "../commitments/holes.ts";
import { slotsOf } from "../commitments/seeds.ts";

type Members = Readonly<Record<string, unknown>>;

/** A value that is shown by name. */
export interface Tell {
  readonly pointer: string;
  /** Where texts of four or more characters were hidden that stand in it. A number, or another spelling, is not seen. */
  readonly holds: readonly string[];
}

/** Shorter ones stand in anything. */
const SHORTEST = 4;

/**
 * @param named with holes: the records that are shown by name
 * @param shown the records that entered, with holes
 * @param records as they were
 */
export function tellsOf(
  named: readonly Members[],
  shown: readonly Members[],
  records: readonly Members[],
): Tell[] {
  if (named.length === 0) return [];
  const hidden = shown.flatMap((record, seq) =>
    holesOf(record, "").map((at) => {
      return { at: `/${seq}${at}`, texts: textsOf(valueAt(records[seq], pathOf(at))) };
    }),
  );
  return named.flatMap((record) =>
    slotsOf(record)
      .flatMap((slot) => wholesOf(record[slot], `/${slot}`))
      .map((pointer) => {
        const texts = textsOf(valueAt(record, pathOf(pointer)));
        const holds = hidden.filter((each) =>
          each.texts.some((text) => texts.some((other) => other.includes(text))),
        );
        const at = `/${String(record["seq"])}${pointer}`;
        return { pointer: at, holds: holds.map((each) => each.at) };
      }),
  );
}

/** Where values are of which nothing is hidden, as high up as can be. */
export function wholesOf(value: unknown, pointer: string): string[] {
  if (isHole(value)) return [];
  if (!hasHole(value)) return [pointer];
  const children = childrenOf(value) ?? [];
  return children.flatMap(([name, child]) => wholesOf(child, pointerBelow(pointer, name)));
}

/** The texts in a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return value.length < SHORTEST ? [] : [value];
  const children = childrenOf(value) ?? [];
  return children.flatMap(([name, child]) => [...textsOf(name), ...textsOf(child)]);
}
