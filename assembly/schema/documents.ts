/**
 * Schema documents: every schema in them as a node, the identifiers and anchors that references lead
 * to (JSON Schema Core 8.2), and the references themselves. Nothing recurses over a document.
 */

import { textByte } from "../bytes/byte";
import { DIGIT_1, HASH, PERCENT, SLASH, TILDE, ZERO } from "../bytes/characters";
import { Arena, arenaOver, arenaTake, SCRATCH } from "../bytes/arena";
import {
  Buffer,
  bufferByte,
  bufferBytes,
  bufferClear,
  bufferU32,
  bufferUint,
} from "../bytes/buffer";
import { hexPair } from "../bytes/hex";
import { E_LIMIT_MEMORY, E_SCHEMA, E_SCHEMA_REF } from "../errors/codes";
import { charge, errorCode, fail, failDetail, setErrorWhere } from "../errors/errors";
import {
  addressOf,
  ARRAY,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  OBJECT,
  keptText,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../value/cell";
import { objectField, objectGet } from "../value/object";
import { equalBytes } from "../value/order";
import { Anchor, SchemaNode, Resource } from "./nodes";
import { fragmentBegin, fragmentSize, resolve, RESOLVED } from "./reference";
import * as W from "./keywords";

let arena: Arena = SCRATCH;
let firstNode: u32 = 0;
let lastNode: u32 = 0;
let resources: u32 = 0;
/** Cell and node of each schema, by the cell's address: a table of pairs, zeros where none is. */
const KNOWN: Buffer = changetype<Buffer>(memory.data(16, 16));
let known: u32 = 0;
/** More schemas are refused. */
const MOST: u32 = 1 << 20;
/** Nodes whose own schemas are still to be found. */
const OPEN: Buffer = changetype<Buffer>(memory.data(16, 16));
const TOKEN: Buffer = changetype<Buffer>(memory.data(16, 16));
const WHERE: Buffer = changetype<Buffer>(memory.data(16, 16));

/** Begins without a document; nodes will lie in `a`, where the documents are. */
export function documentsBegin(a: Arena): void {
  arena = a;
  firstNode = 0;
  lastNode = 0;
  resources = 0;
  known = 0;
  bufferClear(KNOWN);
  bufferClear(OPEN);
}

export function documentsArena(): Arena {
  return arena;
}
/** The nodes in the order in which they were found; more may come while references are resolved. */
export function firstOfNodes(): u32 {
  return firstNode;
}

/** Adds a document that is known by a URI (a string cell). Its root's node, or 0: an error is recorded. */
export function addDocument(uri: usize, cell: usize): u32 {
  if (resourceNamed(addressOf(uri), lengthOf(uri)) != 0) {
    failDetail(E_SCHEMA, 0, "two documents have the URI", addressOf(uri), lengthOf(uri));
    return 0;
  }
  const r = newResource(uri);
  const root = nodeOf(cell, 0, W.NO_WORD, 0, 0, r);
  if (root == 0) return 0;
  changetype<Resource>(r).root = root;
  return indexOpen() ? root : 0;
}

/** What goes wrong in a schema: why, a text of the document (0: none), and where. Always false. */
export function refuseSchema(code: u32, why: string, text: usize, node: u32, word: u32): bool {
  failDetail(code, 0, why, text == 0 ? 0 : addressOf(text), text == 0 ? 0 : lengthOf(text));
  WHERE.len = 0;
  const uri = writePlace(WHERE, node, word);
  const pointer = WHERE.at + uri + 1; // behind the `#`
  setErrorWhere(WHERE.at, uri, pointer, WHERE.len - uri - 1);
  return false;
}

/** URI#/pointer of a keyword of a node (NO_WORD: of the node itself). Returns the URI's length. */
export function writePlace(b: Buffer, node: u32, word: u32): u32 {
  let depth: u32 = 0;
  let n = node;
  while (changetype<SchemaNode>(n).parent != 0) {
    n = changetype<SchemaNode>(n).parent;
    depth++;
  }
  const root = changetype<SchemaNode>(n);
  const uri = changetype<Resource>(root.resource).uri;
  bufferBytes(b, addressOf(uri), lengthOf(uri));
  bufferByte(b, HASH);
  if (root.key != 0) bufferBytes(b, addressOf(root.key), lengthOf(root.key));
  for (let i = depth; i > 0; i--) {
    let m = node;
    for (let j: u32 = 1; j < i; j++) m = changetype<SchemaNode>(m).parent;
    const step = changetype<SchemaNode>(m);
    bufferByte(b, SLASH);
    W.writeWord(b, step.word);
    if (step.key != 0) writeToken(b, step.key);
    else if (isList(step.word)) {
      bufferByte(b, SLASH);
      bufferUint(b, step.index);
    }
  }
  if (word < W.NO_WORD) {
    bufferByte(b, SLASH);
    W.writeWord(b, word);
  }
  return lengthOf(uri);
}

/** A key as a token of a JSON pointer (RFC 6901 section 3). */
export function writeToken(b: Buffer, key: usize): void {
  bufferByte(b, SLASH);
  for (let i: u32 = 0; i < lengthOf(key); i++) {
    const c: u32 = textByte(addressOf(key) + i);
    if (c != TILDE && c != SLASH) bufferByte(b, c);
    else {
      bufferByte(b, TILDE);
      bufferByte(b, c == TILDE ? ZERO : DIGIT_1);
    }
  }
}

// ---- Nodes ---------------------------------------------------------------------------------------

function isList(word: u32): bool {
  return word >= W.ALL_OF && word <= W.PREFIX_ITEMS;
}
function isMap(word: u32): bool {
  return word >= W.PROPERTIES && word <= W.DEFINITIONS;
}
function isSingle(word: u32): bool {
  return word >= W.NOT && word <= W.CONTENT_SCHEMA;
}

/** The node of a schema, found or made. 0: it is no schema, or there is no room. */
export function nodeOf(
  cell: usize,
  parent: u32,
  word: u32,
  key: usize,
  index: u32,
  resource: u32,
): u32 {
  const found = knownNode(cell);
  if (found != 0) return found;
  const n = changetype<SchemaNode>(arenaTake(arena, offsetof<SchemaNode>()));
  const at = changetype<usize>(n) as u32;
  memory.fill(at, 0, offsetof<SchemaNode>());
  n.cell = cell as u32;
  n.parent = parent;
  n.word = word;
  n.key = key as u32;
  n.index = index;
  n.resource = resource;
  const tag = tagOf(cell);
  if (tag != OBJECT && tag != TRUE && tag != FALSE) {
    refuseSchema(E_SCHEMA, "a schema is an object, true or false", 0, at, W.NO_WORD);
    return 0;
  }
  if (!charge(1)) return 0;
  if (arenaOver(arena) || known == MOST) {
    fail(E_LIMIT_MEMORY, 0);
    return 0;
  }
  enter(cell, at);
  if (lastNode == 0) firstNode = at;
  else changetype<SchemaNode>(lastNode).next = at;
  lastNode = at;
  if (tag == OBJECT) bufferU32(OPEN, at);
  return at;
}

function slotOf(cell: usize): usize {
  const mask = (KNOWN.len >>> 3) - 1;
  let slot = ((((cell as u32) >>> 4) * 0x9e3779b1) >>> 8) & mask;
  while (true) {
    const at = KNOWN.at + (slot << 3);
    const there = load<u32>(at);
    if (there == 0 || there == (cell as u32)) return at;
    slot = (slot + 1) & mask;
  }
}

export function knownNode(cell: usize): u32 {
  return KNOWN.len == 0 ? 0 : load<u32>(slotOf(cell), 4);
}

function enter(cell: usize, node: u32): void {
  if ((known + 1) * 16 > KNOWN.len) {
    KNOWN.len = max<u32>(512, KNOWN.len * 2);
    const size = KNOWN.len;
    KNOWN.len = 0;
    KNOWN.room(size);
    KNOWN.len = size;
    memory.fill(KNOWN.at, 0, size);
    for (let n = firstNode; n != 0; n = changetype<SchemaNode>(n).next) {
      const at = slotOf(changetype<SchemaNode>(n).cell);
      store<u32>(at, changetype<SchemaNode>(n).cell);
      store<u32>(at, n, 4);
    }
  }
  known++;
  const at = slotOf(cell);
  store<u32>(at, cell as u32);
  store<u32>(at, node, 4);
}

/** Finds the schemas inside those that are open, and theirs. */
function indexOpen(): bool {
  while (OPEN.len != 0) {
    OPEN.len -= 4;
    if (!index(load<u32>(OPEN.at + OPEN.len))) return false;
  }
  return true;
}

function index(at: u32): bool {
  const n = changetype<SchemaNode>(at);
  if (!identify(n, at)) return false;
  const cell: usize = n.cell;
  if (!charge(lengthOf(cell))) return false;
  for (let i: u32 = 0; i < lengthOf(cell); i++) {
    const word = W.wordOf(keyAt(cell, i));
    const v = valueAt(cell, i);
    if (isSingle(word)) {
      if (nodeOf(v, at, word, 0, 0, n.resource) == 0) return false;
    } else if (isList(word)) {
      if (tagOf(v) != ARRAY || lengthOf(v) == 0)
        return refuseSchema(E_SCHEMA, "expected an array of schemas", 0, at, word);
      for (let j: u32 = 0; j < lengthOf(v); j++) {
        if (nodeOf(elementAt(v, j), at, word, 0, j, n.resource) == 0) return false;
      }
    } else if (isMap(word)) {
      if (tagOf(v) != OBJECT)
        return refuseSchema(E_SCHEMA, "expected an object of schemas", 0, at, word);
      for (let j: u32 = 0; j < lengthOf(v); j++) {
        if (nodeOf(valueAt(v, j), at, word, keyAt(v, j), j, n.resource) == 0) return false;
      }
    }
  }
  return true;
}

// ---- Identifiers ---------------------------------------------------------------------------------

function newResource(uri: usize): u32 {
  const r = changetype<Resource>(arenaTake(arena, offsetof<Resource>()));
  memory.fill(changetype<usize>(r), 0, offsetof<Resource>());
  r.uri = uri as u32;
  r.validates = 1;
  r.next = resources;
  resources = changetype<usize>(r) as u32;
  return resources;
}

/** The bytes of a buffer as a string cell in the arena. */
function textCell(b: Buffer): usize {
  return keptText(arena, b.at, b.len);
}

/** $id, $anchor and $dynamicAnchor. */
function identify(n: SchemaNode, at: u32): bool {
  const cell: usize = n.cell;
  const id = objectField(cell, "$id");
  if (id != 0) {
    if (tagOf(id) != STRING) return refuseSchema(E_SCHEMA, "$id is a text", 0, at, W.NO_WORD);
    const base = changetype<Resource>(n.resource).uri;
    resolve(addressOf(base), lengthOf(base), addressOf(id), lengthOf(id));
    if (fragmentSize() != 0)
      return refuseSchema(E_SCHEMA, "$id has no fragment", id, at, W.NO_WORD);
    // A document that is known by its own identifier needs no second one.
    if (!equalBytes(addressOf(base), lengthOf(base), RESOLVED.at, RESOLVED.len)) {
      if (resourceNamed(RESOLVED.at, RESOLVED.len) != 0)
        return refuseSchema(E_SCHEMA, "two schemas have the $id", id, at, W.NO_WORD);
      n.resource = newResource(textCell(RESOLVED));
      changetype<Resource>(n.resource).root = at;
    }
  }
  return (
    addAnchor(n, at, objectField(cell, "$anchor"), 0) &&
    addAnchor(n, at, objectField(cell, "$dynamicAnchor"), 1)
  );
}

function addAnchor(n: SchemaNode, at: u32, name: usize, dynamic: u32): bool {
  if (name == 0) return true;
  if (tagOf(name) != STRING) return refuseSchema(E_SCHEMA, "an anchor is a text", 0, at, W.NO_WORD);
  const r = changetype<Resource>(n.resource);
  const a = changetype<Anchor>(arenaTake(arena, offsetof<Anchor>()));
  a.name = name as u32;
  a.node = at;
  a.dynamic = dynamic;
  a.next = r.anchors;
  r.anchors = changetype<usize>(a) as u32;
  return true;
}

/** The resource with this URI, or 0; also when fuel ran out, whose error is then recorded. */
function resourceNamed(at: usize, length: u32): u32 {
  for (let r = resources; r != 0; r = changetype<Resource>(r).next) {
    const uri = changetype<Resource>(r).uri;
    if (!charge(1)) return 0;
    if (equalBytes(addressOf(uri), lengthOf(uri), at, length)) return r;
  }
  return 0;
}

/** The anchor of that name in a resource, or 0. */
export function anchorIn(resource: u32, at: usize, length: u32): u32 {
  for (let a = changetype<Resource>(resource).anchors; a != 0; a = changetype<Anchor>(a).next) {
    const name = changetype<Anchor>(a).name;
    if (equalBytes(addressOf(name), lengthOf(name), at, length)) return a;
  }
  return 0;
}

/** The document with this URI in a text, as it was given or as it calls itself: its root, or 0. */
export function documentAt(uri: usize): u32 {
  resolve(addressOf(uri), 0, addressOf(uri), lengthOf(uri));
  const r = resourceNamed(RESOLVED.at, RESOLVED.len);
  return r == 0 ? 0 : changetype<Resource>(r).root;
}

/** The dynamic anchor by whose name the last resolveReference() has found its node, or 0. */
let dynamicName: u32 = 0;
export function dynamicAnchor(): u32 {
  return dynamicName;
}

/** The node that a reference in a node leads to, or 0: an error is recorded. */
export function resolveReference(from: u32, text: usize, word: u32): u32 {
  dynamicName = 0;
  const base = changetype<Resource>(changetype<SchemaNode>(from).resource).uri;
  resolve(addressOf(base), lengthOf(base), addressOf(text), lengthOf(text));
  const r = resourceNamed(RESOLVED.at, RESOLVED.len);
  if (r == 0) return lost(from, text, word);
  if (fragmentSize() == 0) return changetype<Resource>(r).root;
  if (textByte(fragmentBegin()) == SLASH) return follow(r, from, text, word);
  const a = anchorIn(r, fragmentBegin(), fragmentSize());
  if (a == 0) return lost(from, text, word);
  if (changetype<Anchor>(a).dynamic) dynamicName = changetype<Anchor>(a).name;
  return changetype<Anchor>(a).node;
}

function lost(from: u32, text: usize, word: u32): u32 {
  if (errorCode() != 0) return 0; // out of fuel while it was looked for
  refuseSchema(E_SCHEMA_REF, "no schema that is known here has this reference", text, from, word);
  return 0;
}

/** A JSON pointer in a fragment, percent-encoded. */
function follow(resource: u32, from: u32, text: usize, word: u32): u32 {
  let cell: usize = changetype<SchemaNode>(changetype<Resource>(resource).root).cell;
  let r = resource;
  const end = fragmentBegin() + fragmentSize();
  const whole = fragmentBegin();
  let p = fragmentBegin();
  while (p < end) {
    p = token(p + 1, end);
    if (!charge(1)) return 0;
    if (tagOf(cell) == OBJECT) cell = objectGet(cell, TOKEN.at, TOKEN.len);
    else if (tagOf(cell) == ARRAY) {
      const i = tokenIndex();
      cell = i < lengthOf(cell) ? elementAt(cell, i) : 0;
    } else cell = 0;
    if (cell == 0) return lost(from, text, word);
    const n = knownNode(cell);
    if (n != 0) r = changetype<SchemaNode>(n).resource;
  }
  const found = knownNode(cell);
  if (found != 0) return found;
  // A schema at a place that no keyword has.
  TOKEN.len = 0;
  bufferBytes(TOKEN, whole, (end - whole) as u32);
  const node = nodeOf(cell, 0, W.NO_WORD, textCell(TOKEN), 0, r);
  return node != 0 && indexOpen() ? node : 0;
}

/** Reads a token into TOKEN and returns the address of the slash behind it. */
function token(from: usize, end: usize): usize {
  TOKEN.len = 0;
  let p = from;
  while (p < end && textByte(p) != SLASH) {
    let c: u32 = textByte(p++);
    const encoded = c == PERCENT && p + 1 < end ? hexPair(p) : -1;
    if (encoded >= 0) {
      c = encoded;
      p += 2;
    }
    // ~0 and ~1, also where the tilde itself was encoded.
    const last = TOKEN.len == 0 ? 0 : textByte(TOKEN.at + TOKEN.len - 1);
    if (last == TILDE && tilde && (c == ZERO || c == DIGIT_1)) {
      store<u8>(TOKEN.at + TOKEN.len - 1, c == ZERO ? TILDE : SLASH);
      tilde = false;
      continue;
    }
    tilde = c == TILDE;
    bufferByte(TOKEN, c);
  }
  tilde = false;
  return p;
}
let tilde: bool = false;

/** TOKEN as an index of an array, or a large number. */
function tokenIndex(): u32 {
  if (TOKEN.len == 0 || TOKEN.len > 9) return u32.MAX_VALUE;
  let n: u32 = 0;
  for (let i: u32 = 0; i < TOKEN.len; i++) {
    const d = textByte(TOKEN.at + i) - ZERO;
    if (d > 9) return u32.MAX_VALUE;
    n = n * 10 + d;
  }
  return n;
}
