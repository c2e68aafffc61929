// docs/spec/keys.md, KEY-13 and KEY-14: roots of several keys, how one gives way to another, and the attacks on that.
import { fromUtf8, toBase64, utf8 } from "@reach-fabric/engine";
import {
  issueKeyring,
  newKey,
  openKeyring,
  readPolicy,
  rootOf,
  signerOf,
} from "@reach-fabric/evidence";
import type { Issue, Keyring, PublicKey, Root, RootSigners, Signer } from "@reach-fabric/evidence";
import { digestOfRoot } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  canonical,
  codeOf,
  engine,
  evidence,
  finding,
  pseudoRandom,
  verify,
} from "../fixtures/fixture.ts";
import { acme, issue, now, root as single } from "../fixtures/keyring-fixture.ts";

const signer = (seed: string, alg?: "P-256"): Signer =>
  signerOf(newKey(pseudoRandom(seed), alg).private);
const [a, b, c] = [signer("root a"), signer("root b", "P-256"), signer("root c")] as const;
const [d, e] = [signer("root d"), signer("root e")] as const;
const of = (threshold: number, ...signers: readonly Signer[]): Root => ({
  threshold,
  keys: signers.map(({ key }) => key),
});
const three = of(2, a, b, c);
const next = of(2, c, d, e);
const { keys } = acme.keyring;

type Made = ReturnType<typeof issueKeyring>;
const made = (by: RootSigners, before?: Keyring, more: Partial<Issue> = {}): Made =>
  issueKeyring(engine, by, before, { ...issue, keys, ...more });
const opened = (bytes: Uint8Array, pinned: PublicKey | Root): string =>
  codeOf(() => openKeyring(engine, bytes, pinned));
type File = {
  signatures: { sig: string }[];
  roots?: { payload: string; signatures: { sig: string }[] }[];
};
const path = (bytes: Uint8Array, pinned: Root): string[] =>
  openKeyring(engine, bytes, pinned).rootPath.map(digestOfRoot);
const fileOf = (bytes: Uint8Array): File => JSON.parse(fromUtf8(bytes)) as File;

describe("KEY-13: a root of several keys", () => {
  test("signs with as many as its threshold says, whichever they are", () => {
    for (const signers of [
      [a, b],
      [c, a],
      [b, c],
      [a, b, c],
    ]) {
      const { bytes, keyring } = made({ root: three, signers });
      expect(opened(bytes, three)).toBe("accepted");
      expect(opened(bytes, of(2, c, b, a))).toBe("accepted");
      expect(keyring.rootPath).toEqual([three]);
    }
  });

  test("attack: with fewer, with one key that signs twice, or with a key of another root", () => {
    const { bytes } = made({ root: three, signers: [a, b] });
    const file = fileOf(bytes);
    const [one, two] = file.signatures;
    const forged = (...signatures: (typeof one)[]): string =>
      opened(canonical({ ...file, signatures }), three);
    expect(forged(two, one)).toBe("accepted");
    expect(forged(one)).toBe("REACH-E5210");
    expect(forged(one, one)).toBe("REACH-E5210");
    expect(forged(one, one, two)).toBe("REACH-E5210");
    const other = fileOf(made({ root: of(2, a, d), signers: [a, d] }).bytes).signatures;
    expect(opened(canonical({ ...file, signatures: other }), three)).toBe("REACH-E5210");
    expect(opened(bytes, of(3, a, b, c))).toBe("REACH-E5210");
    expect(opened(bytes, a.key)).toBe("REACH-E5209");
    expect(codeOf(() => made({ root: three, signers: [a] }))).toBe("REACH-E5210");
  });

  test("is different keys, of which no more must sign than there are", () => {
    expect(codeOf(() => made({ root: of(2, a, a), signers: [a, a] }))).toBe("REACH-E5234");
    expect(codeOf(() => made({ root: of(3, a, b), signers: [a, b] }))).toBe("REACH-E5234");
    expect(codeOf(() => made({ root: of(0, a, b), signers: [a] }))).toBe("REACH-E5234");
  });

  test("none of its keys is in the keyring", () => {
    const [entry] = keys;
    const own = { ...entry, id: a.key.id, public: toBase64(a.key.bytes) } as typeof entry;
    expect(codeOf(() => made({ root: three, signers: [a, b] }, undefined, { keys: [own!] }))).toBe(
      "REACH-E5219",
    );
  });

  test("is pinned in a policy", () => {
    const { bytes } = made({ root: three, signers: [a, c] });
    const write = ({ threshold, keys: all }: Root): Uint8Array =>
      utf8(
        JSON.stringify({
          format: "reach/policy/v1",
          root: {
            threshold,
            keys: all.map((key) => ({ alg: key.alg, public: toBase64(key.bytes) })),
          },
        }),
      );
    const policy = readPolicy(engine, write(three), { keyring: bytes, now });
    expect(finding(verify(evidence(), policy), "trusted")).toBe("pass");
    const read = (root: Root): string =>
      codeOf(() => readPolicy(engine, write(root), { keyring: bytes, now }));
    expect(read(of(3, a, b, c))).toBe("REACH-E5210");
    expect(read(of(2, a, a))).toBe("REACH-E5218");
    expect(read(of(4, a, b, c))).toBe("REACH-E5218");
  });
});

