/** Which events a listen takes (WF-41 to WF-43). */

import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import {
  E_EXPR_SYNTAX,
  E_LIMIT_FUEL,
  E_LIMIT_MEMORY,
  E_LIMIT_SIZE,
  E_WF_REFUSED,
  E_WF_TYPE,
} from "../../errors/codes";
import { charge, clearError, errorCode, fail } from "../../errors/errors";
import { MENTIONS_NOW } from "../../expr/syntax/mentions";
import {
  addressOf,
  copyCell,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  tagOf,
  TRUE,
  valueAt,
} from "../../value/cell";
import { equalStatus } from "../../value/compare";
import { objectField, objectGet, objectSet } from "../../value/object";
import { isObject, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeEnter, placeField, placeIndex, placeLeave } from "../compile/place";
import {
  compileProgram,
  compileTemplate,
  evaluateTemplate,
  isExpression,
  templateMentions,
} from "../compile/template";
import { Attribute, Correlation, Filter } from "../state/nodes";
import { Branch, Frame, inputOf } from "../state/state";
import { bind, INSIDE } from "../step/bind";

/** Filters of one listen. */
const MOST_FILTERS: u32 = 256;

/** What the expressions of the filters mention that have been loaded since filtersBegin(). */
let mentions: u32 = 0;
export function filtersBegin(): void {
  mentions = 0;
}
export function filtersMention(): u32 {
  return mentions;
}

/** A list of filters: the first one, or 0 with the error recorded (or where the list is empty). */
export function loadFilters(list: usize, name: string): u32 {
  const before = placeField(name);
  if (lengthOf(list) > MOST_FILTERS) {
    failCell(E_LIMIT_SIZE, "a listen has at most 256 filters", 0);
    return 0;
  }
  let first: u32 = 0;
  let last: u32 = 0;
  for (let i: u32 = 0; i < lengthOf(list); i++) {
    const inner = placeIndex(i);
    const f = loadFilter(elementAt(list, i));
    if (f == 0) return 0;
    if (last == 0) first = f;
    else changetype<Filter>(last).next = f;
    last = f;
    placeLeave(inner);
  }
  placeLeave(before);
  return first;
}

/** One filter, or 0 with the error recorded. */
export function loadFilter(v: usize): u32 {
  if (!onlyFields(v, "correlate with")) return 0;
  const attributes = required(v, "with");
  if (attributes == 0 || !isObject(attributes, "with")) return 0;
  const f = changetype<Filter>(arenaTake(PERSISTENT, offsetof<Filter>()));
  memory.fill(changetype<usize>(f), 0, offsetof<Filter>());
  const before = placeField("with");
  if (lengthOf(attributes) == 0) {
    failCell(E_WF_TYPE, "a filter has at least one attribute", 0);
    return 0;
  }
  for (let i = lengthOf(attributes); i > 0; i--) {
    const inner = placeEnter(keyAt(attributes, i - 1));
    const a = changetype<Attribute>(arenaTake(PERSISTENT, offsetof<Attribute>()));
    a.key = keyAt(attributes, i - 1) as u32;
    a.value = valueAt(attributes, i - 1) as u32;
    a.program = 0;
    if (isExpression(a.value)) {
      a.program = compile(a.value, true);
      if (a.program == 0) return 0;
    }
    a.next = f.attributes;
    f.attributes = changetype<usize>(a) as u32;
    placeLeave(inner);
  }
  placeLeave(before);
  const correlate = objectField(v, "correlate");
  if (correlate != 0 && !loadCorrelations(f, correlate)) return 0;
  return changetype<usize>(f) as u32;
}

function loadCorrelations(f: Filter, correlate: usize): bool {
  if (!isObject(correlate, "correlate")) return false;
  const before = placeField("correlate");
  for (let i = lengthOf(correlate); i > 0; i--) {
    const inner = placeEnter(keyAt(correlate, i - 1));
    const body = valueAt(correlate, i - 1);
    if (!onlyFields(body, "expect from")) return false;
    const from = required(body, "from");
    if (from == 0 || !isString(from, "from")) return false;
    const c = changetype<Correlation>(arenaTake(PERSISTENT, offsetof<Correlation>()));
    c.name = keyAt(correlate, i - 1) as u32;
    let deeper = placeField("from");
    c.from = compile(from, true);
    if (c.from == 0) return false;
    placeLeave(deeper);
    c.expect = 0;
    const expect = objectField(body, "expect");
    if (expect != 0) {
      deeper = placeField("expect");
      // Constants are welcome here: only ${ } is an expression.
      c.expect = compile(expect, false);
      if (c.expect == 0) return false;
      placeLeave(deeper);
    }
    c.next = f.correlations;
    f.correlations = changetype<usize>(c) as u32;
    placeLeave(inner);
  }
  placeLeave(before);
  return true;
}

