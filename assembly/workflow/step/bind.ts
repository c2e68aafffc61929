/** Binding the variables of the DSL for an expression of a task. */

import { arenaTake, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferByte } from "../../bytes/buffer";
import { SEMANTICS } from "../../errors/codes";
import {
  ASCII,
  CANONICAL,
  copyCell,
  elementAt,
  OBJECT,
  objectStorage,
  setCell,
  setNull,
  setNumber,
  setString,
  setUsed,
} from "../../value/cell";
import {
  READS_RUNTIME,
  READS_TASK,
  READS_WORKFLOW,
  SCOPE_VALUES,
  scopeValue,
  SCOPE_CONTEXT,
  SCOPE_INPUT,
  SCOPE_OUTPUT,
  SCOPE_RUNTIME,
  SCOPE_TASK,
  SCOPE_WORKFLOW,
} from "../compile/scope";
import { isSubflow, workflowOf } from "../state/subflow";
import { bufferCell, literalCell } from "../state/literal";
import { FOR, For, LISTEN, Listen, Task, TRY, Try, Workflow } from "../state/nodes";
import {
  PHASE_CATCHING,
  PHASE_IN_CATCH,
  PHASE_ITEM,
  PHASE_LIST,
  PHASE_TURN,
} from "../state/phases";
import {
  Branch,
  contextOf,
  extraOf,
  Frame,
  inputOf,
  outputOf,
  RAW_INPUT,
  rawOf,
  RUN,
  RUN_ID,
} from "../state/state";
import { takenItem } from "../state/listen-state";

// How far a task is: which arguments exist (the table "runtime expression arguments" of the DSL).
export const BEFORE: u32 = 0;
export const INSIDE: u32 = 1;
export const AFTER: u32 = 2;
export const EXPORT: u32 = 3;

/** Fills the scope for an expression of `frame` and returns it. Values made here lie in SCRATCH. */
export function bind(b: Branch, frame: Frame, mode: u32, mentions: u32): usize {
  copyCell(scopeValue(SCOPE_CONTEXT), contextOf(b));
  if (mode >= INSIDE) copyCell(scopeValue(SCOPE_INPUT), inputOf(frame));
  else setNull(scopeValue(SCOPE_INPUT));
  if (mode == EXPORT) copyCell(scopeValue(SCOPE_OUTPUT), outputOf(frame));
  else setNull(scopeValue(SCOPE_OUTPUT));
  setNull(scopeValue(SCOPE_TASK));
  setNull(scopeValue(SCOPE_WORKFLOW));
  setNull(scopeValue(SCOPE_RUNTIME));
  if ((mentions & READS_TASK) != 0 && frame.task != 0 && !isSubflow(frame))
    describeTask(frame, mode);
  if (mentions & READS_WORKFLOW) describeWorkflow(workflowOf(frame));
  if (mentions & READS_RUNTIME) describeRuntime();
  let f = frame;
  while (true) {
    if (f.task != 0) {
      const t = changetype<Task>(f.task);
      if (t.kind == FOR && (f.phase == PHASE_LIST || f.phase == PHASE_TURN)) {
        const v = changetype<For>(t.body);
        copyCell(scopeValue(v.each), elementAt(extraOf(f), f.turn));
        setNumber(scopeValue(v.at), f.turn as f64);
      } else if (t.kind == TRY && (f.phase == PHASE_CATCHING || f.phase == PHASE_IN_CATCH)) {
        copyCell(scopeValue(changetype<Try>(t.body).variable), extraOf(f));
      } else if (t.kind == LISTEN && (f.phase == PHASE_LIST || f.phase == PHASE_ITEM)) {
        const l = changetype<Listen>(t.body);
        if (l.foreach) {
          copyCell(scopeValue(l.item), takenItem(extraOf(f)));
          setNumber(scopeValue(l.at), f.turn as f64);
        }
      }
    }
    if (f.parent == 0 || isSubflow(f)) break;
    f = changetype<Frame>(f.parent);
  }
  return SCOPE_VALUES;
}

/** $task: {definition, input, name, output, reference, startedAt}. */
function describeTask(f: Frame, mode: u32): void {
  const t = changetype<Task>(f.task);
  const at = objectStorage(SCRATCH, 6);
  literalCell(at, "definition");
  copyCell(at + 16, t.definition);
  literalCell(at + 32, "input");
  copyCell(at + 48, rawOf(f));
  literalCell(at + 64, "name");
  copyCell(at + 80, t.name);
  literalCell(at + 96, "output");
  if (mode >= AFTER) copyCell(at + 112, outputOf(f));
  else setNull(at + 112);
  literalCell(at + 128, "reference");
  copyCell(at + 144, t.pointer);
  literalCell(at + 160, "startedAt");
  if (f.hasStarted) describeTime(f.started, at + 176);
  else setNull(at + 176);
  setUsed(at, 6);
  setCell(scopeValue(SCOPE_TASK), OBJECT, 0, 6, at);
}

