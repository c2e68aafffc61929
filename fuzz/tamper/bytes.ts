// Changes of a file as bytes, by one who knows nothing of what is in it.
import { sameBytes } from "@reach-fabric/engine";
import { entries, fileOf } from "../../evidence/test/fixtures/fixture.ts";
import type { Dice } from "./dice.ts";

/** A changed file, and what was done to it. Its bytes may be others once the next one was asked for. */
export interface Changed {
  readonly what: string;
  readonly file: Uint8Array;
}

/** Every other value that a byte can have. */
export const allOthers = (byte: number): number[] =>
  Array.from({ length: 255 }, (_, i) => byte ^ (i + 1));

/** The file with one byte changed, at every place. */
export function* changedBytes(
  file: Uint8Array,
  others: (byte: number) => readonly number[],
): Generator<Changed> {
  const copy = file.slice();
  for (const [at, byte] of file.entries()) {
    for (const value of others(byte)) {
      copy[at] = value;
      yield { what: `byte ${at} from ${byte} to ${value}`, file: copy };
    }
    copy[at] = byte;
  }
}

/**
 * The file with one byte changed inside an entry, at every `step`th place; CRC-32 and sizes are made to fit, so that
 * what refuses it is the evidence and not the container.
 */
export function* changedInside(
  file: Uint8Array,
  others: (byte: number) => readonly number[],
  step = 1,
): Generator<Changed> {
  for (const [name, bytes] of entries(file)) {
    const copy = bytes.slice();
    const parts = new Map([...entries(file), [name, copy]]);
    for (let at = 0; at < bytes.length; at += step) {
      const byte = bytes[at] ?? 0;
      for (const value of others(byte)) {
        copy[at] = value;
        yield { what: `${name} byte ${at} from ${byte} to ${value}`, file: fileOf(parts) };
      }
      copy[at] = byte;
    }
  }
}

/** One edit: bytes flipped, overwritten, removed, put in, repeated or exchanged. */
export function edited(file: Uint8Array, { below, pick, bytes }: Dice): Changed {
  const edits: Readonly<Record<string, () => Uint8Array>> = {
    flip: () => {
      const copy = file.slice();
      const at = below(file.length);
      copy[at] = (copy[at] ?? 0) ^ (1 + below(255));
      return copy;
    },
    overwrite: () => {
      const copy = file.slice();
      copy.set(bytes(1 + below(64)), below(file.length - 64));
      return copy;
    },
    remove: () => {
      const at = below(file.length - 1);
      const size = 1 + below(Math.min(1000, file.length - at));
      return joined(file.subarray(0, at), file.subarray(at + size));
    },
    insert: () => {
      const at = below(file.length + 1);
      return joined(file.subarray(0, at), bytes(1 + below(64)), file.subarray(at));
    },
    repeat: () => {
      const at = below(file.length);
      const end = at + 1 + below(Math.min(1000, file.length - at));
      return joined(file.subarray(0, end), file.subarray(at, end), file.subarray(end));
    },
    swap: () => {
      const places = [below(file.length), below(file.length), below(file.length)];
      const [a = 0, b = 0, c = 0] = places.sort((x, y) => x - y);
      const [first, second] = [file.subarray(a, b), file.subarray(b, c)];
      return joined(file.subarray(0, a), second, first, file.subarray(c));
    },
  };
  for (;;) {
    const what = pick(Object.keys(edits));
    const changed = edits[what]?.() ?? file;
    if (!sameBytes(changed, file)) return { what, file: changed };
  }
}

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
