// SHA-256 against NIST CAVP, whole and in pieces.
import { fromHex, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { textOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

/** Every message at once, and fed to a stream in three pieces that no block boundary respects. */
function messages(engine: Engine, vectors: Vectors): SuiteResult {
  const failed: string[] = [];
  let passed = 0;
  for (const file of ["SHA256ShortMsg.rsp", "SHA256LongMsg.rsp"]) {
    const text = textOf(vectors, `nist-cavp-sha2/${file}`);
    for (const [, bits, hex = "", wanted] of text.matchAll(
      /Len = (\d+)\s+Msg = ([0-9a-f]+)\s+MD = ([0-9a-f]+)/g,
    )) {
      const message = fromHex(hex).subarray(0, Number(bits) / 8);
      const cut = Math.floor(message.length / 3);
      const pieces = engine
        .hasher()
        .update(message.subarray(0, cut))
        .update(message.subarray(cut, 2 * cut + 1))
        .update(message.subarray(2 * cut + 1))
        .digest();
      if (toHex(engine.sha256(message)) === wanted && toHex(pieces) === wanted) passed++;
      else failed.push(`${file} Len = ${bits}`);
    }
  }
  return { passed, failed, skipped: [] };
}

/** SHAVS section 6.4: 100 checkpoints of 1,000 hashes, each of the three digests before it. */
function monteCarlo(engine: Engine, vectors: Vectors): SuiteResult {
  const text = textOf(vectors, "nist-cavp-sha2/SHA256Monte.rsp");
  const failed: string[] = [];
  let passed = 0;
  let seed = fromHex(/Seed = ([0-9a-f]+)/.exec(text)?.[1] ?? "");
  for (const [, count, wanted] of text.matchAll(/COUNT = (\d+)\s+MD = ([0-9a-f]+)/g)) {
    const last = [seed, seed, seed];
    const message = new Uint8Array(96);
    for (let i = 0; i < 1000; i++) {
      last.forEach((digest, k) => message.set(digest, 32 * k));
      last.push(engine.sha256(message));
      last.shift();
    }
    seed = last[2] ?? seed;
    if (toHex(seed) === wanted) passed++;
    else failed.push(`COUNT = ${count}`);
  }
  return { passed, failed, skipped: [] };
}

export const suites: Suite[] = [
  { name: "nist-sha256", run: messages },
  { name: "nist-sha256-monte", run: monteCarlo },
];
