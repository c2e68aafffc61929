/**
 * Compiled schemas: plain records in the arena of whoever compiles them. Fields are u32: addresses
 * (0 is none), counts or codes.
 */

/** A schema, wherever it stands in a document. */
@unmanaged
export class SchemaNode {
  /** The schema: an object or a boolean. */
  cell: u32;
  /** The schema around it (0: none), and its place there: a keyword, and a key (a cell) or an index. */
  parent: u32;
  word: u32;
  key: u32;
  index: u32;
  resource: u32;
  /** What is to be checked: `count` instructions. */
  code: u32;
  count: u32;
  /** 1: it asks what other keywords have looked at. */
  unevaluated: u32;
  next: u32;
}

/** A schema with an identifier of its own: what references lead to, and what is dynamic in it. */
@unmanaged
export class Resource {
  /** Its absolute URI: a string cell. */
  uri: u32;
  root: u32;
  anchors: u32;
  /** 0: its dialect has no keywords that validate. */
  validates: u32;
  next: u32;
}

@unmanaged
export class Anchor {
  name: u32;
  node: u32;
  dynamic: u32;
  next: u32;
}

/** A keyword with what it needs. */
@unmanaged
export class Check {
  word: u32;
  /** A node, or an array of nodes (Entry), or a cell. */
  a: u32;
  /** A count, or another node. */
  b: u32;
  c: u32;
}

/** A schema in a list or an object of schemas. */
@unmanaged
export class Entry {
  /** Its key: a cell, 0 in a list. */
  key: u32;
  node: u32;
}
