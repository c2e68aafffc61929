// Notes, checkpoints, proofs and tiles of logs, against the vectors of Go's sumdb and of
// transparency-dev.
import { fromBase64, fromUtf8, sha256, toBase64, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  checkConsistency,
  checkEntries,
  entriesPath,
  EvidenceError,
  formatCheckpoint,
  formatNoteKey,
  formatTlogProof,
  newKey,
  noteKey,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseEntries,
  parseNoteKey,
  parseTile,
  parseTilePath,
  parseTlogProof,
  publicKeyOf,
  signerOf,
  signNote,
  tilePath,
  tilesOf,
  verifyTlogProof,
} from "@reach-fabric/evidence";
import type { SignedCheckpoint } from "@reach-fabric/evidence";
import { jsonOf, textOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

/** Counts what holds, and names what does not. */
class Tally {
  passed = 0;
  readonly failed: string[] = [];
  readonly skipped: string[] = [];
  readonly notes: string[] = [];

  check(name: string, holds: boolean): void {
    if (holds) this.passed += 1;
    else this.failed.push(name);
  }

  /** Checks that something is refused with this code. */
  refuses(name: string, attempt: () => unknown, code: string): void {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.check(`${name}: ${error.code}`, error.code === code);
      return;
    }
    this.failed.push(`${name}: accepted`);
  }
}

interface Notes {
  readonly sign: { readonly skey: string; readonly text: string; readonly want: string };
  readonly vkey: string;
  readonly badVerifierKeys: readonly string[];
  readonly open: readonly {
    readonly name: string;
    readonly note_base64: string;
    readonly verifiers: readonly string[];
    readonly want: string;
    readonly verified?: readonly string[];
    readonly unverified?: readonly string[];
  }[];
}

/** Codes for what Go says. */
const said: readonly (readonly [start: string, code: string])[] = [
  ["error: malformed note", "REACH-E5307"],
  ["error: note has no verifiable signatures", "REACH-E5308"],
  ["error: ambiguous key", "REACH-E5309"],
  ["error: invalid signature", "REACH-E5303"],
];

