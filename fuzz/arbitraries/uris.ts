// URIs as attackers write them: each part is one that some parser reads otherwise than another.
import fc from "fast-check";

const few = <T>(...all: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...all);
/** Mostly the first, so that the rest of a URI is looked at. */
const mostly = (usual: string, other: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** An IPv4 address in the spellings that resolvers and URL parsers know. */
const ipv4: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(few(0x7f000001, 0x0a000001, 0xa9fea9fe, 0xc0a80101, 0, 0xffffffff), fc.nat(2 ** 31)),
    few("dotted", "decimal", "hex", "octal", "parts", "mixed"),
  )
  .map(([n, form]) => {
    const bytes = [24, 16, 8, 0].map((by) => (n >>> by) & 255);
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    if (form === "decimal") return String(n >>> 0);
    if (form === "hex") return `0x${(n >>> 0).toString(16)}`;
    if (form === "octal") return bytes.map((byte) => `0${byte.toString(8)}`).join(".");
    if (form === "parts") return `${a}.${(b << 16) | (c << 8) | d}`;
    if (form === "mixed") return `0x${a.toString(16)}.${b}.0${c.toString(8)}.${d}`;
    return bytes.join(".");
  });
const ipv6: fc.Arbitrary<string> = fc
  .oneof(
    few("::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1"),
    few(
      "fe80::1%25lo",
      "fe80::1%lo",
      "2002:7f00:1::",
      "FC00::1",
      "2606:4700::1111",
      "1::2::3",
      "[::1",
    ),
    fc
      .array(fc.nat(0xffff), { minLength: 7, maxLength: 9 })
      .map((all) => all.map((n) => n.toString(16)).join(":")),
  )
  .map((text) => `[${text}]`);
const host: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: few("a.example", "b.example") },
  {
    weight: 2,
    arbitrary: few("A.example", "a.example.", "a..example", "-a.example", "a_b.example"),
  },
  {
    weight: 2,
    arbitrary: few(
      "xn--bcher-kva.example",
      "b\u00fccher.example",
      "xn--a",
      "xn--0",
      "\uff41.example",
    ),
  },
  {
    weight: 1,
    arbitrary: few("%61.example", "a.example%00", "a.example\\b.example", "", "a b", "localhost"),
  },
  { weight: 3, arbitrary: ipv4 },
  { weight: 3, arbitrary: ipv6 },
);
const port = mostly(
  "",
  few(
    ":80",
    ":443",
    ":8080",
    ":0",
    ":080",
    ":65535",
    ":65536",
    ":99999999",
    ":",
    ":8080x",
    ":-1",
    ":+1",
  ),
);

/** Something in a path, and how often it is encoded. */
const piece: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: few("v1", "x", "a", "score") },
      { weight: 5, arbitrary: few(".", "..", "...", ".a", "/", "\\", ";", ".;", "..;a", "%", "?") },
      {
        weight: 2,
        arbitrary: few(
          "\u0000",
          "\n",
          "\u007f",
          " ",
          "\u00e9",
          "\u20ac",
          "\ud83d\ude00",
          '"',
          "+",
          "@",
          ":",
          "^",
          "`",
        ),
      },
      {
        weight: 2,
        arbitrary: few(
          "%2e",
          "%2E",
          "%2f",
          "%5c",
          "%00",
          "%zz",
          "%4",
          "%ff",
          "%c3%a9",
          "%e2%82",
          "%ed%a0%80",
          "%c0%ae",
        ),
      },
    ),
    few(0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5),
    fc.boolean(),
  )
  .map(([text, times, isWhole]) => {
    let encoded = text;
    for (let i = 0; i < times; i += 1) {
      encoded = isWhole ? everyByte(encoded) : encoded.replaceAll("%", "%25");
      if (i === 0 && !isWhole) encoded = everyByte(encoded);
    }
    return encoded;
  });
const everyByte = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const path: fc.Arbitrary<string> = fc
  .array(
    fc.array(piece, { maxLength: 3 }).map((all) => all.join("")),
    { maxLength: 4 },
  )
  .map((segments) => segments.map((segment) => `/${segment}`).join(""));
const behind: fc.Arbitrary<string> = mostly(
  "",
  few(
    "?",
    "?q=1",
    "?a=%2e%2e%2f",
    "?a=/../b",
    "?%zz",
    "?\u00e9",
    "?a b",
    "?a?b",
    "#f",
    "?a#f",
    "\\",
  ),
);

export const uris: fc.Arbitrary<string> = fc
  .tuple(
    mostly("https", few("http", "HTTPS", "Http", "ftp", "file", "httpss", "")),
    mostly("://", few(":/", ":", "//", ":\\\\", ":///")),
    mostly("", few("u@", "u:p@", "@", "a.example@", "%40")),
    host,
    port,
    path,
    behind,
  )
  .map((parts) => parts.join(""));
