// Patterns that keep a matcher that goes back busy for ever, each with the text that does it.

export interface Pathological {
  readonly pattern: string;
  /** A text of about n characters. */
  readonly text: (n: number) => string;
}

const times =
  (unit: string, end = "", begin = "") =>
  (n: number): string =>
    begin + unit.repeat(Math.ceil(n / unit.length)) + end;

const of = (pattern: string, text: Pathological["text"]): Pathological => ({ pattern, text });

export const pathological: readonly Pathological[] = [
  of("(a+)+$", times("a", "!")),
  of("(a*)*$", times("a", "!")),
  of("(a|a)*$", times("a", "!")),
  of("(a|aa)+$", times("a", "!")),
  of("(a|a?)+$", times("a", "!")),
  of("([a-z]+)*$", times("a", "!")),
  of("((a+)+)+$", times("a", "!")),
  of("(((a*)*)*)*$", times("a", "!")),
  of("(.*a){12}$", times("a", "!")),
  of("^(a?){30}a{30}$", times("a")),
  of("(.*)*x", times("ab")),
  of(".*.*.*x", times("ab")),
  of("^.*.*.*=.*$", times("x")),
  of("(x+x+)+y", times("x")),
  of("(\\w+\\s?)*$", times("word ", "!")),
  of("^(\\w+\\s?)*$", times("word ", "!")),
  of("(a+b?)+c", times("ab")),
  of(
    "^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}[a-z]{2,3}$",
    times("a", "!"),
  ),
  of("^(([a-z])+.)+[A-Z]([a-z])+$", times("a")),
  of("(?:(?:(?:a?)+)+)+$", times("a", "!")),
  of("(|a)*$", times("a", "!")),
  of("(a||b)+c", times("ab")),
  of("(?:a*?)*?c", times("a")),
  of("(?:a{0,5}){0,5}$", times("a", "!")),
  of("[^x]*[^y]*[^z]*q", times("abc")),
  of("\\s*\\s*\\s*,", times(" ")),
  of('"(?:[^"\\\\]|\\\\.)*"', times("\\a", "", '"')),
  of("(?i:(k|K|\\x{212A})+)!", times("kK")),
  of("\\p{L}*\\p{Lu}*\\d", times("éÉ")),
  of("(?:é|\\w)+$", times("é", "!")),
  of("\\b(\\w+)\\b(.*)\\b(\\w+)\\b!$", times("ab ")),
  of("(?m)^(.*)$(\\n)*x", times("line\n")),
  of("(a{1,3}){1,3}b|(a|b)*c", times("ab")),
  of("(?:a+){10}[bc]", times("a")),
];
