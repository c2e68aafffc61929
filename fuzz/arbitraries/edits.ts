// Edits of texts, and of JSON: what somebody does to a file that he did not make.
import fc from "fast-check";

/** What is done to a text; numbers choose, whatever its size. */
export type Edit =
  | { readonly what: "byte"; readonly at: number; readonly to: number }
  | { readonly what: "drop"; readonly at: number; readonly size: number }
  | { readonly what: "insert"; readonly at: number; readonly text: string }
  | { readonly what: "value"; readonly at: number; readonly to: unknown };

const place = fc.nat(5000);
/** Texts that have a meaning in one of the files. */
const known = [
  "Ed25519",
  "P-256",
  "evidence",
  "pack",
  "reach/key/v1",
  "reach/key/v2",
  "acme",
  "0".repeat(16),
];
const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, 1, 2, -1, 1.5, "", [], {}, "2030-01-01T00:00:00.000Z"),
  fc.constantFrom(...known),
);
export const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ what: fc.constant("byte" as const), at: place, to: fc.nat(255) }),
  fc.record({
    what: fc.constant("drop" as const),
    at: place,
    size: fc.integer({ min: 1, max: 90 }),
  }),
  fc.record({
    what: fc.constant("insert" as const),
    at: place,
    text: fc.constantFrom(
      " ",
      "\n",
      "0",
      "=",
      "A",
      '"',
      ",",
      "\u00ef\u00bb\u00bf",
      '"format":"x",',
      "{}",
    ),
  }),
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("value" as const), at: place, to: value }),
  },
);

/** Every place of a JSON value below itself. */
function* places(json: unknown, path: string[] = []): Generator<string[]> {
  if (json === null || typeof json !== "object") return;
  for (const [name, inner] of Object.entries(json)) {
    yield [...path, name];
    yield* places(inner, [...path, name]);
  }
}

function put(json: unknown, [first, ...rest]: string[], to: unknown): unknown {
  if (first === undefined) return to;
  if (Array.isArray(json))
    return json.map((one, i) => (`${i}` === first ? put(one, rest, to) : one));
  const fields = json as Record<string, unknown>;
  return { ...fields, [first]: put(fields[first], rest, to) };
}

/** Texts stand for bytes here, one unit for each: what is made of them need not be UTF-8. */
export const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text, (unit) => unit.charCodeAt(0));

export function changed(text: string, one: Edit): string {
  const at = one.at % (text.length + 1);
  if (one.what === "byte") {
    return text.slice(0, at) + String.fromCharCode(one.to) + text.slice(at + 1);
  }
  if (one.what === "drop") return text.slice(0, at) + text.slice(at + one.size);
  if (one.what === "insert") return text.slice(0, at) + one.text + text.slice(at);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text;
  }
  const all = [...places(json)];
  return JSON.stringify(put(json, all[one.at % Math.max(1, all.length)] ?? [], one.to));
}
