/** Compiling the tasks of a list, kind by kind. */

import { PERSISTENT, arenaOver, arenaTake } from "../bytes/arena";
import { TEXT, bufferByte, bufferBytes } from "../bytes/buffer";
import {
  E_LIMIT_DEPTH,
  E_LIMIT_MEMORY,
  E_LIMIT_SIZE,
  E_WF_DUPLICATE,
  E_WF_FIELD,
  E_WF_REFERENCE,
  E_WF_REFUSED,
  E_WF_TYPE,
} from "../errors/codes";
import { charge, fail } from "../errors/errors";
import {
  ARRAY,
  NUMBER,
  OBJECT,
  STRING,
  TRUE,
  addressOf,
  elementAt,
  keyAt,
  lengthOf,
  tagOf,
  valueAt,
} from "../value/cell";
import { cellIs, objectField } from "../value/object";
import { equalBytes } from "../value/order";
import { loadCall } from "./calls";
import { component, componentsBegin } from "./components";
import { durationValue, parseDuration } from "./duration";
import { loadEmit } from "./events";
import {
  isArray,
  isBoolean,
  isCommonField,
  isObject,
  isString,
  onlyFields,
  onlyTaskFields,
  required,
} from "./fields";
import { resolveFlows } from "./flows";
import { loadListen } from "./listen";
import { keptLiteral } from "./state/literal";
import {
  CHILD,
  Case,
  Child,
  DO,
  EMIT,
  FOR,
  FORK,
  For,
  Fork,
  LISTEN,
  List,
  Listen,
  NO_FLOW,
  PAUSE,
  Pause,
  RAISE,
  SET,
  SWITCH,
  TRY,
  Task,
  Try,
  WORKFLOW,
  Workflow,
  taskOf,
} from "./state/nodes";
import {
  failCell,
  placeCell,
  placeEnter,
  placeField,
  placeFile,
  placeIndex,
  placeInto,
  placeLeave,
  placeOut,
  showPlace,
} from "./place";
import { loadRetry } from "./retry";
import {
  MOST,
  scopeBegin,
  scopeCount,
  scopePop,
  scopePush,
  scopeRestore,
  scopeSave,
} from "./scope";
import {
  compileProgram,
  compileTemplate,
  isExpression,
  mentionedBegin,
  mentionedEnd,
  mentionedEndInside,
} from "./template";
import { loadTimeout } from "./timeouts";
import { clauseSchema, clauseTemplate, loadClause } from "./transform";
import { workflowCount, workflowWith } from "./workflows";

/** Deepest nesting of tasks: this file recurses over the document, and only over it. */
const DEEPEST: u32 = 64;

/** Keeps the check for equal names, which compares all pairs, short. */
const MOST_TASKS: u32 = 4096;

let nextId: u32 = 0;
let source: usize = 0;

/** Before a document: ids from 0; `origin` is the source of events that it emits (a text). */
export function tasksBegin(origin: usize): void {
  nextId = 0;
  source = origin;
}
export function tasksEnd(): u32 {
  return nextId;
}

/** Compiles a list of named tasks. 0 with the error recorded. */
export function loadTasks(value: usize, field: string, depth: u32): u32 {
  return loadList(value, field, depth, false);
}

