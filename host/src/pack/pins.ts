// Pins: what a URI stands for in a pack, by a file of the workflow's folder and its SHA-256 (WF-52).
import { sha256, toHex } from "@reach-fabric/engine";
import { pinsFile, problemCode } from "@reach-fabric/schema";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { readRegularFile } from "../files/files.ts";
import type { DocumentPlace } from "../files/place.ts";

/** The name of the file beside a workflow. */
export const PINS = "reach.pins.json";

export interface Pins {
  /** The path of the file that a URI stands for, whose bytes must be those that were pinned. */
  fileOf(uri: string, where: DocumentPlace): string;
  check(uri: string, bytes: Uint8Array, where: DocumentPlace): void;
}

/** The pins of a workflow's folder. */
export async function readPins(folder: string): Promise<Pins> {
  const path = join(folder, PINS);
  const pins = existsSync(path)
    ? checked(pinsFile, readJson(await readRegularFile(path), path), "pins").pins
    : {};
  const pinOf = (uri: string): (typeof pins)[string] | undefined =>
    Object.hasOwn(pins, uri) ? pins[uri] : undefined;
  return {
    fileOf: (uri, where) => {
      const pin = pinOf(uri);
      if (pin !== undefined) return pin.file;
      throw new ReachError(problemCode.refused, "A document from elsewhere that is not pinned.", {
        place: where,
        why: "it may change, and a run must come out the same for ever",
        hint:
          `Save ${uri} below the workflow's folder, and pin it in ${PINS}: ` +
          '{"format": "reach/pins/v1", "pins": {URI: {"file": PATH, "sha256": HEX}}}',
      });
    },
    check: (uri, bytes, where) => {
      const actual = toHex(sha256(bytes));
      if (pinOf(uri)?.sha256 === actual) return;
      throw new ReachError(problemCode.refused, "A pinned document is not what it was.", {
        place: where,
        why: `its SHA-256 is ${actual}`,
        hint: `Put back the file that was pinned, or pin this one in ${PINS}.`,
      });
    },
  };
}
