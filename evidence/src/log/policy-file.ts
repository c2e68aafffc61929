// Files of C2SP tlog-policy: which logs count, and which witnesses must have seen them. docs/spec/log.md, LOG-38.
//
//     log VKEY [URL]
//     witness NAME VKEY [URL]
//     group NAME all|any|K NAME...
//     quorum NAME|none
import { fromUtf8 } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { sameKey } from "../keys/key.ts";
import { parseNoteKey } from "./note.ts";
import type { NoteKey } from "./note.ts";
import type { Quorum, WitnessGroup } from "./quorum.ts";

/** What such a file says. */
export interface TlogPolicy {
  readonly logs: readonly NoteKey[];
  readonly witnesses: readonly NoteKey[];
  /** 0 where it says that none is needed. */
  readonly quorum: Quorum;
}

const MAX_BYTES = 1 << 18;
/** Of each kind of lines; the format asks for 32 at least. */
const MOST = 256;

/**
 * Reads such a file, as strictly as its specification is written: a name is bytes, and means what a line before says.
 *
 * @throws EvidenceError `REACH-E5233` it is not one; `REACH-E5310`, `REACH-E5202` a key that is none, or not safe
 *
 * @example
 * const { logs, quorum } = parseTlogPolicy(utf8(`log ${vkey}\nquorum none\n`));
 * quorum; // → 0
 */
export function parseTlogPolicy(bytes: Uint8Array): TlogPolicy {
  if (bytes.length > MAX_BYTES) throw notPolicy(0, `a file has at most ${MAX_BYTES} bytes`);
  const lines = latin1(bytes).split("\n");
  if (lines.pop() !== "") throw notPolicy(lines.length + 1, "the last line does not end");
  const read = new Reading();
  for (const [i, line] of lines.entries()) {
    // oxlint-disable-next-line no-control-regex
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) throw notPolicy(i + 1, "a control character");
    const items = line.split(/[ \t]+/).filter((item) => item !== "");
    if (items[0] === undefined || items[0].startsWith("#")) continue;
    try {
      read.line(items);
    } catch (error) {
      if (error instanceof SyntaxError) throw notPolicy(i + 1, error.message);
      throw error;
    }
  }
  if (read.quorum === undefined) throw notPolicy(lines.length, "there is no quorum");
  return { logs: read.logs, witnesses: read.witnesses, quorum: read.quorum };
}

const notPolicy = (line: number, what: string): EvidenceError =>
  new EvidenceError("REACH-E5233", `line ${line} of the tlog-policy: ${what}`);

const wrong = (what: string): SyntaxError => new SyntaxError(what);

/** A character a byte: what a name is compared by. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** The text whose UTF-8 these bytes are: the name in a key may be any. */
function asText(item: string): string {
  try {
    return fromUtf8(Uint8Array.from(item, (byte) => byte.charCodeAt(0)));
  } catch {
    throw wrong("a key that is not UTF-8");
  }
}

/** What the lines have said so far. */
class Reading {
  readonly logs: NoteKey[] = [];
  readonly witnesses: NoteKey[] = [];
  quorum: Quorum | undefined;
  readonly #named = new Map<string, WitnessGroup>();
  /** Each name is a member once, so that a witness counts in one way only. */
  readonly #members = new Set<string>();

  line([kind = "", ...items]: readonly string[]): void {
    if (kind === "log") return this.#log(items);
    if (kind === "witness") return this.#witness(items);
    if (kind === "group") return this.#group(items);
    if (kind === "quorum") return this.#quorum(items);
    throw wrong(`${quoted(kind)} is neither log nor witness, group nor quorum`);
  }

  #log(items: readonly string[]): void {
    if (items.length < 1 || items.length > 2) throw wrong("expected: log VKEY [URL]");
    keep(this.logs, items[0] as string, "note");
  }

  #witness([name = "", vkey, ...url]: readonly string[]): void {
    if (vkey === undefined || url.length > 1) throw wrong("expected: witness NAME VKEY [URL]");
    const { key } = keep(this.witnesses, vkey, "cosignature");
    this.#name(name, { threshold: 1, members: [key] });
  }

  #group([name = "", rule = "", ...members]: readonly string[]): void {
    if (members.length === 0) throw wrong("expected: group NAME all|any|K NAME...");
    const groups = members.map((member) => {
      if (this.#members.has(member))
        throw wrong(`${quoted(member)} is a member of a group already`);
      this.#members.add(member);
      return this.#get(member);
    });
    const given = /^[1-9]\d{0,3}$/.test(rule) ? Number(rule) : 0;
    const threshold = rule === "all" ? groups.length : rule === "any" ? 1 : given;
    if (threshold < 1 || threshold > groups.length) {
      throw wrong(`${quoted(rule)} is neither all, any nor a number from 1 to ${groups.length}`);
    }
    this.#name(name, { threshold, members: groups });
  }

  #quorum([name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0) throw wrong("expected: quorum NAME");
    if (this.quorum !== undefined) throw wrong("there is a quorum already");
    this.quorum = name === "none" ? 0 : this.#get(name);
  }

  #name(name: string, group: WitnessGroup): void {
    if (name === "none" || this.#named.has(name)) {
      throw wrong(`${quoted(name)} is the name of something else`);
    }
    if (this.#named.size === 2 * MOST) throw wrong(`there are more than ${2 * MOST} names`);
    this.#named.set(name, group);
  }

  #get(name: string): WitnessGroup {
    const found = this.#named.get(name);
    if (found !== undefined) return found;
    throw wrong(`no line before names ${quoted(name)}`);
  }
}

/** Keeps the key of a line, which no line before has, under whatever name. */
function keep(keys: NoteKey[], vkey: string, kind: NoteKey["kind"]): NoteKey {
  const key = parseNoteKey(asText(vkey));
  if (key.kind !== kind) {
    throw wrong(
      `the key of ${quoted(key.name)} is not one of a ${kind === "note" ? "log" : "witness"}`,
    );
  }
  const same = keys.find((other) => sameKey(other.key, key.key));
  if (same !== undefined)
    throw wrong(`the key of ${quoted(key.name)} is there as ${quoted(same.name)}`);
  if (keys.length === MOST) throw wrong(`there are more than ${MOST} of them`);
  keys.push(key);
  return key;
}
