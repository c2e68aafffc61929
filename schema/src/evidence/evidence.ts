// What is signed about packs, and about evidence for programs that ask for a bundle: the Sigstore bundle, and the
// in-toto statement in it. docs/spec/pack.md. Every object is strict: a member that is not named here is an error.
import * as z from "zod";
import { instant } from "../fields/texts.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

/** A Sigstore bundle v0.3 with a key hint and one DSSE signature. */
export const sigstoreBundle = z.strictObject({
  mediaType: z.literal("application/vnd.dev.sigstore.bundle.v0.3+json"),
  verificationMaterial: z.strictObject({ publicKey: z.strictObject({ hint: z.string() }) }),
  dsseEnvelope: z.strictObject({
    payload: z.string(),
    payloadType: z.literal("application/vnd.in-toto+json"),
    signatures: z.array(z.strictObject({ sig: z.string() })),
  }),
});

/**
 * A Sigstore bundle v0.3 as other programs write it: with log entries and time stamps, of which nothing is looked at, and
 * key ids in signatures. A certificate in the place of the key is not read.
 */
export const foreignBundle = z.strictObject({
  mediaType: sigstoreBundle.shape.mediaType,
  verificationMaterial: z.strictObject({
    publicKey: z.strictObject({ hint: z.string().max(1024).optional() }),
    tlogEntries: z.array(z.unknown()).optional(),
    timestampVerificationData: z.unknown().optional(),
  }),
  dsseEnvelope: z.strictObject({
    payload: z.string(),
    payloadType: sigstoreBundle.shape.dsseEnvelope.shape.payloadType,
    signatures: z.array(z.strictObject({ sig: z.string(), keyid: z.string().optional() })),
  }),
});

/** A Sigstore bundle as Reach writes it. */
export type SigstoreBundle = z.infer<typeof sigstoreBundle>;

/** An in-toto Statement v1, EVID-10 and PACK-7; what its predicate is depends on its type. */
export const inTotoStatement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z
    .array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: digest }) }))
    .max(16),
  predicateType: z.string().max(256),
  predicate: z.record(z.string(), z.unknown()),
});

/** An in-toto Statement as other programs write it: cosign still has v0.1, whose members are the same. */
export const foreignStatement = inTotoStatement.extend({
  _type: z.enum(["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"]),
});

/** An in-toto statement. */
export type InTotoStatement = z.infer<typeof inTotoStatement>;

/** What a withdrawal of a pack says, PACK-12. */
export const packYank = z.strictObject({ at: instant, reason: z.string().min(1).max(1000) });
