// Access tokens while they last: each is asked for once, whoever waits for it, and used by all runs of a tenant that may (GRANT-15).
import { createHash } from "node:crypto";

/** A token that an authority has given. */
export interface KeptToken {
  /** Of a request that has it. */
  readonly header: string;
  /** All that came with it and is to be guarded. */
  readonly texts: readonly string[];
  /** Milliseconds from when it was asked for. */
  readonly lasts: number;
}

/** Asks an authority. The signal ends with the cache, and with none of those who wait. */
type AskToken = (signal: AbortSignal) => Promise<KeptToken>;

/** What makes two tokens the same one. */
export interface TokenWanted {
  readonly scheme: string;
  /** Authority, client, its proof, scopes and all else: a secret that was rotated is another one. */
  readonly properties: unknown;
  /** Two secrets that say the same may not go to the same places. */
  readonly secret: string | undefined;
  /** Where the run may go, and where that is: who may not ask an authority has no token of it either. */
  readonly world: unknown;
}

/** The tokens of one tenant. */
export interface TenantTokens {
  /**
   * A token. All who want the same one at a time wait for one answer, which goes on without those who stop waiting.
   *
   * @throws what `ask` does
   */
  get(wanted: TokenWanted, ask: AskToken): Promise<KeptToken>;
}

/** Tokens that runs share. Give each run those of its tenant, and close it when there are no more runs. */
export interface TokenCache {
  forTenant(tenant: string): TenantTokens;
  /** Ends what is still asked for, and forgets all tokens. */
  close(): void;
}

/** Tokens that are kept at most. */
const MOST = 1000;

/** How many milliseconds have passed, by whatever says more: a clock may be set back, and a machine that sleeps counts nothing else. */
function stopwatch(): () => number {
  const [clock, steady] = [Date.now(), performance.now()];
  return () => Math.max(Date.now() - clock, performance.now() - steady);
}

/**
 * Tokens for the runs of one process: a token of OAuth 2.0 or OpenID Connect is asked for once by all runs of a tenant that have
 * the same secret, under the same grant and addresses, and used until 10 s before it ends.
 *
 * Guarantees: no tenant has a token of another one; a secret that was rotated has a token of its own; a token is asked for
 * by one request at a time, which goes on where the run ends that has begun it; each run that uses one guards its texts. At most `most` are kept
 * (default 1000): the oldest gives way.
 *
 * @example
 * const tokens = createTokenCache();
 * const { status } = await run({ engine, pack, input, recorder: memoryRecorder(), tokens: tokens.forTenant("acme") });
 * status; // → "completed"
 * tokens.close();
 */
export function createTokenCache({ most = MOST }: { readonly most?: number } = {}): TokenCache {
  const kept = new Map<string, { readonly token: Promise<KeptToken>; hasEnded: () => boolean }>();
  const closing = new AbortController();

  const fly = (key: string, ask: AskToken): Promise<KeptToken> => {
    const passed = stopwatch();
    const token = ask(closing.signal);
    const one = { token, hasEnded: () => false };
    kept.delete(key);
    kept.set(key, one);
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break;
      kept.delete(oldest);
    }
    token.then(
      ({ lasts }) => {
        one.hasEnded = () => passed() >= lasts;
      },
      // A failure is not kept: the next request asks again.
      () => {
        if (kept.get(key) === one) kept.delete(key);
      },
    );
    return token;
  };

  return {
    forTenant: (tenant) => ({
      get: (wanted, ask) => {
        const { scheme, secret = null, properties, world } = wanted;
        // What is kept is found by a digest: no secret is in a key.
        const text = JSON.stringify([tenant, scheme, secret, properties, world]);
        const key = createHash("sha256").update(text).digest("hex");
        const known = kept.get(key);
        return known?.hasEnded() === false ? known.token : fly(key, ask);
      },
    }),
    close: () => {
      closing.abort(new Error("the runs have ended"));
      kept.clear();
    },
  };
}
