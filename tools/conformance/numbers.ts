// Numbers against the host: reading rounds as Number() does, writing gives String(). The host's
// own conversions are correctly rounded and shortest by ECMA-262, and of independent make.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "@reach-fabric/engine";
import type { Suite, SuiteResult } from "../conformance.ts";

const view = new DataView(new ArrayBuffer(8));
const fromBits = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const toBits = (x: number): bigint => {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
};

/** Numerals are tried in arrays of this many: one call each would measure the calls. */
const BATCH = 2000;

/** Collects numerals, each with the text that must come back. */
class Trial {
  readonly failed: string[] = [];
  passed = 0;
  readonly #engine: Engine;
  #numerals: string[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A JSON number with a fraction or an exponent (bare integers follow JSON-7). */
  add(numeral: string): void {
    if (!Number.isFinite(Number(numeral))) return;
    if (this.#numerals.push(numeral) === BATCH) this.run();
  }

  addDouble(x: number): void {
    if (!Number.isFinite(x)) return;
    const text = String(x);
    this.add(/[.e]/.test(text) ? text : `${text}e0`);
  }

  run(): void {
    const numerals = this.#numerals;
    this.#numerals = [];
    const text = new TextDecoder().decode(this.#engine.canonicalize(`[${numerals.join()}]`));
    const found = text.slice(1, -1).split(",");
    numerals.forEach((numeral, i) => {
      const wanted = String(Number(numeral));
      if (found[i] === wanted) this.passed++;
      else this.failed.push(`${numeral.slice(0, 60)}: ${found[i]}, wanted ${wanted}`);
    });
  }
}

/** xorshift64: the same numbers for the same seed. */
function generator(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state ^= (state << 13n) & 0xffffffffffffffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffffffffffffffffn;
    return state;
  };
}

/** The decimal digits and exponent of exactly m * 2^e. */
function exactly(m: bigint, e: number): [digits: string, exponent: number] {
  return e >= 0 ? [(m << BigInt(e)).toString(), 0] : [(m * 5n ** BigInt(-e)).toString(), e];
}

const SEED = 0x9e3779b97f4a7c15n;
const PATTERNS = 600_000;

async function random(engine: Engine): Promise<SuiteResult> {
  const trial = new Trial(engine);
  const next = generator(SEED);
  for (let i = 0; i < PATTERNS; i++) trial.addDouble(fromBits(next()));
  for (let i = 0; i < PATTERNS / 10; i++) {
    trial.addDouble(fromBits(next() & 0xfffffffffffffn)); // subnormal
    trial.addDouble(Number(next() % 2000000n) / 1000); // what people write
    trial.addDouble(2 ** 53 - PATTERNS / 20 + i);
  }
  for (let i = 0; i < PATTERNS / 2; i++) {
    // Up to 40 digits, the point anywhere, exponents from below to above the range.
    const length = Number((next() >> 8n) % 40n) + 1;
    const digits = `${next()}${next()}${next()}`.slice(0, length);
    const exponent = Number((next() >> 8n) % 700n) - 370;
    trial.add(`${digits[0]}.${digits}e${exponent}`);
  }
  trial.run();
  return { passed: trial.passed, failed: trial.failed, skipped: [], notes: [`seed ${SEED}`] };
}

async function adversarial(engine: Engine): Promise<SuiteResult> {
  const trial = new Trial(engine);
  const next = generator(SEED);
  for (let q = -345; q <= 310; q++) {
    const bits = toBits(Number(`1e${q}`));
    for (let d = -3n; d <= 3n; d++) if (bits + d >= 0n) trial.addDouble(fromBits(bits + d));
  }
  for (let e = -1074; e <= 1023; e++) {
    const bits = toBits(2 ** e);
    for (let d = -3n; d <= 3n; d++) if (bits + d >= 0n) trial.addDouble(fromBits(bits + d));
  }
  // The middle between two doubles, exactly, just above and below, cut and padded.
  for (let i = 0; i < 20_000; i++) {
    let bits = next() >> 1n;
    if (i % 4 === 0) bits &= 0xfffffffffffffn;
    const biased = Number(bits >> 52n);
    if (biased === 0x7ff) continue;
    const m = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
    const [digits, exponent] = exactly(2n * m + 1n, (biased || 1) - 1076);
    const padding = i % 800;
    trial.add(`${digits}e${exponent}`);
    trial.add(`-${digits}1e${exponent - 1}`);
    trial.add(`${BigInt(digits) - 1n}e${exponent}`);
    trial.add(`${digits}${"0".repeat(padding)}1e${exponent - 1 - padding}`);
    const cut = 20 + padding;
    if (cut < digits.length) trial.add(`${digits.slice(0, cut)}e${exponent + digits.length - cut}`);
  }
  for (const numeral of [
    "2.2250738585072011e-308", // the literal that hung PHP and Java in 2010
    "2.2250738585072012e-308",
    "4.9406564584124654e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "1.7976931348623158e308",
    "9007199254740993e0",
    "9007199254740992.99999999999999999999999999999999",
    `0.${"0".repeat(30_000)}1e30001`,
    `1${"0".repeat(30_000)}e-30000`,
    `${"9".repeat(30_000)}e-30000`,
    "0e999999999999999999999",
    "1e-999999999999999999999",
  ]) {
    trial.add(numeral);
  }
  trial.run();
  return { passed: trial.passed, failed: trial.failed, skipped: [], notes: [`seed ${SEED}`] };
}

/** The 10,000 doubles of the RFC 8785 test data: bits, text. */
async function es6(engine: Engine, vectors: string): Promise<SuiteResult> {
  const failed: string[] = [];
  let passed = 0;
  const file = join(vectors, "rfc8785-jcs/es6testfile10k.txt");
  for (const line of readFileSync(file, "utf8").trim().split("\n")) {
    const [hex = "", wanted = ""] = line.split(",");
    const bits = BigInt(`0x${hex}`);
    const biased = Number((bits >> 52n) & 0x7ffn);
    const m = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
    const [digits, exponent] = exactly(m, (biased || 1) - 1075);
    const numeral = `${bits >> 63n === 1n ? "-" : ""}${digits}e${exponent}`;
    const found = new TextDecoder().decode(engine.canonicalize(numeral));
    if (found === wanted) passed++;
    else failed.push(`${hex}: ${found}, wanted ${wanted}`);
  }
  return { passed, failed, skipped: [] };
}

export const suites: Suite[] = [
  { name: "numbers-random", run: random },
  { name: "numbers-adversarial", run: adversarial },
  { name: "numbers-rfc8785", run: es6 },
];
