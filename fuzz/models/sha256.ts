// SHA-256 and HMAC as FIPS 180-4 and RFC 2104 write them down, word by word and slow.

const mask = 0xffffffff;

/** The first 32 bits of the fraction of the k-th root of a prime, exactly: section 4.2.2. */
function fraction(prime: bigint, k: bigint): number {
  const scaled = prime << (32n * k);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** k <= scaled) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}

const primes: bigint[] = [];
for (let n = 2n; primes.length < 64; n++) if (primes.every((p) => n % p !== 0n)) primes.push(n);
const K = primes.map((p) => fraction(p, 3n));
const INITIAL = primes.slice(0, 8).map((p) => fraction(p, 2n));

const rotr = (x: number, n: number): number => ((x >>> n) | (x << (32 - n))) >>> 0;
const add = (...parts: number[]): number =>
  parts.reduce((sum, part) => (sum + part) % (mask + 1), 0);

export function sha256Model(message: Uint8Array): Uint8Array {
  const zeros = (119 - (message.length % 64)) % 64;
  const padded = new Uint8Array(message.length + 1 + zeros + 8);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  let hash = INITIAL;
  for (let block = 0; block < padded.length; block += 64) {
    const w = Array.from({ length: 16 }, (_, t) => view.getUint32(block + 4 * t));
    const at = (t: number): number => w[t] ?? 0;
    for (let t = 16; t < 64; t++) {
      const s0 = (rotr(at(t - 15), 7) ^ rotr(at(t - 15), 18) ^ (at(t - 15) >>> 3)) >>> 0;
      const s1 = (rotr(at(t - 2), 17) ^ rotr(at(t - 2), 19) ^ (at(t - 2) >>> 10)) >>> 0;
      w.push(add(at(t - 16), s0, at(t - 7), s1));
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
    for (let t = 0; t < 64; t++) {
      const sigma1 = (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) >>> 0;
      const sigma0 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) >>> 0;
      const choice = ((e & f) ^ (~e & g)) >>> 0;
      const majority = ((a & b) ^ (a & c) ^ (b & c)) >>> 0;
      const t1 = add(h, sigma1, choice, K[t] ?? 0, at(t));
      const t2 = add(sigma0, majority);
      [h, g, f, e, d, c, b, a] = [g, f, e, add(d, t1), c, b, a, add(t1, t2)];
    }
    hash = [a, b, c, d, e, f, g, h].map((x, i) => add(x, hash[i] ?? 0));
  }
  const digest = new Uint8Array(32);
  hash.forEach((x, i) => new DataView(digest.buffer).setUint32(4 * i, x));
  return digest;
}

export function hmacModel(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sha256Model(key) : key);
  const pad = (byte: number): Uint8Array => block.map((x) => x ^ byte);
  return sha256Model(join(pad(0x5c), sha256Model(join(pad(0x36), message))));
}

export const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
