/**
 * Problems: the error objects of the DSL (RFC 7807/9457 with the standard types), built by whoever
 * finds one, raised by the machine.
 */

import { textByte } from "../../bytes/byte";
import { SCRATCH } from "../../bytes/arena";
import { Buffer, bufferBytes, bufferClear } from "../../bytes/buffer";
import {
  addressOf,
  copyCell,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setNumber,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { bufferCell, literalCell } from "./literal";

/** The `detail` of the problem at hand; empty: none. */
export const PROBLEM_DETAIL: Buffer = changetype<Buffer>(memory.data(16, 16));

// Standard types, the last part of the URI.
export const CONFIGURATION: u32 = 0;
export const VALIDATION: u32 = 1;
export const EXPRESSION: u32 = 2;
export const AUTHORIZATION: u32 = 3;
export const COMMUNICATION: u32 = 4;
export const RUNTIME: u32 = 5;
export const TIMEOUT: u32 = 6;

let type: u32 = 0;
let status: u32 = 0;
let title: string = "";

/** Begins a problem; the detail may then be written to PROBLEM_DETAIL. Always false. */
export function problem(standardType: u32, statusCode: u32, text: string): bool {
  type = standardType;
  status = statusCode;
  title = text;
  bufferClear(PROBLEM_DETAIL);
  return false;
}

/** Longest text of others in a detail, in bytes. */
const LONGEST: u32 = 1000;

/** Adds the beginning of a text that comes from outside to the detail; any other value (0: none) adds nothing. */
export function problemText(v: usize): void {
  if (v == 0 || tagOf(v) != STRING) return;
  bufferBytes(PROBLEM_DETAIL, addressOf(v), textWithin(v));
}

/** How many bytes of a text that comes from outside a detail holds. */
export function textWithin(v: usize): u32 {
  let n = lengthOf(v);
  if (n <= LONGEST) return n;
  n = LONGEST;
  while (n > 0 && (textByte(addressOf(v) + n) & 0xc0) == 0x80) n--; // no half characters
  return n;
}

function typeUri(t: u32): string {
  switch (t) {
    case CONFIGURATION:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/configuration";
    case VALIDATION:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/validation";
    case EXPRESSION:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/expression";
    case AUTHORIZATION:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/authorization";
    case COMMUNICATION:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/communication";
    case TIMEOUT:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/timeout";
    default:
      return "https://open-workflow-specification.org/spec/1.0.0/errors/runtime";
  }
}

/** The problem as an object in SCRATCH: {detail?, instance, status, title, type}. */
export function problemCell(out: usize, instance: usize): void {
  const at = objectStorage(SCRATCH, 5);
  let n: u32 = 0;
  if (PROBLEM_DETAIL.len != 0) {
    literalCell(at, "detail");
    bufferCell(at + 16, PROBLEM_DETAIL);
    n = 1;
  }
  const p = at + ((n as usize) << 5);
  literalCell(p, "instance");
  copyCell(p + 16, instance);
  literalCell(p + 32, "status");
  setNumber(p + 48, status as f64);
  literalCell(p + 64, "title");
  literalCell(p + 80, title);
  literalCell(p + 96, "type");
  literalCell(p + 112, typeUri(type));
  setUsed(at, n + 4);
  setCell(out, OBJECT, 0, n + 4, at);
}
