// Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature v1). docs/spec/log.md,
// LOG-1 to LOG-4.
//
//     text, which ends in a line feed
//     (an empty line)
//     — NAME BASE64(4 bytes of key id, signature)
import { concat, fromHex, fromUtf8, sha256, toBase64, toHex, utf8 } from "@reach-fabric/engine";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { isSignature, publicKey, requireAlgorithm } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";

/** `note` signs the text; `cosignature` signs it with a time: a witness does. */
export type NoteKind = "note" | "cosignature";

/** A name and a key that signatures of notes are checked with. */
export interface NoteKey {
  readonly name: string;
  readonly kind: NoteKind;
  readonly key: PublicKey;
  /** 4 bytes in hex: finds the key, proves nothing. */
  readonly id: string;
}

/** A signature that is valid under a key that was given. */
export interface NoteSignature {
  readonly key: NoteKey;
  /** Seconds since 1970 that a cosignature says; undefined for a note's. */
  readonly time: bigint | undefined;
}

export interface OpenedNote {
  /** What was signed, with its last line feed. */
  readonly text: string;
  /** At least one, each by another key, in the order of their lines. */
  readonly verified: readonly NoteSignature[];
  /** Names of lines by keys that were not given. */
  readonly unverified: readonly string[];
}

const TYPES: Readonly<Record<NoteKind, number>> = { note: 1, cosignature: 4 };
const MAX_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
/** No space of any kind and no plus sign, which ends a name in a key's text. */
const NAME = /^[^\s+\p{Cc}\p{Z}]{1,200}$/u;

/**
 * The key of a name: SHA-256(name, line feed, type, key) gives its id.
 *
 * @throws EvidenceError `REACH-E5310` for a name that no key can have, `REACH-E5206` not Ed25519
 */
export function noteKey(name: string, kind: NoteKind, key: PublicKey): NoteKey {
  if (!NAME.test(name)) throw notKey(`not a name of a key: ${quoted(name)}`);
  requireAlgorithm(key, "Ed25519", "a note");
  const digest = sha256(concat([utf8(`${name}\n`), Uint8Array.of(TYPES[kind]), key.bytes]));
  return { name, kind, key, id: toHex(digest.subarray(0, 4)) };
}

const notKey = (what: string): EvidenceError => new EvidenceError("REACH-E5310", what);

/** The text of a key: `NAME+ID+BASE64(type, key)`. */
export const formatNoteKey = ({ name, id, kind, key }: NoteKey): string =>
  `${name}+${id}+${toBase64(concat([Uint8Array.of(TYPES[kind]), key.bytes]))}`;

/**
 * The key in such a text; its id must be the one that follows from the rest.
 *
 * @throws EvidenceError `REACH-E5310` not such a text; `REACH-E5202` a key that is not safe
 *
 * @example
 * parseNoteKey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").name; // → "example.com/foo"
 */
export function parseNoteKey(text: string): NoteKey {
  const [, name = "", id = "", encoded = ""] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? [];
  const bytes = exactBase64(encoded);
  const kind = bytes?.[0] === 1 ? "note" : bytes?.[0] === 4 ? "cosignature" : undefined;
  if (bytes?.length !== 33 || kind === undefined) throw notKey("not the text of a note's key");
  const key = noteKey(name, kind, publicKey(bytes.subarray(1)));
  if (key.id !== id) throw notKey(`the key of ${quoted(name)} has the id ${key.id}, not ${id}`);
  return key;
}

/** What a key signs: the text, or the text behind the time of a cosignature. */
function signedBytes(kind: NoteKind, text: string, time: bigint): Uint8Array {
  return utf8(kind === "note" ? text : `cosignature/v1\ntime ${time}\n${text}`);
}

/**
 * The line of a signature, for a note of this text.
 *
 * @param time seconds since 1970, for a cosignature
 * @throws EvidenceError `REACH-E5307` for a text that no note can have
 */
