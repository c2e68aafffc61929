// Stands in for the engine's own commitments until its calls are there: the same bytes, slowly.
import { concat, toHex, utf8, fromUtf8 } from "../core/bytes.ts";
import { EngineError } from "../core/errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface CommitOptions {
  readonly keep?: "records" | "nothing" | "leaves";
}

export interface TreeHead {
  readonly root: Bytes;
  readonly size: number;
}

export interface Commitments extends TreeHead {
  readonly entered: TreeHead;
  readonly left: Bytes;
}

export interface CommitCalls {
  commit(seed: Uint8Array | null, options?: CommitOptions): void;
  commitments(): Commitments;
  commitValue(seed: Uint8Array, text: Uint8Array | string): Bytes;
  leaves(
    seed: Uint8Array,
    records: readonly Uint8Array[],
    options?: { readonly texts?: boolean },
  ): { readonly hashes: Bytes[]; readonly texts?: Bytes[] };
}

const CODES: Record<string, number> = {
  input: 0,
  output: 1,
  error: 2,
  context: 3,
  request: 4,
  result: 5,
  reason: 6,
};
const SLOTS: Record<string, readonly string[]> = {
  start: ["input"],
  request: ["request"],
  result: ["result"],
  late: ["result"],
  task: ["context", "error", "input", "output"],
  retry: ["error"],
  cancel: ["reason"],
  suspend: ["reason"],
  resume: ["reason"],
  outcome: ["error", "output"],
};
const INPUTS = new Set(["start", "result", "late", "cancel", "suspend", "resume"]);

const u32 = (n: number): Bytes => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);

export function withCommitments<
  E extends {
    sha256(b: Uint8Array): Bytes;
    canonicalize(t: string | Uint8Array): Bytes;
    merkleTree(): {
      appendHashes(h: readonly Uint8Array[]): { root(): Bytes };
      root(): Bytes;
    };
    load(pack: never): void;
    start(r: Uint8Array): { status: string; records: Bytes[] };
    advance(r: Uint8Array): { status: string; records: Bytes[] };
  },
>(engine: E): E & CommitCalls {
  const h = (...parts: Uint8Array[]): Bytes => engine.sha256(concat(parts));
  const recordSeed = (seed: Uint8Array, seq: number): Bytes => {
    let s = seed as Bytes;
    for (let bit = 31; bit >= 0; bit--)
      s = h(Uint8Array.of(0x42), s, Uint8Array.of((seq >>> bit) & 1));
    return s;
  };
  const varint = (n: number): Bytes => {
    const out: number[] = [];
    let left = n;
    for (; left > 127; left = Math.floor(left / 128)) out.push((left % 128) | 128);
    out.push(left);
    return Uint8Array.from(out);
  };
  const commitTo = (seed: Uint8Array, v: unknown): Bytes => {
    const tag = (t: number): Bytes => Uint8Array.of(t);
    const child = (i: number): Bytes => h(tag(0x41), seed, u32(i));
    if (v === null) return h(tag(0x50), seed);
    if (v === false) return h(tag(0x51), seed);
    if (v === true) return h(tag(0x52), seed);
    if (typeof v === "number") {
      const b = new Uint8Array(8);
      new DataView(b.buffer).setFloat64(0, v === 0 ? 0 : v);
      return h(tag(0x53), seed, b);
    }
    if (typeof v === "string") return h(tag(0x54), seed, utf8(v));
    if (Array.isArray(v)) {
      if (v.length === 0) return h(tag(0x57), seed);
      return h(tag(0x55), varint(v.length), ...v.map((x, i) => commitTo(child(i), x)));
    }
    const names = Object.keys(v as object).sort((a, b) => (a < b ? -1 : 1));
    if (names.length === 0) return h(tag(0x58), seed);
    return h(
      tag(0x56),
      varint(names.length),
      ...names.flatMap((name, i) => {
        const u = utf8(name);
        return [varint(u.length), u, commitTo(child(i), (v as Record<string, unknown>)[name])];
      }),
    );
  };
  const leafOf = (seed: Uint8Array, record: Uint8Array): Bytes => {
    const fail = (why: string): never => {
      throw new EngineError(1601, why);
    };
    const canonical = engine.canonicalize(record);
    if (toHex(canonical) !== toHex(record)) fail("the record is not canonical");
    const value = JSON.parse(fromUtf8(record)) as Record<string, unknown>;
    const { kind, seq } = value;
    const slots = SLOTS[typeof kind === "string" ? kind : ""];
    if (
      typeof value !== "object" ||
      slots === undefined ||
      !Number.isInteger(seq) ||
      Number(seq) < 0 ||
      Number(seq) >= 0xffffffff
    ) {
      return fail("the record has another shape");
    }
    const rs = recordSeed(seed, seq as number);
    for (const slot of slots) {
      if (!Object.hasOwn(value, slot)) continue;
      const ss = h(Uint8Array.of(0x40), rs, Uint8Array.of(CODES[slot] as number));
      value[slot] = toHex(commitTo(ss, value[slot]));
    }
    return engine.canonicalize(JSON.stringify(value));
  };
  const hashOf = (leaf: Uint8Array): Bytes => h(Uint8Array.of(0), leaf);

  let wanted: { seed: Bytes | null; keep: "records" | "nothing" | "leaves" } = {
    seed: null,
    keep: "records",
  };
  let run = wanted;
  let trace: Bytes[] = [];
  let entered: Bytes[] = [];
  let left: Bytes = engine.sha256(new Uint8Array());
  const take = <A extends { status: string; records: Bytes[] }>(input: Uint8Array, step: A): A => {
    const { seed, keep } = run;
    if (seed === null) return step;
    const own = hashOf(leafOf(seed, input));
    trace.push(own);
    entered.push(own);
    const hashes = step.records.map((r) => hashOf(leafOf(seed, r)));
    trace.push(...hashes);
    if (step.status !== "waiting") entered.push(hashes.at(-1) as Bytes);
    left = engine.sha256(concat(hashes));
    return {
      ...step,
      records: keep === "records" ? step.records : keep === "leaves" ? hashes : [],
    };
  };
  const { load, start, advance } = engine;
  const head = (hashes: readonly Bytes[]): TreeHead => ({
    root: engine.merkleTree().appendHashes(hashes).root(),
    size: hashes.length,
  });
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(engine),
      ...Object.getOwnPropertyDescriptors({
        load: (pack: never) => {
          wanted = { seed: null, keep: "records" };
          load(pack);
        },
        start: (r: Uint8Array) => {
          const step = start(r);
          run = wanted;
          trace = [];
          entered = [];
          return take(r, step);
        },
        advance: (r: Uint8Array) => take(r, advance(r)),
        commit: (seed: Uint8Array | null, { keep = "records" }: CommitOptions = {}) => {
          wanted = { seed: seed === null ? null : seed.slice(), keep };
        },
        commitments: () => ({ ...head(trace), entered: head(entered), left }),
        commitValue: (seed: Uint8Array, text: Uint8Array | string) => {
          const bytes = typeof text === "string" ? utf8(text) : text;
          return commitTo(seed, JSON.parse(fromUtf8(bytes)));
        },
        leaves: (
          seed: Uint8Array,
          records: readonly Uint8Array[],
          options: { texts?: boolean } = {},
        ) => {
          const texts = records.map((r) => leafOf(seed, r));
          return { hashes: texts.map(hashOf), ...(options.texts ? { texts } : {}) };
        },
      }),
    },
  ) as E & CommitCalls;
}
