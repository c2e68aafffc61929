// Keys and signatures.
import { attacks, KEYRING, PACK } from "./defence.ts";
import type { Defence } from "./defence.ts";

const KEYS = "evidence/test/trust/keys.test.ts";

export const keys: readonly Defence[] = [
  {
    attack: "algorithm confusion",
    file: "evidence/src/keys/key.ts",
    take: "algorithms[key.alg].verify(signature, message, key.bytes);",
    put: 'algorithms[key.bytes.length === 32 ? "Ed25519" : "P-256"].verify(signature, message, key.bytes);',
    test: KEYS,
    name: "a signature counts by the key's algorithm alone",
  },
  {
    attack: "algorithm confusion, in packs",
    file: "evidence/src/pack/verify-pack.ts",
    take: 'requireAlgorithm(key, "P-256", "a pack");',
    put: "",
    test: PACK,
    name: "algorithm confusion: an Ed25519 key signs no pack, and verifies none",
  },
  {
    attack: "key substitution",
    file: "evidence/src/verify/allowed.ts",
    take: "if (trustedKeys !== undefined && !trustedKeys.some((trusted) => sameKey(trusted, key))) {",
    put: "if (false) {",
    test: attacks("signatures"),
    name: "key substitution: everything signed again with another key",
  },
  {
    attack: "embedded keys",
    file: "schema/src/evidence/evidence.ts",
    take: "z.strictObject({ publicKey: z.strictObject({ hint: z.string() }) }),",
    put: "z.looseObject({ publicKey: z.looseObject({ hint: z.string() }) }),",
    test: PACK,
    name: "embedded keys, two signatures, other spellings: what a bundle has no place for",
  },
  {
    attack: "embedded keys, in keyrings",
    file: "evidence/src/trust/roots.ts",
    take: "if (key === undefined) {",
    put: "if (key === undefined) return; if (false) {",
    test: KEYRING,
    name: "KEY-8: attack: key substitution, a keyring that another root signed",
  },
  {
    attack: "key-id collision",
    file: "evidence/src/keys/key.ts",
    take: `  a.alg === b.alg &&
  a.bytes.length === algorithms[a.alg].publicSize &&
  a.bytes.length === b.bytes.length &&
  a.bytes.every((byte, i) => byte === b.bytes[i]);`,
    put: "  a.id === b.id;",
    test: attacks("signatures"),
    name: "key-id collision: a trusted key with the same id and other bytes",
  },
  {
    attack: "low-order Ed25519 keys",
    file: "evidence/src/keys/algorithms.ts",
    take: "return !point.isSmallOrder() && point.isTorsionFree();",
    put: "return true;",
    test: attacks("signatures"),
    name: "a low-order key, under which a signature that nobody made is valid",
  },
  {
    attack: "non-canonical Ed25519 keys",
    file: "evidence/src/keys/algorithms.ts",
    take: `const point = ed25519.Point.fromBytes(key, false);
      return !point.isSmallOrder() && point.isTorsionFree();`,
    put: "return ed25519.Point.fromBytes(key, true) !== undefined;",
    test: attacks("signatures"),
    name: "EVID-21, KEY-2: keys that are not canonical, not on the curve, or outside the prime-order group",
  },
  {
    attack: "non-canonical Ed25519 signatures",
    file: "evidence/src/keys/ed25519.ts",
    take: "{ zip215: false }",
    put: "{ zip215: true }",
    test: attacks("signatures"),
    name: "EVID-22, KEY-3: a signature whose point R is not canonical: verifiers disagree about it",
  },
  {
    attack: "Ed25519 verifiers that disagree: the platform takes a key of low order",
    file: "evidence/src/keys/ed25519.ts",
    take: "!SMALL_ORDER.some((y) => y.every((byte, i) => byte === a[i])) &&",
    put: "",
    test: KEYS,
    name: "its yes under a key of low order counts for nothing, in any encoding",
  },
  {
    attack: "Ed25519 verifiers that disagree: the platform takes another encoding",
    file: "evidence/src/keys/ed25519.ts",
    take: "isBelow(signature.subarray(32), L) &&",
    put: "",
    test: KEYS,
    name: "its yes to an S or an R in another encoding counts for nothing",
  },
  {
    attack: "ECDSA malleability",
    file: "evidence/src/keys/algorithms.ts",
    take: "lowS: true",
    put: "lowS: false",
    test: KEYS,
    name: "KEY-4: attack: ECDSA malleability, the other S of a signature",
  },
];
