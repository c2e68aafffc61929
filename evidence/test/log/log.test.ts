// docs/spec/log.md, rule by rule, and the attacks on what it describes.
import {
  consistencyProof,
  hashFrames,
  inclusionProof,
  merkleRoot,
  utf8,
} from "@reach-fabric/engine";
import {
  checkConsistency,
  checkEntries,
  formatCheckpoint,
  formatEntries,
  formatNoteKey,
  formatTlogProof,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseEntries,
  parseNoteKey,
  parseTile,
  parseTilePath,
  parseTlogProof,
  signNote,
  tilePath,
  tilesOf,
  verifyTlogProof,
} from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import { codeOf, engine } from "../fixtures/fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";
import type { NoteSigner } from "../fixtures/log-fixture.ts";

const log = keyOf("1", ORIGIN, "note");
const witness = keyOf("50", "example.com/witness", "cosignature");
const stranger = keyOf("90", "example.com/stranger", "note");

const entries = Array.from({ length: 300 }, (_, i) => utf8(`entry ${i}`));
const hashes = hashFrames(entries, 0);
const textAt = (size: number): string =>
  formatCheckpoint({
    origin: ORIGIN,
    size: BigInt(size),
    root: merkleRoot(entries.slice(0, size)),
  });
const signed = (text: string, ...by: NoteSigner[]): Uint8Array =>
  utf8(
    `${text}\n${by.map(({ key, signer }) => signNote(text, key, signer, 1_800_000_000n)).join("")}`,
  );
const at = (size: number): ReturnType<typeof openCheckpoint> =>
  openCheckpoint(signed(textAt(size), log, witness), ORIGIN, log.key, [witness.key]);
const proofOf = (index: number, size: number): Uint8Array =>
  formatTlogProof({
    index: BigInt(index),
    hashes: inclusionProof(hashes.slice(0, size), index),
    extra: undefined,
    checkpoint: signed(textAt(size), log),
  });

const edited = (bytes: Uint8Array, edit: (text: string) => string): Uint8Array =>
  utf8(edit(new TextDecoder().decode(bytes)));