/** `branches`: they are no sequence, so that none leads to another. */
function loadList(value: usize, field: string, depth: u32, branches: bool): u32 {
  if (!isArray(value, field)) return 0;
  const before = placeField(field);
  if (depth > DEEPEST) {
    failCell(E_LIMIT_DEPTH, "tasks are nested too deep", 0);
    return 0;
  }
  const n = lengthOf(value);
  if (n > MOST_TASKS) {
    failCell(E_LIMIT_SIZE, "a list has at most 4096 tasks", 0);
    return 0;
  }
  const list = arenaTake(PERSISTENT, 4 + n * 4) as u32;
  changetype<List>(list).count = n;
  for (let i: u32 = 0; i < n; i++) {
    const item = elementAt(value, i);
    const inner = placeIndex(i);
    if (tagOf(item) != OBJECT || lengthOf(item) != 1) {
      failCell(
        E_WF_TYPE,
        "an item of a task list is an object with one member: the task's name",
        0,
      );
      return 0;
    }
    const name = keyAt(item, 0);
    if (!charge(i)) return failLoad();
    for (let j: u32 = 0; j < i; j++) {
      const other = keyAt(elementAt(value, j), 0);
      if (equalBytes(addressOf(name), lengthOf(name), addressOf(other), lengthOf(other))) {
        failCell(E_WF_DUPLICATE, "two tasks of one list have the same name", name);
        return 0;
      }
    }
    const named = placeEnter(name);
    const t = loadTask(name, valueAt(item, 0), depth);
    if (t == 0) return 0;
    store<u32>(list + 4 + (i << 2), t);
    placeLeave(named);
    placeLeave(inner);
  }
  // Targets can only be told once all names are known.
  for (let i: u32 = 0; i < n; i++) {
    const inner = placeIndex(i);
    const named = placeEnter(keyAt(elementAt(value, i), 0));
    const flows = branches ? 0 : list;
    if (!resolveFlows(taskOf(list, i), valueAt(elementAt(value, i), 0), flows)) return 0;
    placeLeave(named);
    placeLeave(inner);
  }
  placeLeave(before);
  return list;
}

/** A limit was hit while loading: its error, here. Always 0. */
function failLoad(): u32 {
  showPlace();
  return 0;
}

/** A task with the next id; 0 with the error recorded. */
function newTask(name: usize, v: usize): u32 {
  const t = changetype<Task>(arenaTake(PERSISTENT, offsetof<Task>()));
  memory.fill(changetype<usize>(t), 0, offsetof<Task>());
  t.id = nextId++;
  t.name = name as u32;
  t.definition = v as u32;
  t.pointer = placeCell(PERSISTENT);
  if (!arenaOver(PERSISTENT)) return changetype<usize>(t) as u32;
  fail(E_LIMIT_MEMORY, 0);
  return failLoad();
}

function loadTask(name: usize, v: usize, depth: u32): u32 {
  if (tagOf(v) != OBJECT) {
    failCell(E_WF_TYPE, "a task is an object", 0);
    return 0;
  }
  const made = newTask(name, v);
  if (made == 0) return 0;
  const t = changetype<Task>(made);
  if (!loadCommon(t, v)) return 0;
  let ok: bool = false;
  // `for` and `try` hold `do` too: they come first.
  if (objectField(v, "for") != 0) ok = loadFor(t, v, depth);
  else if (objectField(v, "try") != 0) ok = loadTry(t, v, depth);
  else if (objectField(v, "do") != 0) {
    t.kind = DO;
    ok = onlyTaskFields(v, "do");
    if (ok) {
      t.body = loadTasks(objectField(v, "do"), "do", depth + 1);
      ok = t.body != 0;
    }
  } else if (objectField(v, "set") != 0) ok = loadSet(t, v);
  else if (objectField(v, "switch") != 0) ok = loadSwitch(t, v);
  else if (objectField(v, "raise") != 0) ok = loadRaise(t, v);
  else if (objectField(v, "call") != 0) ok = loadCall(t, v);
  else if (objectField(v, "wait") != 0) ok = loadWait(t, v);
  else if (objectField(v, "fork") != 0) ok = loadFork(t, v, depth);
  else if (objectField(v, "emit") != 0) ok = loadEmitTask(t, v);
  else if (objectField(v, "listen") != 0) ok = loadListenTask(t, v, depth);
  else if (objectField(v, "run") != 0) ok = loadRun(t, v, depth);
  else ok = refuseKind(v);
  if (!ok) return 0;
  t.lastId = nextId - 1;
  return changetype<usize>(t) as u32;
}

