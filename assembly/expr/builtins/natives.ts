/** Dispatch of the native builtins by their number (table.ts). */

import { SCRATCH } from "../../bytes/arena";
import { charge } from "../../errors/errors";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  ARRAY,
  arrayStorage,
  ASCII,
  copyCell,
  elementAt,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  NULL,
  OBJECT,
  objectStorage,
  PAIR,
  setBool,
  setCell,
  setNull,
  setNumber,
  setString,
  setUsed,
  STRING,
  tagOf,
  TRUE,
  FALSE,
  valueAt,
} from "../../value/cell";
import { compareValues, sortedPairs, TOO_DEEP } from "../../value/compare";
import { getIndex, hasKey, outOfMemory, stringLength } from "../operations/access";
import { deletePaths, setPath } from "../operations/paths";
import {
  DONE,
  FATAL,
  kindName,
  raiseText,
  RAISED,
  typeError,
  typeError2,
} from "../operations/raise";
import { extreme, groupBy, sortBy } from "../operations/sorting";
import {
  affixed,
  asciiCase,
  explode,
  implode,
  joinStrings,
  splitString,
  stringIndices,
  toJson,
  toText,
  trim,
  trimString,
} from "../operations/strings";
import { cellIs } from "../../value/object";
import { clock } from "./clock";
import { containsValue } from "./contains";
import { flattenArray } from "./arrays";
import { matchText } from "./regex";
import { formatValue } from "./formats";
import { fromJson, toNumber } from "./parsing";
import { listBuiltins } from "./listing";
import { mathOne, mathThree, mathTwo } from "./math";
import { gmTime, makeTime } from "./dates/broken-down";
import { formatTime } from "./dates/strftime";
import { parseTime } from "./dates/strptime";
import * as T from "./table";
import { literalBytes, literalLength } from "../syntax/text";

const OUT: usize = memory.data(16, 16);
const ITEM: usize = memory.data(16, 16);

