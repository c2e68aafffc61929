/** SHA-256 and HMAC, computed in the engine (docs/spec/hash.md). */

import { concat, utf8 } from "../core/bytes.ts";
import type { Text } from "../core/bytes.ts";
import { ArgumentError, requireByteArrays, requireBytes } from "../core/arguments.ts";
import type { Core, DataExports } from "../core/core.ts";
import { EngineError } from "../core/errors.ts";
import { E_CALL, MAX_INPUT, STATUS_OK } from "../generated/codes.ts";
import { SharedState } from "../core/shared-state.ts";

type Digest = Uint8Array<ArrayBuffer>;

/** SHA-256 over bytes that come in pieces. */
export interface Hasher {
  /** Takes more bytes; returns itself. Any split of a message gives the same digest. */
  update(bytes: Uint8Array): Hasher;
  /** The digest, 32 bytes. The hasher is used up. */
  digest(): Digest;
  /** What it has taken so far, 112 bytes, for hasher(state) to go on from, here or elsewhere. */
  state(): Uint8Array<ArrayBuffer>;
}

export interface HashCalls {
  /**
   * SHA-256 of bytes of any length, 32 bytes.
   *
   * @example
   * toHex(sha256(utf8("abc"))).slice(0, 8); // → "ba7816bf"
   */
  sha256(bytes: Uint8Array): Digest;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Digest;
  /**
   * SHA-256 of each frame, or of (byte `prefix`, frame): many small hashes in one call, on the SIMD
   * build four at a time.
   *
   * @param prefix 0 to 255: RFC 6962 has 0 for leaves and 1 for nodes
   */
  hashFrames(frames: readonly Uint8Array[], prefix?: number): Digest[];
  /**
   * The same for many messages of one size that lie one behind the other: their digests, 32 bytes
   * each, one behind the other.
   *
   * @throws EngineError `REACH-E1002` where the bytes are no multiple of `size`
   *
   * @example
   * // The level above a level of a Merkle tree:
   * const above = hashEach(concat(hashFrames([a, b], 0)), 64, 1);
   * above; // → merkleRoot([a, b])
   */
  hashEach(messages: Uint8Array, size: number, prefix?: number): Digest;
  /**
   * A SHA-256 that takes its bytes in pieces, as many at a time as are wanted. With a state it goes
   * on where that was taken.
   *
   * @throws EngineError `REACH-E1001` from a hasher that was read, `REACH-E1004` for bytes that are
   *   no state
   *
   * @example hasher().update(a).update(b).digest(); // → sha256(concat([a, b]))
   */
  hasher(state?: Uint8Array): Hasher;
}

export function hashCalls(core: Core<DataExports>): HashCalls {
  const { exports } = core;
  const streams = new SharedState(core, exports.hashSave, exports.hashRestore);

  const hasher = (state?: Uint8Array): Hasher => {
    let ended = false;
    const use = (): void => {
      if (ended) throw new EngineError(E_CALL, "this hasher has ended: its digest was read");
      streams.enter(self);
    };
    const self: Hasher = {
      update: (bytes) => {
        requireBytes("bytes", bytes);
        use();
        for (let at = 0; at === 0 || at < bytes.length; at += MAX_INPUT) {
          const length = core.placeOne(bytes.subarray(at, at + MAX_INPUT));
          core.checked(exports.hashUpdate, length);
        }
        return self;
      },
      digest: () => {
        use();
        ended = true;
        streams.leave();
        core.checked(exports.hashFinal);
        return core.digest();
      },
      state: () => {
        use();
        core.checked(exports.hashSave);
        return core.output();
      },
    };
    streams.begin(self, () => {
      if (state === undefined) core.checked(exports.hashReset);
      else core.checked(exports.hashRestore, core.placeOne(state, "state"));
    });
    return self;
  };

  const sha256 = (bytes: Uint8Array): Digest => {
    if (bytes?.length > MAX_INPUT) return hasher().update(bytes).digest();
    const length = core.placeOne(bytes, "bytes");
    // Called as they are: for a short message, core.call() would cost a fifth of the time.
    let at: number;
    try {
      if (exports.sha256(length) !== STATUS_OK) throw core.error();
      at = exports.output() >>> 0;
    } catch (error) {
      throw error instanceof EngineError ? error : core.stopped(error);
    }
    return core.digestAt(at);
  };

  return {
    sha256,
    hasher,
    hashFrames: (frames, prefix = -1) => {
      requireByteArrays("frames", frames);
      checkPrefix(prefix);
      const digests: Digest[] = [];
      for (const batch of batches(frames)) {
        core.checked(exports.hashFrames, core.placeFrames(batch), prefix);
        for (const digest of split(core.output())) digests.push(digest);
      }
      return digests;
    },
    hashEach: (messages, size, prefix = -1) => {
      requireBytes("messages", messages);
      checkPrefix(prefix);
      if (!Number.isInteger(size) || size < 1 || size > MAX_INPUT) {
        throw new ArgumentError("size", "a number of bytes, at least 1", size);
      }
      if (messages.length <= MAX_INPUT / 2) {
        core.checked(exports.hashEach, core.placeOne(messages), size, prefix);
        return core.output();
      }
      const digests: Digest[] = [];
      const step = Math.max(1, Math.floor(MAX_INPUT / 2 / size)) * size;
      for (let at = 0; at < messages.length; at += step) {
        const length = core.placeOne(messages.subarray(at, at + step));
        core.checked(exports.hashEach, length, size, prefix);
        digests.push(core.output());
      }
      return concat(digests);
    },
    hmacSha256: (key, message) => {
      requireBytes("key", key);
      requireBytes("message", message);
      const [keyLength, length] = core.place(key, message);
      core.checked(exports.hmacSha256, keyLength, length);
      return core.digest();
    },
  };
}

function checkPrefix(prefix: number): void {
  if (!Number.isInteger(prefix) || prefix < -1 || prefix > 255) {
    throw new ArgumentError("prefix", "a byte, 0 to 255", prefix);
  }
}

/** Bytes of a group of frames: what is copied is hashed while the processor still has it at hand. */
const GROUP = 1 << 18;

/** The frames in groups for the input window. A frame that does not fit there is refused there. */
export function batches(frames: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = [];
  let room = 0;
  for (const frame of frames) {
    const size = 4 + frame.length;
    if (size > room) {
      groups.push([]);
      room = GROUP;
    }
    room -= size;
    groups.at(-1)?.push(frame);
  }
  return groups;
}

export function split(digests: Digest): Digest[] {
  const each: Digest[] = [];
  for (let at = 0; at < digests.length; at += 32) each.push(digests.subarray(at, at + 32));
  return each;
}

/**
 * H of docs/spec/trace.md: `SHA-256("reach/v1/" || tag || 00 || u64be(len p1) || p1 || ...)`.
 * Two different lists of parts, or two tags, never hash the same bytes.
 *
 * @example taggedHash(engine, "fp", [engineDigest, decision]).length; // → 32
 */
export function taggedHash(
  engine: Pick<HashCalls, "sha256">,
  tag: string,
  parts: readonly Text[],
): Digest {
  const framed: Uint8Array[] = [utf8(`reach/v1/${tag}\0`)];
  for (const part of parts) {
    const bytes = typeof part === "string" ? utf8(part) : part;
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
    framed.push(length, bytes);
  }
  return engine.sha256(concat(framed));
}
