/** Compiling what tasks of all kinds have: an id, a place, conditions, transformations, a timeout. */

import { arenaOver, arenaTake, PERSISTENT } from "../../bytes/arena";
import { E_LIMIT_DEPTH, E_LIMIT_MEMORY, E_WF_REFERENCE } from "../../errors/codes";
import { fail } from "../../errors/errors";
import { STRING, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";
import { NO_EFFECT } from "../state/effects";
import { keptLiteral } from "../state/literal";
import { Task } from "../state/nodes";
import { component } from "./components";
import { loadTimeLimit } from "./duration";
import { isObject, isString, onlyFields, required } from "./fields";
import { failCell, placeCell, placeField, placeLeave, showPlace } from "./place";
import { MOST, scopePush } from "./scope";
import { compileProgram } from "./template";
import { loadedSchema, loadedTemplate, loadClause } from "./transform";

/** Compiles {"after"}: milliseconds, at least 1; 0 with the error recorded. */
export function loadTimeout(v: usize): f64 {
  if (!onlyFields(v, "after")) return 0;
  const after = required(v, "after");
  if (after == 0) return 0;
  placeField("after");
  return loadTimeLimit(after);
}

/**
 * Compiles a list of named tasks. A task that holds lists is handed it: lists are made of tasks of all kinds,
 * of which the kinds know nothing. 0 with the error recorded.
 */
export type LoadList = (value: usize, field: string, depth: u32) => u32;

let nextId: u32 = 0;
let source: usize = 0;

/** Before a document: ids from 0; `origin` is the source of events that it emits (a text). */
export function tasksBegin(origin: usize): void {
  nextId = 0;
  source = origin;
}
/** Tasks so far: the id of the next one. */
export function taskCount(): u32 {
  return nextId;
}
/** The source of events that name none. */
export function eventSource(): usize {
  return source;
}
/** The same from here on; returns the one before. */
export function setEventSource(origin: usize): usize {
  const before = source;
  source = origin;
  return before;
}

/** A limit was hit while loading: its error, here. Always 0. */
export function failLoad(): u32 {
  showPlace();
  return 0;
}

/** A task with the next id; 0 with the error recorded. */
export function newTask(name: usize, v: usize): u32 {
  const t = changetype<Task>(arenaTake(PERSISTENT, offsetof<Task>()));
  memory.fill(changetype<usize>(t), 0, offsetof<Task>());
  t.id = nextId++;
  t.effect = NO_EFFECT;
  t.name = name as u32;
  t.definition = v as u32;
  t.pointer = placeCell(PERSISTENT);
  if (!arenaOver(PERSISTENT)) return changetype<usize>(t) as u32;
  fail(E_LIMIT_MEMORY, 0);
  return failLoad();
}

/** if, input, output, export: what every task may have. */
export function loadCommon(t: Task, v: usize): bool {
  const timeout = objectField(v, "timeout");
  if (timeout != 0) {
    t.timeout = loadTimeoutOf(timeout);
    if (t.timeout == 0) return false;
  }
  const metadata = objectField(v, "metadata");
  if (metadata != 0 && !isObject(metadata, "metadata")) return false;
  const condition = objectField(v, "if");
  if (condition != 0) {
    const before = placeField("if");
    t.condition = compileProgram(condition);
    if (t.condition == 0) return false;
    placeLeave(before);
  }
  if (!loadClause(v, "input", "from", "from schema")) return false;
  t.inputFrom = loadedTemplate();
  t.inputSchema = loadedSchema();
  if (!loadClause(v, "output", "as", "as schema")) return false;
  t.outputAs = loadedTemplate();
  t.outputSchema = loadedSchema();
  if (!loadClause(v, "export", "as", "as schema")) return false;
  t.exportAs = loadedTemplate();
  t.exportSchema = loadedSchema();
  return true;
}

/** The field `timeout`: itself, or the name of one in use.timeouts. 0 with the error recorded. */
export function loadTimeoutOf(v: usize): f64 {
  const before = placeField("timeout");
  let timeout = v;
  if (tagOf(v) == STRING) {
    timeout = component("timeouts", v);
    if (timeout == 0) {
      failCell(E_WF_REFERENCE, "use.timeouts has no such timeout", v);
      return 0;
    }
  }
  const ms = loadTimeout(timeout);
  if (ms != 0) placeLeave(before);
  return ms;
}

/** A variable's name: the given string, or a default literal. Returns its slot, MOST on error. */
export function variable(given: usize, field: string, fallback: string): u32 {
  if (given != 0 && !isString(given, field)) return MOST;
  const name = given == 0 ? keptLiteral(fallback) : given;
  const slot = scopePush(name);
  if (slot == MOST) failCell(E_LIMIT_DEPTH, "too many variables in scope", 0);
  return slot;
}
