// Numbers against the host: writing gives String(x), reading gives Number(text), to the bit. The
// host's own conversions are shortest and correctly rounded by ECMA-262, and of independent make.
// And the published checksums of the ECMAScript numbers of RFC 8785's test data.
import { fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { textOf } from "./suite.ts";
import type { Effort, Suite, SuiteResult, Vectors } from "./suite.ts";

const word = new DataView(new ArrayBuffer(8));
const fromBits = (bits: bigint): number => {
  word.setBigUint64(0, bits);
  return word.getFloat64(0);
};
const toBits = (x: number): bigint => {
  word.setFloat64(0, x);
  return word.getBigUint64(0);
};

/** Numbers are tried in lists of this many: one call each would measure the calls. */
const BATCH = 20_000;
const FAILURES = 100;

/** Collects doubles and literals, and compares what the engine makes of them with the host. */
class Trial {
  readonly failed: string[] = [];
  passed = 0;
  readonly #engine: Engine;
  readonly #progress: ((count: number) => void) | undefined;
  #doubles: number[] = [];
  #literals: string[] = [];

  constructor(engine: Engine, progress?: (count: number) => void) {
    this.#engine = engine;
    this.#progress = progress;
  }

  /** A double: it is written as String() does, and that is read as itself. */
  double(x: number): void {
    if (Number.isFinite(x) && this.#doubles.push(x) === BATCH) this.run();
  }

  /** A literal with a fraction or an exponent: it is read as Number() does. */
  literal(text: string): void {
    if (Number.isFinite(Number(text)) && this.#literals.push(text) === BATCH) this.run();
  }

  run(): void {
    const doubles = this.#doubles;
    const literals = this.#literals;
    this.#doubles = [];
    this.#literals = [];
    const texts = fromUtf8(this.#engine.numbersToJson(doubles)).slice(1, -1).split(",");
    doubles.forEach((x, i) => {
      const wanted = String(x);
      const found = texts[i] ?? "";
      if (found !== wanted) this.#fail(`${toBits(x).toString(16)} is written ${found}`, wanted);
      // Bare integers follow JSON-7: with an exponent they are as good.
      literals.push(/[.e]/.test(wanted) ? wanted : `${wanted}e0`);
    });
    const read = this.#engine.numbersFromJson(`[${literals.join()}]`);
    literals.forEach((literal, i) => {
      const wanted = Number(literal) + 0; // -0 is read as 0
      const found = read[i] ?? Number.NaN;
      if (!Object.is(found, wanted))
        this.#fail(`${literal.slice(0, 60)} is read as ${found}`, wanted);
      else this.passed++;
    });
    this.#progress?.(this.passed);
  }

  #fail(what: string, wanted: unknown): void {
    if (this.failed.length < FAILURES) this.failed.push(`${what}, wanted ${String(wanted)}`);
  }
}

/** xorshift64: the same numbers for the same seed. */
function generator(seed: bigint): () => bigint {
  let state = BigInt.asUintN(64, seed * 0x9e3779b97f4a7c15n) || 1n;
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

const SEED = 20261126;
/** Cases of a long run and of a slice, all kinds together. */
const LONG = 10_500_000;
const SLICE = 600_000;

/** A suite over `share` of the cases; its generator is told how many and draws them. */
function drawn(
  share: number,
  draw: (trial: Trial, next: () => bigint, count: number) => void,
): Suite["run"] {
  return (engine, _, effort: Effort) => {
    const seed = effort.seed ?? SEED;
    const count = Math.round((effort.long ? LONG : SLICE) * share);
    let told = 0;
    const trial = new Trial(engine, (done) => {
      if (done - told < 500_000) return;
      told = done;
      effort.progress?.(`${done.toLocaleString("en-US")} numbers`);
    });
    draw(trial, generator(BigInt(seed)), count);
    trial.run();
    return { passed: trial.passed, failed: trial.failed, skipped: [], notes: [`seed ${seed}`] };
  };
}

/** Doubles of all bits, subnormals, amounts, and integers around 2^53. */
function doubles(trial: Trial, next: () => bigint, count: number): void {
  for (let i = 0; i < count; i++) {
    if (i % 8 < 5) trial.double(fromBits(next()));
    else if (i % 8 === 5) trial.double(fromBits(next() & 0x800fffffffffffffn));
    else if (i % 8 === 6) trial.double(Number(next() % 2_000_000_000n) / 1000);
    else trial.double(2 ** 53 - (count >> 4) + (i >> 3));
  }
}

/** Up to 40 digits, the point anywhere, exponents from below to above the range. */
function literals(trial: Trial, next: () => bigint, count: number): void {
  for (let i = 0; i < count; i++) {
    const length = Number((next() >> 8n) % 40n) + 1;
    const digits = `${next()}${next()}${next()}`.slice(0, length);
    const exponent = Number((next() >> 8n) % 700n) - 370;
    trial.literal(`${digits[0]}.${digits}e${exponent}`);
  }
}

/** Powers of two and ten and their neighbours. */
function powers(trial: Trial): void {
  for (let e = -1074; e < 1024; e++) {
    const bits = toBits(2 ** e);
    for (let d = -3n; d <= 3n; d++) if (bits + d >= 0n) trial.double(fromBits(bits + d));
  }
  for (let e = -330; e <= 308; e++) {
    const bits = toBits(Number(`1e${e}`));
    for (let d = -3n; d <= 3n; d++) if (bits + d >= 0n) trial.double(fromBits(bits + d));
    for (const digits of ["1", "9", "4503599627370497.5", "9007199254740993"]) {
      trial.literal(`${digits}e${e}`);
    }
  }
}

/** The middle between two doubles: exactly, just above and below, cut, and padded to 800 digits. */
function middles(trial: Trial, next: () => bigint, count: number): void {
  powers(trial);
  for (let i = 0; i < count / 5; i++) {
    let bits = next() >> 1n;
    if (i % 4 === 0) bits &= 0xfffffffffffffn;
    const biased = Number(bits >> 52n);
    if (biased === 0x7ff) continue;
    const m = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
    const [digits, exponent] = exactly(2n * m + 1n, (biased || 1) - 1076);
    const padding = i % 800;
    trial.literal(`${digits}e${exponent}`);
    trial.literal(`-${digits}1e${exponent - 1}`);
    trial.literal(`${BigInt(digits) - 1n}e${exponent}`);
    trial.literal(`${digits}${"0".repeat(padding)}1e${exponent - 1 - padding}`);
    const cut = 20 + padding;
    if (cut < digits.length)
      trial.literal(`${digits.slice(0, cut)}e${exponent + digits.length - cut}`);
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
    trial.literal(numeral);
  }
}

/** The sequence of the RFC 8785 test data behind its fixed beginning, which is read from there. */
function* sequence(engine: Engine, fixed: readonly number[]): Generator<number> {
  yield* fixed;
  for (let i = 0n; i < 2000n; i++) yield fromBits(0x0010000000000000n + i);
  let block = new Uint8Array(32);
  for (;;) {
    block = engine.sha256(block);
    // The doubles lie in the block as a little-endian machine has them.
    const view = new DataView(block.buffer);
    for (let at = 0; at < 32; at += 8) {
      const x = view.getFloat64(at, true);
      if (x !== 0 && Number.isFinite(x)) yield x;
    }
  }
}

/** The 10,000 lines that are there, and the published checksums of the first million of lines. */
function es6(engine: Engine, vectors: Vectors, effort: Effort): SuiteResult {
  const failed: string[] = [];
  let passed = 0;
  const lines = textOf(vectors, "rfc8785-jcs/es6testfile10k.txt").trimEnd().split("\n");
  const given = lines.map((line) => fromBits(BigInt(`0x${line.split(",")[0]}`)));
  const start = given.findIndex((x) => x === fromBits(0x0010000000000000n));
  // 0x0010000000000000 is among the fixed values, too: the run of 2,000 is what follows the last.
  const run = given.findIndex(
    (x, i) =>
      i >= start &&
      [0n, 1n, 2n].every((d) => given[i + Number(d)] === fromBits(0x0010000000000000n + d)),
  );
  const sums = textOf(vectors, "rfc8785-jcs/es6-checksums.txt")
    .split("\n")
    .flatMap((line) => {
      const [sum = "", count = ""] = line.split(" ");
      return /^[0-9a-f]{64}$/.test(sum) ? [{ sum, count: Number(count) }] : [];
    })
    .filter(({ count }) => count <= (effort.long ? 10_000_000 : 1_000_000));
  const hasher = engine.hasher();
  const numbers = sequence(engine, given.slice(0, run));
  let done = 0;
  for (const { sum, count } of sums) {
    while (done < count) {
      const batch = Float64Array.from({ length: Math.min(BATCH, count - done) }, () => {
        const { value } = numbers.next();
        return value === undefined ? Number.NaN : value;
      });
      const texts = fromUtf8(engine.numbersToJson(batch)).slice(1, -1).split(",");
      const part = texts.map((text, i) => `${toBits(batch[i] ?? 0).toString(16)},${text}\n`);
      part.forEach((line, i) => {
        const wanted = lines[done + i];
        if (wanted === undefined) return;
        if (line === `${wanted}\n`) passed++;
        else failed.push(`line ${done + i}: ${line.trimEnd()}, wanted ${wanted}`);
      });
      hasher.update(utf8(part.join("")));
      done += batch.length;
      effort.progress?.(`${done.toLocaleString("en-US")} lines`);
    }
    const found = toHex(engine.hasher(hasher.state()).digest());
    if (found === sum) passed++;
    else failed.push(`checksum of ${count} lines: ${found}`);
  }
  const most = sums.at(-1)?.count.toLocaleString("en-US") ?? "0";
  return {
    passed,
    failed,
    skipped: [],
    notes: [`${lines.length} lines, ${sums.length} checksums up to ${most} lines`],
  };
}

export const suites: Suite[] = [
  { name: "numbers-doubles", run: drawn(0.6, doubles) },
  { name: "numbers-literals", run: drawn(0.2, literals) },
  { name: "numbers-middles", run: drawn(0.2, middles) },
  { name: "numbers-es6", run: es6 },
];
