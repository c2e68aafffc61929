// Replay of a run of which values are hidden: as far as the engine can be given what it was given, and
// compared wherever something is shown. docs/spec/evidence.md, EVID-37.
import { fromUtf8, isInput, sameBytes } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { fieldOf } from "../commitments/fields.ts";
import type { Field } from "../commitments/fields.ts";
import {
  commitmentBytes,
  slotName,
  slotPointers,
  slotValues,
  withMembers,
} from "../commitments/slots.ts";
import type { Known } from "../file/open.ts";

/** How far a run with hidden values was replayed. */
export interface PartialReplay {
  /** Records that were computed again, or given to the engine, and are as they were recorded. */
  readonly records: number;
  /** The first value that the engine would have had to be given; undefined where it got to the end. */
  readonly lacks: string | undefined;
  /** The first record that is not as it was recorded. */
  readonly differs: { readonly seq: number; readonly pointer: string } | undefined;
}

/**
 * Feeds the inputs that are known to the engine, up to the first that is not, and compares what it gives
 * with what is shown of each record.
 *
 * @throws EngineError where the engine refuses the pack, or a record
 */
export function replayKnown(engine: Engine, pack: Pack, known: readonly Known[]): PartialReplay {
  engine.load(pack);
  let seq = 0;
  while (seq < known.length) {
    const input = known[seq] as Known;
    if (!isInput(input.leaf.value))
      return { records: seq, lacks: undefined, differs: { seq, pointer: "" } };
    if (input.record === null)
      return { records: seq, lacks: firstHidden(input), differs: undefined };
    const { records } = seq === 0 ? engine.start(input.record) : engine.advance(input.record);
    seq += 1;
    for (const computed of records) {
      const expected = known[seq];
      const pointer = expected === undefined ? "" : difference(computed, expected);
      if (pointer !== undefined)
        return { records: seq, lacks: undefined, differs: { seq, pointer } };
      seq += 1;
    }
  }
  return { records: seq, lacks: undefined, differs: undefined };
}

function firstHidden({ leaf, disclosures }: Known): string {
  const shown = new Map(disclosures.map((disclosure) => [disclosure.pointer, disclosure]));
  for (const pointer of slotPointers(leaf.value)) {
    const disclosure = shown.get(pointer);
    if (disclosure === undefined) return pointer;
    if (disclosure.bytes === undefined) return disclosure.hidden[0] ?? pointer;
  }
  return "";
}

/** Where a computed record is not what is shown of the recorded one; undefined if it is. */
export function difference(computed: Uint8Array, { leaf, disclosures }: Known): string | undefined {
  const record = JSON.parse(fromUtf8(computed)) as { kind: string; seq: number };
  const leafMembers = leaf.value as unknown as Record<string, string>;
  const commitments = slotPointers(record).map((pointer): [string, Uint8Array] => {
    const name = slotName(pointer);
    return [name, commitmentBytes(leafMembers[name] ?? "")];
  });
  if (!sameBytes(withMembers(computed, new Map(commitments)), leaf.bytes)) return `/${record.seq}`;
  const values = new Map(slotValues(computed, record).map((slot) => [slot.pointer, slot]));
  for (const { pointer, bytes, tree } of disclosures) {
    const value = values.get(pointer);
    if (value === undefined) return pointer;
    if (bytes !== undefined) {
      if (!sameBytes(bytes, value.bytes)) return pointer;
    } else if (tree !== undefined) {
      const other = differentField(tree, fieldOf(value.text, pointer, new Uint8Array(32)));
      if (other !== undefined) return other;
    }
  }
  return undefined;
}

/** The first field that is shown and another one than in a whole value. */
function differentField(shown: Field, whole: Field): string | undefined {
  const stack: [Field, Field | undefined][] = [[shown, whole]];
  for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
    const [a, b] = pair;
    if (b === undefined || a.name !== b.name) return a.pointer;
    if (a.shape === undefined) continue;
    const isAlike =
      a.text === b.text && a.shape[0] === b.shape?.[0] && a.children.length === b.children.length;
    if (!isAlike) return a.pointer;
    for (const [i, child] of a.children.entries()) stack.push([child, b.children[i]]);
  }
  return undefined;
}