export function signNote(text: string, name: NoteKey, signer: Signer, time: bigint = 0n): string {
  checkText(text);
  const signature = signer.sign(signedBytes(name.kind, text, time));
  const stamp = new Uint8Array(name.kind === "cosignature" ? 8 : 0);
  if (stamp.length > 0) new DataView(stamp.buffer).setBigUint64(0, time);
  return `\u2014 ${name.name} ${toBase64(concat([fromHex(name.id), stamp, signature]))}\n`;
}

const notNote = (what: string): EvidenceError => new EvidenceError("REACH-E5307", what);

function checkText(text: string): void {
  if (!text.endsWith("\n") || text.length < 2) throw notNote("a note's text ends in a line feed");
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x09\x0b-\x1f]/.test(text)) throw notNote("a control character in a note");
}

/**
 * Opens a note: every signature by a key that is given must be valid, and there must be one.
 *
 * Guarantees: what was signed is exactly the bytes of `text`. Lines by other keys are named and mean
 * nothing. A key that signs twice counts once.
 *
 * @throws EvidenceError `REACH-E5307` not a note, `REACH-E5308` no signature by a given key,
 *   `REACH-E5309` two keys were given for one line, `REACH-E5303` a signature by a given key is not
 *   valid
 *
 * @example
 * const { text } = openNote(note, [parseNoteKey(vkey)]);
 */
export function openNote(bytes: Uint8Array, keys: readonly NoteKey[]): OpenedNote {
  const { text, lines } = splitNote(bytes);
  const verified = new Map<NoteKey, NoteSignature>();
  const unverified: string[] = [];
  for (const line of new Set(lines)) {
    const { name, id, signature } = readLine(line);
    const given = keys.filter((key) => key.name === name && key.id === id);
    const [key] = given;
    if (key === undefined) {
      unverified.push(name);
      continue;
    }
    if (given.length > 1) {
      throw new EvidenceError("REACH-E5309", `two keys for one signature: ${quoted(name)}+${id}`);
    }
    verified.set(key, check(key, text, signature));
  }
  if (verified.size === 0) throw new EvidenceError("REACH-E5308", "no signature by a known key");
  return { text, verified: [...verified.values()], unverified };
}

/** The text of a note of which no signature is verified: what it says may not be relied on. */
export const noteText = (bytes: Uint8Array): string => splitNote(bytes).text;

function splitNote(bytes: Uint8Array): { text: string; lines: string[] } {
  if (bytes.length > MAX_BYTES) throw notNote(`a note of more than ${MAX_BYTES} bytes`);
  let whole: string;
  try {
    whole = fromUtf8(bytes);
  } catch (cause) {
    throw new EvidenceError("REACH-E5307", "a note that is not UTF-8", { cause });
  }
  const split = whole.lastIndexOf("\n\n");
  if (split < 0) throw notNote("a note without an empty line before its signatures");
  const text = whole.slice(0, split + 1);
  checkText(whole);
  checkText(text);
  const lines = whole.slice(split + 2).split("\n");
  if (lines.pop() !== "") throw notNote("a note ends in a line feed");
  if (lines.length === 0 || lines.length > MAX_SIGNATURES) {
    throw notNote(`a note has 1 to ${MAX_SIGNATURES} signatures, not ${lines.length}`);
  }
  return { text, lines };
}

function readLine(line: string): { name: string; id: string; signature: Uint8Array } {
  const [, name = "", encoded = ""] = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
  const bytes = exactBase64(encoded);
  if (!NAME.test(name) || bytes === undefined || bytes.length < 5) {
    throw notNote(`not the line of a signature: ${quoted(line)}`);
  }
  return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

function check(key: NoteKey, text: string, signature: Uint8Array): NoteSignature {
  const stamped = key.kind === "cosignature";
  let time: bigint | undefined;
  let rest = signature;
  if (stamped && signature.length >= 8) {
    time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    rest = signature.subarray(8);
  }
  if (!isSignature(key.key, signedBytes(key.kind, text, time ?? 0n), rest)) {
    throw new EvidenceError("REACH-E5303", `the signature of ${quoted(key.name)} is not valid`);
  }
  return { key, time };
}
