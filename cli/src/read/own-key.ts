import { existsSync } from "node:fs";
import { publicKeyOf } from "@reach-fabric/evidence";
import type { PublicKey } from "@reach-fabric/evidence";
import type { Machine } from "../ui/machine.ts";
import { defaultKeyPath, readKey } from "./keys.ts";

/**
 * The user's own key, with which a run without --key is signed: what it signed is known to be the user's. It is not
 * made here: who has none yet has signed nothing.
 */
export function ownKeys(machine: Machine): readonly PublicKey[] {
  const path = defaultKeyPath(machine);
  return existsSync(path) ? [publicKeyOf(readKey(machine, path))] : [];
}
