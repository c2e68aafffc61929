import type { Field } from "../commitments/fields.ts";

/** What is disclosed of one slot. */
export interface Disclosure {
  /** `/SEQ/SLOT` or `/run/MEMBER`. */
  readonly pointer: string;
  /** In hex, computed from what is shown. */
  readonly commitment: string;
  /** The value's canonical bytes; undefined where a part of it is hidden. */
  readonly bytes: Uint8Array | undefined;
  /** Pointers of the parts that are hidden. */
  readonly hidden: readonly string[];
  /** The fields, where they have commitments of their own: from format v2 on. */
  readonly tree: Field | undefined;
}
