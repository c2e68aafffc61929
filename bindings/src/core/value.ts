/** JavaScript values to JSON text, for those values only that JSON has. */

import { EngineError } from "./errors.ts";
import { pointerBelow } from "./pointer.ts";
import { E_JSON_UNPRINTABLE, E_LIMIT_DEPTH, MAX_DEPTH } from "../generated/codes.ts";

/** A value of JSON: plain objects, arrays, finite numbers, strings, booleans and null. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * The JSON text of a value: of an object its enumerable own members, of an array its elements.
 * JSON.stringify leaves out or changes what JSON does not have; here it is refused. Each member is
 * read once.
 *
 * @throws EngineError `REACH-E1114` with the JSON pointer of what is no JSON value; `REACH-E1203`
 *   for more than 1,024 levels, also of a value that contains itself
 */
export function jsonTextOf(value: unknown): string {
  return write(value, "", 0);
}

function write(value: unknown, pointer: string, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (Number.isFinite(value)) return Object.is(value, -0) ? "0" : String(value);
      throw notJson(String(value), pointer);
    case "object":
      if (value === null) return "null";
      break;
    default:
      throw notJson(typeof value, pointer);
  }
  if (depth === MAX_DEPTH) throw new EngineError(E_LIMIT_DEPTH, "nesting is too deep", 0, depth);
  if (Array.isArray(value)) {
    const parts: string[] = [];
    for (let i = 0; i < value.length; i++) {
      parts.push(write(value[i], `${pointer}/${i}`, depth + 1));
    }
    return `[${parts.join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notJson("an instance of a class", pointer);
  }
  const parts: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const below = pointerBelow(pointer, key);
    parts.push(`${JSON.stringify(key)}:${write(member, below, depth + 1)}`);
  }
  return `{${parts.join(",")}}`;
}

const notJson = (what: string, pointer: string): EngineError =>
  new EngineError(
    E_JSON_UNPRINTABLE,
    `${what} cannot be written as JSON${pointer === "" ? "" : ` at ${pointer}`}`,
  );
