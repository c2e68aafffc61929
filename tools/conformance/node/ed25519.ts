// Where the yes of Node's own verifier counts, the library says yes, too: for every key, not only those that would
// be enrolled, and whatever this version of Node makes of it. docs/spec/keys.md, KEY-3.
import { isPlainlyValid, isStrictlyValid } from "@reach-fabric/evidence/testing";
import { ed25519Cases } from "../signatures.ts";
import type { Suite } from "../suite.ts";

export const ed25519OfNode: Suite = {
  name: "ed25519-of-node",
  run: (_, vectors) => {
    const cases = ed25519Cases(vectors);
    const taken = cases.filter(({ key, message, signature }) =>
      isPlainlyValid(signature, message, key),
    );
    const failed = taken.filter(
      ({ key, message, signature }) => !isStrictlyValid(signature, message, key),
    );
    return {
      passed: taken.length - failed.length,
      failed: failed.map(({ name }) => `${name}: taken by Node, refused by the library`),
      skipped: [],
      notes: [`its yes counts in ${taken.length} of ${cases.length}`],
    };
  },
};
