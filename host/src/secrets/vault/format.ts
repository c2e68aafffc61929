// A vault as bytes, and what they say once its key has confirmed them (docs/spec/vault.md).
import { timingSafeEqual } from "node:crypto";
import { canonicalizeValue, sameBytes } from "@reach-fabric/engine";
import { credentials, problemsOf, vaultFile } from "@reach-fabric/schema";
import type { VaultFile } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import { checked, readJson } from "../../files/document.ts";
import { ReachError } from "../../files/error.ts";
import type { Secret } from "../texts.ts";
import { macOf } from "./keys.ts";
import type { RandomBytes, VaultKeys } from "./keys.ts";
import { openJson, sealJson } from "./sealed.ts";

export const VAULT: VaultFile["format"] = "reach/vault/v1";
/** Most bytes of a vault. */
export const LARGEST_VAULT: number = 8 * 1024 * 1024;

type SealedEntry = VaultFile["entries"][number];

/** One version of a secret. */
export interface VaultEntry extends Pick<SealedEntry, "name" | "version" | "state" | "since"> {
  readonly secret: Secret;
  /** As it stands in the file. */
  readonly sealed: Pick<SealedEntry, "nonce" | "text">;
}

/** What is in a vault. */
export interface VaultContent {
  readonly id: string;
  readonly generation: number;
  /** By name, the versions of each from the first to the current one. */
  readonly entries: readonly VaultEntry[];
}

/**
 * The form of a vault, of which nothing is believed yet. There is one way to write it: any other bytes are no vault.
 *
 * @throws ReachError `REACH-E4134`
 */
export function parseVault(bytes: Uint8Array, where: string): VaultFile {
  let file: VaultFile;
  try {
    file = checked(vaultFile, readJson(bytes, where), "vault");
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw notAVault(where, `${error.message} (${String(error.code)})`);
  }
  if (!sameBytes(bytesOf(file), bytes)) throw notAVault(where, "it is not in its one layout");
  return file;
}

/**
 * What a vault says: each entry is the one that was sealed under its name, version and vault, and there are no others and none is missing.
 *
 * @throws ReachError `REACH-E4135` another passphrase, `REACH-E4136` it was changed
 */
export function openVaultFile(file: VaultFile, keys: VaultKeys, where: string): VaultContent {
  const { id, generation, seal, key, ...rest } = file;
  if (!isSame(checkOf(keys, id), key)) {
    throw new ReachError(hostCode.wrongPassphrase, "The passphrase does not open the vault.", {
      where,
      why: "it is another one, or the head of the file was changed; nothing was written",
    });
  }
  if (!isSame(sealOf(keys, { ...rest, id, generation, key }), seal)) {
    throw changedVault(where, "its seal is that of other content");
  }
  const entries = file.entries.map(({ nonce, text, ...about }) => ({
    ...about,
    sealed: { nonce, text },
    secret: openEntry(keys, id, { nonce, text, ...about }, where),
  }));
  const why = whyOutOfOrder(entries);
  if (why !== undefined) throw changedVault(where, why);
  return { id, generation, entries };
}

function openEntry(keys: VaultKeys, id: string, entry: SealedEntry, where: string): Secret {
  const { name, version } = entry;
  const value = openJson(keys.entry, entry, [VAULT, id, name, version]);
  if (value !== undefined && problemsOf(credentials, value).length === 0) return value as Secret;
  throw changedVault(where, `what stands there as ${name}, version ${version}, is not that`);
}

/** Why entries are in no order that this program writes. */
function whyOutOfOrder(
  entries: readonly Omit<VaultEntry, "secret" | "sealed">[],
): string | undefined {
  for (const [i, { name, version, state }] of entries.entries()) {
    const next = entries[i + 1];
    const isLast = next?.name !== name;
    if (isLast !== (state === "current")) return `${name} has not one current version`;
    if (next === undefined) continue;
    if (isLast ? next.name < name : next.version <= version) return "its entries are in no order";
  }
  return undefined;
}

/** Most characters of a sealed text in base64: about 74 KB of JSON. */
const LONGEST_SEALED = 100_000;

/** A new version of a secret, sealed. @throws ReachError `REACH-E4103` */
export function sealEntry(
  keys: VaultKeys,
  id: string,
  entry: Omit<VaultEntry, "sealed">,
  random: RandomBytes,
): VaultEntry {
  const { name, version, secret } = entry;
  const sealed = sealJson(keys.entry, secret, [VAULT, id, name, version], random);
  if (sealed.text.length > LONGEST_SEALED) {
    throw new ReachError(hostCode.tooLarge, "The secret is too long for a vault.", {
      where: `secret ${name}`,
      why: "as JSON, where quotes and line ends take two characters, it has more than 74 kB",
    });
  }
  return { ...entry, sealed };
}

/** The bytes of a vault. */
export function formatVault(content: VaultContent, keys: VaultKeys): Uint8Array {
  const { id, generation } = content;
  const entries = content.entries.map(({ name, version, state, since, sealed }) => ({
    name,
    version,
    state,
    since,
    ...sealed,
  }));
  const key = checkOf(keys, id).toString("hex");
  const unsealed = { format: VAULT, id, generation, kdf: keys.kdf, key, entries } as const;
  return bytesOf({ ...unsealed, seal: sealOf(keys, unsealed).toString("hex") });
}

const bytesOf = (file: VaultFile): Uint8Array =>
  Buffer.concat([canonicalizeValue(file), Buffer.from("\n")]);

const checkOf = (keys: VaultKeys, id: string): Buffer => macOf(keys.check, id).subarray(0, 16);

const sealOf = (keys: VaultKeys, unsealed: Omit<VaultFile, "seal">): Buffer =>
  macOf(keys.list, canonicalizeValue(unsealed));

/** In a time that says nothing of how much of it is the same. */
function isSame(mac: Uint8Array, hex: string): boolean {
  const given = Buffer.from(hex, "hex");
  return given.length === mac.length && timingSafeEqual(mac, given);
}

const notAVault = (where: string, why: string): ReachError =>
  new ReachError(hostCode.notAVault, "This is no vault.", {
    where,
    why,
    hint: "It was cut, or changed; nothing was written. Put back a copy of it.",
  });

export const changedVault = (where: string, why: string): ReachError =>
  new ReachError(hostCode.changedVault, "The vault was changed.", {
    where,
    why: `${why}: something has written it that does not have its key`,
    hint: "Nothing was written, and no secret was taken from it. Put back a copy of it.",
  });
