// Keyring files: reading one, and writing the next one in its place.
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { createEngine } from "@reach-fabric/engine";
import { issueKeyring, openKeyring } from "@reach-fabric/evidence";
import type { Issue, Keyring, PublicKey } from "@reach-fabric/evidence";
import { audited } from "../log/audit.ts";
import type { Act, AuditOptions } from "../log/audit.ts";
import type { Machine } from "../../ui/machine.ts";
import { readInput } from "../../read/files.ts";
import { daysAfter, now } from "../../read/instants.ts";
import { readSigner } from "../../read/keys.ts";
import { refusedFile } from "../../read/refused.ts";
import { CliError, CODE, exists, EXIT, problemOf, systemProblem } from "../../ui/problem.ts";

/** The keyring in a file, signed by this root. */
export function readKeyring(machine: Machine, path: string, root: PublicKey): Keyring {
  const bytes = readInput(machine, path);
  try {
    return openKeyring(createEngine(), bytes, root);
  } catch (error) {
    // What is wrong in it is in what was signed, which stands in the file in base64.
    throw refusedFile(error, { path });
  }
}

/** The options of every verb that writes a keyring. */
export interface KeyringOptions extends AuditOptions {
  keyring: string;
  root: string;
  passphraseFile?: string;
  days: string;
  actor: string;
}

/** What was done to a keyring. */
export interface ChangedKeyring {
  readonly keyring: Keyring;
  readonly act: Act & { readonly at: string };
}

/** A change of a keyring's keys, and what to say of it in the audit log. */
export interface KeyringChange {
  readonly keys: Issue["keys"];
  readonly type: string;
  readonly details: Readonly<Record<string, string>>;
}

/**
 * Writes the next keyring in the place of the one that is there. Guarantees: it is signed by the same
 * root and continues it; the file holds the old one or the new one; of two that change it at a time, one
 * is refused.
 *
 * @param change is given the keys and the time; with `fresh`, there is no keyring yet
 */
export async function changeKeyring(
  machine: Machine,
  options: KeyringOptions,
  change: (keys: Issue["keys"], at: string) => KeyringChange,
  fresh = false,
): Promise<ChangedKeyring> {
  const { keyring: path, root: rootPath, passphraseFile, days, actor } = options;
  const valid = daysOf(days, "--days");
  const root = await readSigner(machine, rootPath, passphraseFile);
  const attempt = { type: "keyring.changed", actor };
  return audited(machine, options, attempt, async ({ writeFileAtomic }) => {
    const unlock = lock(path);
    try {
      if (fresh && existsSync(path)) {
        throw new CliError(exists(path, "Leave out --new to change it."));
      }
      const before = fresh ? undefined : readKeyring(machine, path, root.key);
      const issuedAt = now();
      const { keys, type, details } = change(before?.keys ?? [], issuedAt);
      const issue = { keys, issuedAt, expiresAt: daysAfter(issuedAt, valid) };
      const { bytes, keyring } = issueKeyring(createEngine(), root, before, issue);
      await writeFileAtomic(path, bytes);
      const { serial, digest } = keyring;
      const act = { type, actor, details: { ...details, serial, keyring: digest } };
      return { result: { keyring, act: { at: issuedAt, ...act, outcome: "success" } }, act };
    } catch (error) {
      throw new CliError(problemOf(error, path));
    } finally {
      unlock();
    }
  });
}

/** A whole number of days. */
export function daysOf(text: string, option: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new CliError({
    code: CODE.usage,
    what: `${option} is not 1 to 99999 days: ${JSON.stringify(text)}`,
    exitCode: EXIT.usage,
  });
}

/** Keeps others from changing a file while this process does. */
function lock(path: string): () => void {
  const name = `${path}.lock`;
  try {
    closeSync(openSync(name, "wx", 0o600));
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    throw new CliError(
      cause.code === "EEXIST"
        ? exists(name, "Another command is changing the keyring. If none is, remove this file.")
        : systemProblem(cause, name),
    );
  }
  return () => rmSync(name, { force: true });
}
