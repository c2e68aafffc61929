// The secrets of one run: as they are now, and all texts of them, and of what was got with them, that it has to guard.
import { SecretGuard } from "./guard.ts";
import { isSource } from "./source.ts";
import type { SecretsNow, SecretSource } from "./source.ts";
import { textsOfSecret } from "./texts.ts";
import type { Secret, Secrets } from "./texts.ts";

export class RunSecrets {
  /** Knows the texts of each version that the run has used, or that is not retired. */
  readonly guard: SecretGuard;
  /** By name, as they are now: this object stays, and what it holds changes with the source. */
  readonly values: Secrets;
  readonly #names: ReadonlySet<string>;
  readonly #source: SecretSource | undefined;
  readonly #run: string | undefined;
  readonly #now: Record<string, Secret> = Object.create(null) as Record<string, Secret>;
  #seen: SecretsNow | undefined;
  /** Texts that a later process finds. */
  readonly #kept = new Set<string>();

  /**
   * @param names of the secrets that the run may use
   * @param run its id, where texts that it gets are to be known to a later process
   * @throws ReachError `REACH-E4133` for a secret that is too short, where they are no source's
   */
  constructor(given: Secrets | SecretSource = {}, names: Iterable<string> = [], run?: string) {
    this.#names = new Set(names);
    this.#run = run;
    if (isSource(given)) {
      this.#source = given;
      this.values = this.#now;
      this.guard = new SecretGuard();
    } else {
      this.values = given;
      this.guard = new SecretGuard(given, this.#names);
    }
  }

  /** Whether they may change. */
  get isLive(): boolean {
    return this.#source !== undefined;
  }

  /**
   * What an earlier process of the run has got is guarded, and the source is read.
   *
   * @throws ReachError what is wrong with the source, `REACH-E4133`
   */
  async open(): Promise<void> {
    const texts = this.#run === undefined ? undefined : await this.#source?.got?.of(this.#run);
    for (const text of texts ?? []) {
      this.guard.add(text);
      this.#kept.add(text);
    }
    await this.refresh();
  }

  /** From now on they are as the source has them now. @throws ReachError as open() */
  async refresh(): Promise<void> {
    const now = await this.#source?.read();
    if (now === undefined || now === this.#seen) return;
    // All that can be wrong with them is found before the first of them is another one.
    for (const { name, secret } of now.former) this.#guard(name, secret);
    for (const [name, secret] of Object.entries(now.secrets)) this.#guard(name, secret);
    for (const name of Object.keys(this.#now)) delete this.#now[name];
    for (const name of this.#names) {
      const secret = Object.hasOwn(now.secrets, name) ? now.secrets[name] : undefined;
      if (secret !== undefined) this.#now[name] = secret;
    }
    this.#seen = now;
  }

  /** Guards texts that were got with a secret, here and in a later process, before a request has one. */
  async got(texts: readonly string[]): Promise<void> {
    for (const text of texts) this.guard.add(text);
    const place = this.#source?.got;
    const fresh = texts.filter((text) => !this.#kept.has(text));
    if (place === undefined || this.#run === undefined || fresh.length === 0) return;
    await place.keep(this.#run, fresh);
    for (const text of fresh) this.#kept.add(text);
  }

  /** The run has ended. */
  async end(): Promise<void> {
    if (this.#run !== undefined && this.#kept.size > 0) await this.#source?.got?.forget(this.#run);
  }

  #guard(name: string, secret: Secret): void {
    if (!this.#names.has(name)) return;
    for (const text of textsOfSecret(name, secret)) this.guard.add(text);
  }
}
