// JSON texts: valid ones in every spelling, almost valid ones, and rubbish.
import fc from "fast-check";

/** How a JSON text is to be read. */
export const modes = fc.constantFrom("boundary" as const, "integers" as const, "jq" as const);

const bits = fc
  .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
  .map(([low, high]) => new Float64Array(new Uint32Array([low, high]).buffer)[0] ?? 0)
  .map((x) => (Number.isFinite(x) ? x : 0));

/** Doubles of all bits, small and whole ones, and those around powers of two. */
export const doubles: fc.Arbitrary<number> = fc.oneof(
  bits,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.tuple(fc.integer({ min: -1074, max: 1023 }), fc.integer({ min: -2, max: 2 })).map(([e, d]) => {
    const words = new BigInt64Array(new Float64Array([2 ** e]).buffer);
    const moved = (words[0] ?? 0n) + BigInt(d);
    return new Float64Array(new BigInt64Array([moved < 0n ? 0n : moved]).buffer)[0] ?? 0;
  }),
);

const digits = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(9), { minLength: 1, maxLength }).map((list) => list.join(""));

/** All digits of a double's exact value, or of the point halfway to the next double. */
const exactDecimal = fc
  .tuple(bits, fc.boolean(), fc.constantFrom("", "0001", "9"))
  .map(([x, halfway, tail]) => {
    const magnitude = Math.abs(x) || 5e-324;
    const view = new BigUint64Array(new Float64Array([magnitude]).buffer);
    const raw = view[0] ?? 0n;
    const exponent = Number(raw >> 52n) || 1;
    const fraction = (raw & 0xfffffffffffffn) | (raw >> 52n > 0n ? 1n << 52n : 0n);
    const significand = halfway ? 2n * fraction + 1n : fraction;
    const power = exponent - 1075 - (halfway ? 1 : 0);
    // significand * 2^power as digits * 10^-scale, exactly.
    const value = power >= 0 ? significand << BigInt(power) : significand * 5n ** BigInt(-power);
    return `${value}${power >= 0 ? "." : ""}${tail || "0"}e${power >= 0 ? 0 : power - (tail || "0").length}`;
  });

const integers = fc
  .tuple(fc.constantFrom(0n, 2n ** 53n, 2n ** 63n, 10n ** 15n, 10n ** 21n), fc.bigInt(-99n, 99n))
  .map(([base, delta]) => String(base + delta));

/** Number literals: shortest, long, exact, halfway, on the edges of integers, huge, tiny. */
export const numerals: fc.Arbitrary<string> = fc.oneof(
  bits.map((x) => String(x)),
  bits.map((x) => x.toExponential(20)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => String(x)),
  fc.integer().map((x) => String(x)),
  integers,
  exactDecimal,
  fc
    .tuple(
      fc.constantFrom("", "-"),
      digits(25),
      fc.option(digits(40)),
      fc.option(fc.integer({ min: -350, max: 320 })),
    )
    .map(
      ([sign, whole, fraction, exponent]) =>
        sign +
        (whole.replace(/^0+(?=\d)/, "") || "0") +
        (fraction === null ? "" : `.${fraction}`) +
        (exponent === null
          ? ""
          : `${exponent % 2 === 0 ? "e" : "E"}${exponent > 99 ? "+" : ""}${exponent}`),
    ),
  fc.constantFrom(
    "0",
    "-0",
    "-0.0",
    "0e99999999999",
    "1e400",
    "-1e400",
    "1e-400",
    "9007199254740993",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "4.9e-324",
    "2.4e-324",
    "2.5e-324",
    "2.2250738585072011e-308",
    "01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "--1",
    "+1",
    "0x10",
    "1_0",
    "NaN",
  ),
);

const characters = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 1, unit: "grapheme-ascii" }) },
  { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 1, unit: "binary" }) },
  fc.constantFrom(
    '"',
    "\\",
    "/",
    "\u0000",
    "\u001f",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\ufeff",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
    "e\u0301",
    "\u00e9",
  ),
);

/** One character as it stands, in a short escape, or as \uXXXX. */
const spelled = fc.tuple(characters, fc.nat(9)).map(([character, how]) => {
  if (how < 7) return JSON.stringify(character).slice(1, -1);
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .map((text) => (how === 7 ? text : text.toUpperCase().replace("\\U", "\\u")))
    .join("");
});

/** Halves of pairs on both sides of every border, alone and together. */
const halves = fc
  .array(fc.constantFrom("d7ff", "d800", "dbff", "dc00", "DFFF", "e000"), {
    minLength: 1,
    maxLength: 3,
  })
  .map((units) => units.map((unit) => `\\u${unit}`).join(""));

const strings = fc
  .array(fc.oneof({ weight: 12, arbitrary: spelled }, halves), { maxLength: 20 })
  .map((parts) => `"${parts.join("")}"`);

const keys = fc.oneof(
  fc.constantFrom(
    '"a"',
    '"b"',
    '"\\u0061"',
    '""',
    '"\u20ac"',
    '"\ud83d\ude00"',
    '"\\ufb33"',
    '"1"',
    '"10"',
    '"__proto__"',
  ),
  strings,
);

const spaces = fc.constantFrom("", "", "", " ", "\n", "\t\r\n ");

/** Valid JSON texts (but for repeated keys and integers that do not survive). */
export const texts: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: "json" },
    fc.oneof(numerals, strings, fc.constantFrom("null", "true", "false")),
    fc
      .tuple(
        spaces,
        fc.array(fc.tuple(tie("value"), spaces), { maxLength: 5, depthIdentifier: "json" }),
      )
      .map(
        ([space, items]) =>
          `[${space}${items.map(([item, after]) => item + after).join(`,${space}`)}]`,
      ),
    fc
      .tuple(
        spaces,
        fc.array(fc.tuple(keys, tie("value"), spaces), { maxLength: 5, depthIdentifier: "json" }),
      )
      .map(
        ([space, members]) =>
          `{${space}${members.map(([key, item, after]) => `${key}${space}:${after}${item}${after}`).join(`,${space}`)}}`,
      ),
  ),
})).value;

const fragments = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 4 }),
  fc
    .constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "\\u",
      "\\ud800",
      "e",
      "-",
      "0",
      " ",
      "null",
      "nan",
      "\ufeff",
      "//",
    )
    .map((text) => new TextEncoder().encode(text)),
);

/** A text with a few of its bytes replaced, removed or added. */
const damaged = fc
  .tuple(texts, fc.array(fc.tuple(fc.nat(), fc.nat(3), fragments), { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) => {
    let bytes = [...new TextEncoder().encode(text)];
    for (const [where, removed, added] of edits) {
      const at = where % (bytes.length + 1);
      bytes = [...bytes.slice(0, at), ...added, ...bytes.slice(at + removed)];
    }
    return Uint8Array.from(bytes);
  });

/** Texts around the limit of nesting, closed or not. */
const deep = fc
  .tuple(
    fc.constantFrom(["[", "]"] as const, ['{"a":', "}"] as const),
    fc.integer({ min: 1020, max: 1027 }),
    fc.boolean(),
  )
  .map(([[open, close], levels, closed]) => {
    return open.repeat(levels) + (closed ? `1${close.repeat(levels)}` : "");
  });

/** Anything that somebody may send as JSON. */
export const documents: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 10, arbitrary: texts.map((text) => new TextEncoder().encode(text)) },
  { weight: 6, arbitrary: damaged },
  { weight: 4, arbitrary: numerals.map((text) => new TextEncoder().encode(text)) },
  { weight: 1, arbitrary: deep.map((text) => new TextEncoder().encode(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
);
