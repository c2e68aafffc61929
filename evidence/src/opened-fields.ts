// Evidence of format v2 with its values as trees, to take some of them out.
import { utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { writeContainer } from "./container.ts";
import { matchDisclosures, readDisclosures } from "./disclosures.ts";
import { EvidenceError } from "./errors.ts";
import { linesOf } from "./fields.ts";
import type { Field } from "./fields.ts";
import { entriesOf } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { readDocument } from "./open.ts";
import { readLeaves } from "./trace.ts";
import type { Leaf } from "./trace.ts";

/** Evidence with its values as trees. */
export interface OpenedFields {
  readonly layout: Layout;
  readonly leaves: readonly Leaf[];
  /** In the order of the file. */
  readonly trees: readonly Field[];
}

/**
 * Opens evidence; nothing about who signed it is checked.
 *
 * @throws EvidenceError as openEvidence() does; `REACH-E5506` evidence of format v1
 */
export function openFields(engine: Engine, bytes: Uint8Array): OpenedFields {
  const { document, layout } = readDocument(engine, bytes);
  if (document.format === "reach/evidence/v1") {
    throw new EvidenceError("REACH-E5506", "evidence of format v1 has no parts that can be hidden");
  }
  const leaves = readLeaves(engine, layout.trace);
  const disclosures = readDisclosures(engine, document, layout.disclosures);
  matchDisclosures(document, leaves, disclosures);
  return { layout, leaves, trees: disclosures.flatMap(({ tree }) => tree ?? []) };
}

/** The file with these values, and no others. */
export function withTrees(
  { layout }: OpenedFields,
  trees: readonly Field[],
  detached: boolean,
): Uint8Array<ArrayBuffer> {
  const lines = trees.flatMap(linesOf);
  const disclosures =
    lines.length === 0 ? undefined : utf8(lines.map((line) => `${line}\n`).join(""));
  const blobs = detached ? new Map<string, Uint8Array>() : layout.blobs;
  return writeContainer(entriesOf({ ...layout, disclosures, blobs }));
}

/** The texts of a pack's files, by what they are. */
export const packTexts = ({ layout: { blobs } }: OpenedFields): [string, string][] =>
  [...blobs].map(([digest, bytes]) => [`blobs/sha256/${digest}`, new TextDecoder().decode(bytes)]);
