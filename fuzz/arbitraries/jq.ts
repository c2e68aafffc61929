// jq programs as texts, with the builtins and forms that the model of the expr target lacks.
import fc from "fast-check";

const nullary = [
  "abs tojson fromjson tostring tonumber toboolean ascii_downcase ascii_upcase explode implode trim ltrim rtrim",
  "keys keys_unsorted to_entries from_entries add any all flatten reverse sort unique min max transpose",
  "length utf8bytelength type not infinite nan isinfinite isnan isnormal floor ceil round trunc sqrt fabs",
  "values nulls booleans numbers strings arrays objects iterables scalars first last paths tostream",
  "@text @json @csv @tsv @html @uri @urid @sh @base64 @base64d",
  "significand logb gmtime mktime todate fromdate recurse getpath([])",
  'combinations splits("a") ltrimstr("a") rtrimstr("b") trimstr("a")',
  "frexp modf exp10 exp2 log2 log10 cbrt rint nearbyint ldexp(.; 2) scalb(.; 1) limit(2; .[]?) skip(1; .[]?) nth(1) error",
].flatMap((line) => line.split(/ (?![^(]*\))/));

const unary = [
  "map",
  "map_values",
  "select",
  "sort_by",
  "group_by",
  "unique_by",
  "min_by",
  "max_by",
  "with_entries",
  "del",
  "path",
  "paths",
  "to_entries | map",
  "recurse",
  "walk",
  "any",
  "all",
  "first",
  "last",
  "isempty",
  "add",
  "has",
  "contains",
  "inside",
  "join",
  "flatten",
  "range",
  "split",
  "startswith",
  "endswith",
  "indices",
  "index",
  "rindex",
  "ltrimstr",
  "rtrimstr",
  "trimstr",
  "delpaths",
  "getpath",
  "pick",
  "tojson | test",
  "bsearch",
  "IN",
  "INDEX",
  "in",
  "error",
  "strftime",
  "strptime",
  "combinations",
  "truncate_stream",
  "fromstream",
  "nth",
  "pow(2; .) | select",
];
const binary = [
  "limit",
  "skip",
  "until",
  "IN",
  "INDEX",
  "setpath",
  "range",
  "any",
  "all",
  "nth",
  "pow",
  "fmin",
  "ldexp",
  "recurse",
];

const literal = fc.constantFrom(
  "0",
  "1",
  "-1",
  "2",
  "3",
  "0.5",
  "1.5",
  "1000",
  "null",
  "true",
  "false",
  '""',
  '"a"',
  '"b"',
  '"ab"',
  '"a,b"',
  '", "',
  '"\\u00e9"',
  '"%Y-%m-%dT%H:%M:%SZ"',
  '"%A %j %U"',
  "[]",
  "{}",
  "[1,2]",
  '["a"]',
  '[["a"],["b"]]',
  '{"a":1}',
  "$x",
  "$__loc__",
);

/** A program, in parentheses wherever it stands inside another. */
const text = fc.letrec<{ any: string }>((tie) => {
  const any = tie("any");
  const inner = any.map((program) => `(${program})`);
  const steps = fc
    .array(
      fc.constantFrom(
        ".a",
        ".b",
        ".[0]",
        ".[1:]",
        ".[:-1]",
        ".[]",
        ".[]?",
        ".a?",
        '.["a"]',
        ".[-1]",
        "..",
        ".c.a?",
      ),
      { minLength: 1, maxLength: 2 },
    )
    .map((list) => list.join(" | "));
  return {
    any: fc.oneof(
      { maxDepth: 4, depthIdentifier: "jq-text" },
      fc.oneof(fc.constant("."), steps, literal, fc.constantFrom(...nullary)),
      fc.tuple(any, any).map(([a, b]) => `${a} | ${b}`),
      fc.tuple(any, any).map(([a, b]) => `${a} | ${b}`),
      fc.tuple(fc.constantFrom(...unary), any).map(([name, a]) => `${name}(${a})`),
      fc.tuple(fc.constantFrom(...unary), any).map(([name, a]) => `${name}(${a})`),
      fc.tuple(fc.constantFrom(...binary), any, any).map(([name, a, b]) => `${name}(${a}; ${b})`),
      fc
        .tuple(
          inner,
          fc.constantFrom("+", "-", "*", "/", "%", "==", "<", "and", "or", "//", ","),
          inner,
        )
        .map((parts) => parts.join(" ")),
      fc
        .tuple(inner, fc.constantFrom("=", "|=", "+=", "-=", "*=", "//="), inner)
        .map((parts) => parts.join(" ")),
      fc.tuple(inner, inner).map(([a, b]) => `try ${a} catch ${b}`),
      inner.map((a) => `${a}?`),
      fc.tuple(inner, any, any).map(([a, b, c]) => `if ${a} then ${b} else ${c} end`),
      fc.tuple(inner, any).map(([a, b]) => `${a} as $x | ${b}`),
      fc.tuple(inner, any).map(([a, b]) => `${a} as [$x, {a: $y}] | [$x, $y, (${b})]`),
      fc.tuple(inner, any).map(([a, b]) => `${a} as [$x] ?// {a: $x} ?// $x | ${b}`),
      fc.tuple(inner, any, any).map(([a, b, c]) => `reduce ${a} as $x (first(${b}); ${c})`),
      fc.tuple(inner, any, any, any).map(([a, b, c, d]) => `foreach ${a} as $x (${b}; ${c}; ${d})`),
      fc.tuple(any, any).map(([a, b]) => `label $f | (${a}), (${b} | break $f), 9`),
      fc.tuple(any, any).map(([a, b]) => `def f($v; g): $v, (g | ${a}); f(${b}; .)`),
      any.map((a) => `[${a}]`),
      fc.tuple(any, any).map(([a, b]) => `{a: (${a}), "b": (${b})}`),
      fc.tuple(any, any).map(([a, b]) => `{(${a}): (${b})}`),
      fc
        .tuple(fc.constantFrom("", "@json ", "@csv ", "@html ", "@uri ", "@sh ", "@base64 "), any)
        .map(([format, a]) => `${format}"<\\(${a})>"`),
    ),
  };
}).any;

/** Every variable means something. */
export const texts: fc.Arbitrary<string> = text.map(
  (program) => `. as $x | null as $y | ${program}`,
);