/** to = native `id` of the input and up to three arguments. DONE, RAISED or FATAL. */
export function callNative(id: u32, to: usize, input: usize, a: usize, b: usize, c: usize): i32 {
  if (!charge(1)) return FATAL;
  switch (id) {
    case T.B_LENGTH:
      return lengthNative(to, input);
    case T.B_UTF8BYTELENGTH:
      if (tagOf(input) != STRING) return typeError(input, "only strings have UTF-8 byte length");
      setNumber(to, lengthOf(input) as f64);
      return DONE;
    case T.B_KEYS:
      return keys(to, input, true);
    case T.B_KEYS_UNSORTED:
      return keys(to, input, false);
    case T.B_HAS:
      return truth(to, hasKey(input, a));
    case T.B_CONTAINS: {
      if (tagOf(input) != tagOf(a))
        return typeError2(input, a, "cannot have their containment checked");
      const r = containsValue(input, a);
      if (r == TOO_DEEP) return raiseText("Containment check too deep");
      setBool(to, r == 1);
      return DONE;
    }
    case T.B_STARTSWITH:
      return truth(to, affixed(input, a, false));
    case T.B_ENDSWITH:
      return truth(to, affixed(input, a, true));
    case T.B_LTRIMSTR:
      return trimString(to, input, a, 1);
    case T.B_RTRIMSTR:
      return trimString(to, input, a, 2);
    case T.B_TRIMSTR:
      return trimString(to, input, a, 3);
    case T.B_TRIM:
      return trim(to, input, 3);
    case T.B_LTRIM:
      return trim(to, input, 1);
    case T.B_RTRIM:
      return trim(to, input, 2);
    case T.B_SPLIT:
      if (tagOf(input) != STRING || tagOf(a) != STRING)
        return raiseText("split input and separator must be strings");
      return splitString(to, input, a);
    case T.B_JOIN:
      return joinStrings(to, input, a);
    case T.B_ASCII_DOWNCASE:
      return asciiCase(to, input, false);
    case T.B_ASCII_UPCASE:
      return asciiCase(to, input, true);
    case T.B_EXPLODE:
      return explode(to, input);
    case T.B_IMPLODE:
      return implode(to, input);
    case T.B_TOSTRING:
      return toText(to, input);
    case T.B_TONUMBER:
      return toNumber(to, input);
    case T.B_TOBOOLEAN:
      if (tagOf(input) == TRUE || tagOf(input) == FALSE) copyCell(to, input);
      else if (tagOf(input) == STRING && cellIs(input, "true")) setBool(to, true);
      else if (tagOf(input) == STRING && cellIs(input, "false")) setBool(to, false);
      else return typeError(input, "cannot be parsed as a boolean");
      return DONE;
    case T.B_TOJSON:
      return toJson(to, input);
    case T.B_FROMJSON:
      return fromJson(to, input);
    case T.B_TYPE:
      return literal(to, kindName(input));
    case T.B_SORT:
      return sortBy(to, input, input);
    case T.B_SORT_BY:
      return sortBy(to, input, a);
    case T.B_GROUP_BY:
      return groupBy(to, input, a, false);
    case T.B_UNIQUE:
      return groupBy(to, input, input, true);
    case T.B_UNIQUE_BY:
      return groupBy(to, input, a, true);
    case T.B_MIN:
      return extreme(to, input, input, true);
    case T.B_MAX:
      return extreme(to, input, input, false);
    case T.B_MIN_BY:
      return extreme(to, input, a, true);
    case T.B_MAX_BY:
      return extreme(to, input, a, false);
    case T.B_REVERSE:
      return reverse(to, input);
    case T.B_STRINDICES:
      return stringIndices(to, input, a);
    case T.B_INDICES:
      return indices(to, input, a);
    case T.B_INDEX:
      return indexNative(to, input, a, false);
    case T.B_RINDEX:
      return indexNative(to, input, a, true);
    case T.B_BSEARCH:
      return bsearch(to, input, a);
    case T.B_FLATTEN:
      return flattenArray(to, input, 1e9, 0);
    case T.B_FLATTEN_DEPTH:
      if (tagOf(a) < NUMBER || (tagOf(a) == NUMBER && numberOf(a) < 0))
        return raiseText("flatten depth must not be negative");
      return flattenArray(to, input, numberOf(a), tagOf(a) == NUMBER ? 0 : a);
    case T.B_FORMAT:
      return formatValue(to, input, a);
    case T.B_INFINITE:
      setNumber(to, Infinity);
      return DONE;
    case T.B_NAN:
      setNumber(to, NaN);
      return DONE;
    case T.B_ISINFINITE:
      setBool(to, tagOf(input) == NUMBER && abs(numberOf(input)) == Infinity);
      return DONE;
    case T.B_ISNAN:
      setBool(to, tagOf(input) == NUMBER && numberOf(input) != numberOf(input));
      return DONE;
    case T.B_ISNORMAL: {
      const x = abs(numberOf(input));
      setBool(to, tagOf(input) == NUMBER && x >= 2.2250738585072014e-308 && x < Infinity);
      return DONE;
    }
    case T.B_NOW:
      setNumber(to, clock());
      return DONE;
    case T.B_SETPATH:
      return setPath(to, input, a, b);
    case T.B_DELPATHS:
      return deletePaths(to, input, a);
    case T.B_TO_ENTRIES:
      return toEntries(to, input);
    case T.B_HAVE_DECNUM:
    case T.B_HAVE_LITERAL_NUMBERS:
      setBool(to, false);
      return DONE;
    case T.B_BUILTINS:
      return listBuiltins(to);
    case T.B_GMTIME:
      return gmTime(to, input);
    case T.B_MKTIME:
      return makeTime(to, input);
    case T.B_STRFTIME:
      return formatTime(to, input, a);
    case T.B_STRPTIME:
      return parseTime(to, input, a);
    case T.B_FMA:
      return mathThree(id, to, a, b, c);
    case T.B_MATCH:
      return matchText(to, input, a, b, c);
    default:
      if (id >= T.B_POW) return mathTwo(id, to, a, b);
      return mathOne(id, to, input);
  }
}

function truth(to: usize, r: i32): i32 {
  if (r < 0) return RAISED;
  setBool(to, r == 1);
  return DONE;
}

/** to = an ASCII literal of the engine. */
export function literal(to: usize, text: string): i32 {
  setString(to, literalBytes(SCRATCH, text), literalLength(text), ASCII);
  return DONE;
}

function lengthNative(to: usize, c: usize): i32 {
  switch (tagOf(c)) {
    case NULL:
      setNumber(to, 0);
      return DONE;
    case NUMBER:
      setNumber(to, abs(numberOf(c)));
      return DONE;
    case STRING:
      setNumber(to, stringLength(c) as f64);
      return DONE;
    case ARRAY:
    case OBJECT:
      setNumber(to, lengthOf(c) as f64);
      return DONE;
    default:
      return typeError(c, "has no length");
  }
}

