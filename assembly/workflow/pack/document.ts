/** Compiling a workflow document of the Open Workflow DSL 1.0.3 (docs/spec/workflow.md). */

import { arenaTake, PERSISTENT } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, TEXT } from "../../bytes/buffer";
import { E_WF_REFUSED, E_WF_UNSUPPORTED } from "../../errors/codes";
import { addressOf, copyCell, elementAt, keptText, lengthOf } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { componentsBegin } from "../compile/components";
import { isArray, isObject, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { scopeBegin } from "../compile/scope";
import { loadTimeoutOf, taskCount, tasksBegin } from "../compile/task";
import { loadedSchema, loadedTemplate, loadClause } from "../compile/transform";
import { listsInside, listInside } from "../state/child-lists";
import { List, Task, taskOf, Workflow } from "../state/nodes";
import { checkSchedule } from "./schedule";
import { loadTasks } from "./tasks";

/** The compiled workflow of a file, or 0 with the error recorded. */
export function compileWorkflow(path: usize, document: usize): u32 {
  // The cell at `document` is reused by the caller: keep a copy.
  const definition = arenaTake(PERSISTENT, 16);
  copyCell(definition, document);
  if (!onlyFields(definition, "document do evaluate input output schedule timeout use")) return 0;
  const w = changetype<Workflow>(arenaTake(PERSISTENT, offsetof<Workflow>()));
  memory.fill(changetype<usize>(w), 0, offsetof<Workflow>());
  w.definition = definition as u32;
  w.file = path as u32;
  if (!checkHead(w, definition)) return 0;
  const use = objectField(definition, "use");
  if (use != 0 && !checkUse(use)) return 0;
  scopeBegin();
  if (!checkRest(definition)) return 0;
  if (!loadClause(definition, "input", "from", "from schema")) return 0;
  w.inputFrom = loadedTemplate();
  w.inputSchema = loadedSchema();
  if (!loadClause(definition, "output", "as", "as schema")) return 0;
  w.outputAs = loadedTemplate();
  w.outputSchema = loadedSchema();
  const list = required(definition, "do");
  if (list == 0) return 0;
  componentsBegin(use);
  w.source = sourceCell(definition);
  tasksBegin(w.source);
  const timeout = objectField(definition, "timeout");
  if (timeout != 0) {
    w.timeout = loadTimeoutOf(timeout);
    if (w.timeout == 0) return 0;
  }
  w.list = loadTasks(list, "do", 0);
  if (w.list == 0) return 0;
  w.taskCount = taskCount();
  w.tasks = arenaTake(PERSISTENT, w.taskCount << 2) as u32;
  indexTasks(w.list, w.tasks);
  return changetype<usize>(w) as u32;
}

function checkHead(w: Workflow, definition: usize): bool {
  const head = required(definition, "document");
  if (head == 0 || !isObject(head, "document")) return false;
  const before = placeField("document");
  if (!onlyFields(head, "dsl metadata name namespace summary tags title version")) return false;
  const dsl = required(head, "dsl");
  const namespace = required(head, "namespace");
  const name = required(head, "name");
  const version = required(head, "version");
  if (dsl == 0 || namespace == 0 || name == 0 || version == 0) return false;
  if (
    !isString(dsl, "dsl") ||
    !isString(namespace, "namespace") ||
    !isString(name, "name") ||
    !isString(version, "version")
  )
    return false;
  if (
    !cellIs(dsl, "1.0.3") &&
    !cellIs(dsl, "1.0.2") &&
    !cellIs(dsl, "1.0.1") &&
    !cellIs(dsl, "1.0.0")
  ) {
    return failCell(E_WF_UNSUPPORTED, "this engine reads DSL versions 1.0.0 to 1.0.3, not", dsl);
  }
  const text: Buffer = TEXT;
  text.len = 0;
  bufferBytes(text, addressOf(namespace), lengthOf(namespace));
  bufferByte(text, 0x2f);
  bufferBytes(text, addressOf(name), lengthOf(name));
  bufferByte(text, 0x3a);
  bufferBytes(text, addressOf(version), lengthOf(version));
  w.name = keptText(PERSISTENT, text.at, text.len);
  placeLeave(before);
  return true;
}

/** The source of events that say none: /NAMESPACE/NAME/VERSION. */
function sourceCell(definition: usize): u32 {
  const head = objectField(definition, "document");
  const text: Buffer = TEXT;
  text.len = 0;
  part(objectField(head, "namespace"));
  part(objectField(head, "name"));
  part(objectField(head, "version"));
  return keptText(PERSISTENT, text.at, text.len);
}
function part(v: usize): void {
  bufferByte(TEXT, 0x2f);
  bufferBytes(TEXT, addressOf(v), lengthOf(v));
}

function checkRest(definition: usize): bool {
  const schedule = objectField(definition, "schedule");
  if (schedule != 0 && !checkSchedule(schedule)) return false;
  const evaluate = objectField(definition, "evaluate");
  if (evaluate == 0) return true;
  const before = placeField("evaluate");
  if (!onlyFields(evaluate, "language mode")) return false;
  const language = objectField(evaluate, "language");
  if (language != 0 && (!isString(language, "language") || !cellIs(language, "jq")))
    return failCell(E_WF_REFUSED, "the only expression language is jq", 0);
  const mode = objectField(evaluate, "mode");
  if (mode != 0 && (!isString(mode, "mode") || !cellIs(mode, "strict")))
    return failCell(E_WF_REFUSED, "loose mode: runtimes disagree about what it means", 0);
  placeLeave(before);
  return true;
}

function checkUse(use: usize): bool {
  const before = placeField("use");
  if (
    !onlyFields(
      use,
      "authentications catalogs errors extensions functions retries secrets timeouts",
    )
  )
    return false;
  if (!absent(use, "catalogs") || !absent(use, "extensions") || !absent(use, "functions"))
    return false;
  const secrets = objectField(use, "secrets");
  if (secrets != 0) {
    if (!isArray(secrets, "secrets")) return false;
    for (let i: u32 = 0; i < lengthOf(secrets); i++) {
      if (!isString(elementAt(secrets, i), "secrets")) return false;
    }
  }
  placeLeave(before);
  return true;
}

function absent(object: usize, name: string): bool {
  if (objectField(object, name) == 0) return true;
  const before = placeField(name);
  failCell(E_WF_UNSUPPORTED, "this part of the DSL is not built yet", 0);
  placeLeave(before);
  return false;
}

/** Fills the table of tasks by id. Depth is bounded by loadTasks(). */
function indexTasks(list: u32, table: u32): void {
  const n = changetype<List>(list).count;
  for (let i: u32 = 0; i < n; i++) {
    const t: Task = taskOf(list, i);
    store<u32>(table + (t.id << 2), changetype<usize>(t) as u32);
    const lists = listsInside(t);
    for (let j: u32 = 0; j < lists; j++) indexTasks(listInside(t, j), table);
  }
}
