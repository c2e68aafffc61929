// SHA-256 alone: one message a call, and the many small ones of which a tree is made.
import { hash } from "node:crypto";
import { digest as asSha256, hashInto } from "@chainsafe/as-sha256";
import { createSHA256 } from "hash-wasm";
import { createEngine, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Contest } from "./harness.ts";

const bytesOf = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 7) & 255);

export async function sha256Contests(make: () => Engine = createEngine): Promise<Contest[]> {
  const engine = make();
  const wasm = await createSHA256();
  return [64, 1024, 65_536, 1 << 24].map((size) => {
    const bytes = bytesOf(size);
    const contenders = [
      { name: "reach", run: () => engine.sha256(bytes) },
      { name: "hash-wasm", run: () => wasm.init().update(bytes).digest("binary") },
      { name: "@chainsafe/as-sha256", run: () => asSha256(bytes) },
      { name: "node:crypto", run: () => hash("sha256", bytes, "buffer") },
    ];
    const digests = new Set(contenders.map(({ run }) => toHex(run())));
    if (digests.size !== 1) throw new Error(`SHA-256 differs at ${size} bytes`);
    return {
      name: `SHA-256 of ${size.toLocaleString("en-US")} bytes`,
      unit: "bytes",
      amount: size,
      contenders,
    };
  });
}

const NODES = 1_000_000;

/** A million nodes of 64 bytes, as both children of a level lie in memory. */
export function nodesContests(make: () => Engine = createEngine): Contest[] {
  const engine = make();
  const scalar = createEngine({ build: "scalar" });
  const level = bytesOf(64 * NODES);
  const above = new Uint8Array(32 * NODES);
  const plain = {
    name: "1,000,000 nodes of 64 bytes",
    unit: "nodes",
    amount: NODES,
    contenders: [
      { name: "reach", run: () => engine.hashEach(level, 64) },
      { name: "reach, scalar build", run: () => scalar.hashEach(level, 64) },
      {
        name: "@chainsafe/as-sha256 (SIMD)",
        run: () => {
          hashInto(level, above);
          return above;
        },
      },
    ],
  };
  const digests = new Set(plain.contenders.map(({ run }) => toHex(engine.sha256(run()))));
  if (digests.size !== 1) throw new Error("nodes differ");
  const prefixed = {
    name: "1,000,000 RFC 6962 nodes (65 bytes)",
    unit: "nodes",
    amount: NODES,
    contenders: [
      { name: "reach", run: () => engine.hashEach(level, 64, 1) },
      { name: "reach, scalar build", run: () => scalar.hashEach(level, 64, 1) },
    ],
  };
  return [plain, prefixed];
}
