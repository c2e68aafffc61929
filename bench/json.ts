// The canonical hash of JSON bytes, and SHA-256 alone.
import { createHash, hash } from "node:crypto";
import { digest as asSha256 } from "@chainsafe/as-sha256";
import canonicalize from "canonicalize";
import { createSHA256 } from "hash-wasm";
import { createEngine, toHex } from "@reach-fabric/engine";
import type { Contest } from "./harness.ts";

/** Chance that is the same every time (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** About `size` bytes of JSON as services send it: applicants, in no order of keys. */
function sample(size: number): Uint8Array<ArrayBuffer> {
  const roll = dice(size);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(roll() * list.length)];
  const applicant = (i: number): object => ({
    name: `${pick(["Ada", "José", "Łucja", "明"])} ${pick(["Smith", "Müller", "Nguyễn", "O'Neil"])}`,
    id: `app-${String(i).padStart(8, "0")}`,
    income: {
      monthly: Math.floor(roll() * 900_000) / 100,
      currency: pick(["EUR", "USD"]),
      verified: roll() < 0.5,
    },
    requested: Math.floor(roll() * 50_000),
    score: roll() * 850,
    history: Array.from({ length: 6 }, () => ({
      month: Math.floor(roll() * 12) + 1,
      balance: roll() * 10_000 - 5000,
      late: roll() < 0.1,
    })),
    note: roll() < 0.3 ? 'said: "call me back"\n(twice)' : null,
    address: {
      street: `${Math.floor(roll() * 200)} Main Street`,
      city: pick(["Köln", "Lyon", "Porto"]),
      zip: "12345",
    },
  });
  const list: object[] = [];
  for (let length = 0; length < size - 400;) {
    const next = applicant(list.length);
    list.push(next);
    length += Buffer.byteLength(JSON.stringify(next)) + 1;
  }
  return new TextEncoder().encode(JSON.stringify({ applicants: list, total: list.length }));
}

export function canonicalHashContests(): Contest[] {
  const engine = createEngine();
  const scalar = createEngine({ build: "scalar" });
  return [1_000, 100_000, 10_000_000].map((size) => {
    const bytes = sample(size);
    const text = (): string => new TextDecoder().decode(bytes);
    const ours = toHex(engine.canonicalHash(bytes));
    const theirs = createHash("sha256")
      .update(canonicalize(JSON.parse(text())) ?? "")
      .digest("hex");
    if (ours !== theirs) throw new Error(`canonical hashes differ at ${size} bytes`);
    return {
      name: `canonical hash of ${bytes.length.toLocaleString("en-US")} bytes`,
      unit: "bytes",
      amount: bytes.length,
      contenders: [
        { name: "reach", run: () => engine.canonicalHash(bytes) },
        { name: "reach, scalar build", run: () => scalar.canonicalHash(bytes) },
        {
          name: "JSON.parse + canonicalize + node:crypto",
          run: () =>
            createHash("sha256")
              .update(canonicalize(JSON.parse(text())) ?? "")
              .digest(),
        },
        { name: "JSON.parse alone", run: () => JSON.parse(text()) as unknown },
      ],
    };
  });
}

export async function sha256Contests(): Promise<Contest[]> {
  const engine = createEngine();
  const wasm = await createSHA256();
  return [64, 1024, 65_536, 1 << 24].map((size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255);
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

export async function merkleContest(): Promise<Contest> {
  const engine = createEngine();
  const scalar = createEngine({ build: "scalar" });
  const wasm = await createSHA256();
  const frames = Array.from({ length: 10_000 }, (_, i) => new Uint8Array(64).fill(i));
  const prefix = new Uint8Array([1]);
  return {
    name: "10,000 RFC 6962 nodes",
    unit: "nodes",
    amount: frames.length,
    contenders: [
      { name: "reach", run: () => engine.hashFrames(frames, 1) },
      { name: "reach, scalar build", run: () => scalar.hashFrames(frames, 1) },
      {
        name: "hash-wasm",
        run: () => frames.map((frame) => wasm.init().update(prefix).update(frame).digest("binary")),
      },
      {
        name: "node:crypto",
        run: () =>
          frames.map((frame) => createHash("sha256").update(prefix).update(frame).digest()),
      },
    ],
  };
}
