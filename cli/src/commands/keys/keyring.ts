// Keyring files: reading one, and writing the next one in its place.
import { existsSync } from "node:fs";
import { createEngine } from "@reach-fabric/engine";
import { digestOfRoot, issueKeyring, openKeyring, publicKeyOf } from "@reach-fabric/evidence";
import type {
  Issue,
  KeyFile,
  Keyring,
  PublicKey,
  Root,
  RootSigners,
  Signer,
} from "@reach-fabric/evidence";
import type { DoneAct } from "@reach-fabric/host";
import { audited } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import type { Machine } from "../../ui/machine.ts";
import { readInput } from "../../read/files.ts";
import { daysAfter, now } from "../../read/instants.ts";
import { readKey, readSigner } from "../../read/keys.ts";
import { refusedFile } from "../../read/refused.ts";
import { CliError, CODE, exists, EXIT, problemOf } from "../../ui/problem.ts";

/** The keyring in a file, signed by this root. */
export function readKeyring(machine: Machine, path: string, root: Root): Keyring {
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
  root: string[];
  threshold?: string;
  passphraseFile?: string;
  days: string;
  actor: string;
}

/** What was done to a keyring. */
export interface ChangedKeyring {
  readonly keyring: Keyring;
  /** Undefined where the keyring was so already: nothing was signed. */
  readonly act: KeyringAct | undefined;
}

/** The record of a change: an act of the audit log, and when it was done. */
interface KeyringAct {
  readonly type: string;
  readonly actor: string;
  readonly at: string;
  readonly outcome: "success";
  readonly details: Readonly<Record<string, string | number>>;
}

/** What is done to a keyring, and what to say of it in the audit log. */
export interface KeyringChange {
  readonly type: string;
  readonly details: Readonly<Record<string, string | number>>;
  /** The keys as they are from then on; those that it is given where they are so already. */
  readonly keys: (before: Issue["keys"], at: string) => Issue["keys"];
  /** Another root, which signs from then on. */
  readonly newRoot?: RootSigners;
}

/**
 * Writes the next keyring in the place of the one that is there. Guarantees: it is signed by the same
 * root and continues it; the file holds the old one or the new one; two that change it at a time take turns. A
 * change that was made already, by a command that was stopped before it could say so, is not made again.
 *
 * @param fresh there is no keyring yet
 */
export async function changeKeyring(
  machine: Machine,
  options: KeyringOptions,
  { type, details, keys, newRoot }: KeyringChange,
  fresh = false,
): Promise<ChangedKeyring> {
  const { keyring: path, days, actor } = options;
  const valid = daysOf(days, "--days");
  const by = await readRoot(machine, options.root, options);
  const { changingFile, writeFileAtomic } = await import("@reach-fabric/host");
  const act = { type, actor, details };
  const work = async (file: string): Promise<DoneAct<ChangedKeyring>> => {
    const kept = new CliError(exists(path, "Leave out --new to change it."));
    const read = (): Keyring => {
      try {
        return readKeyring(machine, file, by.root);
      } catch (error) {
        throw fresh ? kept : error;
      }
    };
    try {
      const before = existsSync(file) || !fresh ? read() : undefined;
      // Whatever the clock says, a key can be revoked: a keyring is never older than the one before.
      const clock = now();
      const issuedAt = before === undefined || clock > before.issuedAt ? clock : before.issuedAt;
      const changed = keys(before?.keys ?? [], clock);
      if (before !== undefined && changed === before.keys && isRootOf(before, newRoot)) {
        return { result: { keyring: before, act: undefined }, details: saidOf(before) };
      }
      if (fresh && before !== undefined) throw kept;
      const issue = { keys: changed, issuedAt, expiresAt: daysAfter(issuedAt, valid), newRoot };
      const { bytes, keyring } = issueKeyring(createEngine(), by, before, issue);
      await writeFileAtomic(file, bytes);
      const said = saidOf(keyring);
      const done = {
        ...act,
        at: clock,
        outcome: "success",
        details: { ...details, ...said },
      } as const;
      return { result: { keyring, act: done }, details: said };
    } catch (error) {
      throw new CliError(problemOf(error, path));
    }
  };
  return audited<ChangedKeyring>(machine, options, act, () => changingFile(path, work));
}

/** Whether it is the root already, where there is to be another one. */
const isRootOf = ({ rootPath }: Keyring, newRoot: RootSigners | undefined): boolean =>
  newRoot === undefined ||
  rootPath.slice(-1).some((root) => digestOfRoot(root) === digestOfRoot(newRoot.root));

const saidOf = ({ serial, digest }: Keyring): { serial: number; keyring: string } => ({
  serial,
  keyring: digest,
});

/** How the root is given: its keys, and what opens them. */
interface RootOptions {
  readonly threshold?: string;
  readonly passphraseFile?: string;
}

/** The root of these key files; those that hold a private key sign. */
export async function readRoot(
  machine: Machine,
  paths: readonly string[],
  { threshold, passphraseFile }: RootOptions,
): Promise<RootSigners> {
  const files = paths.map((path) => ({ path, file: readKey(machine, path) }));
  const signers: Signer[] = [];
  for (const { path, file } of files) {
    if (files.length > 1 && !canSign(file)) continue;
    signers.push(await readSigner(machine, path, passphraseFile));
  }
  const keys = files.map(({ file }) => publicKeyOf(file));
  return { root: { threshold: thresholdOf(threshold, keys), keys }, signers };
}

const canSign = (file: KeyFile): boolean =>
  file.private !== undefined || ("sealed" in file && file.sealed !== undefined);

/** So many of the keys must sign: all of them, unless less is said. */
export function thresholdOf(text: string | undefined, keys: readonly PublicKey[]): number {
  if (text === undefined) return keys.length;
  const threshold = /^[1-9]\d?$/.test(text) ? Number(text) : keys.length + 1;
  if (threshold <= keys.length) return threshold;
  throw new CliError({
    code: CODE.usage,
    what: `--threshold is not 1 to ${keys.length}, the number of the root's keys: ${JSON.stringify(text)}`,
    exitCode: EXIT.usage,
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
