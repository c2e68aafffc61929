/** Packs in memory (format reach/pack/v1): a manifest that names every file by its SHA-256. */

import { toHex } from "../core/bytes.ts";
import type { Text } from "../core/bytes.ts";
import type { Engine } from "../engine/engine.ts";
import type { Pack } from "../calls/run.ts";

/** What makePack() makes a pack from: JSON texts in any form, of which the pack holds the canonical ones. */
export interface PackContents {
  /** `namespace/name`. */
  readonly id: string;
  readonly version: string;
  /** Path and JSON text of each workflow, of each decision table, and of each JSON Schema. */
  readonly workflows: Readonly<Record<string, Text>>;
  readonly tables?: Readonly<Record<string, Text>>;
  readonly schemas?: Readonly<Record<string, Text>>;
}

/**
 * The pack of some workflows, tables and schemas. The same contents give the same bytes and digest, in
 * whatever order and spelling they come; but of workflows, those that another runs come before it.
 *
 * @throws EngineError for a content that is not strict JSON
 *
 * @example
 * makePack(engine, { id: "demo/hello", version: "1.0.0", workflows: { "hello.json": text } });
 */
export function makePack(engine: Engine, contents: PackContents): Pack {
  const { id, version, workflows, tables = {}, schemas = {} } = contents;
  const files = Object.entries({ ...workflows, ...tables, ...schemas }).map(([path, content]) => ({
    path,
    bytes: engine.canonicalize(content),
  }));
  const said = {
    id,
    version,
    workflows: Object.keys(workflows),
    tables: Object.keys(tables).sort(),
    ...(Object.keys(schemas).length > 0 ? { schemas: Object.keys(schemas).sort() } : {}),
  };
  return packOf(engine, said, files);
}

/**
 * The pack of files as they are, canonical already where they are JSON: in the order of their paths, each
 * named by its SHA-256 in the manifest. What makePack(), a workflow's folder and the pack of one step have
 * in common.
 *
 * @param said the other members of pack.json; `format` and `files` are put in here
 *
 * @example
 * const said = { id: "demo/hello", version: "1.0.0", workflows: ["hello.json"], tables: [] };
 * const pack = packOf(engine, said, [{ path: "hello.json", bytes: canonicalize(text) }]);
 * engine.load(pack);
 */
export function packOf(
  engine: Pick<Engine, "canonicalize" | "sha256">,
  said: object,
  files: Pack["files"],
): Pack {
  // Paths are ASCII: the order of UTF-16, of UTF-8 and of bytes are one.
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const listed = sorted.map(({ path, bytes }) => ({
    path,
    sha256: toHex(engine.sha256(bytes)),
    size: bytes.length,
  }));
  const manifest = engine.canonicalize(
    JSON.stringify({ ...said, format: "reach/pack/v1", files: listed }),
  );
  return { manifest, files: sorted, digest: toHex(engine.sha256(manifest)) };
}