/** $workflow: {definition, id, input, startedAt}. */
function describeWorkflow(w: Frame): void {
  const isRun = w.task == 0;
  const at = objectStorage(SCRATCH, 4);
  literalCell(at, "definition");
  copyCell(
    at + 16,
    isRun ? changetype<Workflow>(RUN.workflow).definition : changetype<Task>(w.task).definition,
  );
  literalCell(at + 32, "id");
  copyCell(at + 48, RUN_ID);
  literalCell(at + 64, "input");
  copyCell(at + 80, isRun ? RAW_INPUT : rawOf(w));
  literalCell(at + 96, "startedAt");
  if (w.hasStarted) describeTime(w.started, at + 112);
  else setNull(at + 112);
  setUsed(at, 4);
  setCell(scopeValue(SCOPE_WORKFLOW), OBJECT, 0, 4, at);
}

/** $runtime: {metadata, name, version}: the version is that of the semantics, not of a build. */
function describeRuntime(): void {
  const at = objectStorage(SCRATCH, 3);
  literalCell(at, "metadata");
  setCell(at + 16, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  literalCell(at + 32, "name");
  literalCell(at + 48, "reach");
  literalCell(at + 64, "version");
  const version = arenaTake(SCRATCH, 16);
  store<u8>(version, (48 + SEMANTICS) as u8);
  setString(at + 80, version, 1, CANONICAL | ASCII);
  setUsed(at, 3);
  setCell(scopeValue(SCOPE_RUNTIME), OBJECT, 0, 3, at);
}

const TIME: Buffer = changetype<Buffer>(memory.data(16, 16));

/** {epoch: {milliseconds, seconds}, iso8601} of a time in whole milliseconds since 1970. */
function describeTime(ms: f64, out: usize): void {
  const at = objectStorage(SCRATCH, 2);
  literalCell(at, "epoch");
  const epoch = objectStorage(SCRATCH, 2);
  literalCell(epoch, "milliseconds");
  setNumber(epoch + 16, ms);
  literalCell(epoch + 32, "seconds");
  setNumber(epoch + 48, floor<f64>(ms / 1000));
  setUsed(epoch, 2);
  setCell(at + 16, OBJECT, 0, 2, epoch);
  literalCell(at + 32, "iso8601");
  timeCell(at + 48, ms);
  setUsed(at, 2);
  setCell(out, OBJECT, 0, 2, at);
}

/** A time in whole milliseconds since 1970 as a text. */
export function timeCell(out: usize, ms: f64): void {
  TIME.len = 0;
  writeTime(ms);
  bufferCell(out, TIME);
}

/** YYYY-MM-DDThh:mm:ss.sssZ of the proleptic Gregorian calendar. */
function writeTime(ms: f64): void {
  const total = ms as i64;
  let days = total / 86400000;
  let rest = total % 86400000;
  if (rest < 0) {
    rest += 86400000;
    days--;
  }
  // Days are counted from 0000-03-01, so that a leap day ends its year.
  const shifted = days + 719468;
  const era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const month = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * month + 2) / 5 + 1;
  const m = month < 10 ? month + 3 : month - 9;
  const y = yearOfEra + era * 400 + (m <= 2 ? 1 : 0);
  digits(y as u32, 4);
  bufferByte(TIME, 0x2d);
  digits(m as u32, 2);
  bufferByte(TIME, 0x2d);
  digits(day as u32, 2);
  bufferByte(TIME, 0x54);
  digits((rest / 3600000) as u32, 2);
  bufferByte(TIME, 0x3a);
  digits(((rest / 60000) % 60) as u32, 2);
  bufferByte(TIME, 0x3a);
  digits(((rest / 1000) % 60) as u32, 2);
  bufferByte(TIME, 0x2e);
  digits((rest % 1000) as u32, 3);
  bufferByte(TIME, 0x5a);
}

function digits(x: u32, width: u32): void {
  let scale: u32 = 1;
  for (let i: u32 = 1; i < width; i++) scale *= 10;
  for (; scale != 0; scale /= 10) bufferByte(TIME, 48 + ((x / scale) % 10));
}
