// Private keys at rest: encrypted with a passphrase, opened by it and by nothing else. docs/spec/keys.md,
// KEY-6 and KEY-7.
import { readSigner, sealerOf } from "@reach-fabric/cli/testing";
import type { Machine } from "@reach-fabric/cli/testing";
import { copyFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { utf8 } from "@reach-fabric/engine";
import { EvidenceError, newKey, openKeyFile, sealKeyFile, signerOf } from "@reach-fabric/evidence";
import type { KeyFile } from "@reach-fabric/evidence";
import { expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const phrase = put(folder, "phrase", "correct horse battery staple\n");
const wrong = put(folder, "wrong", "correct horse battery stable\n");
const bytes = (seed: number) => (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => i ^ seed);

type Sealed = Extract<KeyFile, { format: "reach/key/v2" }>;
const sealer = sealerOf(utf8("a passphrase"));
const mine = newKey(bytes(1), "P-256");
const sealed = sealKeyFile(mine.private, sealer) as Sealed;

test.each(["Ed25519", "P-256"])("KEY-7: keys new encrypts a key of %s", async (alg) => {
  const path = join(folder, `${alg}.key`);
  const args = ["keys", "new", "-o", path, "--alg", alg, "--passphrase-file", phrase];
  const made = await reach(folder, args);
  expect(made.status).toBe(0);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const file = JSON.parse(readFileSync(path, "utf8")) as Sealed;
  expect(file).toMatchObject({ format: "reach/key/v2", alg });
  expect(file.private).toBeUndefined();
  expect(file.sealed?.kdf).toMatchObject({ name: "scrypt", n: 131_072, r: 8, p: 1 });
  const opened = openKeyFile(file, sealerOf(utf8("correct horse battery staple")));
  expect(signerOf(opened).key.id).toBe(file.id);
  expect(readFileSync(path, "utf8")).not.toContain(opened.private);
});

test("a log takes the passphrase of its key from a file, and says what is missing", async () => {
  const key = join(folder, "Ed25519.key");
  const init = (name: string, ...more: string[]) =>
    reach(folder, ["log", "init", name, "--key", key, "--json", ...more]);
  expect((await init("one", "--passphrase-file", phrase)).status).toBe(0);
  const other = await init("two", "--passphrase-file", wrong);
  expect([other.status, errorOf(other)["code"]]).toEqual([2, "REACH-E5208"]);
  const none = await init("three");
  expect([none.status, errorOf(none)["code"]]).toEqual([2, "REACH-E5207"]);
});

test("KEY-7: a run signs with the user's own key, which may be encrypted, too", async () => {
  const own = join(folder, "config/reach/key.json");
  mkdirSync(join(folder, "config/reach"), { recursive: true });
  copyFileSync(join(folder, "Ed25519.key"), own);
  const document = { dsl: "1.0.3", namespace: "test", name: "one", version: "1.0.0" };
  put(folder, "one.json", JSON.stringify({ document, do: [{ one: { set: { one: 1 } } }] }));
  put(folder, "input.json", "{}");
  const run = (...more: string[]) =>
    reach(folder, ["run", "one.json", "-i", "input.json", "-o", "one.reach", "--json", ...more]);
  const none = await run();
  expect([none.status, errorOf(none)["code"]]).toEqual([2, "REACH-E5207"]);
  expect((await run("--passphrase-file", phrase)).status).toBe(0);
  const verify = await reach(folder, ["verify", "one.reach", "--trust", "Ed25519.key.pub"]);
  expect(verify.status).toBe(0);
});

test("KEY-7: keys new asks nobody where nobody is: a passphrase, or the wish to have none", async () => {
  const ended = await reach(folder, ["keys", "new", "-o", "asks.key", "--json"]);
  expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E4001"]);
  const clear = await reach(folder, ["keys", "new", "-o", "clear.key", "--no-passphrase"]);
  expect(clear.stderr).toContain("clear.key is not encrypted");
  const empty = put(folder, "empty", "\n");
  const args = ["keys", "new", "-o", "empty.key", "--passphrase-file", empty, "--json"];
  expect((await reach(folder, args)).status).toBe(2);
});

test("two files of one key and passphrase have nothing in common", () => {
  const again = sealKeyFile(mine.private, sealer) as Sealed;
  expect(again.sealed?.kdf.salt).not.toBe(sealed.sealed?.kdf.salt);
  expect(again.sealed?.cipher.nonce).not.toBe(sealed.sealed?.cipher.nonce);
  expect(again.sealed?.cipher.text).not.toBe(sealed.sealed?.cipher.text);
});

test("KEY-6: attack: parts of an encrypted key in another key's file", () => {
  const opened = openKeyFile(sealed, sealer);
  expect(opened.private).toBe(mine.private.private);
  const other = newKey(bytes(2), "P-256").public as Sealed;
  const refused = (file: KeyFile, by = sealer): void => {
    expect(() => openKeyFile(file, by)).toThrow(
      expect.objectContaining({ code: "REACH-E5208" }) as EvidenceError,
    );
  };
  refused({ ...other, sealed: sealed.sealed });
  refused({ ...sealed, alg: "Ed25519" });
  refused({ ...sealed, id: other.id });
  refused(sealed, sealerOf(utf8("another passphrase")));
  const { kdf, cipher } = sealed.sealed as NonNullable<Sealed["sealed"]>;
  const turned = (text: string): string => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  refused({ ...sealed, sealed: { kdf: { ...kdf, salt: turned(kdf.salt) }, cipher } });
  refused({ ...sealed, sealed: { kdf, cipher: { ...cipher, nonce: turned(cipher.nonce) } } });
  refused({ ...sealed, sealed: { kdf, cipher: { ...cipher, text: turned(cipher.text) } } });
});

test("attack: the name of a key file cannot act on the terminal that is asked for its passphrase", async () => {
  const path = put(folder, "\u001b]0;title\u0007\u202e.key", JSON.stringify(sealed));
  let shown = "";
  const machine = {
    stdin: { isTTY: true, stream: () => Readable.from(["a passphrase\n"]) },
    stderr: { isTTY: true, write: (text: Uint8Array) => (shown += Buffer.from(text).toString()) },
  } as unknown as Machine;
  expect((await readSigner(machine, path)).key.id).toBe(sealed.id);
  expect(shown).toContain(String.raw`passphrase for ${join(folder, "")}`);
  expect(shown).toContain(String.raw`\u001b]0;title\u0007\u202e.key: `);
  for (const raw of ["\u001b", "\u0007", "\u202e"]) expect(shown).not.toContain(raw);
});
