// JSON: the canonical hash of bytes, reading alone, and looking for secrets in it.
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { createEngine, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { SecretGuard } from "@reach-fabric/host/testing";
import { prng } from "./prng.ts";
import type { Contest } from "./harness.ts";

/** About `size` bytes of JSON as services send it: applicants, in no order of keys. */
export function sample(size: number): Uint8Array<ArrayBuffer> {
  const roll = prng(size);
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

export function canonicalHashContests(make: () => Engine = createEngine): Contest[] {
  const engine = make();
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
        {
          name: "JSON.parse + canonicalize + node:crypto",
          run: () =>
            createHash("sha256")
              .update(canonicalize(JSON.parse(text())) ?? "")
              .digest(),
        },
      ],
    };
  });
}

/** Reading alone: the engine checks and builds its values, the host its objects. */
export function parseContests(make: () => Engine = createEngine): Contest[] {
  const engine = make();
  return [1_000, 100_000, 10_000_000].map((size) => {
    const bytes = sample(size);
    const text = new TextDecoder().decode(bytes);
    return {
      name: `reading JSON of ${bytes.length.toLocaleString("en-US")} bytes`,
      unit: "bytes",
      amount: bytes.length,
      contenders: [
        { name: "reach, from bytes", run: () => engine.checkJson(bytes) ?? bytes },
        { name: "JSON.parse, from a string", run: () => JSON.parse(text) as unknown },
        {
          name: "TextDecoder + JSON.parse, from bytes",
          run: () => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
        },
      ],
    };
  });
}

/** Secrets as services give them out. */
function guardOf(count: number): SecretGuard {
  const roll = prng(count);
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const guard = new SecretGuard();
  for (let i = 0; i < count; i += 1) {
    const length = 12 + Math.floor(roll() * 60);
    guard.add(Array.from({ length }, () => letters[Math.floor(roll() * 64)]).join(""));
  }
  return guard;
}

/** Its cost for 20 of them, in all forms, in the bytes and the value of an answer. */
export function secretsContests(): Contest[] {
  const guard = guardOf(20);
  return [1_000, 100_000, 1_000_000, 5_000_000].map((size) => {
    const bytes = sample(size);
    if (guard.holds(bytes)) throw new Error("one is found by chance");
    return {
      name: `20 secrets in an answer of ${bytes.length.toLocaleString("en-US")} bytes`,
      unit: "bytes",
      amount: bytes.length,
      contenders: [
        // A copy: what was looked at is not looked at again.
        { name: "reach", run: () => guard.holds(Uint8Array.from(bytes)) },
        { name: "JSON.parse", run: () => JSON.parse(new TextDecoder().decode(bytes)) as unknown },
      ],
    };
  });
}
