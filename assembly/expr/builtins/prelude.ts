/**
 * Builtins that are defined in jq, one definition a line. A program compiles only those that it
 * uses. Their text is our own; the behaviour is jq 1.8's.
 */

import { textByte } from "../../bytes/byte";
import { isNamePart, literalLength } from "../syntax/text";

const PRELUDE: StaticArray<string> = [
  "def sort_by(f): _sort_by(map([f]));",
  "def group_by(f): _group_by(map([f]));",
  "def unique_by(f): _unique_by(map([f]));",
  "def min_by(f): _min_by(map([f]));",
  "def max_by(f): _max_by(map([f]));",
  "def recurse: def walk_down: ., (.[]? | walk_down); walk_down;",
  "def recurse(f): def again: ., (f | again); again;",
  "def recurse(f; keep): def again: ., (f | select(keep) | again); again;",
  'def from_entries: reduce .[] as $e ({}; . + {($e | .key // .Key // .name // .Name): ($e | if has("value") then .value else .Value end)});',
  "def with_entries(f): to_entries | map(f) | from_entries;",
  "def paths: path(..) | select(length > 0);",
  "def paths(keep): path(.. | select(keep)) | select(length > 0);",
  "def leaf_paths: paths(scalars);",
  'def isfinite: type == "number" and (isinfinite | not);',
  'def arrays: select(type == "array");',
  'def objects: select(type == "object");',
  'def iterables: select(type == ("array", "object"));',
  'def booleans: select(type == "boolean");',
  'def numbers: select(type == "number");',
  "def normals: select(isnormal);",
  "def finites: select(isfinite);",
  'def strings: select(type == "string");',
  'def nulls: select(type == "null");',
  'def values: select(type != "null");',
  'def scalars: select(type | . != "array" and . != "object");',
  'def toarray: if type == "array" then . else [.] end;',
  "def in(box): . as $key | box | has($key);",
  "def inside(box): . as $part | box | contains($part);",
  "def while(going; step): def turn: if going then ., (step | turn) else empty end; turn;",
  "def until(done; step): def turn: if done then . else step | turn end; turn;",
  "def repeat(f): def again: f, again; again;",
  "def range($from; $to; $step): if $step > 0 then $from | while(. < $to; . + $step) elif $step < 0 then $from | while(. > $to; . + $step) else empty end;",
  'def _re_args($re): $re | type as $t | if $t == "string" then [$re, null] elif $t == "array" and length > 1 then .[:2] elif $t == "array" and length > 0 then [.[0], null] else error($t + " not a string or array") end;',
  "def _captured: reduce (.captures[] | select(.name != null)) as $c ({}; . + {($c.name): $c.string});",
  "def match(re; flags): _match(re; flags; false) | .[];",
  "def match($re): _re_args($re) as [$p, $f] | match($p; $f);",
  "def test(re; flags): _match(re; flags; true);",
  "def test($re): _re_args($re) as [$p, $f] | test($p; $f);",
  "def capture(re; flags): match(re; flags) | _captured;",
  "def capture($re): _re_args($re) as [$p, $f] | capture($p; $f);",
  'def scan($re; $flags): match($re; "g" + $flags) | if .captures | length > 0 then [.captures[].string] else .string end;',
  "def scan($re): scan($re; null);",
  'def splits($re; $flags): _match($re; $flags + "g"; null) | .[1][];',
  "def splits($re): splits($re; null);",
  "def split($re; $flags): [splits($re; $flags)];",
  'def sub($re; text; $flags): . as $in | _match($re; $flags; null) as [$matches, $gaps] | ([range($matches | length) as $m | [$matches[$m] | _captured | text] as $new | range($new | length) as $i | [$i, $gaps[$m] + $new[$i]]] | group_by(.[0])[] | map(.[1]) + [$gaps[-1]] | join("")) // $in;',
  'def sub($re; text): sub($re; text; "");',
  'def gsub($re; text; $flags): sub($re; text; $flags + "g");',
  'def gsub($re; text): sub($re; text; "g");',
  "def first: .[0];",
  "def last: .[-1];",
  "def nth($n): .[$n];",
  "def transpose: [range(0; map(length) | max // 0) as $i | [.[][$i]]];",
  "def combinations: if length == 0 then [] else .[0][] as $head | .[1:] | combinations as $rest | [$head] + $rest end;",
  "def combinations(n): . as $set | [range(n) | $set] | combinations;",
  "def ascii: [.] | implode;",
  'def todate: strftime("%Y-%m-%dT%H:%M:%SZ");',
  'def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;',
  'def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");',
  "def fromdate: fromdateiso8601;",
  "def date: todate;",
  "def dateadd(unit; n): . + n;",
  "def datesub(unit; n): . - n;",
  "def truncate_stream(stream): . as $depth | null | stream | select(.[0] | length > $depth) | .[0] |= .[$depth:];",
  'def fromstream(events): foreach events as $e ({whole: null, done: false}; if .done then {whole: null, done: false} else . end | if $e | length == 2 then .done = ($e[0] | length == 0) | setpath(["whole"] + $e[0]; $e[1]) else .done = ($e[0] | length == 1) end; if .done then .whole else empty end);',
  "def tostream: path(def leaves_first: (.[]? | leaves_first), .; leaves_first) as $p | getpath($p) | reduce path(.[]?) as $child ([$p, .]; [$p + $child]);",
  'def walk(f): def down: if type == "object" then map_values(down) elif type == "array" then map(down) else . end | f; down;',
  "def pick(places): . as $whole | reduce path(places) as $p (null; setpath($p; $whole | getpath($p)));",
  "def INDEX(rows; key): reduce rows as $row ({}; .[$row | key | tostring] = $row);",
  "def INDEX(key): INDEX(.[]; key);",
  "def JOIN($index; key): [.[] | [., $index[key]]];",
  "def JOIN($index; rows; key): rows | [., $index[key]];",
  "def JOIN($index; rows; key; merge): rows | [., $index[key]] | merge;",
  "def IN(set): any(set == .; .);",
  "def IN(rows; set): any(rows == set; .);",
];

