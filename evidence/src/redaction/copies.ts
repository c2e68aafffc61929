// Where else a value is that is taken out. docs/spec/evidence.md, EVID-34.
import { fromUtf8, toBase64, toHex, utf8 } from "@reach-fabric/engine";
import { fieldsIn, fieldPointer } from "../commitments/fields.ts";
import type { Field } from "../commitments/fields.ts";
import { packTexts } from "./opened-fields.ts";
import type { OpenedFields } from "./opened-fields.ts";

/** Shorter texts are everywhere: they are copies only under the same name. */
const TELLING = 4;
/** So many places that stay are named. */
const MOST = 100;

/** Something that was not taken out, and why it may matter. */
export interface Remainder {
  /** A pointer, or a part of the file. */
  readonly where: string;
  readonly why: string;
}

interface Copies {
  readonly copies: readonly Field[];
  readonly left: readonly Remainder[];
}

/** A scalar that is taken out. */
interface Wanted {
  readonly name: string;
  /** Canonical text. */
  readonly json: string;
  /** What a text would hold of it. */
  readonly text: string;
}

/** The fields that hold what these fields hold, and the places that cannot be taken out. */
export function copiesOf(opened: OpenedFields, chosen: readonly Field[]): Copies {
  const wanted = chosen.flatMap(scalarsOf);
  const long = wanted.filter(({ text }) => utf8(text).length >= TELLING);
  const short = wanted.filter(({ text }) => utf8(text).length < TELLING);
  const texts = [...new Set(long.flatMap(({ text }) => spellings(text)))];
  const holds = (text: string): boolean => texts.some((spelling) => text.includes(spelling));
  const named = new Set(short.map(({ name, json }) => `${name} ${json}`));
  const alike = new Set(short.map(({ json }) => json));
  const gone = new Set(chosen.flatMap(fieldsIn));

  const copies: Field[] = [];
  const left: Remainder[] = [];
  for (const tree of opened.trees) {
    const stack: { field: Field; isMember: boolean }[] = [{ field: tree, isMember: false }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { field, isMember } = next;
      if (field.shape === undefined || gone.has(field)) continue;
      const isObject = field.shape[0] === "object";
      // A name cannot be hidden by itself: the object goes that has it.
      if (isObject && field.children.some(({ name }) => holds(plain(`"${name}"`))))
        copies.push(field);
      else if (field.text !== undefined && holds(plain(field.text))) copies.push(field);
      else if (field.text !== undefined && isMember && named.has(`${field.name} ${field.text}`)) {
        copies.push(field);
      } else {
        if (field.text !== undefined && alike.has(field.text)) {
          left.push({ where: fieldPointer(field), why: "the same short value under another name" });
        }
        for (const child of field.children) stack.push({ field: child, isMember: isObject });
      }
    }
  }
  for (const [where, text] of [...signedTexts(opened), ...packTexts(opened)]) {
    if (holds(text)) left.push({ where, why: "the value is in a part that is signed as it is" });
  }
  return { copies, left: left.slice(0, MOST) };
}

function scalarsOf(field: Field): Wanted[] {
  return fieldsIn(field).flatMap(({ name, text }) =>
    text === undefined ? [] : [{ name, json: text, text: plain(text) }],
  );
}

/** A scalar's text: a string without its quotes and escapes. */
const plain = (json: string): string =>
  json.startsWith('"') ? (JSON.parse(json) as string) : json;

/** A text, and how it looks within another one in hex and in base64, wherever it begins there. */
function spellings(text: string): string[] {
  const bytes = utf8(text);
  const hex = toHex(bytes);
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = new Uint8Array(shift + bytes.length);
    shifted.set(bytes, shift);
    // The first and the last digit depend on what stands beside it.
    const digits = toBase64(shifted).replace(/=+$/, "");
    const start = Math.ceil((8 * shift) / 6);
    const end = Math.floor((8 * shifted.length) / 6);
    return digits.slice(start, end);
  });
  const url = base64.map((digits) => digits.replaceAll("+", "-").replaceAll("/", "_"));
  const escaped = JSON.stringify(text).slice(1, -1);
  const uri = encodeURIComponent(text);
  return [text, escaped, uri, hex, hex.toUpperCase(), ...base64, ...url].filter(
    (spelling) => spelling.length >= TELLING,
  );
}

/** What stands in run.json and in the leaves besides commitments. */
function signedTexts({ layout, leaves }: OpenedFields): [string, string][] {
  return [
    ["run.json", fromUtf8(layout.run)],
    ...leaves.map(({ bytes }, i): [string, string] => [`record ${i}`, fromUtf8(bytes)]),
  ];
}
