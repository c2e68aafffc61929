// Decimal texts and doubles by exact arithmetic on big integers: no host conversion is asked.

const word = new DataView(new ArrayBuffer(8));

function fromBits(bits: bigint): number {
  word.setBigUint64(0, bits);
  return word.getFloat64(0);
}

function toBits(x: number): bigint {
  word.setFloat64(0, x);
  return word.getBigUint64(0);
}

/** A fraction of two positive integers. */
interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

const compare = (a: Ratio, b: Ratio): number => {
  const difference = a.over * b.under - b.over * a.under;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

/** The exact value of the double with these (positive) bits; those of infinity are its successor's. */
function valueOf(bits: bigint): Ratio {
  const biased = bits >> 52n;
  const m = (bits & 0xfffffffffffffn) | (biased === 0n ? 0n : 1n << 52n);
  const e = (biased === 0n ? 1n : biased) - 1075n;
  return e >= 0n ? { over: m << e, under: 1n } : { over: m, under: 1n << -e };
}

/** The middle between two values. */
const middleOf = (a: Ratio, b: Ratio): Ratio => ({
  over: a.over * b.under + b.over * a.under,
  under: 2n * a.under * b.under,
});

const literal = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const INFINITY = 0x7ff0000000000000n;

/**
 * The double nearest to a literal, of two the even one; Infinity beyond the range; undefined for
 * what is no literal of JSON.
 */
export function nearest(text: string): number | undefined {
  const [, sign, whole = "", fraction = "", exponent = "0"] = literal.exec(text) ?? [];
  if (sign === undefined || /^0\d/.test(whole)) return undefined;
  const digits = BigInt(whole + fraction);
  const power = BigInt(exponent) - BigInt(fraction.length);
  if (digits === 0n) return 0;
  const length = BigInt(digits.toString().length);
  if (power + length > 400n) return sign ? -Infinity : Infinity;
  if (power + length < -400n) return 0;
  const value: Ratio =
    power >= 0n
      ? { over: digits * 10n ** power, under: 1n }
      : { over: digits, under: 10n ** -power };
  // The largest double that is not above it.
  let low = 0n;
  let high = INFINITY;
  while (high - low > 1n) {
    const tried = (low + high) / 2n;
    if (compare(valueOf(tried), value) <= 0) low = tried;
    else high = tried;
  }
  // Is it nearer to the next one? Beyond the largest, that would be 2^1024.
  const middle = middleOf(valueOf(low), valueOf(low + 1n));
  const order = compare(value, middle);
  if (order > 0 || (order === 0 && low % 2n === 1n)) low += 1n;
  const x = fromBits(low);
  return sign && x !== 0 ? -x : x;
}

/** ECMAScript's text of a finite double: every count of digits is tried, the shortest one wins. */
export function shortest(x: number): string {
  if (x === 0) return "0";
  const sign = x < 0 ? "-" : "";
  const bits = toBits(Math.abs(x));
  const value = valueOf(bits);
  // What is read as this double: all up to the middles, which go to the even side.
  const low = middleOf(valueOf(bits - 1n), value);
  const high = middleOf(value, valueOf(bits + 1n));
  const ends = bits % 2n === 0n ? 0 : 1;
  for (let k = 1; ; k++) {
    const found = digitsOf(value, k).filter(({ digits, power }) => {
      const read: Ratio =
        power >= 0
          ? { over: digits * 10n ** BigInt(power), under: 1n }
          : { over: digits, under: 10n ** BigInt(-power) };
      return compare(read, low) >= ends && compare(high, read) >= ends;
    });
    // Of several texts of that length, the closest one.
    const [best] = found.sort((a, b) =>
      a.away === b.away ? Number(b.even) - Number(a.even) : a.away < b.away ? -1 : 1,
    );
    if (best !== undefined) return sign + layOut(String(best.digits), best.power);
  }
}

interface Candidate {
  readonly digits: bigint;
  readonly power: number;
  /** How far it is from the value, in some unit. */
  readonly away: bigint;
  readonly even: boolean;
}

/** The integers of k digits on both sides of the value, as digits * 10^power. */
function digitsOf(value: Ratio, k: number): Candidate[] {
  let power = 0;
  const scaled = (): Ratio =>
    power >= 0
      ? { over: value.over, under: value.under * 10n ** BigInt(power) }
      : { over: value.over * 10n ** BigInt(-power), under: value.under };
  const length = (value.over / value.under).toString().length - value.under.toString().length;
  power = Math.max(-400, length - k - 2);
  while (compare(scaled(), { over: 10n ** BigInt(k), under: 1n }) >= 0) power++;
  while (compare(scaled(), { over: 10n ** BigInt(k - 1), under: 1n }) < 0) power--;
  const { over, under } = scaled();
  const away = (digits: bigint): bigint => {
    const difference = digits * under - over;
    return difference < 0n ? -difference : difference;
  };
  return [over / under, over / under + 1n]
    .filter((digits) => digits > 0n)
    .map((scaledDigits) => {
      // 9.9 is followed by 10: one digit, and a power more.
      const carried = String(scaledDigits).length > k;
      return {
        digits: carried ? scaledDigits / 10n : scaledDigits,
        power: carried ? power + 1 : power,
        away: away(scaledDigits),
        even: scaledDigits % 2n === 0n,
      };
    });
}

/** ECMA-262 section 6.1.6.1.20. */
function layOut(digits: string, power: number): string {
  const k = digits.length;
  const n = k + power;
  if (k <= n && n <= 21) return digits + "0".repeat(n - k);
  if (0 < n && n <= 21) return `${digits.slice(0, n)}.${digits.slice(n)}`;
  if (-6 < n && n <= 0) return `0.${"0".repeat(-n)}${digits}`;
  const exponent = `e${n > 0 ? "+" : "-"}${Math.abs(n - 1)}`;
  return k === 1 ? digits + exponent : `${digits[0]}.${digits.slice(1)}${exponent}`;
}
