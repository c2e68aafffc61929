/** SHA-256, HMAC and RFC 6962 tree heads, computed in the engine (docs/spec/hash.md). */

import { concat, utf8 } from "./bytes.ts";
import type { Text } from "./bytes.ts";
import type { Core } from "./core.ts";
import { EngineError } from "./errors.ts";
import { E_CALL, MAX_INPUT } from "./generated/codes.ts";

type Digest = Uint8Array<ArrayBuffer>;

/** SHA-256 over bytes that come in pieces. */
export interface Hasher {
  /** Takes more bytes; returns itself. */
  update(bytes: Uint8Array): Hasher;
  /** The digest, 32 bytes. The hasher is used up. */
  digest(): Digest;
}

export interface HashCalls {
  /**
   * SHA-256 of bytes of any length, 32 bytes.
   *
   * @example toHex(sha256(new Uint8Array())) // "e3b0c442..."
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
   * The RFC 6962 tree head over leaves, 32 bytes; for no leaves the SHA-256 of nothing.
   *
   * @example merkleRoot([leaf]) // SHA-256(00 || leaf)
   */
  merkleRoot(leaves: readonly Uint8Array[]): Digest;
  /**
   * A SHA-256 that takes its bytes in pieces. An engine has one at a time: beginning another one,
   * and sha256() of more than 64 MiB, end the one before it.
   *
   * @throws EngineError `REACH-E1001` from a hasher that has ended
   *
   * @example hasher().update(part1).update(part2).digest()
   */
  hasher(): Hasher;
}

export function hashCalls(core: Core): HashCalls {
  const { exports } = core;
  let open: Hasher | undefined;

  const hasher = (): Hasher => {
    const use = (): void => {
      if (open === self) return;
      throw new EngineError(E_CALL, "this hasher has ended: another one was begun, or it was read");
    };
    const self: Hasher = {
      update: (bytes) => {
        use();
        for (let at = 0; at === 0 || at < bytes.length; at += MAX_INPUT) {
          const length = core.placeOne(bytes.subarray(at, at + MAX_INPUT));
          core.checked(exports.hashUpdate, length);
        }
        return self;
      },
      digest: () => {
        use();
        open = undefined;
        core.checked(exports.hashFinal);
        return core.output();
      },
    };
    core.checked(exports.hashReset);
    open = self;
    return self;
  };

  const sha256 = (bytes: Uint8Array): Digest => {
    if (bytes.length > MAX_INPUT) return hasher().update(bytes).digest();
    const length = core.placeOne(bytes);
    core.checked(exports.sha256, length);
    return core.output();
  };

  const hashFrames = (frames: readonly Uint8Array[], prefix: number = -1): Digest[] => {
    if (!Number.isInteger(prefix) || prefix < -1 || prefix > 255) {
      throw new RangeError("prefix is a byte");
    }
    return batches(frames).flatMap((batch) => {
      core.checked(exports.hashFrames, core.placeFrames(batch), prefix);
      return split(core.output());
    });
  };

  const merkleRoot = (leaves: readonly Uint8Array[]): Digest => {
    if (batches(leaves).length <= 1) {
      core.checked(exports.merkleRoot, core.placeFrames(leaves));
      return core.output();
    }
    // More than one window holds: level by level, the last one of an odd level as it is.
    let level = hashFrames(leaves, 0);
    while (level.length > 1) {
      const pairs: Uint8Array[] = [];
      for (let i = 0; i + 1 < level.length; i += 2) pairs.push(concat(level.slice(i, i + 2)));
      const odd = level.length % 2 === 1 ? level.slice(-1) : [];
      level = [...hashFrames(pairs, 1), ...odd];
    }
    return level[0] ?? sha256(new Uint8Array());
  };

  return {
    sha256,
    hasher,
    hashFrames,
    merkleRoot,
    hmacSha256: (key, message) => {
      const [keyLength, length] = core.place(key, message);
      core.checked(exports.hmacSha256, keyLength, length);
      return core.output();
    },
  };
}

/** The frames in groups that fit the input window. A frame that alone does not is refused there. */
function batches(frames: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = [];
  let room = 0;
  for (const frame of frames) {
    const size = 4 + frame.length;
    if (size > room) {
      groups.push([]);
      room = MAX_INPUT;
    }
    room -= size;
    groups.at(-1)?.push(frame);
  }
  return groups;
}

function split(digests: Digest): Digest[] {
  return Array.from({ length: digests.length / 32 }, (_, i) => digests.slice(32 * i, 32 * i + 32));
}

/**
 * H of docs/spec/trace.md: `SHA-256("reach/v1/" || tag || 00 || u64be(len p1) || p1 || ...)`.
 * Two different lists of parts, or two tags, never hash the same bytes.
 *
 * @example taggedHash(engine, "fp", [engineDigest, decision])
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
