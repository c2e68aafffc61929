// disclosures.jsonl of format v1: one commitment for each value, which is shown whole or not at all. Such
// files are read and not written any more. docs/spec/evidence.md, EVID-32.
import { concat, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Disclosure } from "./disclosure.ts";
import { EvidenceError } from "../errors/errors.ts";
import { ENTRY } from "./layout.ts";
import type { Line } from "../encoding/json.ts";

const POINTER = /^\/(0|[1-9]\d{0,15}|run)\/[a-z]+$/;

/** The values that such lines show, `[salt, pointer, shape, value]`, with their commitments. */
export function readWholeValues(engine: Engine, lines: readonly Line[]): Disclosure[] {
  const read = lines.map((line, i) => readLine(line, `${ENTRY.disclosures}, line ${i + 1}`));
  const tag = utf8("reach/v1/value\0");
  const hashes = engine.hashFrames(
    lines.map(({ bytes }) => {
      const length = new Uint8Array(8);
      new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
      return concat([tag, length, bytes]);
    }),
  );
  return read.map(({ pointer, bytes }, i) => ({
    pointer,
    commitment: toHex(hashes[i] as Uint8Array),
    bytes,
    hidden: [],
    tree: undefined,
  }));
}

function readLine(
  { bytes, value: line }: Line,
  what: string,
): { pointer: string; bytes: Uint8Array } {
  const malformed = (why: string): EvidenceError =>
    new EvidenceError("REACH-E5501", `${what}: ${why}`);
  if (!Array.isArray(line) || line.length !== 4) throw malformed("not four elements");
  const [salt, pointer, shape, value] = line as [unknown, unknown, unknown, unknown];
  if (typeof salt !== "string" || !/^[0-9a-f]{64}$/.test(salt)) {
    throw malformed("the salt is not 32 bytes in hex");
  }
  if (typeof pointer !== "string" || !POINTER.test(pointer)) {
    throw malformed("the pointer is not one of a value");
  }
  const actual = shapeOf(value);
  if (JSON.stringify(shape) !== JSON.stringify(actual)) {
    throw malformed(`the value at ${pointer} is ${actual.join(" of ")}, the shape says otherwise`);
  }
  const head = JSON.stringify([salt, pointer, actual]).length;
  return { pointer, bytes: bytes.subarray(head, bytes.length - 1) };
}

/** JSON type and number of elements or members. */
function shapeOf(value: unknown): readonly [type: string, count: number] {
  if (value === null) return ["null", 0];
  if (Array.isArray(value)) return ["array", value.length];
  if (typeof value === "object") return ["object", Object.keys(value).length];
  return [typeof value, 0];
}
