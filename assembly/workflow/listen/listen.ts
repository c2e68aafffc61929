/** listen: events are asked for one by one, taken by filters, worked on, until it is over (WF-40 to WF-45). */

import { arenaMark, arenaRelease, arenaTake, Mark, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferClear } from "../../bytes/buffer";
import { E_WF_TYPE } from "../../errors/codes";
import { clearError, fuel, setFuel } from "../../errors/errors";
import { writeJson } from "../../json/writer";
import {
  copyCell,
  isTruthy,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setNull,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { isArray, isString, onlyFields, onlyTaskFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { validateValue } from "../compile/schemas";
import { MOST, scopeCount, scopePop } from "../compile/scope";
import { LoadList, variable } from "../compile/task";
import { compileProgram } from "../compile/template";
import { loadedSchema, loadedTemplate, loadClause } from "../compile/transform";
import { EFFECT_EVENT, FOR_CALL } from "../state/effects";
import { bufferCell, literalCell } from "../state/literal";
import {
  DATA,
  EACH,
  ENVELOPE,
  Filter,
  FOREVER,
  Listen,
  LISTEN,
  ONCE,
  RAW_DATA,
  Task,
} from "../state/nodes";
import { OK, RESULT } from "../state/outcome";
import { PHASE_EFFECT, PHASE_ITEM, PHASE_LIST, PHASE_OUTPUT, PHASE_UNTIL } from "../state/phases";
import {
  Branch,
  contextOf,
  extraOf,
  Frame,
  keep,
  outputOf,
  Pending,
  valueOf,
} from "../state/state";
import {
  isListenState,
  beginListening,
  hasTaken,
  takenCorrelations,
  giveTaken,
  takenItem,
  takenItems,
  addTaken,
} from "../state/listen-state";
import { givenAnswer } from "../step/answers";
import { AFTER, EXPORT, INSIDE } from "../step/bind";
import { ask, askFor } from "../step/effects";
import { evaluateOrWait, needs } from "../step/evaluate";
import { settle } from "../step/faults";
import { enterList, newTurn } from "../step/lists";
import { isEvent } from "./event";
import {
  countFilters,
  filtersBegin,
  filtersMention,
  filterTakes,
  loadFilter,
  loadFilters,
  EVENT_TAKEN,
  EVENT_LEFT,
  FILTER_STOPPED,
} from "./filters";

// ---- Compiling -----------------------------------------------------------------------------------

/** Compiles `listen` of a task but for its foreach. 0 with the error recorded. */
export function loadListen(v: usize): u32 {
  const before = placeField("listen");
  if (!onlyFields(v, "read to")) return 0;
  const to = required(v, "to");
  if (to == 0) return 0;
  const l = changetype<Listen>(arenaTake(PERSISTENT, offsetof<Listen>()));
  memory.fill(changetype<usize>(l), 0, offsetof<Listen>());
  const read = objectField(v, "read");
  if (read != 0) {
    if (!isString(read, "read")) return 0;
    if (cellIs(read, "envelope")) l.read = ENVELOPE;
    else if (cellIs(read, "raw")) l.read = RAW_DATA;
    else if (!cellIs(read, "data")) {
      placeField("read");
      failCell(E_WF_TYPE, "expected data, envelope or raw, not", read);
      return 0;
    }
  }
  l.to = to as u32;
  filtersBegin();
  placeField("to");
  if (!loadStrategy(l, to)) return 0;
  l.mentions = filtersMention();
  placeLeave(before);
  return changetype<usize>(l) as u32;
}

/** Checks a value as what a task might listen to. */
export function checkStrategy(to: usize): bool {
  const l = changetype<Listen>(arenaTake(PERSISTENT, offsetof<Listen>()));
  memory.fill(changetype<usize>(l), 0, offsetof<Listen>());
  return loadStrategy(l, to);
}

let filters: u32 = 0;
let ends: u32 = 0;

function loadStrategy(l: Listen, to: usize): bool {
  if (!onlyFields(to, "all any one until") || !loadChoice(to)) return false;
  l.filters = filters;
  l.ends = ends;
  const until = objectField(to, "until");
  if (until == 0) return true;
  const inner = placeField("until");
  if (objectField(to, "any") == 0) return failCell(E_WF_TYPE, "until stands beside any only", 0);
  l.ends = FOREVER;
  if (tagOf(until) == STRING) l.until = compileProgram(until);
  else {
    if (!onlyFields(until, "all any one") || !loadChoice(until)) return false;
    l.untilFilters = filters;
    l.untilEnds = ends;
    if (filters == 0) return failCell(E_WF_TYPE, "until names at least one event", 0);
  }
  placeLeave(inner);
  return l.until != 0 || l.untilFilters != 0;
}

/** Exactly one of all, any and one. */
function loadChoice(v: usize): bool {
  const all = objectField(v, "all");
  const any = objectField(v, "any");
  const one = objectField(v, "one");
  const given: u32 = (all != 0 ? 1 : 0) + (any != 0 ? 1 : 0) + (one != 0 ? 1 : 0);
  if (given != 1) return failCell(E_WF_TYPE, "expected exactly one of all, any and one", 0);
  ends = all != 0 ? EACH : ONCE;
  if (one != 0) {
    const before = placeField("one");
    filters = loadFilter(one);
    placeLeave(before);
    return filters != 0;
  }
  const list = all != 0 ? all : any;
  if (!isArray(list, all != 0 ? "all" : "any")) return false;
  filters = loadFilters(list, all != 0 ? "all" : "any");
  if (filters != 0) return true;
  if (lengthOf(list) != 0) return false;
  return any != 0 || failCell(E_WF_TYPE, "all names at least one event", 0);
}

// ---- Matching ------------------------------------------------------------------------------------

/** Fuel for finding out whether an event is one that a run waits for: never the run's own. */
const MATCHING_FUEL: i64 = 10000000;

const KNOWN: usize = memory.data(16, 16);
const MARK: Mark = changetype<Mark>(memory.data(16, 16));
/** The number of the filter that has taken the event, and whether it is one of until's. */
let taker: u32 = 0;
let endsIt: bool = false;

/** Which filter takes the event? KNOWN are then the correlations with it. */
function match(l: Listen, b: Branch, f: Frame, event: usize): u32 {
  taker = 0;
  endsIt = true;
  const says = matchOne(l.untilFilters, l.untilEnds, b, f, event);
  if (says != EVENT_LEFT) return says;
  endsIt = false;
  if (l.filters != 0) return matchOne(l.filters, l.ends, b, f, event);
  copyCell(KNOWN, takenCorrelations(extraOf(f)));
  return EVENT_TAKEN;
}

function matchOne(first: u32, ends: u32, b: Branch, f: Frame, event: usize): u32 {
  for (let at = first; at != 0; at = changetype<Filter>(at).next) {
    if (ends != EACH || !hasTaken(extraOf(f), taker)) {
      copyCell(KNOWN, takenCorrelations(extraOf(f)));
      const says = filterTakes(at, b, f, event, KNOWN);
      if (says != EVENT_LEFT) return says;
    }
    taker++;
  }
  return EVENT_LEFT;
}

/** True if the value is {"event"} with an event that the listen takes. Nothing changes. */
export function isEventResult(v: usize, e: Pending): bool {
  const event = tagOf(v) == OBJECT && lengthOf(v) == 1 ? objectField(v, "event") : 0;
  if (event == 0 || !isEvent(event)) return false;
  const b = changetype<Branch>(e.branch);
  const f = changetype<Frame>(b.frame);
  const before = fuel;
  setFuel(MATCHING_FUEL);
  arenaMark(SCRATCH, MARK);
  const says = match(changetype<Listen>(changetype<Task>(f.task).body), b, f, event);
  arenaRelease(SCRATCH, MARK);
  setFuel(before);
  clearError();
  return says == EVENT_TAKEN;
}

// ---- Running -------------------------------------------------------------------------------------

/** Begins: nothing is taken yet. */
export function stepListen(b: Branch, f: Frame, l: Listen): bool {
  const missing = needs(b, f, l.mentions);
  if (missing != 0) return askFor(b, f, missing);
  f.turn = 0;
  return beginListening(extraOf(f)) && askEvent(b, f, l);
}

function askEvent(b: Branch, f: Frame, l: Listen): bool {
  const at = objectStorage(SCRATCH, 2);
  literalCell(at, "correlations");
  copyCell(at + 16, takenCorrelations(extraOf(f)));
  literalCell(at + 32, "to");
  copyCell(at + 48, l.to);
  setUsed(at, 2);
  setCell(RESULT, OBJECT, 0, 2, at);
  f.phase = PHASE_EFFECT;
  return ask(b, f, EFFECT_EVENT, FOR_CALL, RESULT);
}

/** An event has come. */
export function takeEvent(b: Branch, f: Frame, l: Listen): bool {
  const event = objectField(givenAnswer(), "event");
  const says = match(l, b, f, event);
  if (says == FILTER_STOPPED) return false;
  if (says == EVENT_LEFT) unreachable(); // it was asked before the record was taken
  const item = arenaTake(SCRATCH, 16);
  if (!itemOf(l, event, item)) return false;
  if (!addTaken(extraOf(f), KNOWN, taker, item)) return false;
  if (endsIt) return isOver(l.untilFilters, l.untilEnds, f, 0) ? end(f) : askEvent(b, f, l);
  if (l.list == 0) {
    f.phase = PHASE_ITEM;
    copyCell(valueOf(f), takenItem(extraOf(f)));
    return true;
  }
  enterList(f, l.list, PHASE_LIST);
  copyCell(valueOf(f), takenItem(extraOf(f)));
  return newTurn(changetype<Task>(f.task));
}

const RAW_TEXT: Buffer = changetype<Buffer>(memory.data(16, 16));

/** What the listen gives of an event. */
function itemOf(l: Listen, event: usize, out: usize): bool {
  if (l.read == ENVELOPE) {
    copyCell(out, event);
    return true;
  }
  const data = objectField(event, "data");
  const bytes = objectField(event, "data_base64");
  if (data == 0) {
    if (bytes == 0) setNull(out);
    else copyCell(out, bytes);
    return true;
  }
  if (l.read == DATA) {
    copyCell(out, data);
    return true;
  }
  bufferClear(RAW_TEXT);
  if (!writeJson(data, RAW_TEXT, MOST_RAW)) return false;
  bufferCell(out, RAW_TEXT);
  return true;
}
/** Longest data that is given as a text. */
const MOST_RAW: u32 = 16777216;

/** A turn has ended: what is made of its output. */
export function stepItem(b: Branch, f: Frame, l: Listen): bool {
  copyCell(outputOf(f), valueOf(f));
  if (l.outputAs != 0) {
    const got = evaluateOrWait(b, f, l.outputAs, valueOf(f), AFTER);
    if (got != OK) return settle(b, f, got);
    if (!keep(RESULT, RESULT)) return false;
  } else copyCell(RESULT, valueOf(f));
  let fits = validateValue(l.outputSchema, RESULT);
  if (fits != OK) return settle(b, f, fits);
  copyCell(outputOf(f), RESULT);
  if (l.exportAs != 0) {
    // Entered again once the clock was asked: what is above gives the same again.
    const got = evaluateOrWait(b, f, l.exportAs, outputOf(f), EXPORT);
    if (got != OK) return settle(b, f, got);
    if (!keep(RESULT, RESULT)) return false;
  } else copyCell(RESULT, contextOf(b));
  fits = validateValue(l.exportSchema, RESULT);
  if (fits != OK) return settle(b, f, fits);
  if (l.exportAs != 0) {
    copyCell(contextOf(b), RESULT);
    b.exported = 1;
  }
  f.turn++;
  f.phase = PHASE_UNTIL;
  return giveTaken(extraOf(f), outputOf(f));
}

/** Is it over? */
export function stepUntil(b: Branch, f: Frame, l: Listen): bool {
  let over = isOver(l.filters, l.ends, f, countFilters(l.untilFilters));
  if (l.until != 0) {
    const got = evaluateOrWait(b, f, l.until, takenItems(extraOf(f)), INSIDE);
    if (got != OK) return settle(b, f, got);
    over = isTruthy(RESULT);
  }
  return over ? end(f) : askEvent(b, f, l);
}

function end(f: Frame): bool {
  copyCell(outputOf(f), takenItems(extraOf(f)));
  f.phase = PHASE_OUTPUT;
  return true;
}

/** True once the filters, whose first has a number, have taken what they wait for. */
function isOver(first: u32, ends: u32, f: Frame, number: u32): bool {
  if (ends != EACH) return ends == ONCE;
  let n = number;
  for (let at = first; at != 0; at = changetype<Filter>(at).next) {
    if (!hasTaken(extraOf(f), n++)) return false;
  }
  return true;
}

export function loadListenTask(t: Task, v: usize, depth: u32, load: LoadList): bool {
  t.kind = LISTEN;
  t.effect = EFFECT_EVENT;
  if (!onlyTaskFields(v, "listen foreach")) return false;
  t.body = loadListen(objectField(v, "listen"));
  if (t.body == 0) return false;
  const foreach = objectField(v, "foreach");
  if (foreach == 0) return true;
  const l = changetype<Listen>(t.body);
  const before = placeField("foreach");
  if (!onlyFields(foreach, "at do export item output")) return false;
  l.foreach = 1;
  const scope = scopeCount();
  l.item = variable(objectField(foreach, "item"), "item", "item");
  l.at = l.item == MOST ? MOST : variable(objectField(foreach, "at"), "at", "index");
  if (l.at == MOST) return false;
  const list = objectField(foreach, "do");
  if (list != 0) {
    l.list = load(list, "do", depth + 1);
    if (l.list == 0) return false;
  }
  if (!loadClause(foreach, "output", "as", "as schema")) return false;
  l.outputAs = loadedTemplate();
  l.outputSchema = loadedSchema();
  if (!loadClause(foreach, "export", "as", "as schema")) return false;
  l.exportAs = loadedTemplate();
  l.exportSchema = loadedSchema();
  scopePop(scope);
  placeLeave(before);
  return true;
}

export function isListening(f: Frame): bool {
  const l = changetype<Listen>(changetype<Task>(f.task).body);
  return isListenState(extraOf(f), countFilters(l.untilFilters) + countFilters(l.filters));
}
