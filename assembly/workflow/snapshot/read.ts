/** A run from the text of its state (compact.ts): whatever the text says, nothing is read where nothing is. */

import { arenaTake } from "../../bytes/arena";
import { bufferRoom, TEXT } from "../../bytes/buffer";
import { isHexOf, readHex } from "../../bytes/hex";
import { SHA_STATE } from "../../bytes/sha256";
import { ABI_VERSION, E_SNAPSHOT, SEMANTICS } from "../../errors/codes";
import { fail } from "../../errors/errors";
import { commitBegin, isCommitting, restoreCommitments } from "../../trace/commitments";
import { newUsed, usedEntry, usedText } from "../../trace/used";
import {
  addressOf,
  ARRAY,
  copyCell,
  elementAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
} from "../../value/cell";
import { objectField } from "../../value/object";
import { workflowNamed } from "../compile/workflows";
import { baseOf, keepPrefix } from "../state/branches";
import { countsOf, newCounts } from "../state/counts";
import { effectTypes, LAST_PURPOSE } from "../state/effects";
import {
  DO,
  FOR,
  For,
  LISTEN,
  Listen,
  RUN_TASK,
  RunTask,
  SUBFLOW,
  Task,
  TRY,
  Try,
  Workflow,
} from "../state/nodes";
import { LAST_PHASE, PHASE_IN_CATCH } from "../state/phases";
import { isLimits, isTime, isWhole, MOST_WHOLE } from "../state/shapes";
import {
  Branch,
  contextOf,
  extraOf,
  FINISHED,
  FORKED,
  Frame,
  GRANT,
  INPUT_CELL,
  inputOf,
  keep,
  keyOf,
  LIMITS,
  MAIN_EFFECTS,
  newBranch,
  newFrame,
  newPending,
  outputOf,
  PACK_DIGEST,
  Pending,
  RAW_INPUT,
  rawOf,
  requestOf,
  resultOf,
  RUN,
  RUN_ID,
  runArena,
  RUNNING,
  valueOf,
  WAITING,
} from "../state/state";
import { isValidState } from "./validate";
import { handedTo } from "./write";

// ---- Reading ----------------------------------------------------------------------------------------

/** Set once anything is missing or out of range; checked at the end. */
let bad: bool = false;

function get(o: usize, name: string, tag: u32): usize {
  const v = tagOf(o) == OBJECT ? objectField(o, name) : 0;
  if (v != 0 && (tag == ANY || tagOf(v) == tag)) return v;
  bad = true;
  return 0;
}
const ANY: u32 = 99;

function getWhole(o: usize, name: string, most: f64): f64 {
  const v = get(o, name, NUMBER);
  if (isWhole(v, most)) return numberOf(v);
  bad = true;
  return 0;
}
function getUint(o: usize, name: string, most: u32): u32 {
  return getWhole(o, name, most as f64) as u32;
}
function getTime(o: usize, name: string): f64 {
  const v = get(o, name, NUMBER);
  if (isTime(v)) return numberOf(v);
  bad = true;
  return 0;
}
function getCell(o: usize, name: string, to: usize): void {
  const v = get(o, name, ANY);
  if (v != 0 && !keep(to, v)) bad = true;
}
/** A member that may be left out where it is another cell's value. */
function getCellOr(o: usize, name: string, to: usize, other: usize): void {
  if (tagOf(o) == OBJECT && objectField(o, name) == 0) copyCell(to, other);
  else getCell(o, name, to);
}
function getHex(o: usize, name: string, to: usize, bytes: u32): void {
  const v = get(o, name, STRING);
  if (v == 0 || lengthOf(v) != bytes * 2) bad = true;
  else if (!readHex(addressOf(v), to, bytes)) bad = true;
}

const MOST: u32 = 0xffffffff;
/** A list has no more tasks. */
const MOST_BRANCHES: u32 = 4096;

