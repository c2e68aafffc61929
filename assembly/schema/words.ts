/** The keywords of JSON Schema 2020-12 that this engine applies, by number. */

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

/** The keyword that a key is, or NO_WORD. */
export function wordOf(key: usize): u32 {
  const from = changetype<usize>(WORDS);
  const n = load<u32>(from - 4) >>> 1;
  const length = lengthOf(key);
  const text = addressOf(key);
  let start: u32 = 0;
  let word: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    if (load<u16>(from + (i << 1)) != 0x20) continue;
    if (i - start == length) {
      let j: u32 = 0;
      while (j < length && load<u16>(from + ((start + j) << 1)) == (load<u8>(text + j) as u16)) j++;
      if (j == length) return word;
    }
    start = i + 1;
    word++;
  }
  return NO_WORD;
}

/** Calls nothing else than `write` with each letter: a keyword's text. */
export function wordText(word: u32, write: (c: u32) => void): void {
  const from = changetype<usize>(WORDS);
  let w: u32 = 0;
  for (let i: usize = 0; w <= word; i += 2) {
    const c = load<u16>(from + i);
    if (c == 0x20) w++;
    else if (w == word) write(c);
  }
}
