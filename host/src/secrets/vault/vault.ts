// A vault: secrets in one file, sealed under a passphrase (docs/spec/vault.md).
import { lstat } from "node:fs/promises";
import { toHex } from "@reach-fabric/engine";
import { credentials, problemsOf, secretName } from "@reach-fabric/schema";
import { changingFile } from "../../files/change.ts";
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";
import { systemCode, writeFileAtomic } from "../../files/files.ts";
import { markOf, readPrivate } from "../../files/private.ts";
import type { SecretsNow, SecretSource } from "../source.ts";
import { textsOfSecret } from "../texts.ts";
import type { Secret } from "../texts.ts";
import { removing, retiring, rotating, setting } from "./changes.ts";
import type { VaultChange } from "./changes.ts";
import { formatVault, LARGEST_VAULT, openVaultFile, parseVault, sealEntry } from "./format.ts";
import type { VaultContent } from "./format.ts";
import { createGot } from "./got.ts";
import { newScrypt, unpredictable, vaultKeys } from "./keys.ts";
import type { RandomBytes, VaultKeys } from "./keys.ts";
import { requireNewest, seenIn } from "./seen.ts";
import type { VaultRemark } from "./seen.ts";

export interface VaultOptions {
  /** What opens it: 1 byte at least. */
  readonly passphrase: Uint8Array;
  /** Where it is kept how far each vault was, so that an older one is known; without it, it is not. */
  readonly record?: string;
  /** Is told what is worth knowing of a vault that is in order: it was moved, say. */
  readonly tell?: (remark: VaultRemark) => void;
  /** An older one was put back on purpose: it counts from now on. */
  readonly acceptOlder?: boolean;
  /** Tests give their own bytes. */
  readonly random?: RandomBytes;
}

/** A version of a secret, without its value. */
export interface VaultVersion {
  readonly name: string;
  /** From 1 on. */
  readonly version: number;
  readonly state: "current" | "former";
  /** When it came, in UTC with milliseconds. */
  readonly since: string;
}

/** A vault that is open. It stays so: read() gives what is in the file then. */
export interface Vault extends SecretSource {
  readonly id: string;
  /** Names by their order, the versions of each from the first to the current one. */
  versions(): Promise<readonly VaultVersion[]>;
  /** @param at in UTC with milliseconds. @throws ReachError `REACH-E4139` it is there, `REACH-E4133` too short, `REACH-E41xx` */
  set(name: string, secret: Secret, at: string): Promise<void>;
  /** The value so far is former, and guarded. @throws ReachError `REACH-E4138` there is none, `REACH-E4133`, `REACH-E41xx` */
  rotate(name: string, secret: Secret, at: string): Promise<void>;
  /** Former versions are gone. @throws ReachError `REACH-E4138`, `REACH-E41xx` */
  retire(name: string): Promise<void>;
  /** @throws ReachError `REACH-E4138`, `REACH-E41xx` */
  remove(name: string): Promise<void>;
}

/** The file as it was read last. */
interface Read {
  readonly mark: string;
  readonly content: VaultContent;
  readonly now: SecretsNow;
}

/**
 * Opens a vault.
 *
 * Guarantees: no value is given of a vault that was changed by something without its key, entry by entry or as a whole; a
 * file asks for no more than 1 GiB and some seconds; a change is written whole or not, by one program at a time, and nothing is
 * written over a file that could not be opened.
 *
 * @throws ReachError `REACH-E4102` there is none, `REACH-E4132` others may read it, `REACH-E4101` a link, `REACH-E4134` no vault, or
 *   cut, `REACH-E4135` another passphrase, `REACH-E4136` changed, `REACH-E4137` older than it was
 *
 * @example
 * const passphrase = utf8("correct horse battery staple");
 * const vault = await createVault("secrets.vault", { passphrase });
 * await vault.set("bureau", { token: "tok-0123456789abcdef" }, "2026-11-30T12:00:00.000Z");
 * const { secrets } = await (await openVault("secrets.vault", { passphrase })).read();
 * Object.keys(secrets); // → ["bureau"]
 */
export async function openVault(path: string, options: VaultOptions): Promise<Vault> {
  const { passphrase, acceptOlder: isWanted = false, tell = () => undefined, record } = options;
  const { kdf } = parseVault((await readVault(path)).bytes, path);
  const keys = await vaultKeys(passphrase, kdf);
  const before = await seenIn(record);
  // Making the keys takes a while: what is there then is what counts.
  const { bytes, mark } = await readVault(path);
  const file = parseVault(bytes, path);
  const content = openVaultFile(file, keys, path);
  await requireNewest(record, before, file, path, { tell, isWanted });
  return vaultOf(path, keys, { mark, content, now: nowOf(content) }, options);
}

