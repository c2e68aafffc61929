// The operator's file of secrets.
import { secretsFile } from "@reach-fabric/schema";
import { stat } from "node:fs/promises";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { readRegularFile } from "../files/files.ts";
import { textsOfSecret } from "./texts.ts";
import type { Secrets } from "./texts.ts";

/**
 * Reads a file of secrets: strict JSON of format reach/secrets/v1, which no one else may read.
 *
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E4132` where others may read it, `REACH-E4133`
 *   for a secret of fewer than 8 characters, `REACH-E11xx` for its JSON, `REACH-E42xx` for what it says, without a
 *   word of what is in it
 *
 * @example
 * await run({ engine, pack, input, grant, secrets: await readSecrets("secrets.json"), recorder });
 */
export async function readSecrets(path: string): Promise<Secrets> {
  const bytes = await readRegularFile(path, { limit: 1024 * 1024 });
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) {
    throw new ReachError(hostCode.openSecrets, "Others may read the secrets.", {
      where: path,
      hint: `chmod 600 ${path}`,
    });
  }
  const { secrets } = checked(secretsFile, readJson(bytes, path), "secrets");
  for (const [name, secret] of Object.entries(secrets)) textsOfSecret(name, secret);
  return secrets;
}
