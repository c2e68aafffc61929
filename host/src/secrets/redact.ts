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
 * and what is nested deeper than 64 levels, come back as `[redacted]` alone. It throws nothing. It knows looks, not
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
  const walk = (at: unknown, depth: number): unknown => {
    if (typeof at === "string") return text(at);
    if (typeof at === "number" || typeof at === "bigint") {
      const digits = String(at);
      return text(digits) === digits ? at : REDACTED;
    }
    if (typeof at !== "object" || at === null) return typeof at === "function" ? undefined : at;
    if (depth > DEEPEST || at === process.env || ArrayBuffer.isView(at)) return REDACTED;
    if (at instanceof URL) return text(at.href);
    if (at instanceof Date) return at;
    if (Array.isArray(at)) return at.map((item) => walk(item, depth + 1));
    return Object.fromEntries(
      membersOf(at).map(([name, member]) => [
        text(name),
        isProofName(name) && member !== null && typeof member !== "boolean"
          ? REDACTED
          : walk(member, depth + 1),
      ]),
    );
  };
  return walk(value, 0);
}

const DEEPEST = 64;

function membersOf(at: object): [name: string, member: unknown][] {
  if (at instanceof Headers || at instanceof Map) {
    return [...at].map(([name, member]: [unknown, unknown]) => [String(name), member]);
  }
  if (at instanceof Set) return [...at].map((item, i) => [String(i), item]);
  try {
    if (!(at instanceof Error)) return Object.entries(at);
    const { name, message, stack, cause } = at;
    const said = Object.entries({ name, message, stack, cause });
    return [...said, ...Object.entries(at)].filter(([, member]) => member !== undefined);
  } catch {
    // A getter that throws.
    return [["unreadable", REDACTED]];
  }
}
