/** What a workflow names in `use`. */

import { addressOf, ARRAY, elementAt, lengthOf, OBJECT, tagOf } from "../../value/cell";
import { objectField, objectGet } from "../../value/object";
import { equalBytes } from "../../value/order";

let use: usize = 0;

/** Before a document: its `use` object, or 0. Returns the one before. */
export function componentsBegin(components: usize): usize {
  const before = use;
  use = components;
  return before;
}

/** A member of `use.SECTION`, or 0. */
export function component(section: string, name: usize): usize {
  if (use == 0) return 0;
  const s = objectField(use, section);
  if (s == 0 || tagOf(s) != OBJECT) return 0;
  return objectGet(s, addressOf(name), lengthOf(name));
}

/** True if `use.secrets` lists the name. */
export function isSecret(name: usize): bool {
  if (use == 0) return false;
  const list = objectField(use, "secrets");
  if (list == 0 || tagOf(list) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(list); i++) {
    const one = elementAt(list, i);
    if (equalBytes(addressOf(one), lengthOf(one), addressOf(name), lengthOf(name))) return true;
  }
  return false;
}
