// Patterns and texts of a small alphabet, so that they meet often.
import fc from "fast-check";

export interface Question {
  readonly pattern: string;
  readonly text: string;
  readonly flags: string;
}

/** What the dialects have in common, and what each adds. */
export interface Syntax {
  readonly atoms: readonly string[];
  /** Members of bracketed classes. */
  readonly members: readonly string[];
  readonly quantifiers: readonly string[];
  readonly groups: readonly string[];
}

const words = (line: string): string[] => line.split(" ");
const letters = (text: string): string[] => Array.from(text);

const COMMON: Syntax = {
  atoms: [
    ...letters("abcABC12_ -é"),
    ...words(String.raw`s k . ^ $ \d \D \s \S \b \B \. \n \x41 \p{Lu} \P{L} \w \W ſ ß Σ σ ς 😀`),
  ],
  members: [
    ...letters("abcz019_ é"),
    ...words(String.raw`a-c A-Z 0-9 b-é \d \s \S \p{Ll} \n \] \\ \w \W`),
  ],
  quantifiers: words("* + ? *? +? ?? {0} {1} {2} {0,1} {1,2} {2,} {0,2}?"),
  groups: words("( (?:"),
};

/** ECMAScript's u flag, as far as patterns need no backtracking. */
export const ecma: Syntax = {
  ...COMMON,
  atoms: [...COMMON.atoms, ...words(String.raw`\u0061 \u{1f600} \0 \cA [^] \p{Script=Greek} \/`)],
  members: [...COMMON.members, ...words(String.raw`\b \u{e9} - \- ^`)],
};

/** What jq gives to Oniguruma. */
export const onig: Syntax = {
  ...COMMON,
  atoms: [
    ...COMMON.atoms,
    ...words(String.raw`\A \z \Z \x{e9} \101 \N \o{102} [[:alpha:]] [[:^digit:]] \h { } ]`),
  ],
  members: [...COMMON.members, ...words(String.raw`[:alpha:] [:punct:] - ^ \102 \o{103}`)],
  groups: [...COMMON.groups, ...words("(?i: (?-i: (?s: (?m: (?<n> (?<m>"), "(?x: "],
};

export function patterns({ atoms, members, quantifiers, groups }: Syntax): fc.Arbitrary<string> {
  const klass = fc
    .tuple(
      fc.constantFrom("[", "[^"),
      fc.array(fc.constantFrom(...members), { minLength: 1, maxLength: 4 }),
    )
    .map(([open, list]) => `${open}${list.join("")}]`);
  return fc.letrec<{ alternatives: string; sequence: string; piece: string }>((tie) => ({
    alternatives: fc
      .array(tie("sequence"), { minLength: 1, maxLength: 3, depthIdentifier: "regex" })
      .map((list) => list.join("|")),
    sequence: fc
      .array(tie("piece"), { maxLength: 4, depthIdentifier: "regex" })
      .map((list) => list.join("")),
    piece: fc
      .tuple(
        fc.oneof(
          { depthIdentifier: "regex", depthSize: "small", withCrossShrink: true },
          { weight: 6, arbitrary: fc.constantFrom(...atoms) },
          { weight: 2, arbitrary: klass },
          {
            weight: 3,
            arbitrary: fc
              .tuple(fc.constantFrom(...groups), tie("alternatives"))
              .map(([open, inner]) => `${open}${inner})`),
          },
        ),
        fc.option(fc.constantFrom(...quantifiers), { nil: "", freq: 2 }),
      )
      .map(([atom, quantifier]) => atom + quantifier),
  })).alternatives;
}

const characters = letters("aaabbbccABC112_ -éÉsSkK\nſßẞΣσς😀K\t{}]n.∂e");
export const texts = fc.oneof(
  fc.array(fc.constantFrom("a", "a", "b"), { maxLength: 8 }).map((list) => list.join("")),
  fc.array(fc.constantFrom(...characters), { maxLength: 10 }).map((list) => list.join("")),
);

/** Anything that can be written with the signs of patterns. */
export const rubble = fc
  .array(fc.constantFrom(...letters("()[]{}|*+?.^$\\-,:<>=!&~#/1230abdwsSDWpPuxkQEzAZGn é\n😀")), {
    maxLength: 16,
  })
  .map((list) => list.join(""));

export const questions = (
  pattern: fc.Arbitrary<string>,
  flags: readonly string[],
): fc.Arbitrary<Question> => fc.record({ pattern, text: texts, flags: fc.constantFrom(...flags) });
