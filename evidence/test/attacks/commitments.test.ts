// Attacks on commitments and on the seeds that blind them.
import { createHash } from "node:crypto";
import { fromHex, utf8 } from "@reach-fabric/engine";
import { commitRunValues, recordSeed, runSeedOf } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  engine,
  enteredOf,
  evidence,
  facts,
  jsonOf,
  pseudoRandom,
} from "../fixtures/fixture.ts";
import { file, hex } from "./attacking.ts";

const seedIn = (bytes: Uint8Array): string =>
  (JSON.parse(enteredOf(bytes)[0] ?? "") as { seed: string }).seed;
const sha256 = (...parts: Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

describe("seeds:", () => {
  test("TRACE-12: the run's follows from secret, id and attempt, that of a record from its number", () => {
    const secret = pseudoRandom("run secret")(32);
    const own = hex(runSeedOf(engine, secret, facts));
    expect(seedIn(file)).toBe(own);
    for (const other of [
      { ...facts, attempt: 2 },
      { ...facts, id: facts.id.replace("1", "2") },
    ]) {
      expect(hex(runSeedOf(engine, secret, other))).not.toBe(own);
    }
    const tree = (from: Uint8Array, seq: number): Uint8Array => {
      let seed = from;
      for (const bit of seq.toString(2).padStart(32, "0")) {
        seed = sha256(Uint8Array.of(0x42), seed, Uint8Array.of(Number(bit)));
      }
      return seed;
    };
    for (const seq of [0, 1, 2, 0x80000000, 0xffffffff]) {
      expect(hex(recordSeed(engine, fromHex(own), seq))).toBe(hex(tree(fromHex(own), seq)));
    }
  });

  test("the values of run.json stand behind seeds of their own", () => {
    const own = recordSeed(engine, fromHex(seedIn(file)), 0xffffffff);
    const slot = sha256(Uint8Array.of(0x40), own, Uint8Array.of(19));
    const commitment = sha256(Uint8Array.of(0x54), slot, utf8("acme"));
    expect(jsonOf(file, "run.json")["tenant"]).toBe(hex(commitment));
    const same = utf8('"acme"');
    const both = commitRunValues(engine, fromHex(seedIn(file)), { actor: same, tenant: same });
    expect(both.actor).not.toBe(both.tenant);
  });

  test("dictionary attack on weak salts: a secret that can be guessed is not used", () => {
    for (const runSecret of [new Uint8Array(32), new Uint8Array(16), pseudoRandom("x")(33)]) {
      expect(codeOf(() => evidence({ runSecret }))).toBe("REACH-E5802");
    }
  });

  test("a secret that is used twice gives equal values other commitments", () => {
    const again = evidence({ run: { ...facts, attempt: 2 } });
    for (const name of ["actor", "tenant", "decision"]) {
      expect(jsonOf(again, "run.json")[name]).not.toBe(jsonOf(file, "run.json")[name]);
    }
  });

  test("the run's secret is in no file", () => {
    const secret = pseudoRandom("run secret")(32);
    const text = Buffer.from(file).toString("latin1");
    for (const spelling of [hex(secret), Buffer.from(secret).toString("latin1")]) {
      expect(text).not.toContain(spelling);
    }
  });
});
