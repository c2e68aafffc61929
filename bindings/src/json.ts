/** Canonical JSON: RFC 8785 with a strict reader (docs/spec/json.md). */

import type { Text } from "./bytes.ts";
import type { Core } from "./core.ts";
import { JSON_BOUNDARY, JSON_INTEGERS_TEXT, JSON_JQ } from "./generated/codes.ts";

/** How a JSON text is read. */
export interface JsonOptions {
  /**
   * `"text"`: an integer literal that no double holds (a 64-bit id) becomes a string of its
   * digits. Without it such a literal is an error.
   */
  readonly integers?: "text";
  /**
   * `"jq"`: as jq reads and prints: members keep their order, the last of several equal keys
   * counts, digits beyond a double's precision are dropped. Never for what is hashed.
   */
  readonly mode?: "jq";
}

export interface JsonCalls {
  /**
   * The RFC 8785 text of one JSON text: equal bytes if and only if the values are equal.
   *
   * @throws EngineError `REACH-E11xx` for what is not strict JSON (duplicate keys, lone surrogates,
   *   integers that no double holds, ...), `REACH-E12xx` for what is over a limit
   *
   * @example
   * fromUtf8(canonicalize('{"b": 1.0, "a": [1e2]}')) // '{"a":[100],"b":1}'
   */
  canonicalize(text: Text, options?: JsonOptions): Uint8Array<ArrayBuffer>;
  /**
   * SHA-256 of `canonicalize(text, options)`, 32 bytes, without a copy of the canonical text.
   *
   * @throws EngineError as canonicalize() does
   *
   * @example
   * toHex(canonicalHash('{"b":1,"a":2}')) === toHex(canonicalHash('{"a":2,"b":1}'))
   */
  canonicalHash(text: Text, options?: JsonOptions): Uint8Array<ArrayBuffer>;
}

export function jsonCalls(core: Core): JsonCalls {
  const { exports } = core;
  return {
    canonicalize: (text, options) => {
      const flags = jsonFlags(options);
      const length = core.placeOne(text);
      core.checked(exports.canonicalize, length, flags);
      return core.output();
    },
    canonicalHash: (text, options) => {
      const flags = jsonFlags(options);
      const length = core.placeOne(text);
      core.checked(exports.canonicalHash, length, flags);
      return core.output();
    },
  };
}

function jsonFlags({ integers, mode }: JsonOptions = {}): number {
  if (integers !== undefined && integers !== "text") {
    throw new TypeError('integers can only be "text"');
  }
  if (mode !== undefined && mode !== "jq") throw new TypeError('mode can only be "jq"');
  if (integers && mode) throw new TypeError("jq mode has no integers option: it rounds");
  if (mode) return JSON_JQ;
  return integers ? JSON_INTEGERS_TEXT : JSON_BOUNDARY;
}