function keys(to: usize, c: usize, sorted: bool): i32 {
  const tag = tagOf(c);
  if (tag != ARRAY && tag != OBJECT) return typeError(c, "has no keys");
  const n = lengthOf(c);
  if (!charge(n)) return FATAL;
  const at = arrayStorage(SCRATCH, n);
  if (at == 0) return outOfMemory();
  if (tag == ARRAY) {
    for (let i: u32 = 0; i < n; i++) setNumber(at + ((i as usize) << 4), i as f64);
  } else {
    const order: usize = sorted ? sortedPairs(c) : 0;
    if (sorted && order == 0) return outOfMemory();
    for (let i: u32 = 0; i < n; i++)
      copyCell(at + ((i as usize) << 4), keyAt(c, sorted ? load<u32>(order + (i << 2)) : i));
  }
  setUsed(at, n);
  setCell(to, ARRAY, 0, n, at);
  return DONE;
}

function reverse(to: usize, c: usize): i32 {
  const tag = tagOf(c);
  if (tag != ARRAY) {
    // As jq's own definition meets it: .[length - 1 - ...] of something that has a length.
    if (tag == TRUE || tag == FALSE) return typeError(c, "has no length");
    let length: f64 = 0;
    if (tag == NUMBER) length = abs(numberOf(c));
    else if (tag == STRING) length = stringLength(c) as f64;
    else if (tag == OBJECT) length = lengthOf(c) as f64;
    if (!(length > 0)) return arrayNew(SCRATCH, to, 0) ? DONE : outOfMemory();
    setNumber(ITEM, length - 1);
    return getIndex(to, c, ITEM);
  }
  const n = lengthOf(c);
  if (!charge(n >>> 2)) return FATAL;
  const at = arrayStorage(SCRATCH, n);
  if (at == 0) return outOfMemory();
  for (let i: u32 = 0; i < n; i++) copyCell(at + ((i as usize) << 4), elementAt(c, n - 1 - i));
  setUsed(at, n);
  setCell(to, ARRAY, 0, n, at);
  return DONE;
}

function indices(to: usize, input: usize, i: usize): i32 {
  const tag = tagOf(input);
  if (tag == STRING && tagOf(i) == STRING) return stringIndices(to, input, i);
  if (tag == ARRAY && tagOf(i) != ARRAY) {
    if (!arrayNew(SCRATCH, OUT, 1) || !arrayAppend(SCRATCH, OUT, OUT, i)) return outOfMemory();
    return getIndex(to, input, OUT);
  }
  return getIndex(to, input, i);
}

function indexNative(to: usize, input: usize, i: usize, last: bool): i32 {
  const r = indices(OUT, input, i);
  if (r != DONE) return r;
  if (tagOf(OUT) == NULL) setNull(to);
  else if (tagOf(OUT) != ARRAY) {
    setNumber(ITEM, 0);
    return getIndex(to, OUT, ITEM);
  } else if (lengthOf(OUT) == 0) setNull(to);
  else copyCell(to, elementAt(OUT, last ? lengthOf(OUT) - 1 : 0));
  return DONE;
}

function bsearch(to: usize, input: usize, target: usize): i32 {
  if (tagOf(input) != ARRAY) return typeError(input, "cannot be searched from");
  let low: u32 = 0;
  let high = lengthOf(input);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const r = compareValues(target, elementAt(input, middle));
    if (r == TOO_DEEP) return raiseText("Comparison too deep");
    if (r == 0) {
      setNumber(to, middle as f64);
      return DONE;
    }
    if (r < 0) high = middle;
    else low = middle + 1;
    if (!charge(1)) return FATAL;
  }
  setNumber(to, -1 - (low as f64));
  return DONE;
}

/** to = [{"key", "value"}, ...] */
function toEntries(to: usize, c: usize): i32 {
  if (tagOf(c) != OBJECT) {
    if (tagOf(c) != ARRAY) return typeError(c, "has no keys");
    if (lengthOf(c) == 0) return arrayNew(SCRATCH, to, 0) ? DONE : outOfMemory();
    setNumber(ITEM, 0);
  }
  const n = lengthOf(c);
  if (!charge(n)) return FATAL;
  const at = arrayStorage(SCRATCH, n);
  if (at == 0) return outOfMemory();
  const isArray = tagOf(c) == ARRAY;
  literal(OUT, "key");
  literal(ITEM, "value");
  for (let i: u32 = 0; i < n; i++) {
    const pairs = objectStorage(SCRATCH, 2);
    if (pairs == 0) return outOfMemory();
    copyCell(pairs, OUT);
    if (isArray) setNumber(pairs + 16, i as f64);
    else copyCell(pairs + 16, keyAt(c, i));
    copyCell(pairs + PAIR, ITEM);
    copyCell(pairs + PAIR + 16, isArray ? elementAt(c, i) : valueAt(c, i));
    setUsed(pairs, 2);
    setCell(at + ((i as usize) << 4), OBJECT, 0, 2, pairs);
  }
  setUsed(at, n);
  setCell(to, ARRAY, 0, n, at);
  return DONE;
}
