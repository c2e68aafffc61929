// What the host knows of a run and the engine does not.
import type { Pack } from "@reach-fabric/engine";
import { randomBytes, randomUUID } from "node:crypto";

/** What tells a run from all others. */
export interface RunIdentity {
  /** A random lower-case UUID. */
  readonly id: string;
  /** From 1 on. */
  readonly attempt: number;
  /** 32 random bytes: the seeds of every commitment follow from them (TRACE-12). Never to be shown. */
  readonly secret: Uint8Array;
}

/** What a recorder is told before the first record. */
export interface Beginning {
  readonly pack: Pack;
  /** SHA-256 of the scalar engine, in hex. */
  readonly engine: string;
  /** In UTC with milliseconds. */
  readonly startedAt: string;
  /** The first record, which is about to enter. */
  readonly start: Uint8Array;
}

/** Where identities come from; tests give their own. */
export interface IdentityOptions {
  readonly id?: string;
  /** 1 unless it is given. */
  readonly attempt?: number;
  readonly secret?: Uint8Array;
}

/** The identity of a new run. */
export const newIdentity = ({ id, attempt, secret }: IdentityOptions = {}): RunIdentity => ({
  id: id ?? randomUUID(),
  attempt: attempt ?? 1,
  secret: secret ?? new Uint8Array(randomBytes(32)),
});
