// Key files, format reach/key/v1. docs/spec/evidence.md, EVID-20.
import * as z from "zod";

/** 32 bytes in canonical base64: 43 characters of which the last carries four bits, then `=`. */
const base64Of32 = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, "32 bytes as base64");

/**
 * A key file. With `private` it signs, without it only verifies. `id` is the first 16 hex digits of
 * the SHA-256 of the 32 public bytes: a label for people, never what a decision rests on.
 */
export const keyFile = z.strictObject({
  format: z.literal("reach/key/v1"),
  alg: z.literal("Ed25519"),
  id: z.string().regex(/^[0-9a-f]{16}$/, "16 lower-case hex digits"),
  public: base64Of32,
  private: base64Of32.optional(),
});

/** A key file as it is written: see {@link keyFile}. */
export type KeyFile = z.infer<typeof keyFile>;
