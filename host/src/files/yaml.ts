// YAML as JSON: YAML 1.2 core schema, one document, and nothing that two readers understand
// differently. The result is JSON text, so that the engine's strict reader has the last word.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Alias, Document, Node, Pair, Scalar } from "yaml";
import { hostCode } from "./codes.ts";
import type { Path } from "@reach-fabric/schema";
import { ReachError } from "./error.ts";
import type { LineColumn } from "./place.ts";

/** Largest YAML text: a workflow of this size is a program, not a policy. */
const MAX_YAML: number = 4 * 1024 * 1024;
/** Deepest nesting of a document. */
const MAX_DEPTH = 256;
/** Values that a document may have once its aliases are followed: what ends alias bombs. */
const MAX_NODES = 200_000;

/** A parsed text, and where its parts stand. */
export interface Yaml {
  /** The same document as JSON text, not yet canonical. */
  readonly json: string;
  /** Where the field or item at a path stands; the nearest part above it that exists. */
  place(path: Path): LineColumn | undefined;
}

type Where = { offset: number };
type Fail = (code: string, message: string, where: Where, details?: Details) => never;
type Details = { why?: string; hint?: string };

/**
 * Reads a YAML text.
 *
 * @param name the file's name, for errors only
 * @throws ReachError `REACH-E4201` not YAML, `REACH-E4202` a key twice, `REACH-E4204` a lone
 *   surrogate, `REACH-E4205` an integer that no double holds, `REACH-E4206` a number that JSON does
 *   not have, `REACH-E4207` no document or several, `REACH-E4208` a feature of YAML that is refused,
 *   `REACH-E4209` too deep, too large or aliases that grow
 */
export function readYaml(text: string, name: string): Yaml {
  const lines = new LineCounter();
  const fail: Fail = (code, message, { offset }, details = {}) => {
    const { line, col } = lines.linePos(offset);
    throw new ReachError(code, message, { place: { file: name, line, column: col }, ...details });
  };
  if (text.length > MAX_YAML) {
    throw new ReachError(hostCode.tooDeep, "The YAML text is too large.", {
      place: { file: name },
      why: `the limit is ${MAX_YAML} characters`,
      hint: "Write it as JSON, which is read without this limit.",
    });
  }
  const document = parse(text, lines, fail);
  checkDocument(document, fail);
  return {
    json: new Writer(document, fail).json(document.contents),
    place: (path) => placeOf(document, lines, path),
  };
}

/** The places of the parts of a JSON text, found by reading it as the YAML that it nearly is. */
export function placesInJson(text: string): Yaml["place"] {
  const lines = new LineCounter();
  const ignore: Fail = (code) => {
    throw new ReachError(code, "");
  };
  try {
    const document = text.length > MAX_YAML ? undefined : parse(text, lines, ignore);
    return (path) => document && placeOf(document, lines, path);
  } catch {
    return () => undefined;
  }
}

function parse(text: string, lineCounter: LineCounter, fail: Fail): Document.Parsed {
  try {
    return parseDocument(text, {
      version: "1.2",
      schema: "core",
      strict: true,
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      intAsBigInt: true,
      // Compared with all keys before it: done by Writer in linear time.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
      lineCounter,
    });
  } catch (error) {
    // The parser recurses over the nesting of the text.
    if (error instanceof RangeError)
      return fail(hostCode.tooDeep, "Nested too deeply.", { offset: 0 });
    throw error;
  }
}

function checkDocument(
  { errors, directives, warnings, contents }: Document.Parsed,
  fail: Fail,
): void {
  const [error] = errors;
  if (error) {
    const where = { offset: error.pos[0] };
    if (error.code === "MULTIPLE_DOCS") {
      fail(hostCode.notOneDocument, "The file holds several YAML documents.", where, {
        hint: "Keep one: everything from the second `---` on would be ignored.",
      });
    }
    fail(hostCode.badYaml, "This is not well-formed YAML.", where, { why: error.message });
  }
  const { explicit, version } = directives.yaml;
  if (explicit && version !== "1.2") {
    fail(
      hostCode.refusedYaml,
      "Only YAML 1.2 is read.",
      { offset: 0 },
      {
        why: "older versions read yes, 012 and << in other ways",
      },
    );
  }
  const [warning] = warnings;
  if (warning) {
    fail(hostCode.refusedYaml, "A tag or directive that is not read.", { offset: warning.pos[0] });
  }
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    fail(hostCode.notOneDocument, "The file holds no document.", { offset: 0 });
  }
}

