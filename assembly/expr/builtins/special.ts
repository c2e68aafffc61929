/**
 * Builtins that the code generator expands in place (generate.ts), and names that this engine
 * refuses or does not have yet.
 */

import { findEntry } from "./table";

export const SPECIAL_NAMES: StaticArray<string> = [
  "empty/0 error/0 error/1 not/0 path/1 del/1 select/1 map/1 first/1 last/1 limit/2 skip/2 ",
  "isempty/1 any/0 any/1 any/2 all/0 all/1 all/2 range/1 range/2 add/0 add/1 getpath/1 ",
  "map_values/1 nth/2 ",
];

export const X_EMPTY: i32 = 0;
export const X_ERROR: i32 = 1;
export const X_ERROR_OF: i32 = 2;
export const X_NOT: i32 = 3;
export const X_PATH: i32 = 4;
export const X_DEL: i32 = 5;
export const X_SELECT: i32 = 6;
export const X_MAP: i32 = 7;
export const X_FIRST: i32 = 8;
export const X_LAST: i32 = 9;
export const X_LIMIT: i32 = 10;
export const X_SKIP: i32 = 11;
export const X_ISEMPTY: i32 = 12;
export const X_ANY: i32 = 13;
export const X_ANY_OF: i32 = 14;
export const X_ANY_IN: i32 = 15;
export const X_ALL: i32 = 16;
export const X_ALL_OF: i32 = 17;
export const X_ALL_IN: i32 = 18;
export const X_RANGE: i32 = 19;
export const X_RANGE_TO: i32 = 20;
export const X_ADD: i32 = 21;
export const X_ADD_OF: i32 = 22;
export const X_GETPATH: i32 = 23;
export const X_MAP_VALUES: i32 = 24;
export const X_NTH: i32 = 25;

export function findSpecial(name: usize, length: u32, arity: u32): i32 {
  return findEntry(SPECIAL_NAMES, name, length, arity);
}

const REFUSED_NAMES: StaticArray<string> = [
  "input/0 inputs/0 input_filename/0 input_line_number/0 debug/0 debug/1 stderr/0 halt/0 ",
  "halt_error/0 halt_error/1 env/0 localtime/0 strflocaltime/1 get_search_list/0 modulemeta/0 ",
  "get_prog_origin/0 get_jq_origin/0 ",
];

/** Why a builtin is refused, or "". */
export function refusal(name: usize, length: u32, arity: u32): string {
  const i = findEntry(REFUSED_NAMES, name, length, arity);
  if (i < 0) return "";
  if (i <= 3) return "refused: an expression has one input and reads no files";
  if (i <= 6) return "refused: an expression writes nothing but its outputs";
  if (i <= 9) return "refused: an expression cannot stop its host";
  if (i == 10) return "refused: the environment differs from host to host";
  if (i <= 12) return "refused: local time differs from host to host";
  return "refused: modules and search paths belong to the file system";
}

const MISSING_NAMES: StaticArray<string> = [
  "gamma/0 lgamma/0 tgamma/0 lgamma_r/0 j0/0 j1/0 y0/0 y1/0 erf/0 erfc/0 jn/2 yn/2 ",
];

/** Why a builtin of jq is not there yet, or "". */
export function missing(name: usize, length: u32, arity: u32): string {
  const i = findEntry(MISSING_NAMES, name, length, arity);
  return i < 0 ? "" : "not built yet: this function of the C math library";
}
