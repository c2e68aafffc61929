// Key files, formats reach/key/v1 and v2. docs/spec/keys.md, KEY-5 and KEY-6.
import * as z from "zod";
import { strict } from "../fields/problem.ts";
import { scryptParameters } from "../fields/scrypt.ts";
import { base64Of } from "../fields/texts.ts";

const base64Of32 = base64Of(32);
const id = z.string().regex(/^[0-9a-f]{16}$/, "16 lower-case hex digits");

/** An encrypted private key: scrypt (RFC 7914) and AES-256-GCM, bounded so that a file is no bomb. */
export const sealedKey = strict({
  kdf: scryptParameters,
  cipher: strict({
    name: z.literal("AES-256-GCM"),
    nonce: base64Of(12),
    /** 32 bytes and a tag of 16. */
    text: base64Of(48),
  }),
});

/** An encrypted private key: see {@link sealedKey}. */
export type SealedKey = z.infer<typeof sealedKey>;

const v1 = strict({
  format: z.literal("reach/key/v1"),
  alg: z.literal("Ed25519"),
  id,
  public: base64Of32,
  private: base64Of32.optional(),
});

const inV2 = {
  format: z.literal("reach/key/v2"),
  id,
  private: base64Of32.optional(),
  sealed: sealedKey.optional(),
};
const v2 = z
  .discriminatedUnion("alg", [
    strict({ ...inV2, alg: z.literal("Ed25519"), public: base64Of32 }),
    strict({ ...inV2, alg: z.literal("P-256"), public: base64Of(65) }),
  ])
  .refine(({ private: clear, sealed }) => clear === undefined || sealed === undefined, {
    message: "either private or sealed",
  });

/**
 * A key file. With `private` or `sealed` it signs, without them it only verifies. `id` is the first 16
 * hex digits of the SHA-256 of the public bytes: a label for people, never what a decision rests on.
 */
export const keyFile = z.discriminatedUnion("format", [v1, v2]);

/** A key file as it is written: see {@link keyFile}. */
export type KeyFile =
  | z.infer<typeof v1>
  | (Omit<z.infer<typeof v2>, "alg"> & { alg: "Ed25519" | "P-256" });
