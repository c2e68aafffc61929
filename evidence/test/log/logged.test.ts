// Evidence in a log: docs/spec/log.md, LOG-14 and LOG-16.
import { hashFrames, inclusionProof, merkleRoot, utf8 } from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatTlogProof,
  newKey,
  noteKey,
  parseEntry,
  publicKeyOf,
  sameLoggedRun,
  signerOf,
  signNote,
  stripPack,
  verifyLoggedEntry,
  withProof,
} from "@reach-fabric/evidence";
import { expect, test } from "vitest";
import {
  attacker,
  engine,
  evidence,
  facts,
  pseudoRandom,
  signedAgain,
  textOf,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";

const file = evidence();
const AT = "2026-11-27T10:00:00.000Z";
const logged = (bytes: Uint8Array): ReturnType<typeof parseEntry> =>
  parseEntry(engine, formatEntry(engine, evidenceEntryOf(engine, bytes), AT));

test("LOG-14 the entry is made from the evidence, and holds no signature", () => {
  const entry = evidenceEntryOf(engine, file);
  expect(entry).toMatchObject({ type: "evidence", body: { run: facts.id, attempt: 1 } });
  expect(JSON.stringify(entry)).not.toContain("sig");
  expect(sameLoggedRun(logged(file), entry)).toBe(true);
});

test("LOG-14 entry not bound to artifact: other evidence of the same run has another entry", () => {
  const entry = evidenceEntryOf(engine, file);
  const others = {
    "another attempt": evidence({ run: { ...facts, attempt: 2 } }),
    "another actor": evidence({ run: { ...facts, actor: "someone else" } }),
    "another run": evidence({ run: { ...facts, id: facts.id.replace(/1$/, "2") } }),
    "another secret": evidence({ runSecret: pseudoRandom("other")(32) }),
    "another signer": signedAgain(file, { by: attacker }),
  };
  for (const [name, other] of Object.entries(others)) {
    expect(sameLoggedRun(logged(other), entry), name).toBe(false);
  }
});

test("LOG-14 a pack left out changes nothing in the entry; what nobody signed has none", () => {
  const bare = stripPack(engine, file);
  expect(sameLoggedRun(logged(bare), evidenceEntryOf(engine, file))).toBe(true);
  const forged = signedAgain(file, { run: { attempt: 7 } });
  const mixed = withEntries(file, { "run.json": forged.slice(0, 0) });
  expect(() => evidenceEntryOf(engine, mixed)).toThrow();
});

test("LOG-16 the proof carries the entry, which cannot be another one", () => {
  const own = newKey(pseudoRandom("a log")).private;
  const key = noteKey("example.com/log", "note", publicKeyOf(own));
  const entries = [file, evidence({ run: { ...facts, attempt: 2 } })].map((bytes) =>
    formatEntry(engine, evidenceEntryOf(engine, bytes), AT),
  );
  const text = formatCheckpoint({ origin: key.name, size: 2n, root: merkleRoot(entries) });
  const checkpoint = utf8(`${text}\n${signNote(text, key, signerOf(own))}`);
  const hashes = inclusionProof(hashFrames(entries, 0), 0);
  const proof = (extra: Uint8Array | undefined): Uint8Array =>
    formatTlogProof({ index: 0n, hashes, extra, checkpoint });
  const proven = withProof(engine, file, proof(entries[0]));
  expect(verify(proven).ok).toBe(true);
  expect(textOf(proven, "run.tlog-proof")).toContain("c2sp.org/tlog-proof");
  expect(() => withProof(engine, file, proof(entries[1]))).toThrow("another entry");
  const shown = verifyLoggedEntry(engine, proof(entries[0]), key.name, key);
  expect(sameLoggedRun(parseEntry(engine, shown.entry), evidenceEntryOf(engine, file))).toBe(true);
  expect(() => verifyLoggedEntry(engine, proof(entries[1]), key.name, key)).toThrow("not number 0");
  expect(() => verifyLoggedEntry(engine, proof(undefined), key.name, key)).toThrow("no entry");
});