/**
 * Makes an empty vault; one that is there is opened.
 *
 * @throws ReachError as openVault() does, and `REACH-E411x`
 */
export async function createVault(path: string, options: VaultOptions): Promise<Vault> {
  const { random = unpredictable, passphrase, record, tell = () => undefined } = options;
  await changingFile(path, async () => {
    if (await isThere(path)) return;
    const keys = await vaultKeys(passphrase, newScrypt(random));
    const content = { id: toHex(random(16)), generation: 1, entries: [] };
    const bytes = formatVault(content, keys);
    await writeFileAtomic(path, bytes, 0o600);
    await requireNewest(record, await seenIn(record), parseVault(bytes, path), path, { tell });
  });
  return openVault(path, options);
}

const readVault = (path: string): ReturnType<typeof readPrivate> =>
  readPrivate(path, { limit: LARGEST_VAULT, what: "vault" });

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return systemCode(error) !== "ENOENT";
  }
}

/** A secret that a vault can have: named plainly, credentials of a known kind, long enough to be guarded. */
function requireSecret(name: string, secret: Secret): void {
  const [problem] = [...problemsOf(secretName, name), ...problemsOf(credentials, secret)];
  if (problem !== undefined) {
    const { code, what, hint } = problem;
    throw new ReachError(code, what, { where: "the secret that is to be set", hint });
  }
  textsOfSecret(name, secret);
}

function nowOf({ entries }: VaultContent): SecretsNow {
  const current = entries.filter(({ state }) => state === "current");
  return {
    secrets: Object.fromEntries(current.map(({ name, secret }) => [name, secret])),
    former: entries.filter(({ state }) => state === "former"),
  };
}

function vaultOf(path: string, keys: VaultKeys, first: Read, options: VaultOptions): Vault {
  const { random = unpredictable, tell = () => undefined, record } = options;
  const { id } = first.content;
  let last = first;

  /** As the file is now. It is the same vault under the same passphrase, and no older than it was. */
  const reread = async (): Promise<VaultContent> => {
    const before = await seenIn(record);
    const { bytes, mark } = await readVault(path);
    const file = parseVault(bytes, path);
    if (file.id !== id || JSON.stringify(file.kdf) !== JSON.stringify(keys.kdf)) {
      throw new ReachError(hostCode.changedVault, "Another vault is at this place.", {
        where: path,
        why: "it was replaced while it was open",
        hint: "Open it again.",
      });
    }
    const content = openVaultFile(file, keys, path);
    if (content.generation < last.content.generation) {
      throw new ReachError(hostCode.olderVault, "The vault is older than it was.", {
        where: path,
        why: "an older copy was put in its place while it was open",
      });
    }
    await requireNewest(record, before, file, path, { tell });
    last = { mark, content, now: nowOf(content) };
    return content;
  };
  const fresh = async (): Promise<Read> => {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || markOf(found) !== last.mark) await reread();
    return last;
  };

  const change = (work: VaultChange): Promise<void> =>
    changingFile(path, async () => {
      const { entries, generation } = await reread();
      const next = work(entries).map((one) =>
        "sealed" in one ? one : sealEntry(keys, id, one, random),
      );
      const bytes = formatVault({ id, generation: generation + 1, entries: next }, keys);
      if (bytes.length > LARGEST_VAULT) {
        throw new ReachError(hostCode.tooLarge, "The vault is too large.", { where: path });
      }
      // What could not be opened again is never put in the place of what can.
      openVaultFile(parseVault(bytes, path), keys, path);
      await writeFileAtomic(path, bytes, 0o600);
      await reread();
    });
  const guarded = async (work: VaultChange, name: string, secret: Secret): Promise<void> => {
    requireSecret(name, secret);
    await change(work);
  };

  return {
    id,
    where: path,
    got: createGot(`${path}.got`, keys, id, random),
    read: async () => (await fresh()).now,
    versions: async () =>
      (await fresh()).content.entries.map(({ name, version, state, since }) => ({
        name,
        version,
        state,
        since,
      })),
    set: (name, secret, at) => guarded(setting(name, secret, at), name, secret),
    rotate: (name, secret, at) => guarded(rotating(name, secret, at), name, secret),
    retire: (name) => change(retiring(name)),
    remove: (name) => change(removing(name)),
  };
}
