// The form of pack.json, on the way of verify(): by checks that take no time to load. It is what packManifest of the
// schema package asks for, which says it in more words to those who write a pack. docs/spec/pack.md, PACK-1.
import {
  CLASSIFIED_IN,
  isPackId,
  LABEL,
  misplaced,
  POINTER,
  SEMVER,
  whyNotPackPath,
} from "@reach-fabric/schema";
import type { PackManifest } from "@reach-fabric/schema";
import { digest, integer, listOf, matching, object, oneOf } from "../encoding/shape.ts";
import { misfit, requireShape, sized, text } from "../encoding/shape.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;

const path = text("a path inside a pack", (value) => whyNotPackPath(value) === undefined);
const words = text("1 to 1000 characters", ({ length }) => length > 0 && length <= 1000);
const pointer = text(
  "a JSON pointer of at most 1000 characters",
  (value) => value.length <= 1000 && POINTER.test(value),
);

const manifest = object(
  {
    format: oneOf("reach/pack/v1"),
    id: text("namespace/name", isPackId),
    version: matching(SEMVER, "a semantic version"),
    files: sized(1, 4096, object({ path, sha256: digest, size: integer(0, LARGEST) })),
    workflows: sized(1, LARGEST, path),
    tables: listOf(path),
  },
  {
    schemas: sized(1, LARGEST, path),
    capabilities: sized(0, 1000, object({ what: words, reason: words })),
    classification: sized(
      0,
      1000,
      object({
        class: matching(LABEL, "a label"),
        in: matching(CLASSIFIED_IN, "input or result:/do/..."),
        pointer,
      }),
    ),
    engines: object({ semantics: sized(1, 100, integer(1, 0xffffffff)) }),
    limits: object({}, { fuel: integer(0, LARGEST), effects: integer(0, 0xffffffff) }),
  },
);

/**
 * Requires that a value has the form of pack.json.
 *
 * @throws EvidenceError `REACH-E5402`
 */
export function requireManifest(value: unknown): PackManifest {
  requireShape(manifest, value, "pack.json", "REACH-E5402");
  const read = value as PackManifest;
  const [first] = misplaced(read);
  if (first === undefined) return read;
  throw misfit("pack.json", first.path.map(String), first.what, "REACH-E5402");
}
