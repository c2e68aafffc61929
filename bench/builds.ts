// The two builds of the engine beside each other. A part of its own: two engines on one call site
// are slower than each by itself, and the other parts are about one.
import { createEngine } from "@reach-fabric/engine";
import type { Contest } from "./harness.ts";
import { sample } from "./json.ts";

export function buildsContests(): Contest[] {
  const simd = createEngine({ build: "simd" });
  const scalar = createEngine({ build: "scalar" });
  const json = sample(100_000);
  const message = new Uint8Array(65_536).fill(7);
  return [
    {
      name: `canonical hash of ${json.length.toLocaleString("en-US")} bytes`,
      unit: "bytes",
      amount: json.length,
      contenders: [
        { name: "reach, SIMD build", run: () => simd.canonicalHash(json) },
        { name: "reach, scalar build", run: () => scalar.canonicalHash(json) },
      ],
    },
    {
      name: "SHA-256 of 65,536 bytes",
      unit: "bytes",
      amount: message.length,
      contenders: [
        { name: "reach, SIMD build", run: () => simd.sha256(message) },
        { name: "reach, scalar build", run: () => scalar.sha256(message) },
      ],
    },
  ];
}
