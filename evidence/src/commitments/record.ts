// A record of which not all need be shown: its leaf, from openings of its slots. docs/spec/evidence.md, EVID-37.
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { isObject } from "../encoding/shape.ts";
import { EvidenceError } from "../errors/errors.ts";
import { filled, openingOf, readOpening } from "./opening.ts";
import type { Opening } from "./opening.ts";
import { slotSeed, slotsOf } from "./seeds.ts";

type Members = Readonly<Record<string, unknown>>;

/** An opening for each slot of a record. */
export type Slots = Readonly<Record<string, Opening>>;

export interface OpenedRecord {
  /** The record with its commitments in the slots. */
  readonly leaf: Members;
  /** The record with its values in the slots, and holes where they are hidden. */
  readonly record: Members;
}

/** The openings of a record's slots. */
export function slotsOfRecord(
  engine: Engine,
  seed: Uint8Array,
  record: Members,
  shown: Members,
  form?: "computed",
): Slots {
  return Object.fromEntries(
    slotsOf(record).map((slot) => {
      const own = slotSeed(engine, seed, slot);
      return [slot, openingOf(engine, own, record[slot], shown[slot], form)];
    }),
  );
}

/**
 * A record, from openings of its slots and its other members.
 *
 * @param record its leaf, or the record itself: what is in its slots is not looked at
 * @param seed the record's, where one of the file covers it
 * @throws EvidenceError `REACH-E5501`
 */
export function readSlots(
  engine: Engine,
  record: Members,
  slots: unknown,
  { seed, next }: { readonly seed?: Uint8Array | undefined; readonly next: () => number },
): OpenedRecord {
  const names = slotsOf(record);
  requireSame(record, slots, "REACH-E5501");
  const opened = names.map((slot) => {
    const own = seed && slotSeed(engine, seed, slot);
    const reading = { at: `/${String(record["seq"])}/${slot}`, seed: own, next };
    return [slot, readOpening(engine, (slots as Members)[slot], reading)] as const;
  });
  const commitments = opened.map(([slot, { commitment }]) => [slot, toHex(commitment)] as const);
  const values = opened.map(([slot, { value }]) => [slot, value] as const);
  return {
    leaf: { ...record, ...Object.fromEntries(commitments) },
    record: { ...record, ...Object.fromEntries(values) },
  };
}

/**
 * The openings of a record that the engine computed, with its values.
 *
 * @param slots without values
 * @throws EvidenceError `REACH-E5701`
 */
export function filledSlots(slots: unknown, computed: Members): Slots {
  requireSame(computed, slots, "REACH-E5701");
  return Object.fromEntries(
    slotsOf(computed).map((slot) => {
      const at = `/${String(computed["seq"])}/${slot}`;
      return [slot, filled((slots as Members)[slot], computed[slot], at)];
    }),
  );
}

function requireSame(record: Members, slots: unknown, code: "REACH-E5501" | "REACH-E5701"): void {
  const names = slotsOf(record);
  const isSame =
    isObject(slots) &&
    Object.keys(slots).length === names.length &&
    names.every((name) => Object.hasOwn(slots, name));
  if (!isSame)
    throw new EvidenceError(code, `other slots than record ${String(record["seq"])} has`);
}