function compile(v: usize, program: bool): u32 {
  const t = program ? compileProgram(v) : compileTemplate(v);
  if (t == 0) return 0;
  if ((templateMentions(t) & MENTIONS_NOW) != 0) {
    failCell(E_WF_REFUSED, "a filter cannot ask for the time", 0);
    return 0;
  }
  mentions |= templateMentions(t);
  return t;
}

/** How many there are from this one on. */
export function countFilters(first: u32): u32 {
  let n: u32 = 0;
  for (let at = first; at != 0; at = changetype<Filter>(at).next) n++;
  return n;
}

// ---- Matching ------------------------------------------------------------------------------------

const A: usize = memory.data(16, 16);
const B: usize = memory.data(16, 16);

export const EVENT_LEFT: u32 = 0;
export const EVENT_TAKEN: u32 = 1;
/** A limit was hit: its error is recorded. */
export const FILTER_STOPPED: u32 = 2;

/**
 * Does the filter take the event? `known` are the correlations so far, an object; new ones are added
 * to it where it does (its storage is in SCRATCH then).
 */
export function filterTakes(filter: u32, b: Branch, f: Frame, event: usize, known: usize): u32 {
  for (
    let at = changetype<Filter>(filter).attributes;
    at != 0;
    at = changetype<Attribute>(at).next
  ) {
    const a = changetype<Attribute>(at);
    if (!charge(1)) return FILTER_STOPPED;
    const value = objectGet(event, addressOf(a.key), lengthOf(a.key));
    if (value == 0) return EVENT_LEFT;
    const says = a.program == 0 ? equal(value, a.value) : holds(a.program, b, f, value);
    if (says != EVENT_TAKEN) return says;
  }
  const all = arenaTake(SCRATCH, 16);
  copyCell(all, known);
  for (
    let at = changetype<Filter>(filter).correlations;
    at != 0;
    at = changetype<Correlation>(at).next
  ) {
    const c = changetype<Correlation>(at);
    let says = give(c.from, b, f, event, A);
    if (says != EVENT_TAKEN) return says;
    if (c.expect != 0) {
      says = give(c.expect, b, f, inputOf(f), B);
      if (says == EVENT_TAKEN) says = equal(A, B);
      if (says != EVENT_TAKEN) return says;
      continue;
    }
    const before = objectGet(all, addressOf(c.name), lengthOf(c.name));
    if (before != 0) {
      says = equal(A, before);
      if (says != EVENT_TAKEN) return says;
    } else {
      const value = arenaTake(SCRATCH, 16);
      copyCell(value, A);
      if (!objectSet(SCRATCH, all, all, c.name, value)) {
        fail(E_LIMIT_MEMORY, 0);
        return FILTER_STOPPED;
      }
    }
  }
  copyCell(known, all);
  return EVENT_TAKEN;
}

/** A result that is true or false decides; any other is what the attribute has to be. */
function holds(program: u32, b: Branch, f: Frame, value: usize): u32 {
  const says = give(program, b, f, value, A);
  if (says != EVENT_TAKEN) return says;
  if (tagOf(A) == TRUE) return EVENT_TAKEN;
  return tagOf(A) == FALSE ? EVENT_LEFT : equal(A, value);
}

/** Evaluates; an error that is no limit means that the filter does not take the event. */
function give(template: u32, b: Branch, f: Frame, input: usize, out: usize): u32 {
  const globals = bind(b, f, INSIDE, templateMentions(template));
  if (evaluateTemplate(template, input, globals, out)) return EVENT_TAKEN;
  const code = errorCode() as i32;
  if (code >= E_LIMIT_FUEL && code < E_EXPR_SYNTAX) return FILTER_STOPPED;
  clearError();
  return EVENT_LEFT;
}

function equal(a: usize, b: usize): u32 {
  const r = equalStatus(a, b);
  if (errorCode() != 0) return FILTER_STOPPED;
  return r == 1 ? EVENT_TAKEN : EVENT_LEFT;
}
