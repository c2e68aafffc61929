/**
 * Decision tables: rules over named inputs, a hit policy, and reason codes (docs/spec/workflow.md).
 *
 * A cell of a rule is a literal (equal), an object of gt, gte, lt, lte (a range of numbers), or
 * {"in": [literals]} (a set). An input that a rule does not name matches anything.
 */

import { textByte } from "../../bytes/byte";
import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { bufferByte, bufferText } from "../../bytes/buffer";
import { E_LIMIT_MEMORY, E_TABLE, E_WF_DUPLICATE } from "../../errors/codes";
import { charge, errorCode, fail } from "../../errors/errors";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField, objectGet } from "../../value/object";
import { equalBytes } from "../../value/order";
import { isArray, isObject, isString, onlyFields, required } from "../compile/fields";
import {
  failCell,
  placeEnter,
  placeField,
  placeIndex,
  placeLeave,
  showPlace,
} from "../compile/place";
import { literalCell } from "../state/literal";
import { COLLECT, FIRST, Table, UNIQUE } from "../state/nodes";
import { ERROR, OK, PROBLEM } from "../state/outcome";
import { PROBLEM_DETAIL } from "../state/problem";

/** Keeps the check for equal ids, which compares all pairs, short. */
const MOST_RULES: u32 = 4096;

let tables: u32 = 0;

export function tablesBegin(): void {
  tables = 0;
}

/** The loaded table at a path of the pack, or 0. */
export function tableAt(path: usize): u32 {
  for (let t = tables; t != 0; t = changetype<Table>(t).next) {
    const p = changetype<Table>(t).path;
    if (equalBytes(addressOf(p), lengthOf(p), addressOf(path), lengthOf(path))) return t;
  }
  return 0;
}

/** Checks a parsed file and keeps it. */
export function loadTable(path: usize, v: usize): bool {
  if (!onlyFields(v, "table hitPolicy inputs rules default")) return false;
  const head = required(v, "table");
  const policy = required(v, "hitPolicy");
  const inputs = required(v, "inputs");
  const rules = required(v, "rules");
  if (head == 0 || policy == 0 || inputs == 0 || rules == 0) return false;
  if (!isObject(head, "table") || !isArray(inputs, "inputs") || !isArray(rules, "rules"))
    return false;
  const t = changetype<Table>(arenaTake(PERSISTENT, offsetof<Table>()));
  let before = placeField("table");
  if (!onlyFields(head, "name version")) return false;
  const name = required(head, "name");
  const version = required(head, "version");
  if (name == 0 || version == 0 || !isString(name, "name") || !isString(version, "version"))
    return false;
  placeLeave(before);
  if (cellIs(policy, "first")) t.policy = FIRST;
  else if (cellIs(policy, "unique")) t.policy = UNIQUE;
  else if (cellIs(policy, "collect")) t.policy = COLLECT;
  else {
    before = placeField("hitPolicy");
    return failCell(E_TABLE, "expected first, unique or collect", 0);
  }
  before = placeField("inputs");
  for (let i: u32 = 0; i < lengthOf(inputs); i++) {
    if (tagOf(elementAt(inputs, i)) != STRING)
      return failCell(E_TABLE, "an input is a name, a string", 0);
  }
  placeLeave(before);
  before = placeField("rules");
  if (lengthOf(rules) > MOST_RULES) return failCell(E_TABLE, "a table has at most 4096 rules", 0);
  for (let i: u32 = 0; i < lengthOf(rules); i++) {
    const inner = placeIndex(i);
    if (!checkRule(elementAt(rules, i), inputs)) return false;
    if (!charge(i)) return showPlace();
    for (let j: u32 = 0; j < i; j++) {
      const a = objectField(elementAt(rules, i), "id");
      const b = objectField(elementAt(rules, j), "id");
      if (equalBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b))) {
        return failCell(E_WF_DUPLICATE, "two rules have the same id", a);
      }
    }
    placeLeave(inner);
  }
  placeLeave(before);
  const fallback = objectField(v, "default");
  if (fallback != 0) {
    before = placeField("default");
    if (!onlyFields(fallback, "then reasons") || required(fallback, "then") == 0) return false;
    if (!checkReasons(fallback)) return false;
    placeLeave(before);
  }
  t.path = path as u32;
  t.name = name as u32;
  t.version = version as u32;
  t.inputs = inputs as u32;
  t.rules = rules as u32;
  t.fallback = fallback as u32;
  t.next = tables;
  tables = changetype<usize>(t) as u32;
  return true;
}

