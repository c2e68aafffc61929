import { existsSync } from "node:fs";
import { fromBase64, fromUtf8 } from "@reach-fabric/engine";
import { publicKey, publicKeyOf } from "@reach-fabric/evidence";
import type { PublicKey } from "@reach-fabric/evidence";
import type { Machine } from "../ui/machine.ts";
import { readInput } from "./files.ts";
import { defaultKeyPath, readKey } from "./keys.ts";

/**
 * The user's own key, with which a run without --key is signed: what it signed is known to be the user's. It is not
 * made here: who has none yet has signed nothing.
 */
export function ownKeys(machine: Machine): readonly PublicKey[] {
  const path = defaultKeyPath(machine);
  if (!existsSync(path)) return [];
  // What is no key is said by who reads all of it, which takes the time to load schemas.
  return [sharedIn(readInput(machine, path)) ?? publicKeyOf(readKey(machine, path))];
}

/** The public part of a key file of Ed25519; undefined for anything that is not clearly one. */
function sharedIn(bytes: Uint8Array): PublicKey | undefined {
  try {
    const { alg, id, public: shared } = JSON.parse(fromUtf8(bytes)) as Record<string, unknown>;
    if (alg !== "Ed25519" || typeof shared !== "string") return undefined;
    const key = publicKey(fromBase64(shared));
    return key.id === id ? key : undefined;
  } catch {
    return undefined;
  }
}
