// The tenant's matter key: under which logs note whom a run is about.
import { createEngine } from "@reach-fabric/engine";
import { newMatterKey, readMatterKey } from "@reach-fabric/evidence";
import type { MatterKey } from "@reach-fabric/evidence";
import { hostCode } from "@reach-fabric/host/codes";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { platform } from "node:os";
import { CliError, EXIT, problemOf } from "../ui/problem.ts";
import type { Machine } from "../ui/machine.ts";
import { readInput } from "./files.ts";
import { writeNew } from "./keys.ts";

/** Makes a matter key in a file that is not there yet, for the user alone (mode 0600). */
export function createMatterKey(path: string): { readonly id: string } {
  const file = newMatterKey(createEngine(), (size) => randomBytes(size));
  writeNew(path, file, 0o600);
  return { id: file.id };
}

/** The matter key in a file, which no one else may read. Errors never show what is in it. */
export function matterKeyIn(machine: Machine, path: string): MatterKey {
  const bytes = readInput(machine, path);
  if (path !== "-" && platform() !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new CliError({
      code: hostCode.openSecrets,
      what: "Others may read the matter key",
      where: path,
      hint: `chmod 600 ${path}`,
      exitCode: EXIT.usage,
    });
  }
  try {
    return readMatterKey(createEngine(), bytes);
  } catch (error) {
    throw new CliError({ ...problemOf(error, path), exitCode: EXIT.usage });
  }
}