/** if, input, output, export: what every task may have. */
function loadCommon(t: Task, v: usize): bool {
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
  t.inputFrom = clauseTemplate;
  t.inputSchema = clauseSchema;
  if (!loadClause(v, "output", "as", "as schema")) return false;
  t.outputAs = clauseTemplate;
  t.outputSchema = clauseSchema;
  if (!loadClause(v, "export", "as", "as schema")) return false;
  t.exportAs = clauseTemplate;
  t.exportSchema = clauseSchema;
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

function loadSet(t: Task, v: usize): bool {
  t.kind = SET;
  if (!onlyTaskFields(v, "set")) return false;
  const set = objectField(v, "set");
  if (tagOf(set) != OBJECT && tagOf(set) != STRING)
    return failCell(E_WF_TYPE, "set takes an object or an expression", 0);
  const before = placeField("set");
  t.body = tagOf(set) == STRING ? compileProgram(set) : compileTemplate(set);
  placeLeave(before);
  return t.body != 0;
}

function loadSwitch(t: Task, v: usize): bool {
  t.kind = SWITCH;
  if (!onlyTaskFields(v, "switch")) return false;
  const cases = objectField(v, "switch");
  if (!isArray(cases, "switch")) return false;
  const before = placeField("switch");
  if (lengthOf(cases) == 0) return failCell(E_WF_TYPE, "a switch has at least one case", 0);
  let last: u32 = 0;
  let fallback: bool = false;
  for (let i: u32 = 0; i < lengthOf(cases); i++) {
    const inner = placeIndex(i);
    const item = elementAt(cases, i);
    if (tagOf(item) != OBJECT || lengthOf(item) != 1)
      return failCell(E_WF_TYPE, "a case is an object with one member: its name", 0);
    const named = placeEnter(keyAt(item, 0));
    const body = valueAt(item, 0);
    if (!onlyFields(body, "when then") || required(body, "then") == 0) return false;
    const c = changetype<Case>(arenaTake(PERSISTENT, offsetof<Case>()));
    c.condition = 0;
    c.next = 0;
    const when = objectField(body, "when");
    if (when != 0) {
      const deeper = placeField("when");
      c.condition = compileProgram(when);
      if (c.condition == 0) return false;
      placeLeave(deeper);
    } else if (fallback)
      return failCell(E_WF_TYPE, "a switch has at most one case without when", 0);
    else fallback = true;
    if (last == 0) t.body = changetype<usize>(c) as u32;
    else changetype<Case>(last).next = changetype<usize>(c) as u32;
    last = changetype<usize>(c) as u32;
    placeLeave(named);
    placeLeave(inner);
  }
  placeLeave(before);
  return true;
}

function loadRaise(t: Task, v: usize): bool {
  t.kind = RAISE;
  if (!onlyTaskFields(v, "raise")) return false;
  const raise = objectField(v, "raise");
  const before = placeField("raise");
  if (!onlyFields(raise, "error")) return false;
  let error = required(raise, "error");
  if (error == 0) return false;
  const inner = placeField("error");
  if (tagOf(error) == STRING) {
    const named = component("errors", error);
    if (named == 0) return failCell(E_WF_REFERENCE, "use.errors has no such error", error);
    error = named;
  }
  if (!onlyFields(error, "type status title detail instance")) return false;
  const type = required(error, "type");
  const status = required(error, "status");
  if (type == 0 || status == 0 || !isString(type, "type")) return false;
  if (tagOf(status) != NUMBER && !isExpression(status))
    return failCell(E_WF_TYPE, "status is a number", 0);
  const title = objectField(error, "title");
  const detail = objectField(error, "detail");
  if (title != 0 && !isString(title, "title")) return false;
  if (detail != 0 && !isString(detail, "detail")) return false;
  t.body = compileTemplate(error);
  placeLeave(inner);
  placeLeave(before);
  return t.body != 0;
}

function loadWait(t: Task, v: usize): bool {
  t.kind = PAUSE;
  if (!onlyTaskFields(v, "wait")) return false;
  const before = placeField("wait");
  const duration = objectField(v, "wait");
  const pause = changetype<Pause>(arenaTake(PERSISTENT, offsetof<Pause>()));
  memory.fill(changetype<usize>(pause), 0, offsetof<Pause>());
  if (isExpression(duration)) {
    pause.program = compileProgram(duration);
    if (pause.program == 0) return false;
  } else {
    if (!parseDuration(duration)) return false;
    pause.ms = floor<f64>(durationValue());
  }
  t.body = changetype<usize>(pause) as u32;
  placeLeave(before);
  return true;
}

function loadEmitTask(t: Task, v: usize): bool {
  t.kind = EMIT;
  if (!onlyTaskFields(v, "emit")) return false;
  t.body = loadEmit(objectField(v, "emit"), source);
  return t.body != 0;
}

function loadListenTask(t: Task, v: usize, depth: u32): bool {
  t.kind = LISTEN;
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
    l.list = loadTasks(list, "do", depth + 1);
    if (l.list == 0) return false;
  }
  if (!loadClause(foreach, "output", "as", "as schema")) return false;
  l.outputAs = clauseTemplate;
  l.outputSchema = clauseSchema;
  if (!loadClause(foreach, "export", "as", "as schema")) return false;
  l.exportAs = clauseTemplate;
  l.exportSchema = clauseSchema;
  scopePop(scope);
  placeLeave(before);
  return true;
}

