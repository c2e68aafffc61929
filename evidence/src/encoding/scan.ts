// Where things are in canonical JSON texts (RFC 8785): a value is taken out, put in or committed to as it is
// spelled. JSON.parse would lose that: members whose names are whole numbers come first in its objects.
//
// What is scanned is canonical by then (parseLines(), parseCanonical(), records of the engine): nothing is
// checked here. Of another text the places are wrong, but each function ends.
import { fromUtf8, utf8 } from "@reach-fabric/engine";

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, END_LIST, OPEN_OBJECT, END_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The offset behind the string that begins at `at` with its quote. */
export function stringEnd(text: string, at: number): number {
  const { length } = text;
  let i = at + 1;
  while (i < length) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) break;
    i += unit === BACKSLASH ? 2 : 1;
  }
  return i + 1;
}

/** The offset behind the value that begins at `at`. */
export function valueEnd(text: string, at: number): number {
  const { length } = text;
  let depth = 0;
  for (let i = at; i < length;) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) {
      i = stringEnd(text, i);
      continue;
    }
    const isEnd = unit === END_OBJECT || unit === END_LIST;
    if (depth === 0 && (isEnd || unit === COMMA)) return i;
    if (isEnd) depth--;
    else if (unit === OPEN_OBJECT || unit === OPEN_LIST) depth++;
    i++;
  }
  return length;
}

/** The value of a member within the canonical bytes of its object. */
export interface Member {
  /** Where it begins and ends, in bytes. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The members of an object by their names, which are as they are spelled between their quotes.
 *
 * @param text what the bytes say, where it is at hand
 */
export function membersOf(
  bytes: Uint8Array,
  text: string = fromUtf8(bytes),
): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  // As many units as bytes: all of it is ASCII, and the places are the same.
  const isAscii = text.length === bytes.length;
  let [unit, byte] = [0, 0];
  const byteAt = (next: number): number => {
    byte = isAscii ? next : byte + utf8(text.slice(unit, next)).length;
    unit = next;
    return byte;
  };
  for (let at = 1; text.charCodeAt(at) === QUOTE;) {
    const nameEnd = stringEnd(text, at);
    const name = text.slice(at + 1, nameEnd - 1);
    const end = valueEnd(text, nameEnd + 1);
    members.set(name, {
      start: byteAt(nameEnd + 1),
      end: byteAt(end),
      text: text.slice(nameEnd + 1, end),
    });
    at = end + 1;
  }
  return members;
}
