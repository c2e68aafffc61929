// Keyrings: who may sign what, and since when, signed by an offline root. docs/spec/keys.md, KEY-8 to
// KEY-12.
import * as z from "zod";
import { strict } from "../fields/problem.ts";
import { plainName } from "../fields/look-alikes.ts";
import { base64Of, instant } from "../fields/texts.ts";

const id = z.string().regex(/^[0-9a-f]{16}$/, "16 lower-case hex digits");
const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

/** What a key may sign. One key has one role. */
export const keyRoles = ["evidence", "pack", "log", "witness"] as const;

/** What a key may sign: see {@link keyRoles}. */
export type KeyRole = (typeof keyRoles)[number];

/** A tenant as run.json names it. */
export const tenantName: z.ZodString = plainName(256);

const inEntry = {
  id,
  /** Its signatures count for runs of this tenant only; without it, for those of every tenant. */
  tenant: tenantName.optional(),
  /** What is signed from here on counts ... */
  from: instant,
  /** ... up to before here. */
  to: instant,
  /** From here on others may have had the key: only what was witnessed before counts. */
  compromisedAt: instant.optional(),
};

/** A public key, what it may sign, and when. */
export const keyringEntry = z.discriminatedUnion("alg", [
  strict({
    ...inEntry,
    alg: z.literal("Ed25519"),
    public: base64Of(32),
    role: z.enum(["evidence", "log", "witness"]),
  }),
  strict({
    ...inEntry,
    alg: z.literal("P-256"),
    public: base64Of(65),
    role: z.literal("pack"),
  }),
]);

/** A public key, what it may sign, and when. */
export type KeyringEntry = z.infer<typeof keyringEntry>;

/** Keys that sign keyrings: pinned in a policy, and in no keyring. */
export const rootKey = z.discriminatedUnion("alg", [
  strict({ alg: z.literal("Ed25519"), public: base64Of(32) }),
  strict({ alg: z.literal("P-256"), public: base64Of(65) }),
]);

/** How many keys a root has at most. */
const MOST = 16;

/** Keys of which so many must sign. */
export const rootKeys = {
  keys: z.array(rootKey).min(1).max(MOST),
  threshold: z.int().min(1).max(MOST),
};

/** What the old root and the new one sign together. */
export const rootChangePayload = strict({
  format: z.literal("reach/root/v1"),
  /** Counts the changes from 1 on. */
  serial: z.int().min(1).max(0xffffffff),
  /** SHA-256 of the root before. */
  previous: digest,
  issuedAt: instant,
  ...rootKeys,
});

const signatures = (most: number) =>
  z
    .array(strict({ sig: z.string() }))
    .min(1)
    .max(most);

/** A change of the root: a DSSE envelope. */
export const signedRootChange = strict({
  payload: z.string(),
  payloadType: z.literal("application/vnd.reach.root.v1+json"),
  signatures: signatures(2 * MOST),
});

/** A change of the root, as it is signed: see {@link signedRootChange}. */
export type SignedRootChange = z.infer<typeof signedRootChange>;

/** What the root signs. */
export const keyringPayload = strict({
  format: z.literal("reach/keyring/v1"),
  serial: z.int().min(1).max(0xffffffff),
  /** SHA-256 of the payload before; the first has none. */
  previous: digest.optional(),
  issuedAt: instant,
  expiresAt: instant,
  keys: z.array(keyringEntry).max(10_000),
});

/** What the root signs. */
export type KeyringPayload = z.infer<typeof keyringPayload>;

/** A keyring as a file: a DSSE envelope with signatures of its root, and the changes that led to that. */
export const keyringFile = strict({
  payload: z.string(),
  payloadType: z.literal("application/vnd.reach.keyring.v1+json"),
  roots: z.array(signedRootChange).min(1).max(256).optional(),
  signatures: signatures(MOST),
});