/** Number of the definition, or -1. */
export function findPrelude(name: usize, length: u32, arity: u32): i32 {
  for (let i = 0; i < PRELUDE.length; i++) {
    if (defines(PRELUDE[i], name, length, arity)) return i;
  }
  return -1;
}

export function preludeLength(i: i32): u32 {
  return literalLength(PRELUDE[i]);
}

/** Copies a definition to `to` as bytes. */
export function copyPrelude(i: i32, to: usize): void {
  const n = literalLength(PRELUDE[i]);
  for (let j: u32 = 0; j < n; j++) store<u8>(to + j, character(PRELUDE[i], j) as u8);
}

function character(line: string, i: u32): u32 {
  return load<u16>(changetype<usize>(line) + ((i as usize) << 1));
}

/** Every definition begins with "def ". */
const NAME: u32 = 4;

function defines(line: string, name: usize, length: u32, arity: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (character(line, NAME + i) != textByte(name + i)) return false;
  }
  return !isNamePart(character(line, NAME + length)) && parameters(line, NAME + length) == arity;
}

/** Number of parameters, read behind the name. */
function parameters(line: string, at: u32): u32 {
  if (character(line, at) == 58) return 0;
  let count: u32 = 1;
  for (let i = at; character(line, i) != 41; i++) if (character(line, i) == 59) count++;
  return count;
}

/** How many definitions there are. */
export function preludeCount(): i32 {
  return PRELUDE.length;
}

/** Writes the name of a definition to `to` and returns its length; preludeArity() is the rest. */
export function preludeName(i: i32, to: usize): u32 {
  let n: u32 = 0;
  while (isNamePart(character(PRELUDE[i], NAME + n))) {
    store<u8>(to + n, character(PRELUDE[i], NAME + n) as u8);
    n++;
  }
  return n;
}

export function preludeArity(i: i32): u32 {
  let at = NAME;
  while (isNamePart(character(PRELUDE[i], at))) at++;
  return parameters(PRELUDE[i], at);
}
