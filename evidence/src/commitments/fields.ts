// Values as trees of fields, each with a commitment of its own: one field can be shown, or hidden,
// without the others. docs/spec/trace.md, TRACE-20 to TRACE-22.
//
// A seed gives those of the fields below it, and never one above or beside. Who shows a whole value
// shows one seed; who hides a part of it shows only salts along the way to that part.
//
// Values are walked as canonical text, without recursion: nothing is parsed and printed again, and
// depth costs no stack.
import { pointerBelow, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { stringEnd, valueEnd } from "../encoding/scan.ts";
import { EvidenceError } from "../errors/errors.ts";
import { Frames } from "./hash-frames.ts";

/** JSON type and number of elements or members: an array and an object never look alike. */
export type Shape = readonly [type: string, count: number];

/** One field of a value: a scalar or a container, known or hidden. */
export interface Field {
  /** Member name, or index in decimal: as JSON text without quotes. The last part of the pointer. */
  readonly name: string;
  /** Absolute pointer, as JSON text without quotes. */
  readonly pointer: string;
  /** Undefined where it is hidden. */
  readonly shape: Shape | undefined;
  /** Canonical text of a scalar. */
  readonly text: string | undefined;
  /** In canonical order. */
  readonly children: Field[];
  /** Canonical bytes of the whole value, where they are at hand. */
  readonly bytes?: Uint8Array;
  /** 32 bytes. Undefined where only a salt was shown. */
  seed: Uint8Array | undefined;
  /** 32 bytes. */
  salt: Uint8Array | undefined;
  /** 32 bytes. */
  commitment: Uint8Array | undefined;
}

/** A field of which nothing is known but its commitment. */
export const hiddenField = (above: string, name: string, commitment: Uint8Array): Field => ({
  name,
  pointer: pointerBelow(above, name),
  shape: undefined,
  text: undefined,
  children: [],
  seed: undefined,
  salt: undefined,
  commitment,
});

/** A container of which the salt and not the seed is known; its children are put in later. */
export const openField = (
  pointer: string,
  name: string,
  salt: Uint8Array,
  shape: Shape,
): Field => ({
  name,
  pointer,
  shape,
  text: undefined,
  children: [],
  seed: undefined,
  salt,
  commitment: undefined,
});

/** What a container is while its end has not come. */
interface Open {
  readonly field: Field & { shape: [string, number] };
  readonly isObject: boolean;
}

/**
 * The tree of a value.
 *
 * @param text its canonical text
 * @param pointer where it stands, as JSON text without quotes
 */
export function fieldOf(text: string, pointer: string, seed: Uint8Array, name: string = ""): Field {
  const stack: Open[] = [];
  let root: Field | undefined;
  let at = 0;
  const put = (label: string, where: string, shape: Shape, scalar?: string): Field => {
    const field: Field = {
      name: label,
      pointer: where,
      shape,
      text: scalar,
      children: [],
      seed: undefined,
      salt: undefined,
      commitment: undefined,
    };
    const above = stack.at(-1)?.field;
    if (above === undefined) {
      field.seed = seed;
      root = field;
    } else {
      above.children.push(field);
      above.shape[1] += 1;
    }
    return field;
  };
  while (at < text.length) {
    const top = stack.at(-1);
    const unit = text[at];
    if (unit === "," || unit === ":") {
      at += 1;
      continue;
    }
    if (unit === "}" || unit === "]") {
      stack.pop();
      at += 1;
      continue;
    }
    let label = name;
    let where = pointer;
    if (top !== undefined) {
      label = `${top.field.children.length}`;
      if (top.isObject) {
        const end = stringEnd(text, at);
        label = text.slice(at + 1, end - 1);
        at = end + 1;
      }
      where = pointerBelow(top.field.pointer, label);
    }
    const first = text[at];
    if (first === "{" || first === "[") {
      const isObject = first === "{";
      const field = put(label, where, [isObject ? "object" : "array", 0]);
      stack.push({ field: field as Open["field"], isObject });
      at += 1;
    } else {
      const end = valueEnd(text, at);
      put(label, where, [typeOf(first), 0], text.slice(at, end));
      at = end;
    }
  }
  return root as Field;
}

const typeOf = (first: string | undefined): string =>
  first === '"'
    ? "string"
    : first === "n"
      ? "null"
      : first === "t" || first === "f"
        ? "boolean"
        : "number";

/** The fields of trees, level by level from the roots down. */
function levelsOf(roots: readonly Field[]): Field[][] {
  const levels: Field[][] = [];
  for (
    let level = [...roots];
    level.length > 0;
    level = level.flatMap(({ children }) => children)
  ) {
    levels.push(level);
  }
  return levels;
}

/**
 * Derives what follows from what is known of each field: seeds and salts from the top down,
 * commitments from the bottom up, each level of all trees in one call.
 */
export function commitFields(engine: Pick<Engine, "hashFrames">, roots: readonly Field[]): void {
  const levels = levelsOf(roots);
  requirePointers(levels);
  for (const level of levels) {
    const children: Field[] = [];
    const seeds: Uint8Array[] = [];
    const parents: Field[] = [];
    for (const field of level) {
      if (field.seed === undefined) continue;
      for (const child of field.children) {
        children.push(child);
        seeds.push(field.seed);
      }
      // A scalar, and an empty container, has nothing below that its seed could give away.
      if (field.children.length === 0) field.salt ??= field.seed;
      else parents.push(field);
    }
    hashAll(engine, "child", children, {
      write: (frames, { name }, i) =>
        frames
          .begin()
          .bytes(seeds[i] as Uint8Array)
          .text(name)
          .end(),
      take: (child, seed) => (child.seed ??= seed),
    });
    hashAll(engine, "salt", parents, {
      write: (frames, { seed = NONE }) => frames.begin().bytes(seed).end(),
      take: (field, salt) => (field.salt ??= salt),
    });
  }
  for (const level of levels.toReversed()) {
    const open = level.filter(({ commitment }) => commitment === undefined);
    hashAll(engine, "value", open, {
      write: writeCommitted,
      take: (field, hash) => (field.commitment = hash),
    });
  }
}

/** So many bytes of frames are made before they are hashed. */
const BATCH = 1 << 24;

/** Hashes something about each of many fields, in few calls of the engine. */
function hashAll(
  engine: Pick<Engine, "hashFrames">,
  tag: string,
  fields: readonly Field[],
  about: {
    readonly write: (frames: Frames, field: Field, i: number) => void;
    readonly take: (field: Field, hash: Uint8Array) => void;
  },
): void {
  let frames = new Frames(tag);
  let first = 0;
  for (const [i, field] of fields.entries()) {
    about.write(frames, field, i);
    if (frames.size < BATCH && i < fields.length - 1) continue;
    for (const [at, hash] of engine.hashFrames(frames.all).entries()) {
      about.take(fields[first + at] as Field, hash);
    }
    frames = new Frames(tag);
    first = i + 1;
  }
}

/** Every commitment holds its field's pointer: a long name above many fields stands in all of theirs. */
const POINTERS = 1 << 28;

function requirePointers(levels: readonly (readonly Field[])[]): void {
  let size = 0;
  for (const level of levels) for (const { pointer } of level) size += pointer.length;
  if (size <= POINTERS) return;
  throw new EvidenceError(
    "REACH-E5007",
    `the pointers of all fields have ${size} characters, ${POINTERS} are allowed`,
  );
}

const NONE = new Uint8Array(32);

/** What a commitment hashes: [salt, pointer, shape, value], a container's children by commitments. */
function writeCommitted(frames: Frames, field: Field): void {
  const { salt = NONE, pointer, shape = ["", 0], text, children } = field;
  frames.begin().open().put('["').hex(salt).put(`","${pointer}",["${shape[0]}",${shape[1]}],`);
  if (text !== undefined) frames.put(text);
  else {
    const isObject = shape[0] === "object";
    frames.put(isObject ? "{" : "[");
    for (const [i, { name, commitment = NONE }] of children.entries()) {
      if (i > 0) frames.put(",");
      if (isObject) frames.put(`"${name}":`);
      frames.put('"').hex(commitment).put('"');
    }
    frames.put(isObject ? "}" : "]");
  }
  frames.put("]").close().end();
}

/** A field's pointer as a text. */
export const fieldPointer = ({ pointer }: Field): string => JSON.parse(`"${pointer}"`) as string;

/** True where nothing in a tree is hidden. */
export const isWhole = (root: Field): boolean =>
  levelsOf([root]).every((level) => level.every(({ shape }) => shape !== undefined));

/** The pointers of what is hidden in a tree. */
export const hiddenIn = (root: Field): string[] =>
  fieldsIn(root).flatMap((field) => (field.shape === undefined ? [fieldPointer(field)] : []));

/** All fields of a tree, each before those below it. */
export function fieldsIn(root: Field): Field[] {
  const all: Field[] = [];
  const stack = [root];
  for (let field = stack.pop(); field !== undefined; field = stack.pop()) {
    all.push(field);
    for (let i = field.children.length - 1; i >= 0; i--) stack.push(field.children[i] as Field);
  }
  return all;
}

/**
 * The canonical text of a value.
 *
 * @param hidden what stands where a field is hidden
 */
export function textOf(root: Field, hidden: (field: Field) => string): string {
  const parts: string[] = [];
  const stack: (Field | string)[] = [root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next === "string") {
      parts.push(next);
      continue;
    }
    const { shape, text, children } = next;
    if (shape === undefined || text !== undefined) {
      parts.push(text ?? hidden(next));
      continue;
    }
    const isObject = shape[0] === "object";
    parts.push(isObject ? "{" : "[");
    stack.push(isObject ? "}" : "]");
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i] as Field;
      stack.push(child, `${i > 0 ? "," : ""}${isObject ? `"${child.name}":` : ""}`);
    }
  }
  return parts.join("");
}

/** The lines of disclosures.jsonl that show a tree: as few as show what is not hidden. */
export function linesOf(root: Field): string[] {
  const lines: string[] = [];
  const stack = [root];
  for (let field = stack.pop(); field !== undefined; field = stack.pop()) {
    const { pointer, shape, seed, salt, children } = field;
    if (shape === undefined) continue;
    if (seed !== undefined && isWhole(field)) {
      lines.push(`["${pointer}","${toHex(seed)}",${textOf(field, () => "")}]`);
      continue;
    }
    const hidden = children
      .filter((child) => child.shape === undefined)
      .map(({ name, commitment = NONE }) => ({ name, text: `"${name}":"${toHex(commitment)}"` }))
      .sort(byName)
      .map(({ text }) => text);
    lines.push(
      `["${pointer}","${toHex(salt ?? NONE)}",["${shape[0]}",${shape[1]}],{${hidden.join(",")}}]`,
    );
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as Field);
  }
  return lines;
}

/** RFC 8785 order of member names, given as JSON text. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  const [left, right] = [a.name, b.name].map((name) => JSON.parse(`"${name}"`) as string);
  return (left as string) < (right as string) ? -1 : 1;
}
