// Secrets taken out of what is shown to people (docs/spec/redact.md): logs, errors, URLs, headers.
import { SecretGuard } from "./guard.ts";
import { isProofName, REDACTED, withoutLooks } from "./recognised.ts";

export interface KnownSecrets {
  /** Texts that are secret: those of 8 characters or more are found in every form of GRANT-20. */
  readonly secrets?: Iterable<string>;
}

/**
 * What is given, without what is or looks like a secret: a text, a URL, headers, an error with its causes, any JSON.
 *
 * Guarantees: nothing is changed in place; what comes back is JSON, with `[redacted]` for each secret that
 * docs/spec/redact.md lists; an error comes back as its name, code, message, stack and cause; the environment of the process,
 * what is in itself, what is nested deeper than 64 levels, what cannot be read and all behind 20,000 objects come back as
 * `[redacted]` alone. It throws nothing. It knows looks, not
 * meanings: what nothing gives away is left as it is, so name it in `secrets`.
 *
 * @example
 * redact("GET https://me:pw@a.example/?code=abc"); // → "GET https://[redacted]@a.example/?code=[redacted]"
 * redact({ authorization: "Bearer abc", accept: "text/html" }); // → { authorization: "[redacted]", accept: "text/html" }
 * redact("the key is s3cret-of-ours", { secrets: ["s3cret-of-ours"] }); // → "the key is [redacted]"
 */
export function redact<T>(value: T, options?: KnownSecrets): T extends string ? string : unknown;
export function redact(value: unknown, { secrets = [] }: KnownSecrets = {}): unknown {
  const guard = new SecretGuard();
  for (const text of secrets) guard.add(text);
  const text = (given: string): string => withoutLooks(guard.scrubbed(given));
  /** What is being walked through, from the outermost: what is in itself is shown once. */
  const around = new Set<object>();
  let left = MOST_MEMBERS;
  const inside = (at: object): unknown => {
    if (at instanceof URL) return text(at.href);
    if (at instanceof URLSearchParams) return text(`?${at.toString()}`).slice(1);
    if (at instanceof Date) return Number.isNaN(at.getTime()) ? null : at;
    if (Array.isArray(at)) return at.map((item) => walk(item));
    return Object.fromEntries(
      membersOf(at).map(([name, member]) => [
        text(name),
        isProofName(name) && member !== null && typeof member !== "boolean"
          ? REDACTED
          : walk(member),
      ]),
    );
  };
  const walk = (at: unknown): unknown => {
    if (typeof at === "string") return text(at);
    if (typeof at === "number" || typeof at === "bigint") {
      const digits = text(String(at));
      return typeof at === "number" && digits === String(at) ? at : digits;
    }
    if (typeof at === "function" || typeof at === "symbol") return undefined;
    if (typeof at !== "object" || at === null) return at;
    left -= 1;
    if (left < 0 || around.size > DEEPEST || around.has(at)) return REDACTED;
    if (at === process.env || ArrayBuffer.isView(at)) return REDACTED;
    around.add(at);
    try {
      return inside(at);
    } catch {
      // A getter that throws, a proxy that was revoked.
      return REDACTED;
    } finally {
      around.delete(at);
    }
  };
  return walk(value);
}

const DEEPEST = 64;

/** Objects and arrays that are walked through: the objects of a connection hold each other in countless ways. */
const MOST_MEMBERS = 20_000;

function membersOf(at: object): [name: string, member: unknown][] {
  if (at instanceof Headers || at instanceof Map) {
    return [...at].map(([name, member]: [unknown, unknown]) => [nameIn(name), member]);
  }
  if (at instanceof Set) return [...at].map((item, i) => [String(i), item]);
  if (!(at instanceof Error)) return Object.entries(at);
  const { name, message, stack, cause } = at;
  const said = Object.entries({ name, message, stack, cause });
  return [...said, ...Object.entries(at)].filter(([, member]) => member !== undefined);
}

/** A map's keys may be anything. */
const nameIn = (key: unknown): string =>
  typeof key === "string" || typeof key === "number" ? String(key) : typeof key;
