// What keeps secrets out of all that a run records (GRANT-20): one guard for each run, over all texts of all secrets
// that it may use, and all tokens that it gets.
import { hostCode } from "../files/codes.ts";
import { readings, textsOfBytes } from "./escapes.ts";
import { exactForms, foldedForms, LONG_SECRET, SHORTEST_SECRET, unfolded } from "./forms.ts";
import { jsonIn, textsOfValue } from "./neighbours.ts";
import { REDACTED } from "./recognised.ts";
import { TextSearch } from "./search.ts";
import { textsOfSecret } from "./texts.ts";
import type { Secrets } from "./texts.ts";

/** What came of an effect, as far as a guard looks at it. */
interface Outcome {
  readonly result: object;
  readonly body?: Uint8Array;
  readonly note?: { readonly code: string; readonly why: string };
}

export class SecretGuard {
  readonly #texts = new Set<string>();
  #searches: { readonly exact: TextSearch; readonly folded: TextSearch } | undefined;
  /** Bytes without a secret, and of how many texts that was said. */
  readonly #clean = new WeakMap<Uint8Array, number>();

  /**
   * @param names of the secrets that may be used
   * @throws ReachError `REACH-E4133` for one that is too short
   */
  constructor(secrets: Secrets = {}, names: Iterable<string> = Object.keys(secrets)) {
    for (const name of new Set(names)) {
      const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
      for (const text of secret === undefined ? [] : textsOfSecret(name, secret)) this.add(text);
    }
  }

  /** Guards one more text from now on; false for one that is too short for that. */
  add(text: string): boolean {
    if (text.length < SHORTEST_SECRET) return false;
    if (!this.#texts.has(text)) this.#searches = undefined;
    this.#texts.add(text);
    return true;
  }

  /**
   * True if a secret is in a text, in bytes, or in a JSON value: in any of its texts, names and numbers, or in what
   * those beside each other say together.
   */
  holds(value: unknown): boolean {
    if (this.#texts.size === 0) return false;
    if (value instanceof Uint8Array) return this.#inBytes(value);
    return this.#inText(textsOfValue(value));
  }

  /** What may be admitted of what came of an effect: with a secret in it, no more than the failure `denied`. */
  admissible<T extends Outcome>(outcome: T): T | Outcome {
    const { result, body, note } = outcome;
    if (this.holds(result) || (body !== undefined && this.holds(body))) return caught;
    return note !== undefined && this.holds({ ...note })
      ? { ...outcome, note: caught.note }
      : outcome;
  }

  /** The text with every secret in it replaced, in whatever form it is. */
  scrubbed(text: string): string {
    if (!this.#inText(text)) return text;
    const { exact, folded } = this.#search();
    const plain = replaced(replaced(text, text, exact), text.toLowerCase(), folded);
    if (!this.#inText(plain)) return plain;
    // Written otherwise: the word that holds it, or else all of it.
    const words = plain.replaceAll(/\S+/g, (word) => (this.#inText(word) ? REDACTED : word));
    return this.#inText(words) ? REDACTED : words;
  }

  #inBytes(bytes: Uint8Array): boolean {
    if (this.#clean.get(bytes) === this.#texts.size) return false;
    const texts = textsOfBytes(bytes);
    if (texts.some((text) => this.#inText(text) || this.#inText(textsOfJson(text)))) return true;
    this.#clean.set(bytes, this.#texts.size);
    return false;
  }

  #inText(text: string): boolean {
    if (this.#texts.size === 0 || text.length < SHORTEST_SECRET) return false;
    const { exact, folded } = this.#search();
    return readings(text).some(
      (reading) => exact.isIn(reading) || folded.isIn(unfolded(reading).toLowerCase()),
    );
  }

  #search(): { readonly exact: TextSearch; readonly folded: TextSearch } {
    this.#searches ??= {
      exact: new TextSearch([...this.#texts].filter((text) => !isLong(text)).flatMap(exactForms)),
      folded: new TextSearch([...this.#texts].filter(isLong).flatMap(foldedForms)),
    };
    return this.#searches;
  }
}

const isLong = (text: string): boolean => text.length >= LONG_SECRET;

const caught = {
  result: { failure: "denied" },
  note: { code: hostCode.secretCaught, why: "what came back holds a secret" },
};

/** What its texts say, where it is JSON; the bytes as they are have been looked at before. */
function textsOfJson(text: string): string {
  const value = jsonIn(text);
  return value === undefined ? "" : textsOfValue(value);
}

function replaced(text: string, seen: string, search: TextSearch): string {
  // Where letters have changed their number, places say nothing.
  if (text.length !== seen.length) return text;
  let made = "";
  let at = 0;
  for (const { from, to } of search.spans(seen).sort((a, b) => a.from - b.from)) {
    // Forms may lie over each other.
    if (from >= at) made += text.slice(at, from) + REDACTED;
    at = Math.max(at, to);
  }
  return made + text.slice(at);
}
