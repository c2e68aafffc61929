// What the verbs of secrets have in common: which vault, and where a value comes from.
import { dirname } from "node:path";
import type { Command } from "commander";
import { fromUtf8 } from "@reach-fabric/engine";
import type { Secret, Vault } from "@reach-fabric/host";
import { makeFolders } from "../../read/folders.ts";
import { readInput } from "../../read/files.ts";
import { askNewPassphrase, askPassphrase, canAsk, passphraseIn } from "../../read/passphrase.ts";
import { openedSecrets, ownVault, vaultOptions } from "./given.ts";
import type { Machine } from "../../ui/machine.ts";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";

export interface VaultOption {
  readonly secrets?: string;
  readonly passphraseFile?: string;
}

/** Adds the options that say which vault. */
export const withVault = (command: Command): Command =>
  command
    .option(
      "--secrets <path>",
      "the vault (default: your own, $XDG_CONFIG_HOME/reach/secrets.vault)",
    )
    .option("--passphrase-file <file>", "its passphrase; otherwise it is asked for");

/** Adds the options that say of which kind a value is. */
export const withValue = (command: Command): Command =>
  command
    .option("--username <name>", "the value is the password of this user")
    .option(
      "--properties",
      "the value is JSON: the properties of oauth2 or oidc, or other credentials",
    );

export interface ValueOption {
  readonly username?: string;
  readonly properties?: boolean;
}

/** A value that is on the command line is known to all who can see processes, and to the shell's history. */
export function refuseValue(others: readonly string[]): void {
  if (others.length === 0) return;
  throw new CliError({
    code: CODE.usage,
    what: "A value is never an argument",
    // Which of them is the value is not known: none is repeated.
    where: "the arguments behind the command",
    why: "others on this machine can see arguments, and your shell keeps them",
    hint: `Take another value, and give it on stdin or when it is asked for. This one is known.`,
    exitCode: EXIT.usage,
  });
}

/** The vault that a command is about. */
export async function vaultGiven(
  terminal: Terminal,
  { secrets: path = ownVault(terminal.machine), passphraseFile }: VaultOption,
): Promise<Vault> {
  const host = await import("@reach-fabric/host");
  const option = "--passphrase-file";
  const { kind, source } = await openedSecrets(terminal, host, path, passphraseFile, option);
  if (kind === "vault") return source;
  throw new CliError({
    code: CODE.usage,
    what: `This is a ${kind} of secrets, and no vault`,
    where: path,
    hint: "Change it with what has written it; reach secrets changes vaults alone.",
    exitCode: EXIT.usage,
  });
}

/** The same; one that is not there is made. */
export async function vaultMade(terminal: Terminal, options: VaultOption): Promise<Vault> {
  const { machine } = terminal;
  const { existsSync } = await import("node:fs");
  const { secrets: path = ownVault(machine), passphraseFile } = options;
  if (existsSync(path)) return vaultGiven(terminal, options);
  const passphrase = await newPassphrase(machine, path, passphraseFile);
  try {
    const { createVault } = await import("@reach-fabric/host");
    if (options.secrets === undefined) makeFolders(dirname(path));
    const vault = await createVault(path, { ...vaultOptions(terminal), passphrase });
    terminal.progress("vault", `made the vault ${path}`, { file: path });
    return vault;
  } catch (error) {
    throw new CliError(problemOf(error, path));
  }
}

async function newPassphrase(
  machine: Machine,
  path: string,
  file: string | undefined,
): Promise<Uint8Array> {
  if (file !== undefined) return passphraseIn(machine, file);
  if (canAsk(machine)) return askNewPassphrase(machine, `the vault ${path}`);
  throw new CliError({
    code: CODE.usage,
    what: "A new vault needs a passphrase, and there is no terminal to ask at",
    where: path,
    hint: "Give --passphrase-file FILE; /dev/fd/3 is an open descriptor.",
    exitCode: EXIT.usage,
  });
}

const MOST_BYTES = 64 * 1024;

/** The value for a secret, from stdin or typed without being shown. */
export async function valueGiven(
  machine: Machine,
  name: string,
  { username, properties }: ValueOption,
): Promise<Secret> {
  if (username !== undefined && properties === true) {
    throw refused(name, "Give --username or --properties, not both", undefined);
  }
  const bytes = canAsk(machine)
    ? await askPassphrase(machine, `value of ${name}`)
    : readInput(machine, "-");
  if (bytes.length > MOST_BYTES) throw refused(name, "The value is too long", "more than 64 KiB");
  const text = textOf(bytes, name);
  if (properties === true) return propertiesIn(text, name);
  if (text === "") throw refused(name, "No value was given", "stdin was empty");
  if (text !== text.trim()) {
    const why = "it begins or ends with a space, or ends with more than one line end";
    throw refused(name, "The value is not what you mean, it seems", why);
  }
  return username === undefined ? { token: text } : { username, password: text };
}

/** UTF-8, without one line end behind it. */
function textOf(bytes: Uint8Array, name: string): string {
  try {
    return fromUtf8(bytes).replace(/\r?\n$/, "");
  } catch {
    throw refused(name, "The value is no text", "it is no UTF-8");
  }
}

function propertiesIn(text: string, name: string): Secret {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Its own words would quote the value.
  }
  throw refused(name, "The value is no JSON object", undefined);
}

const refused = (name: string, what: string, why: string | undefined): CliError =>
  new CliError({
    code: CODE.usage,
    what,
    where: `secret ${name}`,
    ...(why === undefined ? {} : { why }),
    exitCode: EXIT.usage,
  });