/** What each alias stands for: the last node before it that has its anchor. One walk for all. */
function aliasTargets(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Writes the nodes as JSON and refuses what has no one meaning. */
class Writer {
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #fail: Fail;
  #nodes = 0;

  constructor(document: Document.Parsed, fail: Fail) {
    this.#targets = aliasTargets(document);
    this.#fail = fail;
  }

  /** @param above the aliased nodes that this one is written for, outermost first */
  json(node: Node | null, depth: number = 0, above: readonly Node[] = []): string {
    if (node === null) return "null";
    const where = { offset: node.range?.[0] ?? 0 };
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) this.#tooMuch(where, `the limit is ${MAX_NODES} values`);
    if (depth > MAX_DEPTH) this.#tooMuch(where, `the limit is ${MAX_DEPTH} levels`);
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target === undefined) {
        return this.#fail(hostCode.badYaml, "An alias without an anchor before it.", where);
      }
      if (above.includes(target)) {
        return this.#fail(hostCode.tooDeep, "An alias inside its own anchor.", where, {
          why: "the document would have no end",
        });
      }
      return this.json(target, depth + 1, [...above, target]);
    }
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.tag !== undefined) {
      this.#fail(hostCode.refusedYaml, "Tags are refused.", where, {
        hint: "Write the value itself; put a text in quotes.",
      });
    }
    if (isScalar(node)) return this.#scalar(node, where);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.json(item as Node | null, depth + 1, above));
      return `[${items.join(",")}]`;
    }
    if (isMap(node)) return this.#map(node.items as Pair<Node, Node | null>[], depth, above);
    return this.#fail(hostCode.refusedYaml, "A kind of value that is not read.", where);
  }

  #map(pairs: readonly Pair<Node, Node | null>[], depth: number, above: readonly Node[]): string {
    const names = new Set<string>();
    const members = pairs.map(({ key, value }) => {
      const where = { offset: key.range?.[0] ?? 0 };
      if (!isScalar(key) || typeof key.value !== "string") {
        return this.#fail(hostCode.refusedYaml, "A key that is not a text.", where);
      }
      if (key.value === "<<" && key.type === "PLAIN") {
        this.#fail(hostCode.refusedYaml, "Merge keys are refused.", where, {
          why: "YAML 1.2 has no merge key: some readers merge, others add a field of this name",
          hint: "Repeat the fields, or use an alias for the whole value.",
        });
      }
      if (names.has(key.value)) {
        this.#fail(hostCode.duplicateKey, "A key comes twice in one object.", where, {
          why: "which of the two counts would be a guess",
        });
      }
      names.add(key.value);
      return `${this.json(key, depth + 1)}:${this.json(value, depth + 1, above)}`;
    });
    return `{${members.join(",")}}`;
  }

  #scalar({ value, source = "" }: Scalar, where: Where): string {
    switch (typeof value) {
      case "string":
        if (/\p{Surrogate}/u.test(value)) {
          this.#fail(hostCode.loneSurrogate, "A lone surrogate is not a character.", where, {
            hint: "Write the character itself, or both halves of the pair.",
          });
        }
        return JSON.stringify(value);
      case "bigint":
        if (/^[-+]?0[0-9]/.test(source)) {
          this.#fail(hostCode.refusedYaml, "An integer with a leading zero is refused.", where, {
            why: "older readers take it as octal",
            hint: "Leave the zero out, or put a text in quotes.",
          });
        }
        // As the engine has it: what RFC 8785 prints for the double must be the same integer.
        if (String(Number(value)) !== String(value)) {
          this.#fail(hostCode.badInteger, "An integer that no double holds.", where, {
            why: "reading it would silently change it",
            hint: "Put it in quotes: identifiers are texts.",
          });
        }
        return String(value);
      case "number":
        if (!Number.isFinite(value)) {
          this.#fail(hostCode.badNumber, "A number that JSON does not have.", where, {
            why: "it is infinite, not a number, or too large for a double",
          });
        }
        return JSON.stringify(value);
      default:
        return JSON.stringify(value);
    }
  }

  #tooMuch(where: Where, why: string): never {
    return this.#fail(hostCode.tooDeep, "The document is too large or too deep.", where, { why });
  }
}

function placeOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: Path,
): LineColumn | undefined {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0];
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(part));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number" && part < node.items.length) {
      node = node.items[part];
      offset = (node as Node | null)?.range?.[0] ?? offset;
    } else break;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