describe("KEY-14: another root", () => {
  const before = made({ root: three, signers: [a, b] }).keyring;
  const change = (signers: Partial<Record<"from" | "to", readonly Signer[]>> = {}): Made =>
    made({ root: three, signers: signers.from ?? [a, c] }, before, {
      newRoot: { root: next, signers: signers.to ?? [d, e] },
    });
  const changed = change();

  test("who has pinned the old one gets forward with the file alone, and so does who pins the new one", () => {
    for (const pinned of [three, next]) expect(opened(changed.bytes, pinned)).toBe("accepted");
    expect(path(changed.bytes, three)).toEqual([three, next].map(digestOfRoot));
    expect(path(changed.bytes, next)).toEqual([digestOfRoot(next)]);
    const later = made({ root: next, signers: [c, d] }, openKeyring(engine, changed.bytes, next));
    expect(opened(later.bytes, three)).toBe("accepted");
    const third = made({ root: next, signers: [d, e] }, later.keyring, {
      newRoot: { root: rootOf(single.key), signers: [single] },
    });
    for (const pinned of [three, next, single.key]) {
      expect(opened(third.bytes, pinned)).toBe("accepted");
    }
    expect(openKeyring(engine, third.bytes, three).rootPath).toHaveLength(3);
    expect(opened(third.bytes, of(2, a, b))).toBe("REACH-E5210");
  });

  test("attack: a change that too few of the old root, or of the new one, have signed", () => {
    expect(codeOf(() => change({ from: [c], to: [d, e] }))).toBe("REACH-E5210");
    expect(codeOf(() => change({ from: [a, b], to: [e] }))).toBe("REACH-E5210");
    // A key of both signs for both.
    expect(codeOf(() => change({ from: [a, c], to: [c, d] }))).toBe("accepted");
    const file = fileOf(changed.bytes);
    const [own] = file.roots ?? [];
    // The new one alone: it names itself.
    const alone = [{ ...own, signatures: own!.signatures.slice(2) }];
    expect(opened(canonical({ ...file, roots: alone }), three)).toBe("REACH-E5210");
    for (const left of [0, 1, 2, 3]) {
      const signatures = own!.signatures.filter((_, i) => i !== left);
      const without = canonical({ ...file, roots: [{ ...own, signatures }] });
      // c signs for both roots, so one of the new one may be missing.
      expect(opened(without, three)).toBe(left < 2 ? "REACH-E5210" : "accepted");
    }
  });

  test("attack: a keyring of the old root behind a change, and one without the change", () => {
    const old = fileOf(made({ root: three, signers: [a, b] }, before).bytes);
    const behind = canonical({ ...old, roots: fileOf(changed.bytes).roots });
    expect(opened(behind, three)).toBe("REACH-E5210");
    const { roots: _, ...alone } = fileOf(changed.bytes);
    expect(opened(canonical(alone), three)).toBe("REACH-E5210");
    expect(opened(canonical(alone), next)).toBe("accepted");
  });

  test("attack: a change of another root, one that is missing, and one twice", () => {
    const far = made({ root: next, signers: [d, e] }, openKeyring(engine, changed.bytes, next), {
      newRoot: { root: rootOf(single.key), signers: [single] },
    });
    const file = fileOf(far.bytes);
    const [first, second] = file.roots ?? [];
    const under = (...roots: (typeof first)[]): string =>
      opened(canonical({ ...file, roots }), three);
    expect(under(first, second)).toBe("accepted");
    expect(under(second)).toBe("REACH-E5234");
    expect(under(second, first)).toBe("REACH-E5234");
    expect(under(first, first, second)).toBe("REACH-E5234");
    expect(under(first)).toBe("REACH-E5210");
  });
});
