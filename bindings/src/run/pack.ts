/** Packs in memory (format reach/pack/v1): a manifest that names every file by its SHA-256. */

import { toHex } from "../core/bytes.ts";
import type { Text } from "../core/bytes.ts";
import type { Engine } from "../engine/engine.ts";
import type { Pack } from "../calls/run.ts";

/** What a pack is made from. Contents are JSON texts in any form; the pack holds them canonical. */
export interface PackSource {
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
 * makePack(engine, { id: "demo/hello", version: "1.0.0", workflows: { "hello.json": text } })
 */
export function makePack(engine: Engine, source: PackSource): Pack {
  const { id, version, workflows, tables = {}, schemas = {} } = source;
  const files = Object.entries({ ...workflows, ...tables, ...schemas })
    .map(([path, content]) => ({ path, bytes: engine.canonicalize(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const manifest = engine.canonicalize(
    JSON.stringify({
      format: "reach/pack/v1",
      id,
      version,
      workflows: Object.keys(workflows),
      tables: Object.keys(tables).sort(),
      ...(Object.keys(schemas).length > 0 ? { schemas: Object.keys(schemas).sort() } : {}),
      files: files.map(({ path, bytes }) => ({
        path,
        sha256: toHex(engine.sha256(bytes)),
        size: bytes.length,
      })),
    }),
  );
  return { manifest, files, digest: toHex(engine.sha256(manifest)) };
}