function loadFork(t: Task, v: usize, depth: u32): bool {
  t.kind = FORK;
  if (!onlyTaskFields(v, "fork")) return false;
  const fork = objectField(v, "fork");
  const before = placeField("fork");
  if (!onlyFields(fork, "branches compete")) return false;
  const branches = required(fork, "branches");
  if (branches == 0) return false;
  const compete = objectField(fork, "compete");
  if (compete != 0 && !isBoolean(compete, "compete")) return false;
  const k = changetype<Fork>(arenaTake(PERSISTENT, offsetof<Fork>()));
  k.compete = compete != 0 && tagOf(compete) == TRUE ? 1 : 0;
  const outside = mentionedBegin();
  k.list = loadList(branches, "branches", depth + 1, true);
  if (k.list == 0) return false;
  k.mentions = mentionedEnd(outside);
  if (changetype<List>(k.list).count == 0)
    return failCell(E_WF_TYPE, "a fork has at least one branch", 0);
  t.body = changetype<usize>(k) as u32;
  placeLeave(before);
  return true;
}

/** A variable's name: the given string, or a default literal. Returns its slot, MOST on error. */
function variable(given: usize, field: string, fallback: string): u32 {
  if (given != 0 && !isString(given, field)) return MOST;
  const name = given == 0 ? keptLiteral(fallback) : given;
  const slot = scopePush(name);
  if (slot == MOST) failCell(E_LIMIT_DEPTH, "too many variables in scope", 0);
  return slot;
}

function loadFor(t: Task, v: usize, depth: u32): bool {
  t.kind = FOR;
  if (!onlyTaskFields(v, "for while do")) return false;
  const head = objectField(v, "for");
  const f = changetype<For>(arenaTake(PERSISTENT, offsetof<For>()));
  const before = placeField("for");
  if (!onlyFields(head, "each in at")) return false;
  const collection = required(head, "in");
  if (collection == 0) return false;
  const inner = placeField("in");
  if (tagOf(collection) == STRING) f.collection = compileProgram(collection);
  else if (tagOf(collection) == ARRAY) f.collection = compileTemplate(collection);
  else return failCell(E_WF_TYPE, "for.in is an expression or an array", 0);
  if (f.collection == 0) return false;
  placeLeave(inner);
  const scope = scopeCount();
  f.each = variable(objectField(head, "each"), "each", "item");
  f.at = f.each == MOST ? MOST : variable(objectField(head, "at"), "at", "index");
  if (f.at == MOST) return false;
  placeLeave(before);
  f.condition = 0;
  const condition = objectField(v, "while");
  if (condition != 0) {
    const deeper = placeField("while");
    f.condition = compileProgram(condition);
    if (f.condition == 0) return false;
    placeLeave(deeper);
  }
  const list = required(v, "do");
  if (list == 0) return false;
  f.list = loadTasks(list, "do", depth + 1);
  scopePop(scope);
  t.body = changetype<usize>(f) as u32;
  return f.list != 0;
}

