// What was computed from values that are taken out, and is still shown. docs/spec/evidence.md, EVID-35.
//
// Too much rather than too little: all that the engine gave after such a value had come in may depend on
// it. A condition is enough, so that even a constant of the pack says which way it went.
import { isInput } from "@reach-fabric/engine";
import { fieldsIn } from "../commitments/fields.ts";
import type { Field } from "../commitments/fields.ts";
import type { OpenedFields } from "./opened-fields.ts";

/** The shown scalars that may depend on the dropped fields. */
export function derivedFrom({ leaves, trees }: OpenedFields, dropped: ReadonlySet<Field>): Field[] {
  const gone = new Set([...dropped].flatMap(fieldsIn));
  const first = Math.min(...[...gone].map(seqOf).filter((seq) => seq >= 0));
  const isComputed = (tree: Field): boolean => {
    const leaf = leaves[seqOf(tree)]?.value;
    return leaf !== undefined && !isInput(leaf);
  };
  return trees
    .filter((tree) => seqOf(tree) > first && isComputed(tree))
    .flatMap(fieldsIn)
    .filter((field) => field.text !== undefined && !gone.has(field));
}

/** The number of the record that a field belongs to; -1 for run.json. */
const seqOf = ({ pointer }: Field): number => Number(/^\/(\d+)\//.exec(pointer)?.[1] ?? -1);
