import { fromBase64 } from "@reach-fabric/engine";
import { engineScalar } from "@reach-fabric/engine/testing";
import { expect, test } from "vitest";

/** floor(10^q * 2^s) where s is such that the result has exactly 128 bits. */
function power(q: number): bigint {
  const five = 5n ** BigInt(Math.abs(q));
  const bits = five.toString(2).length;
  if (q < 0) return (1n << BigInt(bits + 127)) / five;
  return bits <= 128 ? five << BigInt(128 - bits) : five >> BigInt(bits - 128);
}

test("the engine's table of powers of ten is exact", async () => {
  const { instance } = await WebAssembly.instantiate(fromBase64(engineScalar), {});
  const x = instance.exports as Record<string, (...args: number[]) => number>;
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  const input = Buffer.from("1.5e300"); // the first number that needs the table
  const at = x["input"]!(input.length);
  new Uint8Array(memory.buffer).set(input, at);
  expect(x["canonicalize"]!(input.length, 0)).toBe(0);
  const table = Buffer.alloc(667 * 16);
  for (let q = -342; q <= 324; q++) {
    table.writeBigUInt64LE(power(q) >> 64n, (q + 342) * 16);
    table.writeBigUInt64LE(BigInt.asUintN(64, power(q)), (q + 342) * 16 + 8);
  }
  expect(Buffer.from(memory.buffer).indexOf(table)).toBeGreaterThan(0);
});
