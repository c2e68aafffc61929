/**
 * Builtins that are written natively: value arguments only, one output or an error.
 * The number of a native is its place in NATIVE_NAMES; the order is free to change, programs are
 * never stored compiled.
 */

import { textByte } from "../../bytes/byte";
import { literalLength } from "../syntax/text";

export const NATIVE_NAMES: StaticArray<string> = [
  "length/0 utf8bytelength/0 keys/0 keys_unsorted/0 has/1 contains/1 startswith/1 ",
  "endswith/1 ltrimstr/1 rtrimstr/1 trimstr/1 trim/0 ltrim/0 rtrim/0 split/1 join/1 ",
  "ascii_downcase/0 ascii_upcase/0 explode/0 implode/0 tostring/0 tonumber/0 toboolean/0 ",
  "tojson/0 fromjson/0 type/0 sort/0 _sort_by/1 _group_by/1 unique/0 _unique_by/1 min/0 ",
  "max/0 _min_by/1 _max_by/1 reverse/0 _strindices/1 indices/1 index/1 rindex/1 bsearch/1 ",
  "flatten/0 flatten/1 format/1 infinite/0 nan/0 isinfinite/0 isnan/0 ",
  "isnormal/0 now/0 setpath/2 delpaths/1 to_entries/0 have_decnum/0 have_literal_numbers/0 ",
  "builtins/0 floor/0 sqrt/0 fabs/0 round/0 ceil/0 trunc/0 abs/0 log/0 log2/0 log10/0 ",
  "log1p/0 exp/0 exp2/0 exp10/0 expm1/0 sin/0 cos/0 tan/0 asin/0 acos/0 atan/0 sinh/0 ",
  "cosh/0 tanh/0 asinh/0 acosh/0 atanh/0 cbrt/0 significand/0 logb/0 rint/0 nearbyint/0 ",
  "frexp/0 modf/0 pow/2 atan2/2 fmod/2 ldexp/2 scalb/2 scalbln/2 hypot/2 copysign/2 fmin/2 ",
  "fmax/2 fdim/2 drem/2 remainder/2 nextafter/2 nexttoward/2 fma/3 gmtime/0 mktime/0 ",
  "strftime/1 strptime/1 _match/3 ",
];