function checkRule(rule: usize, inputs: usize): bool {
  if (!onlyFields(rule, "id when then reasons")) return false;
  const id = required(rule, "id");
  const when = required(rule, "when");
  if (id == 0 || when == 0 || required(rule, "then") == 0) return false;
  if (!isString(id, "id") || !isObject(when, "when") || !checkReasons(rule)) return false;
  const before = placeField("when");
  for (let i: u32 = 0; i < lengthOf(when); i++) {
    const inner = placeEnter(keyAt(when, i));
    if (!isInput(keyAt(when, i), inputs))
      return errorCode() != 0
        ? showPlace()
        : failCell(E_TABLE, "not one of the table's inputs", keyAt(when, i));
    if (!checkCell(valueAt(when, i))) return false;
    placeLeave(inner);
  }
  placeLeave(before);
  return true;
}

function isInput(key: usize, inputs: usize): bool {
  for (let i: u32 = 0; i < lengthOf(inputs) && charge(1); i++) {
    const e = elementAt(inputs, i);
    if (equalBytes(addressOf(e), lengthOf(e), addressOf(key), lengthOf(key))) return true;
  }
  return false;
}

function checkReasons(rule: usize): bool {
  const reasons = objectField(rule, "reasons");
  if (reasons == 0) return true;
  if (!isArray(reasons, "reasons")) return false;
  for (let i: u32 = 0; i < lengthOf(reasons); i++) {
    if (tagOf(elementAt(reasons, i)) != STRING)
      return failCell(E_TABLE, "a reason is a code, a string", 0);
  }
  return true;
}

function checkCell(c: usize): bool {
  const tag = tagOf(c);
  if (tag == ARRAY) return failCell(E_TABLE, 'a set is written {"in": [...]}', 0);
  if (tag != OBJECT) return true;
  const set = objectField(c, "in");
  if (set != 0) {
    if (!onlyFields(c, "in") || !isArray(set, "in")) return false;
    for (let i: u32 = 0; i < lengthOf(set); i++) {
      if (tagOf(elementAt(set, i)) >= ARRAY)
        return failCell(E_TABLE, "a set holds literals only", 0);
    }
    return true;
  }
  if (!onlyFields(c, "gt gte lt lte")) return false;
  if (lengthOf(c) == 0) return failCell(E_TABLE, "a range needs gt, gte, lt or lte", 0);
  for (let i: u32 = 0; i < lengthOf(c); i++) {
    if (tagOf(valueAt(c, i)) != NUMBER)
      return failCell(E_TABLE, "a bound of a range is a number", 0);
  }
  return true;
}

/** True if a value matches a cell of a rule. */
function matches(cell: usize, v: usize): bool {
  if (tagOf(cell) != OBJECT) return equalLiteral(cell, v);
  const set = objectField(cell, "in");
  if (set != 0) {
    for (let i: u32 = 0; i < lengthOf(set) && charge(1); i++)
      if (equalLiteral(elementAt(set, i), v)) return true;
    return false;
  }
  if (tagOf(v) != NUMBER) return false;
  const x = numberOf(v);
  for (let i: u32 = 0; i < lengthOf(cell); i++) {
    const k = keyAt(cell, i);
    const bound = numberOf(valueAt(cell, i));
    if (cellIs(k, "gt")) {
      if (!(x > bound)) return false;
    } else if (cellIs(k, "gte")) {
      if (!(x >= bound)) return false;
    } else if (cellIs(k, "lt")) {
      if (!(x < bound)) return false;
    } else if (!(x <= bound)) return false;
  }
  return true;
}

function equalLiteral(a: usize, b: usize): bool {
  const tag = tagOf(a);
  if (tag != tagOf(b)) return false;
  if (tag == NUMBER) return numberOf(a) == numberOf(b);
  if (tag == STRING)
    return (
      lengthOf(a) == lengthOf(b) &&
      charge(lengthOf(a) >>> 6) &&
      equalBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b))
    );
  return tag < NUMBER;
}

/**
 * Applies a table to an input; out becomes {reasons, result, rules, table, version}, in SCRATCH.
 * Charges one unit a rule, an input, a cell and a literal of a set looked at, and 64 bytes of text
 * compared. OK, PROBLEM where the table has no answer (the detail says why), or ERROR (a limit).
 */
