// Evidence of format v2 or v3 with its values as trees, to take some of them out.
import { utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { writeContainer } from "../file/container.ts";
import { matchDisclosures } from "../file/disclosures.ts";
import { EvidenceError } from "../errors/errors.ts";
import { linesOf } from "../commitments/fields.ts";
import type { Field } from "../commitments/fields.ts";
import { jsonLines } from "../encoding/json.ts";
import { entriesOf } from "../file/layout.ts";
import type { Layout, Values } from "../file/layout.ts";
import { readDocument, valuesOf } from "../file/open.ts";
import type { Leaf } from "../file/trace.ts";

/** Evidence with its values as trees. */
export interface OpenedFields {
  readonly layout: Layout;
  /** The bytes of trace.jsonl. */
  readonly trace: Uint8Array;
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
  const values = valuesOf(engine, document, layout);
  const [leaves, disclosures] = [values.leaves(), values.disclosures()];
  matchDisclosures(document, leaves, disclosures);
  const trees = disclosures.flatMap(({ tree }) => tree ?? []);
  return { layout, trace: values.trace, leaves, trees };
}

/** These values beside the trace that they are of. */
export function shownIn({ trace }: OpenedFields, trees: readonly Field[]): Values {
  const lines = trees.flatMap(linesOf);
  const disclosures = lines.length === 0 ? undefined : jsonLines(lines.map(utf8));
  return { trace, disclosures };
}

/** The file with these values, and no others. */
export function withValues(
  { layout }: OpenedFields,
  values: Values,
  detached: boolean,
): Uint8Array<ArrayBuffer> {
  const blobs = detached ? new Map<string, Uint8Array>() : layout.blobs;
  return writeContainer(entriesOf({ ...layout, values, blobs }));
}

/** The texts of a pack's files, by what they are. */
export const packTexts = ({ layout: { blobs } }: OpenedFields): [string, string][] =>
  [...blobs].map(([digest, bytes]) => [`blobs/sha256/${digest}`, new TextDecoder().decode(bytes)]);
