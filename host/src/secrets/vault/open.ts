// One way to name where secrets come from: a path, of a vault, a file or a folder.
import { stat } from "node:fs/promises";
import { readJson } from "../../files/document.ts";
import { cannotRead } from "../../files/files.ts";
import { readPrivate } from "../../files/private.ts";
import { LARGEST_FILE, secretsIn } from "../file.ts";
import type { Variables } from "../file.ts";
import { readFolder } from "../folder.ts";
import type { SecretsNow, SecretSource } from "../source.ts";
import type { Secrets } from "../texts.ts";
import { openVault } from "./vault.ts";
import type { Vault, VaultOptions } from "./vault.ts";

export interface OpenSecretsOptions extends Omit<VaultOptions, "passphrase"> {
  /** Is asked where it is a vault. */
  readonly passphrase: (path: string) => Promise<Uint8Array>;
  /** Of the environment, for a file that names some. */
  readonly variables?: Variables;
}

/** A source, and which kind it is of. */
export type OpenedSecrets =
  | { readonly kind: "vault"; readonly source: Vault }
  | { readonly kind: "file" | "folder"; readonly source: SecretSource };

/**
 * Opens the secrets at a path: a vault (docs/spec/vault.md), a file of format reach/secrets/v1, or a folder with a file a value (GRANT-12).
 *
 * Guarantees: what others may read is refused, by its owner and mode as they are of what was opened; read() gives what is there then.
 *
 * @throws ReachError as openVault(), readSecrets() do; `REACH-E4150` a file of a folder that is no value
 *
 * @example
 * const passphrase = async () => utf8("correct horse battery staple");
 * const { kind, source } = await openSecrets("secrets.json", { passphrase });
 * kind; // → "file"
 * await run({ engine, pack, input, secrets: source, recorder: memoryRecorder() });
 */
export async function openSecrets(
  path: string,
  { passphrase, variables, ...options }: OpenSecretsOptions,
): Promise<OpenedSecrets> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  if (found.isDirectory()) {
    const source = following(path, () => readFolder(path));
    await source.read();
    return { kind: "folder", source };
  }
  if (await isVault(path)) {
    const vault = await openVault(path, { ...options, passphrase: await passphrase(path) });
    return { kind: "vault", source: vault };
  }
  const source = following(path, async () => {
    const { bytes, mark } = await readFile(path);
    return { secrets: secretsIn(readJson(bytes, path), path, variables), mark };
  });
  await source.read();
  return { kind: "file", source };
}

const readFile = (path: string): ReturnType<typeof readPrivate> =>
  readPrivate(path, { limit: LARGEST_FILE, what: "secrets", follow: true });

/** By what it says of itself, which is all that is believed of it here: also one that was cut. */
async function isVault(path: string): Promise<boolean> {
  const bytes = Buffer.from((await readFile(path)).bytes);
  return (
    bytes.length === 0 ||
    bytes.indexOf('{"entries":') === 0 ||
    bytes.includes('"format":"reach/vault/')
  );
}

/** A source that is read again each time; where nothing has changed it gives the same object. */
function following(
  path: string,
  read: () => Promise<{ readonly secrets: Secrets; readonly mark: string }>,
): SecretSource {
  let last: { readonly mark: string; readonly now: SecretsNow } | undefined;
  return {
    where: path,
    read: async () => {
      const { secrets, mark } = await read();
      if (last?.mark !== mark) last = { mark, now: { secrets, former: [] } };
      return last.now;
    },
  };
}