export function decide(t: Table, v: usize, out: usize): u32 {
  PROBLEM_DETAIL.len = 0;
  if (tagOf(v) != OBJECT) {
    bufferText(PROBLEM_DETAIL, "The table's input is not an object");
    return PROBLEM;
  }
  if (!charge(lengthOf(t.inputs))) return ERROR;
  for (let i: u32 = 0; i < lengthOf(t.inputs); i++) {
    const name = elementAt(t.inputs, i);
    if (objectGet(v, addressOf(name), lengthOf(name)) == 0)
      return undecided("The table's input lacks ", name);
  }
  const rules = t.rules;
  const n = lengthOf(rules);
  const hits = arrayStorage(SCRATCH, n + 1);
  if (hits == 0) return noMemory();
  let count: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const when = objectField(elementAt(rules, i), "when");
    const cells = lengthOf(when);
    if (!charge(1 + cells)) return ERROR;
    let hit: bool = true;
    for (let j: u32 = 0; j < cells && hit; j++) {
      const k = keyAt(when, j);
      const x = objectGet(v, addressOf(k), lengthOf(k));
      hit = matches(valueAt(when, j), x);
    }
    if (errorCode() != 0) return ERROR;
    if (!hit) continue;
    copyCell(hits + ((count as usize) << 4), elementAt(rules, i));
    count++;
    if (t.policy == FIRST) break;
    if (t.policy == UNIQUE && count > 1)
      return undecided(
        "More than one rule matches, again at ",
        objectField(elementAt(rules, i), "id"),
      );
  }
  if (count == 0) {
    if (t.fallback == 0) {
      if (t.policy != COLLECT) return undecided("No rule matches in ", t.name);
    } else {
      copyCell(hits, t.fallback);
      return answer(t, hits, 1, true, out);
    }
  }
  return answer(t, hits, count, false, out);
}

function noMemory(): u32 {
  fail(E_LIMIT_MEMORY, 0);
  return ERROR;
}

function undecided(why: string, what: usize): u32 {
  bufferText(PROBLEM_DETAIL, why);
  const n: u32 = lengthOf(what) > 100 ? 100 : lengthOf(what);
  for (let i: u32 = 0; i < n; i++) {
    const c: u32 = textByte(addressOf(what) + i);
    if (c >= 0x20 && c < 0x7f) bufferByte(PROBLEM_DETAIL, c);
  }
  return PROBLEM;
}

function answer(t: Table, hits: usize, count: u32, isDefault: bool, out: usize): u32 {
  const at = objectStorage(SCRATCH, 5);
  let reasonCount: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const r = objectField(hits + ((i as usize) << 4), "reasons");
    if (r != 0) reasonCount += lengthOf(r);
  }
  if (!charge(reasonCount + count)) return ERROR;
  const reasons = arrayStorage(SCRATCH, reasonCount);
  const ids = arrayStorage(SCRATCH, isDefault ? 0 : count);
  const results = arrayStorage(SCRATCH, count);
  if (at == 0 || reasons == 0 || ids == 0 || results == 0) return noMemory();
  let k: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const rule = hits + ((i as usize) << 4);
    const r = objectField(rule, "reasons");
    if (r != 0) {
      for (let j: u32 = 0; j < lengthOf(r); j++) {
        copyCell(reasons + ((k as usize) << 4), elementAt(r, j));
        k++;
      }
    }
    if (!isDefault) copyCell(ids + ((i as usize) << 4), objectField(rule, "id"));
    copyCell(results + ((i as usize) << 4), objectField(rule, "then"));
  }
  setUsed(reasons, reasonCount);
  setUsed(ids, isDefault ? 0 : count);
  setUsed(results, count);
  literalCell(at, "reasons");
  setCell(at + 16, ARRAY, 0, reasonCount, reasons);
  literalCell(at + 32, "result");
  if (t.policy == COLLECT) setCell(at + 48, ARRAY, 0, count, results);
  else copyCell(at + 48, results);
  literalCell(at + 64, "rules");
  setCell(at + 80, ARRAY, 0, isDefault ? 0 : count, ids);
  literalCell(at + 96, "table");
  copyCell(at + 112, t.name);
  literalCell(at + 128, "version");
  copyCell(at + 144, t.version);
  setUsed(at, 5);
  setCell(out, OBJECT, 0, 5, at);
  return OK;
}
