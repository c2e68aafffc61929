// Packs, engines, keyrings.
import { attacks, KEYRING, PACK } from "./defence.ts";
import type { Defence } from "./defence.ts";

const POLICY = "evidence/test/trust/policy.test.ts";

export const trust: readonly Defence[] = [
  {
    attack: "pack rollback",
    file: "evidence/src/pack/verify-pack.ts",
    take: "if (minVersion === undefined || compareVersions(version, minVersion) >= 0) return;",
    put: "return;",
    test: PACK,
    name: "PACK-13 pack rollback: an older version than is required",
  },
  {
    attack: "yanked packs",
    file: "evidence/src/pack/verify-pack.ts",
    take: "for (const bytes of yanks) {",
    put: "for (const bytes of yanks.slice(yanks.length)) {",
    test: PACK,
    name: "PACK-12 yanked packs",
  },
  {
    attack: "yanked packs, in evidence",
    file: "evidence/src/verify/allowed.ts",
    take: "if (yankedPacks?.includes(pack) === true) {",
    put: "if (false) {",
    test: POLICY,
    name: "attack: a withdrawn engine, and the pack that was withdrawn",
  },
  {
    attack: "a withdrawn engine",
    file: "evidence/src/verify/allowed.ts",
    take: "if (faultyEngines?.includes(engine) === true) {",
    put: "if (false) {",
    test: POLICY,
    name: "attack: a withdrawn engine, and the pack that was withdrawn",
  },
  {
    attack: "a hostile engine",
    file: "evidence/src/verify/allowed.ts",
    take: "if (engines !== undefined && !engines.includes(engine)) {",
    put: "if (false) {",
    test: attacks("replay"),
    name: "a withdrawn or hostile engine",
  },
  {
    attack: "stale revocation lists",
    file: "evidence/src/trust/trust.ts",
    take: "if (now >= expiresAt) throw stale(",
    put: "if (false) throw stale(",
    test: KEYRING,
    name: "attack: a stale revocation list is neither a yes nor a no",
  },
  {
    attack: "keyring rollback",
    file: "evidence/src/trust/keyring.ts",
    take: "if (newer.serial < older.serial) {",
    put: "if (false) {",
    test: KEYRING,
    name: "KEY-10: attack: rollback and split view, an older one or another of the same number",
  },
  {
    attack: "key-id collision, among trusted publishers",
    file: "evidence/src/pack/verify-pack.ts",
    take: "if (!isForged(error) || i === keys.length - 1) throw error;",
    put: "throw error;",
    test: PACK,
    name: "KEY-2: key-id collision, another trusted key that has the id of the publisher's",
  },
];
