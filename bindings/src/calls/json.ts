/** Canonical JSON: RFC 8785 with a strict reader (docs/spec/json.md). */

import type { Text } from "../core/bytes.ts";
import { ArgumentError, requireOptions } from "../core/arguments.ts";
import type { Core, DataExports } from "../core/core.ts";
import { JSON_BOUNDARY, JSON_INTEGERS_TEXT, JSON_JQ } from "../generated/codes.ts";
import { jsonTextOf } from "../core/value.ts";
import type { Json } from "../core/value.ts";

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
   * The RFC 8785 form of a JSON text (a string, or its UTF-8): equal bytes if and only if the values are equal.
   * What is given is read as JSON, whatever it is: of a value, also of a string, canonicalizeValue() gives the form.
   *
   * @throws EngineError `REACH-E11xx` for what is not strict JSON (duplicate keys, lone surrogates,
   *   integers that no double holds, ...), `REACH-E12xx` for what is over a limit
   * @throws ArgumentError `REACH-E1005` for anything but a text, and for an unknown option
   *
   * @example
   * fromUtf8(canonicalize('{"b": 1.0, "a": [1e2]}')); // → '{"a":[100],"b":1}'
   */
  canonicalize(text: Text, options?: JsonOptions): Uint8Array<ArrayBuffer>;
  /**
   * The RFC 8785 form of a value: an object, an array, a string, a number, a boolean or null. Nothing in it is read
   * as JSON.
   *
   * @throws EngineError `REACH-E1114` for a value that JSON does not have: undefined, NaN, a Date, ...;
   *   `REACH-E12xx` for what is over a limit
   *
   * @example
   * fromUtf8(canonicalizeValue({ b: 1, a: ["1"] })); // → '{"a":["1"],"b":1}'
   */
  canonicalizeValue(value: Json): Uint8Array<ArrayBuffer>;
  /**
   * SHA-256 of `canonicalize(json, options)`, 32 bytes, without a copy of the canonical text.
   *
   * @throws EngineError, ArgumentError as canonicalize() does
   *
   * @example
   * toHex(canonicalHash('{"b":1,"a":2}')) === toHex(canonicalHashValue({ a: 2, b: 1 })); // → true
   */
  canonicalHash(text: Text, options?: JsonOptions): Uint8Array<ArrayBuffer>;
  /**
   * SHA-256 of `canonicalizeValue(value)`, 32 bytes. The number 1 and the string "1" have two hashes.
   *
   * @throws EngineError as canonicalizeValue() does
   *
   * @example
   * toHex(canonicalHashValue("1")) === toHex(canonicalHash('"1"')); // → true
   */
  canonicalHashValue(value: Json): Uint8Array<ArrayBuffer>;
  /**
   * Reads a JSON text and does nothing with it: returns if canonicalize() would read it, too.
   *
   * @throws EngineError as canonicalize() does, but for what is only too long or too deep to be
   *   written
   *
   * @example checkJson('{"a":1,"a":2}'); // → throws REACH-E1109
   */
  checkJson(text: Text, options?: JsonOptions): void;
  /**
   * The RFC 8785 text of an array of numbers (docs/spec/numbers.md), for many numbers at once. NaN is
   * null, an infinity the largest double of its sign.
   *
   * @example fromUtf8(numbersToJson([0.1, 1e21, -0])); // → "[0.1,1e+21,0]"
   */
  numbersToJson(numbers: Float64Array | readonly number[]): Uint8Array<ArrayBuffer>;
  /**
   * The numbers of a JSON text that is an array of numbers, each the double nearest to what is
   * written.
   *
   * @throws EngineError as canonicalize() does, and `REACH-E1110` for an element that is not a number
   *
   * @example numbersFromJson("[0.1, 1e3]"); // → Float64Array.of(0.1, 1000)
   */
  numbersFromJson(text: Text): Float64Array<ArrayBuffer>;
}

export function jsonCalls(core: Core<DataExports>): JsonCalls {
  const { exports } = core;
  const canonicalize = (text: Text, options?: JsonOptions): Uint8Array<ArrayBuffer> => {
    const flags = jsonFlags(options);
    core.checked(exports.canonicalize, core.placeOne(text), flags);
    return core.output();
  };
  const canonicalHash = (text: Text, options?: JsonOptions): Uint8Array<ArrayBuffer> => {
    const flags = jsonFlags(options);
    core.checked(exports.canonicalHash, core.placeOne(text), flags);
    return core.digest();
  };
  return {
    canonicalize,
    canonicalHash,
    canonicalizeValue: (value) => canonicalize(jsonTextOf(value)),
    canonicalHashValue: (value) => canonicalHash(jsonTextOf(value)),
    checkJson: (text, options) => {
      const flags = jsonFlags(options);
      core.checked(exports.checkJson, core.placeOne(text), flags);
    },
    numbersToJson: (numbers) => {
      requireNumbers(numbers);
      const { buffer, byteOffset, byteLength } = Float64Array.from(numbers);
      core.checked(
        exports.numbersToJson,
        core.placeOne(new Uint8Array(buffer, byteOffset, byteLength)),
      );
      return core.output();
    },
    numbersFromJson: (text) => {
      core.checked(exports.numbersFromJson, core.placeOne(text));
      return new Float64Array(core.output().buffer);
    },
  };
}

/** Anything else would be made a number, or none, without a word. */
function requireNumbers(numbers: Float64Array | readonly number[]): void {
  if (numbers instanceof Float64Array) return;
  const wanted = "a Float64Array or an array of numbers";
  if (!Array.isArray(numbers)) throw new ArgumentError("numbers", wanted, numbers);
  const at = numbers.findIndex((number) => typeof number !== "number");
  if (at >= 0) throw new ArgumentError(`numbers[${at}]`, "a number", numbers[at]);
}

function jsonFlags(options?: JsonOptions): number {
  if (options === undefined) return JSON_BOUNDARY;
  requireOptions("options", options, ["integers", "mode"]);
  const { integers, mode } = options;
  if (integers !== undefined && integers !== "text") {
    throw new ArgumentError("options.integers", '"text"', integers);
  }
  if (mode !== undefined && mode !== "jq") throw new ArgumentError("options.mode", '"jq"', mode);
  if (integers && mode) {
    throw new ArgumentError("options.integers", "left out in jq mode, which rounds", integers);
  }
  if (mode) return JSON_JQ;
  return integers ? JSON_INTEGERS_TEXT : JSON_BOUNDARY;
}
