// Keys of logs and witnesses.
import { newKey, noteKey, publicKeyOf, signerOf } from "@reach-fabric/evidence";
import type { NoteKey, NoteKind, Signer } from "@reach-fabric/evidence";
import { pseudoRandom } from "./fixture.ts";

export interface NoteSigner {
  readonly key: NoteKey;
  readonly signer: Signer;
}

/** The key of a name, made of a seed. */
export function keyOf(seed: string, name: string, kind: NoteKind): NoteSigner {
  const file = newKey(pseudoRandom(seed)).private;
  return { key: noteKey(name, kind, publicKeyOf(file)), signer: signerOf(file) };
}

export const ORIGIN = "example.com/log";