function loadTry(t: Task, v: usize, depth: u32): bool {
  t.kind = TRY;
  if (!onlyTaskFields(v, "try catch")) return false;
  const y = changetype<Try>(arenaTake(PERSISTENT, offsetof<Try>()));
  memory.fill(changetype<usize>(y), 0, offsetof<Try>());
  t.body = changetype<usize>(y) as u32;
  y.flow = NO_FLOW;
  y.list = loadTasks(objectField(v, "try"), "try", depth + 1);
  if (y.list == 0) return false;
  const clause = required(v, "catch");
  if (clause == 0) return false;
  const before = placeField("catch");
  if (!onlyFields(clause, "errors as when exceptWhen retry do then")) return false;
  const errors = objectField(clause, "errors");
  if (errors != 0) {
    const inner = placeField("errors");
    if (!onlyFields(errors, "with")) return false;
    const filter = objectField(errors, "with");
    if (filter != 0) {
      placeField("with");
      if (!onlyFields(filter, "type status instance title detail")) return false;
      for (let i: u32 = 0; i < lengthOf(filter); i++) {
        const tag = tagOf(valueAt(filter, i));
        if (tag != STRING && tag != NUMBER)
          return failCell(E_WF_TYPE, "a filter is a text or a number", keyAt(filter, i));
        if (isExpression(valueAt(filter, i)))
          return failCell(
            E_WF_REFUSED,
            "errors.with compares with values as they stand; when takes expressions",
            0,
          );
      }
      y.filter = filter as u32;
    }
    placeLeave(inner);
  }
  const scope = scopeCount();
  y.variable = variable(objectField(clause, "as"), "as", "error");
  if (y.variable == MOST) return false;
  if (!condition(clause, "when", y, false) || !condition(clause, "exceptWhen", y, true))
    return false;
  let retry = objectField(clause, "retry");
  if (retry != 0) {
    const inner = placeField("retry");
    if (tagOf(retry) == STRING) {
      const named = component("retries", retry);
      if (named == 0) return failCell(E_WF_REFERENCE, "use.retries has no such policy", retry);
      retry = named;
    }
    y.retry = loadRetry(retry);
    if (y.retry == 0) return false;
    placeLeave(inner);
  }
  const list = objectField(clause, "do");
  if (list != 0) {
    y.catchList = loadTasks(list, "do", depth + 1);
    if (y.catchList == 0) return false;
  }
  scopePop(scope);
  placeLeave(before);
  return true;
}

function condition(clause: usize, field: string, y: Try, except: bool): bool {
  const c = objectField(clause, field);
  if (c == 0) return true;
  const before = placeField(field);
  const program = compileProgram(c);
  if (program == 0) return false;
  if (except) y.exceptWhen = program;
  else y.when = program;
  placeLeave(before);
  return true;
}

/** Most tasks of a workflow, with those of the workflows that it runs, which a chain of them doubles. */
const MOST_INSIDE: u32 = 65536;

/** run.workflow: that workflow's tasks, below this one. */
function loadRun(t: Task, v: usize, depth: u32): bool {
  t.kind = CHILD;
  if (!onlyTaskFields(v, "run")) return false;
  const run = objectField(v, "run");
  const before = placeField("run");
  if (tagOf(run) == OBJECT && !isRunnable(run)) return false;
  if (!onlyFields(run, "await return workflow")) return false;
  const gives = objectField(run, "return");
  if (gives != 0 && !isString(gives, "return")) return false;
  if (gives != 0 && !cellIs(gives, "stdout") && !cellIs(gives, "none"))
    return failCell(E_WF_REFUSED, "a workflow is no process: return is stdout or none, not", gives);
  const wait = objectField(run, "await");
  if (wait != 0 && !isBoolean(wait, "await")) return false;
  if (wait != 0 && tagOf(wait) != TRUE)
    return failCell(E_WF_REFUSED, "what a workflow does that nobody awaits is in no record", 0);
  const named = required(run, "workflow");
  if (named == 0) return false;
  placeField("workflow");
  const w = workflowOf(named);
  if (w == 0) return false;
  const c = changetype<Child>(arenaTake(PERSISTENT, offsetof<Child>()));
  c.input = 0;
  c.silent = gives != 0 && cellIs(gives, "none") ? 1 : 0;
  const input = objectField(named, "input");
  if (input != 0) {
    const inner = placeField("input");
    c.input = compileTemplate(input);
    if (c.input == 0) return false;
    placeLeave(inner);
  }
  c.list = arenaTake(PERSISTENT, 8) as u32;
  changetype<List>(c.list).count = 1;
  const root = loadInside(changetype<Workflow>(w), depth + 1);
  store<u32>(c.list + 4, root);
  t.body = changetype<usize>(c) as u32;
  placeLeave(before);
  return root != 0;
}

