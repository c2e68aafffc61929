// Tree heads against the RFC 6962 vectors of transparency-dev/merkle.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Suite, SuiteResult } from "../conformance.ts";

/** The leaves behind the vectors: those of the reference tests of Certificate Transparency. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));

interface Proof {
  readonly wantErr: boolean;
  readonly treeSize?: number;
  readonly root?: string;
  readonly size1?: number;
  readonly root1?: string;
  readonly size2?: number;
  readonly root2?: string;
}

/** Every tree head that a valid proof of the vectors is about. */
async function treeHeads(engine: Engine, vectors: string): Promise<SuiteResult> {
  const failed: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const kind of ["inclusion", "consistency"]) {
    const folder = join(vectors, "rfc6962-merkle/testdata", kind);
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (!name.endsWith(".json")) continue;
      const proof = JSON.parse(readFileSync(join(folder, name), "utf8")) as Proof;
      if (proof.wantErr) continue;
      for (const [size, root] of [
        [proof.treeSize, proof.root],
        [proof.size1, proof.root1],
        [proof.size2, proof.root2],
      ] as const) {
        if (size === undefined || root === undefined) continue;
        if (!/^\d/.test(name)) skipped.push(`${kind}/${name}: about other leaves, which it lacks`);
        else if (toHex(engine.merkleRoot(LEAVES.slice(0, size))) === hexOf(root)) passed++;
        else failed.push(`${kind}/${name}: size ${size}`);
      }
    }
  }
  return { passed, failed, skipped };
}

const hexOf = (base64: string): string => Buffer.from(base64, "base64").toString("hex");

export const suites: Suite[] = [{ name: "rfc6962-tree-heads", run: treeHeads }];
