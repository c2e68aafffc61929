import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import { newKey, openKeyFile, readKeyFile, sealKeyFile, signerOf } from "@reach-fabric/evidence";
import type { AlgorithmName, KeyFile, Signer } from "@reach-fabric/evidence";
import { makeFolders } from "./folders.ts";
import type { Machine } from "../ui/machine.ts";
import { readInput } from "./files.ts";
import { refusedFile } from "./refused.ts";
import { CliError, exists, problemOf, systemProblem } from "../ui/problem.ts";
import { sealerOf } from "./sealer.ts";

/** What `keys new` made: the key's id and the two files. */
export interface MadeKey {
  readonly id: string;
  readonly private: string;
  readonly public: string;
}

/** What kind of key is made, and what it is encrypted with. */
export interface NewKeyOptions {
  readonly alg?: AlgorithmName;
  /** Undefined: the private key lies there in clear. */
  readonly passphrase?: Uint8Array | undefined;
}

/**
 * Makes a key pair: the private key at `path` (mode 0600), the public one at `path`.pub. Both files
 * are new and complete, or neither is there.
 *
 * @throws CliError where one of them exists or cannot be written
 */
export function createKeyFile(
  path: string,
  random: (size: number) => Uint8Array,
  { alg, passphrase }: NewKeyOptions = {},
): MadeKey {
  const key = newKey(random, alg);
  const publicPath = `${path}.pub`;
  if (existsSync(publicPath)) {
    throw new CliError(exists(publicPath));
  }
  const secret =
    passphrase === undefined ? key.private : sealKeyFile(key.private, sealerOf(passphrase));
  writeNew(path, secret, 0o600);
  try {
    writeNew(publicPath, key.public, 0o644);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return { id: key.public.id, private: path, public: publicPath };
}

/** A file that was not there before, complete and durable, or an error and no file. */
export function writeNew(path: string, value: unknown, mode: number): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, "wx", mode);
    const bytes = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } catch (error) {
    if (fd !== undefined) rmSync(path, { force: true });
    throw new CliError(systemProblem(error as NodeJS.ErrnoException, path));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The key file at a path. Errors name the file and never show what is in it. */
export function readKey(machine: Machine, path: string): KeyFile {
  const bytes = readInput(machine, path);
  try {
    return readKeyFile(createEngine(), bytes);
  } catch (error) {
    throw refusedFile(error, { path, bytes });
  }
}

/**
 * The signer in a key file. An encrypted one is opened with the passphrase in a file, or with what
 * a person types.
 */
export async function readSigner(
  machine: Machine,
  path: string,
  passphraseFile?: string,
): Promise<Signer> {
  const file = readKey(machine, path);
  try {
    const watched = (signer: Signer): Signer => machine.security?.watched(signer) ?? signer;
    if (!("sealed" in file) || file.sealed === undefined) return watched(signerOf(file));
    const { askPassphrase, canAsk, passphraseIn } = await import("./passphrase.ts");
    if (passphraseFile === undefined && !canAsk(machine)) return watched(signerOf(file));
    const passphrase =
      passphraseFile === undefined
        ? await askPassphrase(machine, `passphrase for ${path}`)
        : passphraseIn(machine, passphraseFile);
    return watched(signerOf(openKeyFile(file, sealerOf(passphrase))));
  } catch (error) {
    throw new CliError(problemOf(error, path));
  }
}

/** Where the user's own key is, which a run without --key signs with: XDG_CONFIG_HOME/reach/key.json. */
export function defaultKeyPath(machine: Machine): string {
  return join(xdgFolder(machine, "XDG_CONFIG_HOME", ".config"), "key.json");
}

/** Our folder below one of the XDG base directories; a relative one is ignored, as the standard says. */
export function xdgFolder({ env, home }: Machine, name: string, fallback: string): string {
  const base = env[name];
  return join(base?.startsWith("/") === true ? base : join(home, fallback), "reach");
}

/** Where what is kept between commands is. */
export const stateFolder = (machine: Machine): string =>
  xdgFolder(machine, "XDG_STATE_HOME", ".local/state");

/** The same, in a folder that is there: one is made for the user alone. */
export function ownKeyPath(machine: Machine): string {
  const path = defaultKeyPath(machine);
  try {
    makeFolders(dirname(path));
    return path;
  } catch (error) {
    throw new CliError(systemProblem(error as NodeJS.ErrnoException, dirname(path)));
  }
}

/** The user's own key, which is made at the first use: in clear, for there is no question then. */
export function userKey(machine: Machine): {
  readonly path: string;
  readonly made?: MadeKey;
} {
  const there = defaultKeyPath(machine);
  if (existsSync(there)) return { path: there };
  const path = ownKeyPath(machine);
  try {
    return { path, made: createKeyFile(path, (size) => randomBytes(size)) };
  } catch (error) {
    if (!existsSync(path)) throw error;
    // Another process has made it in the meantime; its one write takes no longer than this.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    return { path };
  }
}