/** Rebuilds the run from the text's value. False with E_SNAPSHOT; the run is then gone. */
export function readSnapshot(v: usize): bool {
  bad = false;
  const name = get(v, "workflow", STRING);
  const w = name == 0 ? 0 : workflowNamed(name);
  const pack = get(v, "pack", STRING);
  if (w == 0 || pack == 0 || !isHexOf(addressOf(pack), lengthOf(pack), PACK_DIGEST, 32))
    return fail(E_SNAPSHOT, 0);
  if (getUint(v, "abi", MOST) != ABI_VERSION || getUint(v, "semantics", MOST) != SEMANTICS)
    return fail(E_SNAPSHOT, 0);
  RUN.workflow = w;
  RUN.asked = getUint(v, "asked", MOST);
  RUN.used = getUint(v, "used", MOST);
  RUN.seq = getUint(v, "seq", MOST);
  RUN.taken = getUint(v, "taken", MOST);
  RUN.threshold = getUint(v, "threshold", MOST);
  RUN.fuelUsed = getWhole(v, "fuelUsed", 9007199254740991);
  getCell(v, "grant", GRANT);
  getCell(v, "id", RUN_ID);
  getCell(v, "input", INPUT_CELL);
  getCell(v, "limits", LIMITS);
  getCell(v, "rawInput", RAW_INPUT);
  RUN.hasId = tagOf(RUN_ID) == STRING ? 1 : 0;
  if (!isLimits(LIMITS)) return fail(E_SNAPSHOT, 0);
  RUN.fuelLimit = numberOf(objectField(LIMITS, "fuel"));
  RUN.effectsLimit = numberOf(objectField(LIMITS, "effects")) as u32;
  readCounts(get(v, "counts", ARRAY));
  RUN.forked = getUint(v, "forked", 1);
  RUN.suspended = getUint(v, "suspended", 1);
  if (tagOf(v) == OBJECT && objectField(v, "spent") != 0) readSpent(get(v, "spent", ARRAY));
  getHex(v, "effects", MAIN_EFFECTS, SHA_STATE);
  RUN.uses = readUsed(get(v, "uses", ARRAY), true);
  RUN.races = readUsed(get(v, "races", ARRAY), false);
  RUN.cancelled = readEffects(get(v, "dropped", ARRAY));
  const branches = get(v, "branches", ARRAY);
  if (bad) return fail(E_SNAPSHOT, 0);
  readBranches(branches);
  if (bad || !isValidState()) return fail(E_SNAPSHOT, 0);
  RUN.status = RUNNING;
  return true;
}

/** Goes on with the trees of the run, where this instance commits to its records. Otherwise the same. */
export function readCommitments(v: usize): bool {
  commitBegin();
  if (!isCommitting()) return true;
  bad = false;
  const saved = get(v, "commitments", STRING);
  if (saved == 0) return fail(E_SNAPSHOT, 0);
  const length = lengthOf(saved) >>> 1;
  TEXT.len = 0;
  bufferRoom(TEXT, length);
  if ((lengthOf(saved) & 1) != 0 || !readHex(addressOf(saved), TEXT.at, length))
    return fail(E_SNAPSHOT, 0);
  return restoreCommitments(TEXT.at, length) || fail(E_SNAPSHOT, 0);
}

function readSpent(v: usize): void {
  bad = bad || v == 0 || lengthOf(v) != 3;
  for (let i: u32 = 0; i < 3 && !bad; i++) {
    if (!isWhole(elementAt(v, i), i == 0 ? MOST_WHOLE : (MOST as f64))) bad = true;
  }
  if (bad) return;
  RUN.spentTokens = numberOf(elementAt(v, 0));
  RUN.spentCost = ((numberOf(elementAt(v, 1)) as u64) << 32) | (numberOf(elementAt(v, 2)) as u64);
}

function readCounts(v: usize): void {
  newCounts();
  if (v == 0) return;
  const last = (countsOf() - 1) as f64;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const e = elementAt(v, i);
    if (tagOf(e) != ARRAY || lengthOf(e) != 2) bad = true;
    else if (!isWhole(elementAt(e, 0), last) || !isWhole(elementAt(e, 1), MOST as f64)) bad = true;
    else
      store<u32>(
        RUN.counts + ((numberOf(elementAt(e, 0)) as u32) << 2),
        numberOf(elementAt(e, 1)) as u32,
      );
  }
}

/** Each stands before those of its fork: the tree is built as it was walked. */
function readBranches(v: usize): void {
  let parent: u32 = 0;
  let index: u32 = 0;
  const n = lengthOf(v);
  if (n == 0) bad = true;
  for (let i: u32 = 0; i < n && !bad; i++) {
    const b = readBranch(elementAt(v, i), parent, index);
    if (bad) return;
    // The next one is the first of its own fork, or the next of the one that it belongs to.
    if (b.count != 0) {
      parent = changetype<usize>(b) as u32;
      index = 0;
    } else {
      index++;
      while (parent != 0 && index == changetype<Branch>(parent).count) {
        index = changetype<Branch>(parent).index + 1;
        parent = changetype<Branch>(parent).parent;
      }
    }
    if ((parent == 0) != (i + 1 == n)) bad = true;
  }
}

