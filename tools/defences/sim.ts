// Rules of trust that the histories of npm run trust-sim hold: what the model says, against what Reach says without them.
import type { Defence } from "./defence.ts";

const held = {
  test: "fuzz/test/trust.test.ts",
  name: "trust: in 100 histories nothing is trusted, approved or witnessed that the model calls false, and nothing refused that it calls true",
} as const;

export const simulated: readonly Defence[] = [
  {
    attack: "a key of one role that signs as another",
    file: "evidence/src/trust/trust.ts",
    take: "if (own !== role) {",
    put: "if (false) {",
    ...held,
  },
  {
    attack: "a keyring of a number that the policy calls too old",
    file: "evidence/src/trust/trust.ts",
    take: "if (serial < minSerial) {",
    put: "if (false) {",
    ...held,
  },
  {
    attack: "a key at the very instant of its end",
    file: "evidence/src/trust/times.ts",
    take: "last < millisecondsOf(to);",
    put: "last <= millisecondsOf(to);",
    ...held,
  },
  {
    attack: "a group of witnesses, of whom one alone has signed",
    file: "evidence/src/log/quorum.ts",
    take: "return there.length >= threshold;",
    put: "return there.length >= 1;",
    ...held,
  },
  {
    attack: "a liar's late cosignature in the place of honest ones",
    file: "evidence/src/log/quorum.ts",
    take: "a.time < b.time ? -1 : 1",
    put: "a.time < b.time ? 1 : -1",
    ...held,
  },
  {
    attack: "a change of the root that the old root has not signed",
    file: "evidence/src/trust/roots.ts",
    take: "requireSignedBy([before, root], message",
    put: "requireSignedBy([root], message",
    ...held,
  },
  {
    attack: "two keyrings of a number, one after the other",
    file: "evidence/src/trust/state.ts",
    take: "(serial === kept.serial && digest !== kept.digest) ||",
    put: "",
    ...held,
  },
  {
    attack: "a root that is pinned next, without what was seen by way of the one before",
    file: "evidence/src/trust/state.ts",
    take: "for (const root of roots) all.set(root,",
    put: "for (const root of roots.slice(0, 1)) all.set(root,",
    ...held,
  },
  {
    attack: "a state that a larger checkpoint moves without a proof of growth",
    file: "evidence/src/trust/state.ts",
    take: "if (proof === undefined) return state;",
    put: "if (proof === undefined) return newer === checkpoint ? advanced() : state;",
    ...held,
  },
  {
    attack: "a pack that its publisher has withdrawn, in evidence",
    file: "evidence/src/pack/publisher.ts",
    take: "if (counts(() => requireWithdrawer(key, read.at))) throw withdrawn(key, read.reason);",
    put: "",
    ...held,
  },
  {
    attack: "a publisher by a keyring that is out of date",
    file: "evidence/src/pack/publisher.ts",
    take: "requireFresh(ring.keyring, { ...ring, now });",
    put: "void now;",
    ...held,
  },
  {
    attack: "another publisher than the one that a pack must have",
    file: "evidence/src/trust/rules.ts",
    take: "(one.publisher === undefined || sameKey(one.publisher, publisher)),",
    put: "true,",
    ...held,
  },
];
