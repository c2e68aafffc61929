/** The keywords of JSON Schema 2020-12 that this engine applies, by number. */

import { textByte } from "../bytes/byte";
import { Buffer, bufferByte } from "../bytes/buffer";
import { addressOf, lengthOf } from "../value/cell";

// First those that stand for themselves, then those of one schema, a list and an object of schemas.
export const REF: u32 = 0;
export const DYNAMIC_REF: u32 = 1;
export const TYPE: u32 = 2;
export const ENUM: u32 = 3;
export const CONST: u32 = 4;
export const MULTIPLE_OF: u32 = 5;
export const MAXIMUM: u32 = 6;
export const EXCLUSIVE_MAXIMUM: u32 = 7;
export const MINIMUM: u32 = 8;
export const EXCLUSIVE_MINIMUM: u32 = 9;
export const MAX_LENGTH: u32 = 10;
export const MIN_LENGTH: u32 = 11;
export const PATTERN: u32 = 12;
export const MAX_ITEMS: u32 = 13;
export const MIN_ITEMS: u32 = 14;
export const UNIQUE_ITEMS: u32 = 15;
export const MAX_PROPERTIES: u32 = 16;
export const MIN_PROPERTIES: u32 = 17;
export const REQUIRED: u32 = 18;
export const DEPENDENT_REQUIRED: u32 = 19;
export const MAX_CONTAINS: u32 = 20;
export const MIN_CONTAINS: u32 = 21;
export const NOT: u32 = 22;
export const IF: u32 = 23;
export const THEN: u32 = 24;
export const ELSE: u32 = 25;
export const CONTAINS: u32 = 26;
export const PROPERTY_NAMES: u32 = 27;
export const ADDITIONAL: u32 = 28;
export const ITEMS: u32 = 29;
export const UNEVALUATED_ITEMS: u32 = 30;
export const UNEVALUATED_PROPERTIES: u32 = 31;
export const CONTENT_SCHEMA: u32 = 32;
export const ALL_OF: u32 = 33;
export const ANY_OF: u32 = 34;
export const ONE_OF: u32 = 35;
export const PREFIX_ITEMS: u32 = 36;
export const PROPERTIES: u32 = 37;
export const PATTERN_PROPERTIES: u32 = 38;
export const DEPENDENT_SCHEMAS: u32 = 39;
export const DEFS: u32 = 40;
export const DEFINITIONS: u32 = 41;
/** No keyword that means anything to validation. */
export const NO_WORD: u32 = 42;
/** Not of a schema: an instance that no schema allows. */
export const FALSE_SCHEMA: u32 = 43;

// One literal: a text that is put together would lie on a heap that there is not.
const WORDS =
  "$ref $dynamicRef type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required dependentRequired maxContains minContains not if then else contains propertyNames additionalProperties items unevaluatedItems unevaluatedProperties contentSchema allOf anyOf oneOf prefixItems properties patternProperties dependentSchemas $defs definitions ";

/** Where each keyword begins, in letters; behind the last one, where all end. Made when first asked. */
const STARTS: usize = memory.data(4 * 43, 4);

function startOf(word: u32): u32 {
  return load<u32>(STARTS + (word << 2));
}

function findStarts(): void {
  const from = changetype<usize>(WORDS);
  let word: u32 = 0;
  for (let i: u32 = 0; word < NO_WORD; i++) {
    if (load<u16>(from + (i << 1)) == 0x20) store<u32>(STARTS + (++word << 2), i + 1);
  }
}

/** The keyword that a key is, or NO_WORD. */
export function wordOf(key: usize): u32 {
  if (startOf(NO_WORD) == 0) findStarts();
  const length = lengthOf(key);
  const text = addressOf(key);
  for (let word: u32 = 0; word < NO_WORD; word++) {
    const start = startOf(word);
    if (startOf(word + 1) - start - 1 != length) continue;
    const from = changetype<usize>(WORDS) + (start << 1);
    let i: u32 = 0;
    while (i < length && load<u16>(from + (i << 1)) == (textByte(text + i) as u16)) i++;
    if (i == length) return word;
  }
  return NO_WORD;
}

/** Appends a keyword's text. */
export function writeWord(b: Buffer, word: u32): void {
  if (startOf(NO_WORD) == 0) findStarts();
  const from = changetype<usize>(WORDS);
  const end = startOf(word + 1) - 1;
  for (let i = startOf(word); i < end; i++) bufferByte(b, load<u16>(from + (i << 1)));
}
