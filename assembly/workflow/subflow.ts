/** run.workflow: another workflow of the pack, inline (WF-58 to WF-60). */

import { arenaTake, PERSISTENT, SCRATCH } from "../bytes/arena";
import { bufferByte, bufferBytes, TEXT } from "../bytes/buffer";
import { E_LIMIT_SIZE, E_WF_REFERENCE, E_WF_REFUSED } from "../errors/codes";
import { charge, fail } from "../errors/errors";
import { addressOf, lengthOf, OBJECT, objectStorage, setCell, tagOf, TRUE } from "../value/cell";
import { cellIs, objectField } from "../value/object";
import { componentsBegin } from "./compile/components";
import { isBoolean, isString, onlyFields, onlyTaskFields, required } from "./compile/fields";
import { failCell, placeField, placeFile, placeInto, placeLeave, placeOut } from "./compile/place";
import { scopeBegin, scopeRestore, scopeSave } from "./compile/scope";
import { failLoad, LoadList, newTask, setEventSource, taskCount } from "./compile/task";
import { compileTemplate, mentionedBegin, mentionedEndInside } from "./compile/template";
import { loadClause, loadedSchema, loadedTemplate } from "./compile/transform";
import { workflowCount, workflowWith } from "./compile/workflows";
import { List, RUN_TASK, RunTask, SUBFLOW, Task, Workflow } from "./state/nodes";
import { OK, RESULT } from "./state/outcome";
import { PHASE_LIST } from "./state/phases";
import { Branch, Frame, inputOf, keep, valueOf } from "./state/state";
import { INSIDE } from "./step/bind";
import { evaluateOrWait } from "./step/evaluate";
import { settle } from "./step/faults";
import { enterList } from "./step/lists";

/** Most tasks of a workflow, with those of the workflows that it runs, which a chain of them doubles. */
const MOST_INSIDE: u32 = 65536;

/** run.workflow: that workflow's tasks, below this one. */
export function loadRun(t: Task, v: usize, depth: u32, load: LoadList): bool {
  t.kind = RUN_TASK;
  if (!onlyTaskFields(v, "run")) return false;
  const run = objectField(v, "run");
  const before = placeField("run");
  if (tagOf(run) == OBJECT && !isRunnable(run)) return false;
  if (!onlyFields(run, "await return workflow")) return false;
  const gives = objectField(run, "return");
  if (gives != 0 && !isString(gives, "return")) return false;
  if (gives != 0 && !cellIs(gives, "stdout") && !cellIs(gives, "none"))
    return failCell(
      E_WF_REFUSED,
      "a workflow is not a process: return is stdout or none, not",
      gives,
    );
  const wait = objectField(run, "await");
  if (wait != 0 && !isBoolean(wait, "await")) return false;
  if (wait != 0 && tagOf(wait) != TRUE)
    return failCell(E_WF_REFUSED, "what a workflow does that is not awaited is in no record", 0);
  const named = required(run, "workflow");
  if (named == 0) return false;
  placeField("workflow");
  const w = workflowOf(named);
  if (w == 0) return false;
  const c = changetype<RunTask>(arenaTake(PERSISTENT, offsetof<RunTask>()));
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
  const root = loadInside(changetype<Workflow>(w), depth + 1, load);
  store<u32>(c.list + 4, root);
  t.body = changetype<usize>(c) as u32;
  placeLeave(before);
  return root != 0;
}

/** False for what is always refused. */
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
function loadInside(w: Workflow, depth: u32, load: LoadList): u32 {
  const made = newTask(w.name, w.definition);
  if (made == 0) return 0;
  const t = changetype<Task>(made);
  t.kind = SUBFLOW;
  t.timeout = w.timeout;
  // What the other workflow can see is its own.
  const origin = setEventSource(w.source);
  const file = placeFile();
  const place = placeInto(w.file);
  const scope = scopeSave();
  scopeBegin();
  const use = componentsBegin(objectField(w.definition, "use"));
  const mentioned = mentionedBegin();
  if (!loadClause(w.definition, "input", "from", "from schema")) return 0;
  t.inputFrom = loadedTemplate();
  t.inputSchema = loadedSchema();
  if (!loadClause(w.definition, "output", "as", "as schema")) return 0;
  t.outputAs = loadedTemplate();
  t.outputSchema = loadedSchema();
  t.body = load(objectField(w.definition, "do"), "do", depth);
  if (t.body == 0) return 0;
  if (taskCount() > MOST_INSIDE) {
    fail(E_LIMIT_SIZE, 0);
    return failLoad();
  }
  mentionedEndInside(mentioned);
  componentsBegin(use);
  scopeRestore(scope);
  placeOut(place, file);
  setEventSource(origin);
  t.lastId = taskCount() - 1;
  return made;
}

/** Hands the other workflow its input. */
export function stepRun(b: Branch, f: Frame, c: RunTask): bool {
  if (c.input != 0) {
    const got = evaluateOrWait(b, f, c.input, inputOf(f), INSIDE);
    if (got != OK) return settle(b, f, got);
  } else setCell(RESULT, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  enterList(f, c.list, PHASE_LIST);
  return keep(valueOf(f), RESULT);
}
