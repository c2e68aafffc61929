// Redaction: values are taken out of evidence, and everything that is left still verifies.
// docs/spec/evidence.md, EVID-33 to EVID-36.
//
// A value is rarely in one place: it is the input, then a part of the next task's input, then a part of
// a request. Who takes it out of one place has not taken it out. So every copy goes, and what was
// computed from it and stays is named: a ratio that is kept gives the income away.
import type { Engine } from "@reach-fabric/engine";
import { copiesOf } from "./copies.ts";
import type { Remainder } from "./copies.ts";
import { derivedFrom } from "./derived.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { fieldsIn, hiddenField, fieldPointer } from "../commitments/fields.ts";
import type { Field } from "../commitments/fields.ts";
import type { Values } from "../file/layout.ts";
import { openFields, shownIn, withValues } from "./opened-fields.ts";
import type { OpenedFields } from "./opened-fields.ts";

/** What is taken out. */
export interface RedactOptions {
  /** Absolute pointers, `/SEQ/SLOT...` or `/run/MEMBER...`: of values, or of parts of them. */
  readonly drop: readonly string[];
  /** Also what was computed from it. */
  readonly derived?: boolean;
  /** Leave the pack out, too. */
  readonly detached?: boolean;
}

/** A redacted file, and what it still says. */
export interface Redaction {
  readonly file: Uint8Array<ArrayBuffer>;
  /** Pointers of all that was taken out: what was asked for, its copies, and what would confirm it. */
  readonly hidden: readonly string[];
  /** What was computed after the value had come in, and is still shown. */
  readonly derived: readonly string[];
  /** Places that look like the value and stay. */
  readonly left: readonly Remainder[];
}

/**
 * Takes values out of evidence of format v2 or v3, with every copy of them.
 *
 * Guarantees: the file is still what its signer signed. A text of four bytes or more, or a number of
 * four digits or more, that was taken out is in no disclosed value any more: not as such, not within a
 * text, not in base64 or hex. The signed digest of the decision goes with it, because whoever replays
 * with guesses could recognise the right one by it. What still depends on the value is in `derived`.
 *
 * @throws EvidenceError `REACH-E5506` evidence of format v1, `REACH-E5507` a pointer at which nothing is
 *   shown; as openEvidence() does
 *
 * @example
 * const { file, derived } = redact(engine, bytes, { drop: ["/0/input/applicant/income"] });
 */
export function redact(
  engine: Engine,
  bytes: Uint8Array,
  { drop, derived = false, detached = false }: RedactOptions,
): Redaction {
  const opened = openFields(engine, bytes);
  const chosen = drop.map((pointer) => fieldAt(opened.trees, pointer));
  const { copies, left } = copiesOf(opened, chosen);
  const dropped = new Set([...chosen, ...copies]);
  const dependent = derivedFrom(opened, dropped);
  if (derived) for (const field of dependent) dropped.add(field);
  const hidden = hide(opened, dropped);
  return {
    file: withValues(opened, hidden.values, detached),
    hidden: hidden.pointers,
    derived: derived ? [] : dependent.map(fieldPointer),
    left,
  };
}

/**
 * Shows some values of evidence and takes out all others.
 *
 * @param show absolute pointers; what is below them is shown, too
 * @throws EvidenceError as redact() does; `REACH-E5508` the decision's digest is to be shown and not all
 *   that it depends on
 *
 * @example
 * discloseOnly(engine, bytes, ["/run/tenant", "/0/input/applicant"]);
 */
export function discloseOnly(
  engine: Engine,
  bytes: Uint8Array,
  show: readonly string[],
  detached: boolean = false,
): Uint8Array<ArrayBuffer> {
  const opened = openFields(engine, bytes);
  const shown = new Set(show.flatMap((pointer) => fieldsIn(fieldAt(opened.trees, pointer))));
  const isShown = (field: Field): boolean => shown.has(field);
  const dropped = new Set<Field>();
  for (const tree of opened.trees) {
    // Hidden as high up as nothing below is shown.
    const stack = [tree];
    for (let field = stack.pop(); field !== undefined; field = stack.pop()) {
      if (isShown(field)) continue;
      if (fieldsIn(field).some(isShown)) for (const child of field.children) stack.push(child);
      else dropped.add(field);
    }
  }
  const records = [...dropped].filter(({ pointer }) => !pointer.startsWith("/run/"));
  const decision = opened.trees.find(({ pointer }) => pointer === DECISION);
  if (records.length > 0 && decision !== undefined && !dropped.has(decision)) {
    throw new EvidenceError(
      "REACH-E5508",
      "the decision's digest would confirm guesses of what is hidden",
    );
  }
  return withValues(opened, hide(opened, dropped).values, detached);
}

const DECISION = "/run/decision";

function fieldAt(trees: readonly Field[], pointer: string): Field {
  const text = JSON.stringify(pointer).slice(1, -1);
  const tree = trees.find((root) => text === root.pointer || text.startsWith(`${root.pointer}/`));
  let field = tree;
  while (field !== undefined && field.pointer !== text) {
    field = field.children.find(
      (child) => text === child.pointer || text.startsWith(`${child.pointer}/`),
    );
  }
  if (field?.shape !== undefined) return field;
  throw new EvidenceError("REACH-E5507", `nothing is shown at ${quoted(pointer)}`);
}

/** What is left without some fields; where a record loses one, the decision's digest goes, too. */
function hide(
  opened: OpenedFields,
  dropped: ReadonlySet<Field>,
): { values: Values; pointers: string[] } {
  if (dropped.size === 0) return { values: opened.layout.values, pointers: [] };
  const pointers: string[] = [];
  const kept = opened.trees.flatMap((tree): Field[] => {
    if (dropped.has(tree)) {
      pointers.push(fieldPointer(tree));
      return [];
    }
    const stack = [tree];
    for (let field = stack.pop(); field !== undefined; field = stack.pop()) {
      for (const [i, child] of field.children.entries()) {
        if (!dropped.has(child)) {
          stack.push(child);
          continue;
        }
        pointers.push(fieldPointer(child));
        field.children[i] = hiddenField(
          field.pointer,
          child.name,
          child.commitment ?? new Uint8Array(),
        );
      }
    }
    return [tree];
  });
  const isTouched = pointers.some((pointer) => !pointer.startsWith("/run/"));
  if (!isTouched || kept.every(({ pointer }) => pointer !== DECISION)) {
    return { values: shownIn(opened, kept), pointers };
  }
  return {
    values: shownIn(
      opened,
      kept.filter(({ pointer }) => pointer !== DECISION),
    ),
    pointers: [...pointers, DECISION],
  };
}