export const B_LENGTH: u32 = 0;
export const B_UTF8BYTELENGTH: u32 = 1;
export const B_KEYS: u32 = 2;
export const B_KEYS_UNSORTED: u32 = 3;
export const B_HAS: u32 = 4;
export const B_CONTAINS: u32 = 5;
export const B_STARTSWITH: u32 = 6;
export const B_ENDSWITH: u32 = 7;
export const B_LTRIMSTR: u32 = 8;
export const B_RTRIMSTR: u32 = 9;
export const B_TRIMSTR: u32 = 10;
export const B_TRIM: u32 = 11;
export const B_LTRIM: u32 = 12;
export const B_RTRIM: u32 = 13;
export const B_SPLIT: u32 = 14;
export const B_JOIN: u32 = 15;
export const B_ASCII_DOWNCASE: u32 = 16;
export const B_ASCII_UPCASE: u32 = 17;
export const B_EXPLODE: u32 = 18;
export const B_IMPLODE: u32 = 19;
export const B_TOSTRING: u32 = 20;
export const B_TONUMBER: u32 = 21;
export const B_TOBOOLEAN: u32 = 22;
export const B_TOJSON: u32 = 23;
export const B_FROMJSON: u32 = 24;
export const B_TYPE: u32 = 25;
export const B_SORT: u32 = 26;
export const B_SORT_BY: u32 = 27;
export const B_GROUP_BY: u32 = 28;
export const B_UNIQUE: u32 = 29;
export const B_UNIQUE_BY: u32 = 30;
export const B_MIN: u32 = 31;
export const B_MAX: u32 = 32;
export const B_MIN_BY: u32 = 33;
export const B_MAX_BY: u32 = 34;
export const B_REVERSE: u32 = 35;
export const B_STRINDICES: u32 = 36;
export const B_INDICES: u32 = 37;
export const B_INDEX: u32 = 38;
export const B_RINDEX: u32 = 39;
export const B_BSEARCH: u32 = 40;
export const B_FLATTEN: u32 = 41;
export const B_FLATTEN_DEPTH: u32 = 42;
export const B_FORMAT: u32 = 43;
export const B_INFINITE: u32 = 44;
export const B_NAN: u32 = 45;
export const B_ISINFINITE: u32 = 46;
export const B_ISNAN: u32 = 47;
export const B_ISNORMAL: u32 = 48;
export const B_NOW: u32 = 49;
export const B_SETPATH: u32 = 50;
export const B_DELPATHS: u32 = 51;
export const B_TO_ENTRIES: u32 = 52;
export const B_HAVE_DECNUM: u32 = 53;
export const B_HAVE_LITERAL_NUMBERS: u32 = 54;
export const B_BUILTINS: u32 = 55;
export const B_FLOOR: u32 = 56;
export const B_SQRT: u32 = 57;
export const B_FABS: u32 = 58;
export const B_ROUND: u32 = 59;
export const B_CEIL: u32 = 60;
export const B_TRUNC: u32 = 61;
export const B_ABS: u32 = 62;
export const B_LOG: u32 = 63;
export const B_LOG2: u32 = 64;
export const B_LOG10: u32 = 65;
export const B_LOG1P: u32 = 66;
export const B_EXP: u32 = 67;
export const B_EXP2: u32 = 68;
export const B_EXP10: u32 = 69;
export const B_EXPM1: u32 = 70;
export const B_SIN: u32 = 71;
export const B_COS: u32 = 72;
export const B_TAN: u32 = 73;
export const B_ASIN: u32 = 74;
export const B_ACOS: u32 = 75;
export const B_ATAN: u32 = 76;
export const B_SINH: u32 = 77;
export const B_COSH: u32 = 78;
export const B_TANH: u32 = 79;
export const B_ASINH: u32 = 80;
export const B_ACOSH: u32 = 81;
export const B_ATANH: u32 = 82;
export const B_CBRT: u32 = 83;
export const B_SIGNIFICAND: u32 = 84;
export const B_LOGB: u32 = 85;
export const B_RINT: u32 = 86;
export const B_NEARBYINT: u32 = 87;
export const B_FREXP: u32 = 88;
export const B_MODF: u32 = 89;
export const B_POW: u32 = 90;
export const B_ATAN2: u32 = 91;
export const B_FMOD: u32 = 92;
export const B_LDEXP: u32 = 93;
export const B_SCALB: u32 = 94;
export const B_SCALBLN: u32 = 95;
export const B_HYPOT: u32 = 96;
export const B_COPYSIGN: u32 = 97;
export const B_FMIN: u32 = 98;
export const B_FMAX: u32 = 99;
export const B_FDIM: u32 = 100;
export const B_DREM: u32 = 101;
export const B_REMAINDER: u32 = 102;
export const B_NEXTAFTER: u32 = 103;
export const B_NEXTTOWARD: u32 = 104;
export const B_FMA: u32 = 105;
export const B_GMTIME: u32 = 106;
export const B_MKTIME: u32 = 107;
export const B_STRFTIME: u32 = 108;
export const B_STRPTIME: u32 = 109;
export const B_MATCH: u32 = 110;

/** The native of that name and arity, or -1. */
export function findNative(name: usize, length: u32, arity: u32): i32 {
  return findEntry(NATIVE_NAMES, name, length, arity);
}

/** Place of name/arity in a list of lines like "a/0 b/1 ", or -1. */
export function findEntry(list: StaticArray<string>, name: usize, length: u32, arity: u32): i32 {
  let entry: i32 = 0;
  for (let l = 0; l < list.length; l++) {
    const n = literalLength(list[l]);
    const from = changetype<usize>(list[l]);
    let i: u32 = 0;
    while (i < n) {
      let j: u32 = 0;
      while (
        j < length &&
        textByte(name + j) == (load<u16>(from + (((i + j) as usize) << 1)) as u8)
      )
        j++;
      if (
        j == length &&
        load<u16>(from + (((i + j) as usize) << 1)) == 47 &&
        load<u16>(from + (((i + j + 1) as usize) << 1)) == ((48 + arity) as u16)
      )
        return entry;
      while (load<u16>(from + ((i as usize) << 1)) != 32) i++;
      i++;
      entry++;
    }
  }
  return -1;
}
