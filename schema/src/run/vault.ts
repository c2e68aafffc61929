// A vault: secrets in one file, sealed under a passphrase. docs/spec/vault.md.
import * as z from "zod";
import { strict } from "../fields/problem.ts";
import { scryptParameters } from "../fields/scrypt.ts";
import { base64Of, instant } from "../fields/texts.ts";

/** VAULT-3: what a secret in a vault is called. */
export const secretName = z.string().regex(/^[\w.:@/-]{1,100}$/, {
  error: "Expected a name of at most 100 letters, digits and . : @ / _ -.",
});

const id = z.string().regex(/^[0-9a-f]{32}$/, "32 lower-case hex digits");
const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

const entry = strict({
  name: secretName,
  nonce: base64Of(12),
  /** Since when it is what it is. */
  since: instant,
  state: z.enum(["current", "former"]),
  text: z
    .string()
    .max(100_000)
    .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "base64"),
  version: z.int().min(1).max(1_000_000),
});

/** A vault as it lies there. */
export const vaultFile = strict({
  entries: z.array(entry).max(10_000),
  format: z.literal("reach/vault/v1"),
  /** Counts the times that it was written. */
  generation: z.int().min(1),
  id,
  kdf: scryptParameters,
  /** Says whether a passphrase is the vault's. */
  key: id,
  /** Over all else. */
  seal: digest,
});

export type VaultFile = z.infer<typeof vaultFile>;

/** Which vaults a user has seen, and how far each was (VAULT-7). */
export const seenVaults = strict({
  format: z.literal("reach/seen-vaults/v1"),
  vaults: z.array(
    strict({ generation: z.int().min(1), id, path: z.string().max(4096), seal: digest }),
  ),
});

export type SeenVault = z.infer<typeof seenVaults>["vaults"][number];

/** Texts that runs have got with secrets of a vault, sealed under its key (VAULT-9). */
export const gotTexts = strict({
  format: z.literal("reach/vault-got/v1"),
  id,
  runs: z.array(strict({ nonce: base64Of(12), run: z.string().max(100), text: entry.shape.text })),
});
