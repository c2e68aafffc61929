// Where the secrets of a run come from. They may be others when the run has waited for days.
import type { Secret, Secrets } from "./texts.ts";

/** What a source has at a time. */
export interface SecretsNow {
  /** What requests are made with. */
  readonly secrets: Secrets;
  /** Former versions that are not retired: no request is made with them, and no answer that holds one is recorded. */
  readonly former: readonly { readonly name: string; readonly secret: Secret }[];
}

/** Texts that runs have got, as tokens, and that a later process of theirs has to guard. */
export interface GotTexts {
  /** Keeps them for a run, sealed: durable when this resolves. */
  keep(run: string, texts: readonly string[]): Promise<void>;
  of(run: string): Promise<readonly string[]>;
  /** Of a run that has ended nothing is kept. */
  forget(run: string): Promise<void>;
}

/**
 * Where secrets come from, and may be others from one time to the next: a vault, a folder, a file.
 *
 * read() gives what is there now, and the same object as before where nothing has changed. It is asked before each effect that
 * leaves the machine: so a request that begins after a rotation has the value that is current then.
 */
export interface SecretSource {
  /** For messages. */
  readonly where: string;
  read(): Promise<SecretsNow>;
  /** Undefined where a source has no key to seal texts with. */
  readonly got?: GotTexts;
}

/** Whether something is a source, and no secrets by themselves. */
export const isSource = (given: Secrets | SecretSource): given is SecretSource =>
  typeof given["read"] === "function";