/** False for what is refused for good. */
function isRunnable(run: usize): bool {
  if (objectField(run, "shell") != 0)
    return failCell(
      E_WF_REFUSED,
      "run.shell: a shell's effects can be neither bounded nor recorded",
      0,
    );
  if (objectField(run, "script") == 0 && objectField(run, "container") == 0) return true;
  return failCell(
    E_WF_REFUSED,
    "scripts and containers are refused until a plugin tier covers them",
    0,
  );
}

/** The workflow of this name, which has been compiled; 0 with the error recorded. */
function workflowOf(named: usize): u32 {
  if (!onlyFields(named, "input name namespace version")) return 0;
  const namespace = required(named, "namespace");
  const name = required(named, "name");
  const version = required(named, "version");
  if (namespace == 0 || name == 0 || version == 0) return 0;
  if (!isString(namespace, "namespace") || !isString(name, "name") || !isString(version, "version"))
    return 0;
  TEXT.len = 0;
  bufferBytes(TEXT, addressOf(namespace), lengthOf(namespace));
  bufferByte(TEXT, 0x2f);
  bufferBytes(TEXT, addressOf(name), lengthOf(name));
  bufferByte(TEXT, 0x3a);
  bufferBytes(TEXT, addressOf(version), lengthOf(version));
  if (!charge(workflowCount())) return failLoad();
  const w = workflowWith(TEXT.at, TEXT.len);
  if (w == 0)
    failCell(E_WF_REFERENCE, "no workflow of this name stands before this one in the pack:", name);
  return w;
}

/** The task that stands for a workflow which another runs; 0 with the error recorded. */
function loadInside(w: Workflow, depth: u32): u32 {
  const made = newTask(w.name, w.definition);
  if (made == 0) return 0;
  const t = changetype<Task>(made);
  t.kind = WORKFLOW;
  t.timeout = w.timeout;
  // What the other workflow can see is its own.
  const origin = source;
  source = w.source;
  const file = placeFile();
  const place = placeInto(w.file);
  const scope = scopeSave();
  scopeBegin();
  const use = componentsBegin(objectField(w.definition, "use"));
  const mentioned = mentionedBegin();
  if (!loadClause(w.definition, "input", "from", "from schema")) return 0;
  t.inputFrom = clauseTemplate;
  t.inputSchema = clauseSchema;
  if (!loadClause(w.definition, "output", "as", "as schema")) return 0;
  t.outputAs = clauseTemplate;
  t.outputSchema = clauseSchema;
  t.body = loadTasks(objectField(w.definition, "do"), "do", depth);
  if (t.body == 0) return 0;
  if (nextId > MOST_INSIDE) {
    fail(E_LIMIT_SIZE, 0);
    return failLoad();
  }
  mentionedEndInside(mentioned);
  componentsBegin(use);
  scopeRestore(scope);
  placeOut(place, file);
  source = origin;
  t.lastId = nextId - 1;
  return made;
}

function refuseKind(v: usize): bool {
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const k = keyAt(v, i);
    if (!isCommonField(k)) return failCell(E_WF_FIELD, "unknown kind of task", k);
  }
  return failCell(
    E_WF_TYPE,
    "a task needs one of do, set, switch, raise, for, try, fork, wait, emit, listen, call, run",
    0,
  );
}
