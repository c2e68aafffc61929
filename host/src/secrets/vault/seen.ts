// How far each vault was that a user has seen, beside it: an older one that is put back is known (VAULT-7).
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { canonicalizeValue } from "@reach-fabric/engine";
import { seenVaults } from "@reach-fabric/schema";
import type { SeenVault } from "@reach-fabric/schema";
import { changingFile } from "../../files/change.ts";
import { hostCode } from "../../files/codes.ts";
import { checked, readJson } from "../../files/document.ts";
import { ReachError } from "../../files/error.ts";
import { makeFolder, readRegularFile, writeFileAtomic } from "../../files/files.ts";
import type { VaultFile } from "@reach-fabric/schema";

/** What is told of a vault that is in order, and yet not as it was. */
export interface VaultRemark {
  readonly kind: "moved" | "other" | "unseen";
  readonly text: string;
}

/** What a vault's file says of how far it is. */
type Reached = Pick<VaultFile, "id" | "generation" | "seal">;

/** What was seen by now. */
export type SeenVaults = readonly SeenVault[];

/**
 * Holds a vault to what was seen of it, and keeps what is seen now. Where that cannot be kept, it is told, and the vault can be used.
 *
 * @param before what had been seen when the vault was about to be read: another process may have changed both since, and writes the vault first
 * @param isWanted the older one is what the user wants: it is seen from now on
 * @throws ReachError `REACH-E4137` it is older than it was, or another one of the same number
 */
export async function requireNewest(
  record: string | undefined,
  before: SeenVaults,
  vault: Reached,
  path: string,
  { tell, isWanted = false }: { tell: (remark: VaultRemark) => void; isWanted?: boolean },
): Promise<void> {
  if (record === undefined) return;
  const known = before.find(({ id }) => id === vault.id);
  const at = resolve(path);
  if (known === undefined) {
    const other = before.find((one) => one.path === at);
    if (other !== undefined) {
      tell({ kind: "other", text: `another vault was at ${at} before` });
    }
  } else {
    if (!isWanted) requireNotOlder(known, vault, path);
    if (known.path !== at && known.generation <= vault.generation) {
      const gone = existsSync(known.path) ? "; a file is still there, too" : "";
      tell({ kind: "moved", text: `this vault was at ${known.path} before${gone}` });
    }
    const isSame = known.path === at && known.seal === vault.seal;
    if (isSame) return;
  }
  const now = { id: vault.id, generation: vault.generation, seal: vault.seal, path: at };
  try {
    await makeFolder(dirname(record));
    await changingFile(record, async (file) => {
      const others = (await seenIn(file)).filter(
        // Of two that keep it at a time the newer counts.
        ({ id, generation }) => id !== now.id || (!isWanted && generation > now.generation),
      );
      const vaults = others.some(({ id }) => id === now.id) ? others : [...others, now];
      const text = canonicalizeValue({ format: "reach/seen-vaults/v1", vaults });
      await writeFileAtomic(file, Buffer.concat([text, Buffer.from("\n")]), 0o600);
    });
  } catch (error) {
    const why = error instanceof ReachError ? (error.why ?? error.message) : "unknown";
    tell({
      kind: "unseen",
      text: `${record} cannot be written (${why}): an older vault is not known`,
    });
  }
}

function requireNotOlder(known: SeenVault, vault: Reached, path: string): void {
  const isOlder = vault.generation < known.generation;
  if (!isOlder && (vault.generation > known.generation || vault.seal === known.seal)) return;
  const why = isOlder
    ? `it was written ${vault.generation} times, and was seen with ${known.generation}`
    : `it was seen with other content after as many changes (${known.generation})`;
  throw new ReachError(
    hostCode.olderVault,
    isOlder ? "The vault is older than it was." : "The vault is another one than it was.",
    {
      where: path,
      why,
      hint: "Nothing was written. If you have put back a copy on purpose: reach secrets check --accept-older",
    },
  );
}

/** @throws ReachError `REACH-E4134` what was kept is no such record */
export async function seenIn(record: string | undefined): Promise<SeenVaults> {
  if (record === undefined) return [];
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(record, { limit: 16 * 1024 * 1024 });
  } catch {
    // None was seen; or it cannot be read, and then not be written either, which is told.
    return [];
  }
  try {
    return checked(seenVaults, readJson(bytes, record), "record of vaults").vaults;
  } catch (error) {
    throw new ReachError(hostCode.notAVault, "This is no record of vaults.", {
      where: record,
      why: "it was changed by something else; an older vault would not be known",
      hint: "Remove it, if you are sure that your vaults are the newest.",
      cause: error,
    });
  }
}