function readBranch(v: usize, parent: u32, index: u32): Branch {
  const b = newBranch();
  b.parent = parent;
  b.index = index;
  b.state = getUint(v, "state", FINISHED);
  b.sequence = getUint(v, "sequence", MOST);
  b.exported = getUint(v, "exported", 1);
  if (parent == 0) {
    RUN.branch = changetype<usize>(b) as u32;
    getCell(v, "context", contextOf(b));
  } else {
    const p = changetype<Branch>(parent);
    store<u32>(p.children + (index << 2), changetype<usize>(b) as u32);
    if (b.state != FINISHED) p.open++;
    if (b.exported) getCell(v, "context", contextOf(b));
    else copyCell(contextOf(b), contextOf(p));
    if (!bad && !keepPrefix(p, b)) bad = true;
  }
  const frames = get(v, "frames", ARRAY);
  if (bad) return b;
  if (objectField(v, "now") != 0) {
    b.hasNow = 1;
    b.now = getTime(v, "now");
  }
  if (b.state == FORKED) {
    b.fork = getUint(v, "fork", MOST);
    b.forkedAt = getUint(v, "forkedAt", MOST);
    b.count = getUint(v, "count", MOST_BRANCHES);
    b.children = arenaTake(runArena(), b.count << 2) as u32;
  }
  if (b.state == FINISHED) getCell(v, "result", resultOf(b));
  if (b.state == WAITING) {
    b.pending = readEffect(get(v, "pending", OBJECT));
    changetype<Pending>(b.pending).branch = changetype<usize>(b) as u32;
  }
  const base = baseOf(b);
  let f = base;
  for (let i: u32 = 0; i < lengthOf(frames) && !bad; i++) {
    f = readFrame(elementAt(frames, i), f);
    for (let t = changetype<Frame>(f).timers; t != 0; t = changetype<Pending>(t).next)
      changetype<Pending>(t).branch = changetype<usize>(b) as u32;
  }
  b.frame = f == base ? 0 : f;
  return b;
}

function readFrame(v: usize, parent: u32): u32 {
  const w = changetype<Workflow>(RUN.workflow);
  const id = getUint(v, "task", w.taskCount);
  if ((id == 0) != (parent == 0)) bad = true;
  const task: u32 = id == 0 || bad ? 0 : load<u32>(w.tasks + ((id - 1) << 2));
  const f = newFrame(parent, task);
  f.phase = getUint(v, "phase", LAST_PHASE);
  f.attempt = getUint(v, "attempt", MOST);
  f.flow = getUint(v, "flow", MOST);
  f.index = getUint(v, "index", MOST);
  f.skipped = getUint(v, "skipped", 1);
  f.turn = getUint(v, "turn", MOST);
  f.hasStarted = tagOf(v) == OBJECT && objectField(v, "started") != 0 ? 1 : 0;
  if (f.hasStarted) f.started = getTime(v, "started");
  getCell(v, "extra", extraOf(f));
  getCell(v, "output", outputOf(f));
  if (parent == 0) getCell(v, "raw", rawOf(f));
  else getCellOr(v, "raw", rawOf(f), handedTo(f));
  getCellOr(v, "input", inputOf(f), rawOf(f));
  getCellOr(v, "value", valueOf(f), inputOf(f));
  if (tagOf(v) == OBJECT && objectField(v, "spent") != 0) f.spent = getUint(v, "spent", 1);
  if (tagOf(v) == OBJECT && objectField(v, "timers") != 0)
    f.timers = readEffects(get(v, "timers", ARRAY));
  f.list = listOf(f);
  return changetype<usize>(f) as u32;
}

/** The list that a frame in its phase runs. */
function listOf(f: Frame): u32 {
  if (f.task == 0) return changetype<Workflow>(RUN.workflow).list;
  const t = changetype<Task>(f.task);
  if (t.kind == DO || t.kind == SUBFLOW) return t.body;
  if (t.kind == RUN_TASK) return changetype<RunTask>(t.body).list;
  if (t.kind == FOR) return changetype<For>(t.body).list;
  if (t.kind == LISTEN) return changetype<Listen>(t.body).list;
  if (t.kind != TRY) return 0;
  return f.phase == PHASE_IN_CATCH
    ? changetype<Try>(t.body).catchList
    : changetype<Try>(t.body).list;
}

function readEffect(v: usize): u32 {
  const p = newPending();
  p.sequence = getUint(v, "sequence", MOST);
  p.type = getUint(v, "type", effectTypes() - 1);
  p.what = getUint(v, "what", LAST_PURPOSE);
  getCell(v, "key", keyOf(p));
  getCell(v, "request", requestOf(p));
  return changetype<usize>(p) as u32;
}

/** A list of effects: the first, or 0. */
function readEffects(v: usize): u32 {
  let first: u32 = 0;
  let last: u32 = 0;
  for (let i: u32 = 0; v != 0 && i < lengthOf(v) && !bad; i++) {
    const p = readEffect(elementAt(v, i));
    if (last == 0) first = p;
    else changetype<Pending>(last).next = p;
    last = p;
  }
  return first;
}

/** Read from the end, so that each can name the one before it. */
function readUsed(v: usize, entries: bool): u32 {
  let last: u32 = 0;
  for (let i: u32 = v == 0 ? 0 : lengthOf(v); i > 0 && !bad; i--) {
    const e = elementAt(v, i - 1);
    last = newUsed(last);
    const text = entries ? (tagOf(e) == ARRAY && lengthOf(e) == 2 ? elementAt(e, 0) : 0) : e;
    if (text == 0 || tagOf(text) != STRING || !keep(usedText(last), text)) bad = true;
    if (!entries || bad) continue;
    const hex = elementAt(e, 1);
    if (tagOf(hex) != STRING || lengthOf(hex) != 64) bad = true;
    else if (!readHex(addressOf(hex), usedEntry(last), 32)) bad = true;
  }
  return last;
}
