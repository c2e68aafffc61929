// SHA-256 in every way that there is, and HMAC, against a textbook.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { EngineError, toHex } from "@reach-fabric/engine";
import type { Engine, Hasher } from "@reach-fabric/engine";
import { agreed, survivors } from "../../tools/engine/builds.ts";
import { hmacModel, join, sha256Model } from "../models/sha256.ts";
import { revived } from "./registry.ts";
import type { Target } from "./registry.ts";

interface Input {
  /** Pieces for several hashers that take turns: which one, and what. */
  readonly pieces: readonly (readonly [hasher: number, piece: Uint8Array])[];
  /** Where a hasher's state is moved to another engine's hasher. */
  readonly move: number;
  readonly key: Uint8Array;
  readonly frames: readonly Uint8Array[];
  readonly size: number;
  readonly prefix: number;
  /** Bytes that may or may not be a state. */
  readonly state: Uint8Array;
}

const HASHERS = 3;

function ask(engine: Engine, input: Input): Record<string, unknown> {
  const { pieces, move, key, frames, size, prefix, state } = input;
  const hashers: Hasher[] = Array.from({ length: HASHERS }, () => engine.hasher());
  pieces.forEach(([i, piece], turn) => {
    const hasher = hashers[i];
    if (hasher === undefined) return;
    if (turn === move) hashers[i] = engine.hasher(hasher.state());
    hashers[i]?.update(piece);
    engine.sha256(piece); // what else the engine does must not matter
  });
  const states = hashers.map((hasher) => toHex(hasher.state()));
  const whole = join(...frames);
  const messages = whole.subarray(0, whole.length - (whole.length % size));
  return {
    digests: hashers.map((hasher) => toHex(hasher.digest())),
    states,
    once: toHex(engine.sha256(whole)),
    hmac: toHex(engine.hmacSha256(key, whole)),
    frames: engine.hashFrames(frames, prefix).map(toHex),
    each: toHex(engine.hashEach(messages, size, prefix)),
    state: outcome(() => toHex(engine.hasher(state).state())),
    cut: outcome(() => toHex(engine.hashEach(new Uint8Array(size + 1), size + 2))),
  };
}

function outcome(attempt: () => string): string {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}

function model({ pieces, key, frames, size, prefix, state }: Input): Record<string, unknown> {
  const before = prefix < 0 ? new Uint8Array() : new Uint8Array([prefix]);
  const hash = (...parts: readonly Uint8Array[]): string => toHex(sha256Model(join(...parts)));
  const whole = join(...frames);
  const each: string[] = [];
  for (let at = 0; at + size <= whole.length; at += size) {
    each.push(hash(before, whole.subarray(at, at + size)));
  }
  return {
    digests: Array.from({ length: HASHERS }, (_, i) =>
      hash(...pieces.filter(([who]) => who === i).map(([, piece]) => piece)),
    ),
    once: hash(whole),
    hmac: toHex(hmacModel(key, whole)),
    frames: frames.map((frame) => hash(before, frame)),
    each: each.join(""),
    state: isState(state) ? toHex(state) : "REACH-E1004",
    cut: "REACH-E1002",
  };
}

/** HASH-6. */
function isState(state: Uint8Array): boolean {
  if (state.length !== 112) return false;
  const view = new DataView(state.buffer, state.byteOffset);
  const taken = view.getBigUint64(96, true);
  const rest = state.subarray(32 + Number(taken % 64n), 96);
  return taken < 1n << 61n && view.getBigUint64(104, true) === 0n && rest.every((x) => x === 0);
}

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength }),
    fc.nat(maxLength).map((length) => new Uint8Array(length).fill(length)),
  );

const states = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc
    .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes(70), fc.nat(200))
    .map(([chain, rest, taken]) => {
      const state = new Uint8Array(112);
      state.set(chain);
      state.set(rest.subarray(0, 64), 32);
      new DataView(state.buffer).setBigUint64(96, BigInt(taken), true);
      return state;
    }),
);

export function hashTarget(): Target<Input> {
  const engines = survivors();
  return {
    name: "hash",
    arbitrary: fc.record({
      pieces: fc.array(fc.tuple(fc.nat(HASHERS - 1), bytes(200)), { maxLength: 8 }),
      move: fc.nat(8),
      key: bytes(140),
      frames: fc.oneof(
        fc.array(bytes(130), { maxLength: 9 }),
        fc.tuple(fc.nat(9), bytes(200)).map(([n, frame]) => Array.from({ length: n }, () => frame)),
      ),
      size: fc.integer({ min: 1, max: 140 }),
      prefix: fc.oneof(fc.constant(-1), fc.constant(0), fc.constant(1), fc.nat(255)),
      state: states,
    }),
    check: (input) => {
      const { states: _, ...found } = agreed(engines(), (engine) => ask(engine, input));
      const wanted = model(input);
      const host = createHash("sha256")
        .update(join(...input.frames))
        .digest("hex");
      if (wanted["once"] !== host) throw new Error("the model is wrong");
      for (const [name, value] of Object.entries(wanted)) {
        const [got, right] = [JSON.stringify(found[name]), JSON.stringify(value)];
        if (got !== right) throw new Error(`${name}: ${got}, wanted ${right}`);
      }
    },
    decode: (kept) => revived(kept) as Input,
  };
}