function isKey(text: string): boolean {
  try {
    parseNoteKey(text);
    return true;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

function signedNotes(_: Engine, vectors: Vectors): SuiteResult {
  const tally = new Tally();
  const go = jsonOf(vectors, "signed-note/golang-x-mod-note.json") as Notes;
  for (const { name, note_base64: note, verifiers, want, verified, unverified } of go.open) {
    const open = (): ReturnType<typeof openNote> =>
      openNote(fromBase64(note), verifiers.map(parseNoteKey));
    const code = said.find(([start]) => want.startsWith(start))?.[1];
    if (code !== undefined) {
      tally.refuses(name, open, code);
      continue;
    }
    const opened = open();
    const names = opened.verified.map(({ key }) => key.name);
    const same =
      JSON.stringify([names, opened.unverified]) === JSON.stringify([verified, unverified]);
    tally.check(name, want === "ok" && same);
  }
  const key = parseNoteKey(go.vkey);
  tally.check("the key's text", formatNoteKey(key) === go.vkey);
  const [, name = "", encoded = ""] =
    /^PRIVATE\+KEY\+([^+]+)\+[0-9a-f]{8}\+(.+)$/.exec(go.sign.skey) ?? [];
  const seed = fromBase64(encoded).slice(1);
  const file = newKey(() => seed).private;
  const line = signNote(go.sign.text, noteKey(name, "note", publicKeyOf(file)), signerOf(file));
  tally.check("sign", `${go.sign.text}\n${line}` === go.sign.want);
  const bytes = utf8(go.vkey);
  const bad = [
    ...go.badVerifierKeys,
    ...Array.from({ length: go.vkey.length }, (_, i) => go.vkey.slice(0, i)),
    ...Array.from({ length: go.vkey.length - 1 }, (_, i) => go.vkey.slice(i + 1)),
    ...Array.from(bytes, (byte, i) => fromUtf8(bytes.with(i, byte + 1))),
  ];
  for (const text of bad) tally.check(`key ${text}`, !isKey(text));
  const spec = jsonOf(vectors, "signed-note/c2sp-spec-example.json") as {
    vkey: string;
    note: string;
  };
  tally.check(
    "the specification's example",
    openNote(utf8(spec.note), [parseNoteKey(spec.vkey)]).text === "This is an example message.\n",
  );
  return tally;
}

interface Formats {
  readonly unmarshal: readonly {
    readonly desc: string;
    readonly in: string;
    readonly ok: boolean;
    readonly origin?: string;
    readonly size?: number;
    readonly rest?: string;
  }[];
}

function checkpoints(engine: Engine, vectors: Vectors): SuiteResult {
  const tally = new Tally();
  const go = jsonOf(vectors, "tlog-checkpoint/golang-x-mod-tlog.json") as {
    tree: { n: string; recordText: string; want: string };
    bad: string[];
  };
  const [root] = engine.hashFrames([utf8(go.tree.recordText)], 0);
  const origin = "go.sum database tree";
  const tree = { origin, size: BigInt(go.tree.n), root: root ?? new Uint8Array() };
  tally.check("format", formatCheckpoint(tree) === go.tree.want);
  tally.check("parse", formatCheckpoint(parseCheckpoint(go.tree.want)) === go.tree.want);
  for (const text of go.bad) {
    tally.refuses(
      text,
      () => {
        if (parseCheckpoint(text).origin !== origin)
          throw new EvidenceError("REACH-E5331", "origin");
      },
      "REACH-E5331",
    );
  }
  const formats = jsonOf(vectors, "tlog-checkpoint/transparency-dev-formats.json") as Formats;
  let rehashed = 0;
  for (const { desc, in: text, ok, origin: name, size, rest } of formats.unmarshal) {
    if (!ok) {
      tally.refuses(desc, () => parseCheckpoint(text), "REACH-E5331");
      continue;
    }
    // Their roots are other texts than hashes.
    const lines = text.split("\n");
    const whole = lines.with(2, toBase64(sha256(utf8(lines[2] ?? "")))).join("\n");
    rehashed += 1;
    if (rest !== "") {
      tally.refuses(desc, () => parseCheckpoint(whole), "REACH-E5331");
      continue;
    }
    const read = parseCheckpoint(whole);
    tally.check(desc, read.origin === name && read.size === BigInt(size ?? -1));
  }
  tally.notes.push(
    `${rehashed} with a hash in place of their root, 3 of them refused: they have extension lines`,
  );
  return tally;
}

function proofs(_: Engine, vectors: Vectors): SuiteResult {
  const tally = new Tally();
  const { marshal, bad } = jsonOf(vectors, "tlog-proof/transparency-dev-formats.json") as {
    marshal: {
      name: string;
      index: string;
      hashes_of: string[];
      extra?: string;
      checkpoint: string;
      want?: string;
    }[];
    bad: string[];
  };
  for (const { name, index, hashes_of: texts, extra, checkpoint, want } of marshal) {
    const hashes = texts.map((text) => sha256(utf8(text)));
    const wanted =
      want ??
      `c2sp.org/tlog-proof@v1\n${extra === undefined ? "" : `extra ${btoa(extra)}\n`}` +
        `index ${index}\n${hashes.map((hash) => `${toBase64(hash)}\n`).join("")}\n${checkpoint}`;
    const made = formatTlogProof({
      index: BigInt(index),
      hashes,
      extra: extra === undefined ? undefined : utf8(extra),
      checkpoint: utf8(checkpoint),
    });
    tally.check(`${name}: format`, fromUtf8(made) === wanted);
    tally.check(`${name}: parse`, fromUtf8(formatTlogProof(parseTlogProof(made))) === wanted);
  }
  for (const text of bad) tally.refuses(text, () => parseTlogProof(utf8(text)), "REACH-E5332");
  return tally;
}

function paths(_: Engine, vectors: Vectors): SuiteResult {
  const tally = new Tally();
  const { entriesForIndex, spec, sumdbSeeds } = jsonOf(vectors, "tlog-paths/paths.json") as {
    entriesForIndex: [string, string, string][];
    spec: { index: string; path: string };
    sumdbSeeds: string[];
  };
  for (const [index, size, path] of entriesForIndex) {
    const n = BigInt(index) / 256n;
    const width = n === BigInt(size) / 256n ? Number(BigInt(size) % 256n) : 256;
    tally.check(path, entriesPath(n, width) === path && parseTilePath(path).n === n);
  }
  tally.check(spec.path, tilePath(0, BigInt(spec.index)) === `tile/0/${spec.path}`);
  for (const seed of sumdbSeeds) {
    // Go's own layout has the height of its tiles in front; C2SP's are 8 high.
    const [, , level = "", ...number] = seed.split("/");
    const path = `tile/${level === "data" ? "entries" : level}/${number.join("/")}`;
    const groups = number
      .join("/")
      .replace(/\.p\/\d+$/, "")
      .split("/");
    const good = groups.slice(0, -1).every((group) => group.startsWith("x")) && level !== "-1";
    if (good) tally.check(seed, parseTilePath(path).n >= 0n);
    else tally.refuses(seed, () => parseTilePath(path), "REACH-E5334");
  }
  return tally;
}

/** A log that Tessera has written, entry by entry: each of its checkpoints from its entries. */
function tessera(engine: Engine, vectors: Vectors): SuiteResult {
  const tally = new Tally();
  const folder = "tlog-tiles-tessera";
  const key = parseNoteKey(textOf(vectors, `${folder}/log.vkey`).trim());
  const file = (path: string): Uint8Array => vectors.bytes(`${folder}/testdata/log/${path}`);
  const all: { checkpoint: SignedCheckpoint; note: Uint8Array; entries: Uint8Array[] }[] = [];
  for (let size = 0; size <= 15; size++) {
    const note = file(`checkpoint.${size}`);
    const checkpoint = openCheckpoint(note, key.name, key);
    const entries = size === 0 ? [] : parseEntries(file(entriesPath(0n, size)), size);
    checkEntries(engine, entries, checkpoint);
    tally.check(`checkpoint ${size}`, checkpoint.size === BigInt(size));
    const hashes = engine.hashFrames(entries, 0);
    for (const [path, tile] of tilesOf(hashes)) {
      tally.check(path, toHex(file(path)) === toHex(tile) && parseTile(tile, size).length === size);
    }
    for (const [index, leafHash] of hashes.entries()) {
      const proof = formatTlogProof({
        index: BigInt(index),
        hashes: engine.inclusionProof(hashes, index),
        extra: undefined,
        checkpoint: note,
      });
      const opened = verifyTlogProof(engine, proof, leafHash, key.name, key);
      tally.check(`entry ${index} of ${size}`, opened.size === BigInt(size));
      const other = hashes[(index + 1) % size] ?? leafHash;
      if (other !== leafHash) {
        tally.refuses(
          `another entry as ${index} of ${size}`,
          () => verifyTlogProof(engine, proof, other, key.name, key),
          "REACH-E5333",
        );
      }
    }
    for (const [old, { checkpoint: older }] of all.entries()) {
      const proof = engine.consistencyProof(hashes, old);
      checkConsistency(engine, older, checkpoint, proof);
      tally.check(`${old} to ${size}`, true);
      tally.refuses(
        `${size} back to ${old}`,
        () => checkConsistency(engine, checkpoint, older, proof),
        "REACH-E5333",
      );
    }
    all.push({ checkpoint, note, entries });
  }
  return tally;
}

export const suites: readonly Suite[] = [
  { name: "signed-note", run: signedNotes },
  { name: "tlog-checkpoint", run: checkpoints },
  { name: "tlog-proof", run: proofs },
  { name: "tlog-paths", run: paths },
  { name: "tlog-tiles-tessera", run: tessera },
];
