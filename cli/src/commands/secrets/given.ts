// Where secrets come from, as a command line names it, and what opens them.
import { join } from "node:path";
import type { Command } from "commander";
import type * as Host from "@reach-fabric/host";
import type { OpenedSecrets, Secrets, SecretSource, VaultOptions } from "@reach-fabric/host";
import { CODE, CliError, EXIT, problemOf } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { stateFolder, xdgFolder } from "../../read/keys.ts";
import { askPassphrase, canAsk, passphraseIn } from "../../read/passphrase.ts";
import type { Machine } from "../../ui/machine.ts";

/** How secrets are named by commands that use them. */
export interface SecretsOption {
  readonly secrets?: string | undefined;
  readonly secretsPassphraseFile?: string | undefined;
}

/** Adds the options of a command that uses secrets. */
export const secretsOptions = (command: Command): Command =>
  command
    .option(
      "--secrets <path>",
      "what the names of secrets stand for: a vault (reach secrets), a file, or a folder with a file a value, readable by you alone",
    )
    .option(
      "--secrets-passphrase-file <file>",
      "the passphrase of the vault; otherwise it is asked for",
    );

/** The user's own vault. */
export const ownVault = (machine: Machine): string =>
  join(xdgFolder(machine, "XDG_CONFIG_HOME", ".config"), "secrets.vault");

/** What a vault is opened with beside its passphrase. */
export const vaultOptions = (terminal: Terminal): Omit<VaultOptions, "passphrase"> => ({
  record: join(stateFolder(terminal.machine), "vaults.json"),
  tell: ({ kind, text }) => terminal.progress("vault", text, { kind, why: text }),
});

/** The passphrase of a vault: in a file, or typed. */
export async function vaultPassphrase(
  machine: Machine,
  path: string,
  file: string | undefined,
  option: string,
): Promise<Uint8Array> {
  if (file !== undefined) return passphraseIn(machine, file);
  if (canAsk(machine)) return askPassphrase(machine, `passphrase for ${path}`);
  throw new CliError({
    code: CODE.usage,
    what: "The vault needs its passphrase, and there is no terminal to ask at",
    where: path,
    hint: `Give ${option} FILE; /dev/fd/3 is an open descriptor.`,
    exitCode: EXIT.usage,
  });
}

/** The secrets that a command was given; none where it was given none. */
export async function secretsGiven(
  terminal: Terminal,
  host: typeof Host,
  { secrets: path, secretsPassphraseFile: file }: SecretsOption,
): Promise<Secrets | SecretSource> {
  if (path === undefined) return {};
  const { source } = await openedSecrets(terminal, host, path, file, "--secrets-passphrase-file");
  return source;
}

/** The secrets at a path, of whichever kind. */
export async function openedSecrets(
  terminal: Terminal,
  { openSecrets }: Pick<typeof Host, "openSecrets">,
  path: string,
  file: string | undefined,
  option: string,
  more: { readonly acceptOlder?: boolean } = {},
): Promise<OpenedSecrets> {
  const { machine } = terminal;
  try {
    return await openSecrets(path, {
      ...vaultOptions(terminal),
      ...more,
      passphrase: () => vaultPassphrase(machine, path, file, option),
      variables: machine.variables,
    });
  } catch (error) {
    throw error instanceof CliError ? error : new CliError(problemOf(error, path));
  }
}