describe("what holds", () => {
  test("LOG-1 LOG-4 a note says who signed, each key once, and names the others", () => {
    const { text, verified, unverified } = openNote(signed("a\n\nb\n", log, stranger, witness), [
      log.key,
      witness.key,
    ]);
    expect(text).toBe("a\n\nb\n");
    expect(verified.map(({ key, time }) => [key.name, time])).toEqual([
      [ORIGIN, undefined],
      ["example.com/witness", 1_800_000_000n],
    ]);
    expect(unverified).toEqual(["example.com/stranger"]);
  });

  test("LOG-2 keys have a text", () => {
    for (const { key } of [log, witness]) expect(parseNoteKey(formatNoteKey(key))).toEqual(key);
  });

  test("LOG-5 LOG-6 LOG-7 checkpoints, and a log that grows", () => {
    expect(parseCheckpoint(textAt(3))).toMatchObject({ origin: ORIGIN, size: 3n });
    for (const [old, now] of [
      [0, 7],
      [7, 7],
      [7, 300],
    ] as const) {
      checkConsistency(engine, at(old), at(now), consistencyProof(hashes.slice(0, now), old));
    }
    expect(at(300).signatures).toHaveLength(2);
  });

  test("LOG-8 LOG-9 a proof, with what the log has put beside it", () => {
    const bytes = proofOf(5, 300);
    expect(verifyTlogProof(engine, bytes, hashes[5] as Uint8Array, ORIGIN, log.key).size).toBe(
      300n,
    );
    const beside = { ...parseTlogProof(bytes), extra: Uint8Array.of(1, 2) };
    expect(parseTlogProof(formatTlogProof(beside))).toEqual(beside);
  });

  test("LOG-10 LOG-11 tiles of a tree, and its entries", () => {
    const tiles = tilesOf(hashes);
    expect([...tiles.keys()]).toEqual(["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]);
    const [top] = parseTile(tiles.get("tile/1/000.p/1") as Uint8Array, 1);
    expect(top).toEqual(merkleRoot(entries.slice(0, 256)));
    expect(parseTilePath(tilePath(2, 1_234_067n, 9))).toEqual({
      level: 2,
      n: 1_234_067n,
      width: 9,
    });
    const bundle = formatEntries(entries.slice(0, 256));
    expect(parseEntries(bundle, 256)).toEqual(entries.slice(0, 256));
    checkEntries(engine, entries, at(300));
  });
});

describe("attacks", () => {
  test("key substitution: another key under the log's name", () => {
    const forged = keyOf("120", ORIGIN, "note");
    expect(codeOf(() => openNote(signed(textAt(3), forged), [log.key]))).toBe("REACH-E5308");
    expect(codeOf(() => openCheckpoint(signed(textAt(3), forged), ORIGIN, log.key))).toBe(
      "REACH-E5308",
    );
  });

  test("key-id collision: the id finds a key, the key decides", () => {
    const collided = { ...stranger.key, name: log.key.name, id: log.key.id };
    const forged = signed(textAt(3), { key: collided, signer: stranger.signer });
    expect(codeOf(() => openNote(forged, [log.key]))).toBe("REACH-E5303");
    expect(codeOf(() => openNote(signed(textAt(3), log), [log.key, collided]))).toBe("REACH-E5309");
  });

  test("a signature under another name than the key's says nothing", () => {
    const renamed = { ...log.key, name: "example.com/other" };
    const note = signed(textAt(3), { key: renamed, signer: log.signer });
    expect(codeOf(() => openNote(note, [log.key]))).toBe("REACH-E5308");
  });

  test("a key of low order is no key", () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31));
    const text = formatNoteKey({ ...log.key, key: { ...log.key.key, bytes: identity } });
    expect(codeOf(() => parseNoteKey(text))).toBe("REACH-E5202");
  });

  test("a key's text with another name or type", () => {
    const text = formatNoteKey(log.key);
    expect(codeOf(() => parseNoteKey(text.replace("log+", "log2+")))).toBe("REACH-E5310");
    const retyped = formatNoteKey({ ...log.key, kind: "cosignature" });
    expect(codeOf(() => parseNoteKey(retyped))).toBe("REACH-E5310");
  });

  test("a cosignature as the log's own signature, and the other way round", () => {
    const note = signed(textAt(3), witness);
    expect(codeOf(() => openCheckpoint(note, ORIGIN, log.key, [witness.key]))).toBe("REACH-E5308");
    const plain = keyOf("50", "example.com/witness", "note");
    expect(codeOf(() => openNote(signed("a\n", plain), [witness.key]))).toBe("REACH-E5308");
  });

  test("LOG-3 backdated cosignature: the time is signed", () => {
    const line = signNote("a\n", witness.key, witness.signer, 5n);
    const bytes = Uint8Array.from(atob(line.split(" ")[2] ?? ""), (c) => c.charCodeAt(0));
    bytes[11] = 4; // the last byte of the time
    const forged = `a\n\n— example.com/witness ${btoa(String.fromCharCode(...bytes))}\n`;
    expect(codeOf(() => openNote(utf8(forged), [witness.key]))).toBe("REACH-E5303");
  });

  test.each([
    ["a changed text", (text: string) => text.replace("\n300\n", "\n299\n"), "REACH-E5303"],
    ["no line feed at the end", (text: string) => text.slice(0, -1), "REACH-E5307"],
    ["trailing data", (text: string) => `${text}more\n`, "REACH-E5307"],
    ["a control character", (text: string) => text.replace("\n300", "\r\n300"), "REACH-E5307"],
    ["base64 aliasing", (text: string) => text.replace(/=\n$/, "\n"), "REACH-E5307"],
    [
      "101 signatures",
      (text: string) => text + text.split("\n").at(-2)?.concat("\n").repeat(101),
      "REACH-E5307",
    ],
  ])("a note with %s", (_, edit, code) => {
    const note = edited(signed(textAt(300), log), edit);
    const found = codeOf(() => openNote(note, [log.key]));
    expect(found).toBe(code);
  });

  test("duplicate signature lines count once; a second, wrong one by the same key does not pass", () => {
    const note = signed(textAt(3), log, log);
    expect(openNote(note, [log.key]).verified).toHaveLength(1);
    const wrong = signNote("other\n", log.key, log.signer);
    expect(codeOf(() => openNote(utf8(new TextDecoder().decode(note) + wrong), [log.key]))).toBe(
      "REACH-E5303",
    );
  });

  test.each([
    ["a size with a zero in front", `${ORIGIN}\n03\n`],
    ["a negative size", `${ORIGIN}\n-3\n`],
    ["a size of 2^64", `${ORIGIN}\n18446744073709551616\n`],
    ["no origin", "\n3\n"],
  ])("a checkpoint with %s", (_, head) => {
    const root = textAt(3).split("\n")[2] ?? "";
    expect(codeOf(() => parseCheckpoint(`${head}${root}\n`))).toBe("REACH-E5331");
  });

  test("an extension line, and a root of another length", () => {
    expect(codeOf(() => parseCheckpoint(`${textAt(3)}more\n`))).toBe("REACH-E5331");
    expect(codeOf(() => parseCheckpoint(`${ORIGIN}\n3\n${btoa("short")}\n`))).toBe("REACH-E5331");
  });

  test("a checkpoint of another log under one key", () => {
    const other = textAt(3).replace(ORIGIN, "example.com/other");
    expect(codeOf(() => openCheckpoint(signed(other, log), ORIGIN, log.key))).toBe("REACH-E5331");
  });

  test("split view: two roots of one size", () => {
    const fork = { ...at(7), root: merkleRoot(entries.slice(1, 8)) };
    expect(codeOf(() => checkConsistency(engine, at(7), fork, []))).toBe("REACH-E5333");
    const later = { ...at(8), root: merkleRoot(entries.slice(1, 9)) };
    const proof = consistencyProof(hashes.slice(0, 8), 7);
    expect(codeOf(() => checkConsistency(engine, at(7), later, proof))).toBe("REACH-E5333");
  });

  test("checkpoint rollback: the log has shrunk", () => {
    expect(codeOf(() => checkConsistency(engine, at(9), at(0), []))).toBe("REACH-E5333");
    expect(codeOf(() => checkConsistency(engine, at(9), at(7), []))).toBe("REACH-E5333");
    const other = { ...at(7), origin: "example.com/other" };
    expect(codeOf(() => checkConsistency(engine, other, at(9), []))).toBe("REACH-E5331");
  });

  test("wrong-size proofs, another index, leaf and node confused", () => {
    const proof = parseTlogProof(proofOf(5, 9));
    const verify = (change: Partial<typeof proof>, leafHash = hashes[5] as Uint8Array): unknown =>
      codeOf(() =>
        verifyTlogProof(
          engine,
          formatTlogProof({ ...proof, ...change }),
          leafHash,
          ORIGIN,
          log.key,
        ),
      );
    expect(verify({})).toBe("accepted");
    expect(verify({ hashes: proof.hashes.slice(1) })).toBe("REACH-E5333");
    expect(verify({ hashes: [...proof.hashes, proof.hashes[0] as Uint8Array] })).toBe(
      "REACH-E5333",
    );
    expect(verify({ index: 4n })).toBe("REACH-E5333");
    expect(verify({ index: 9n })).toBe("REACH-E5333");
    expect(verify({ checkpoint: signed(textAt(8), log) })).toBe("REACH-E5333");
    expect(verify({ checkpoint: signed(textAt(9), stranger) })).toBe("REACH-E5308");
    expect(verify({}, hashes[6])).toBe("REACH-E5333");
    const [node] = engine.hashFrames(
      [new Uint8Array([...(hashes[4] ?? []), ...(hashes[5] ?? [])])],
      1,
    );
    expect(verify({ hashes: proof.hashes.slice(1), index: 2n }, node)).toBe("REACH-E5333");
  });

  test("huge counts and other spellings in a proof", () => {
    const text = new TextDecoder().decode(proofOf(5, 9));
    const line = text.split("\n")[2] ?? "";
    for (const bad of [
      text.replace("index 5\n", `index 5\n${`${line}\n`.repeat(70)}`),
      text.replace("index 5", "index 05"),
      text.replace("index 5", "index 18446744073709551616"),
      text.replace("index 5", "extra a\nindex 5"),
      text.replace("@v1", "@v2"),
      text.replace(line, line.replace(/=$/, "")),
      text.split("\n\n")[0] ?? "",
      `${text.split("\n\n")[0]}\n\n`,
    ]) {
      expect(codeOf(() => parseTlogProof(utf8(bad)))).toBe("REACH-E5332");
    }
  });

  test("tiles and bundles that hold something else than their path says", () => {
    const bundle = formatEntries(entries.slice(0, 3));
    for (const [bytes, width] of [
      [bundle, 2],
      [bundle, 4],
      [bundle.slice(0, -1), 3],
      [Uint8Array.of(0xff, 0xff), 1],
    ] as const) {
      expect(codeOf(() => parseEntries(bytes, width))).toBe("REACH-E5334");
    }
    expect(codeOf(() => parseTile(new Uint8Array(33), 1))).toBe("REACH-E5334");
    for (const path of [
      "tile/0/1",
      "tile/0/x000/001",
      "tile/9/000",
      "tile/0/000.p/256",
      "tile/0/000.p/0",
      "tile/0/000.p/01",
      "tile/0/../000",
      "tile/entries/x001/234/067",
      "/tile/0/000",
    ]) {
      expect(
        codeOf(() => parseTilePath(path)),
        path,
      ).toBe("REACH-E5334");
    }
  });

  test("an entry left out, added or moved", () => {
    for (const others of [
      entries.slice(1),
      [...entries, entries[0] as Uint8Array],
      [entries[1] as Uint8Array, entries[0] as Uint8Array, ...entries.slice(2)],
    ]) {
      expect(codeOf(() => checkEntries(engine, others, at(300)))).toBe("REACH-E5333");
    }
  });
});
