/** errors.with: does a filter of literals match an error? */

import { textByte } from "../../bytes/byte";
import { addressOf, keyAt, lengthOf, NUMBER, numberOf, tagOf, valueAt } from "../../value/cell";
import { cellIs, objectGet } from "../../value/object";
import { equalBytes } from "../../value/order";

/** True if every member of the filter equals the error's. Types match under any of their URIs. */
export function caught(filter: usize, error: usize): bool {
  for (let i: u32 = 0; i < lengthOf(filter); i++) {
    const k = keyAt(filter, i);
    const want = valueAt(filter, i);
    const have = objectGet(error, addressOf(k), lengthOf(k));
    if (have == 0 || tagOf(have) != tagOf(want)) return false;
    if (tagOf(want) == NUMBER) {
      if (numberOf(want) != numberOf(have)) return false;
    } else if (cellIs(k, "type")) {
      const a = standardPart(want);
      const b = standardPart(have);
      if (
        !equalBytes(
          addressOf(want) + a,
          lengthOf(want) - a,
          addressOf(have) + b,
          lengthOf(have) - b,
        )
      )
        return false;
      if ((a == 0) != (b == 0)) return false;
    } else if (!equalBytes(addressOf(want), lengthOf(want), addressOf(have), lengthOf(have)))
      return false;
  }
  return true;
}

/**
 * Length of the prefix of a standard error type, 0 where it is none. Version 1.0.3 renamed the host
 * and documents use two paths: all four name the same errors.
 */
function standardPart(type: usize): u32 {
  const host = begins(type, 0, "https://open-workflow-specification.org/");
  const start = host != 0 ? host : begins(type, 0, "https://serverlessworkflow.io/");
  if (start == 0) return 0;
  const path = begins(type, start, "spec/1.0.0/errors/");
  if (path != 0) return start + path;
  const old = begins(type, start, "dsl/errors/types/");
  return old == 0 ? 0 : start + old;
}

/** Length of `text` if the cell has it at `from`, else 0. */
function begins(c: usize, from: u32, text: string): u32 {
  const t = changetype<usize>(text);
  const n = load<u32>(t - 4) >>> 1;
  if (lengthOf(c) < from + n) return 0;
  for (let i: u32 = 0; i < n; i++) {
    if (textByte(addressOf(c) + from + i) != (load<u16>(t + ((i as usize) << 1)) as u8)) return 0;
  }
  return n;
}
