// What entered a run lies in the file sealed, under a key of the run's own: once the key is gone, so is all that it has sealed.
// SQLite's `secure_delete` alone does not do that: what moves from page to page leaves copies in their unused parts, which
// nothing overwrites when the row is deleted later.
//
// Keys stand in slots: rows of one length, put in at the end, overwritten where they stand, and never deleted. So none moves,
// and there is no copy. A slot whose key is gone is used again.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  randomFillSync,
} from "node:crypto";
import type { SqlStatements } from "./statements.ts";

const CIPHER = "aes-256-gcm";
const IV = 12;
const TAG = 16;
/** Run keys that are remembered. */
const MOST_KEYS = 10_000;

/** What is sealed is opened at its place only. */
export type SealedPlace = readonly [what: string, ...at: readonly (string | number)[]];

export class Seals {
  readonly #statements: SqlStatements;
  /** By the number of the run, which no other run gets; that of a slot is given again. */
  readonly #keys = new Map<number, Uint8Array>();
  readonly #random = Buffer.alloc(IV * 512);
  #used = this.#random.length;

  constructor(statements: SqlStatements) {
    this.#statements = statements;
  }

  /** A new key, and its slot. */
  takeSlot(): { readonly slot: number; readonly key: Uint8Array } {
    const key = randomBytes(32);
    const free = this.#statements.get<{ n: number }>("SELECT n FROM free_slot LIMIT 1");
    if (free === undefined) {
      return { slot: this.#statements.insert("INSERT INTO slot (key) VALUES (?)", key), key };
    }
    this.#statements.run("DELETE FROM free_slot WHERE n = ?", free.n);
    this.#statements.run("UPDATE slot SET key = ? WHERE n = ?", key, free.n);
    return { slot: free.n, key };
  }

  /** Nothing that was sealed under the key can be opened any more, once this is on the disk. */
  dropSlot(slot: number): void {
    this.#statements.run("UPDATE slot SET key = zeroblob(32) WHERE n = ?", slot);
    this.#statements.run("INSERT INTO free_slot (n) VALUES (?)", slot);
  }

  keyIn(slot: number): Uint8Array {
    const found = this.#statements.get<{ key: Uint8Array }>(
      "SELECT key FROM slot WHERE n = ?",
      slot,
    );
    return found?.key ?? new Uint8Array(32);
  }

  /** The key of a run that is not forgotten; undefined for another. */
  keyOfRun(n: number): Uint8Array | undefined {
    const known = this.#keys.get(n);
    if (known !== undefined) return known;
    const found = this.#statements.get<{ key: Uint8Array }>(
      "SELECT slot.key FROM run JOIN slot ON slot.n = run.slot WHERE run.n = ?",
      n,
    );
    if (found === undefined) return undefined;
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(n, found.key);
    return found.key;
  }

  /** Remembers nothing: what was done last was taken back. */
  forgetKeys(): void {
    this.#keys.clear();
  }

  seal(key: Uint8Array, place: SealedPlace, bytes: Uint8Array): Uint8Array {
    const iv = this.#nextIv();
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(aadOf(place));
    const sealed = cipher.update(bytes);
    cipher.final();
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]);
  }

  /** Never the same twice: a thousand calls for twelve bytes each take longer than the sealing. */
  #nextIv(): Uint8Array {
    if (this.#used === this.#random.length) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    this.#used += IV;
    return this.#random.subarray(this.#used - IV, this.#used);
  }

  /** What was sealed; undefined where it is not as it was written, or from another place. */
  open(key: Uint8Array, place: SealedPlace, sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < IV + TAG) return undefined;
    const end = sealed.length - TAG;
    const opened = createDecipheriv(CIPHER, key, sealed.subarray(0, IV), { authTagLength: TAG })
      .setAAD(aadOf(place))
      .setAuthTag(sealed.subarray(end));
    try {
      const bytes = opened.update(sealed.subarray(IV, end));
      opened.final();
      return bytes;
    } catch {
      return undefined;
    }
  }
}

/** A name for what must be told apart, which says nothing to who lacks the key. */
export const sealedName = (key: Uint8Array, text: string): Uint8Array =>
  createHmac("sha256", key).update(text).digest();

const aadOf = (place: SealedPlace): Buffer => Buffer.from(JSON.stringify(place));
