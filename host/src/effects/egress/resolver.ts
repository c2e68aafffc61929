// The system's resolver. Without a descriptor it cannot read what it is configured by, and says of names that are there that they
// are not: that is what this machine lacks, and no answer of the world (GRANT-17).
import { closeSync, openSync } from "node:fs";
import { lookup as systemLookup } from "node:dns/promises";
import { systemCode } from "../../files/files.ts";
import type { AddressLookup } from "./address.ts";
import { throwTrouble } from "./trouble.ts";

/** More descriptors than a resolver has open at a time. */
const SPARE = 8;

/**
 * A resolver whose "there is no such name" counts: it said so twice, and descriptors were left before and after the second time.
 *
 * @throws HostTrouble where they were not; whatever else the resolver throws
 */
export const confirming =
  (lookup: AddressLookup, requireSpare: () => void = requireDescriptors): AddressLookup =>
  async (hostname) => {
    try {
      return await lookup(hostname);
    } catch (error) {
      if (systemCode(error) !== "ENOTFOUND") throw error;
    }
    requireSpare();
    try {
      return await lookup(hostname);
    } catch (error) {
      requireSpare();
      throw error;
    }
  };

/** The system's resolver. */
export const lookupAll: AddressLookup = confirming((hostname) =>
  systemLookup(hostname, { all: true, order: "verbatim" }),
);

function requireDescriptors(): void {
  const held: number[] = [];
  try {
    while (held.length < SPARE) held.push(openSync(process.execPath, "r"));
  } catch (error) {
    // That this file cannot be read for another reason says nothing of descriptors.
    throwTrouble(error);
  } finally {
    for (const each of held) closeSync(each);
  }
}
