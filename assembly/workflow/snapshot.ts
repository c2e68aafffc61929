/**
 * The state of a waiting run as JSON, and back. Written between activations only.
 *
 * The same two functions compact the state: what a run leaves behind as garbage is dropped by
 * writing what is alive and reading it into the other arena. So restore() is exercised by every
 * long run, and a restored run cannot differ from one that went straight on.
 *
 *     {"abi","asked","branches":[BRANCH, each before those of its fork],"counts":[[index,count]...],
 *      "dropped":[EFFECT],"effects","forked","fuelUsed","grant","id","input","limits","pack",
 *      "races":[TEXT],"rawInput","semantics","seq","suspended","taken","threshold","used",
 *      "uses":[[KEY,ENTRY]...],"workflow"}
 *     BRANCH: {"context","count","exported","fork","forkedAt","frames":[FRAME outermost first],"now",
 *      "pending":EFFECT,"result","sequence","state"}
 *     EFFECT: {"key","request","sequence","type","what"}
 *
 * What is the same value in the same place is written once: the context of a branch that has exported
 * nothing, a frame's raw input that is what its parent handed it, its input that is its raw input,
 * and the value that it hands on, if it is its input, are left out.
 */

import { SCRATCH, arenaReset, arenaTake } from "../bytes/arena";
import {
  Buffer,
  bufferByte,
  bufferClear,
  bufferRoom,
  bufferText,
  bufferUint,
} from "../bytes/buffer";
import { isHexOf, readHex, writeHex } from "../bytes/hex";
import { SHA_STATE } from "../bytes/sha256";
import {
  ABI_VERSION,
  E_LIMIT_MEMORY,
  E_LIMIT_SIZE,
  E_SNAPSHOT,
  JSON_BOUNDARY,
  MAX_RUN,
  MAX_SCRATCH,
  SEMANTICS,
} from "../errors/codes";
import { fail, fuel, setFuel } from "../errors/errors";
import { parseJson } from "../json/reader";
import { writeJson, writeNumber, writeString } from "../json/writer";
import { Used, newUsed, usedEntry, usedText } from "../trace/used";
import {
  ARRAY,
  NUMBER,
  OBJECT,
  STRING,
  addressOf,
  copyCell,
  elementAt,
  lengthOf,
  numberOf,
  sameCell,
  tagOf,
} from "../value/cell";
import { objectField } from "../value/object";
import { nextBranch } from "./branches";
import { isFork, keepPrefix } from "./fork";
import {
  CHILD,
  Child,
  DO,
  FOR,
  For,
  LISTEN,
  Listen,
  TRY,
  Task,
  Try,
  WORKFLOW,
  Workflow,
} from "./state/nodes";
import { LAST_PHASE, PHASE_IN_CATCH } from "./state/phases";
import { isLimits, isTime, isWhole } from "./shapes";
import { GROWTH, SMALLEST, isSound } from "./sound";
import {
  PACK_DIGEST,
  Branch,
  COUNTS,
  FINISHED,
  FORKED,
  Frame,
  GRANT,
  INPUT_CELL,
  LAST_EFFECT,
  LAST_PURPOSE,
  LIMITS,
  MAIN_EFFECTS,
  Pending,
  RAW_INPUT,
  RUN,
  RUNNING,
  RUN_ID,
  WAITING,
  contextOf,
  extraOf,
  inputOf,
  keep,
  keyOf,
  newBranch,
  newFrame,
  newPending,
  outputOf,
  rawOf,
  requestOf,
  resultOf,
  runArena,
  runDrop,
  runReset,
  runSwap,
  valueOf,
} from "./state/state";
import { workflowNamed } from "./workflows";

const COMPACT: Buffer = changetype<Buffer>(memory.data(16, 16));
const ROOT: usize = memory.data(16, 16);

// ---- Writing ---------------------------------------------------------------------------------------

function field(b: Buffer, name: string): void {
  if (load<u8>(b.at + b.len - 1) != 0x7b) bufferByte(b, 0x2c);
  bufferByte(b, 0x22);
  bufferText(b, name);
  bufferText(b, '":');
}
function uintField(b: Buffer, name: string, x: u32): void {
  field(b, name);
  bufferUint(b, x);
}
function numberField(b: Buffer, name: string, x: f64): void {
  field(b, name);
  writeNumber(x, b);
}
function cellField(b: Buffer, name: string, c: usize): void {
  field(b, name);
  if (!tooLong && (b.len > longest || !writeJson(c, b, longest - b.len))) tooLong = true;
}

/** Longest text, and whether it would be longer. */
let longest: u32 = 0;
let tooLong: bool = false;

/** Puts the state of the run into an empty buffer. False with E_LIMIT_SIZE if it is longer than `most`. */
export function writeSnapshot(b: Buffer, most: u32): bool {
  longest = most;
  tooLong = false;
  bufferByte(b, 0x7b);
  uintField(b, "abi", ABI_VERSION);
  uintField(b, "asked", RUN.asked);
  field(b, "branches");
  writeBranches(b);
  field(b, "counts");
  writeCounts(b);
  field(b, "dropped");
  writeDropped(b);
  hexField(b, "effects", MAIN_EFFECTS, SHA_STATE);
  uintField(b, "forked", RUN.forked);
  numberField(b, "fuelUsed", RUN.fuelUsed);
  cellField(b, "grant", GRANT);
  cellField(b, "id", RUN_ID);
  cellField(b, "input", INPUT_CELL);
  cellField(b, "limits", LIMITS);
  hexField(b, "pack", PACK_DIGEST, 32);
  field(b, "races");
  writeUsed(b, RUN.races, false);
  cellField(b, "rawInput", RAW_INPUT);
  uintField(b, "semantics", SEMANTICS);
  uintField(b, "seq", RUN.seq);
  uintField(b, "suspended", RUN.suspended);
  uintField(b, "taken", RUN.taken);
  uintField(b, "threshold", RUN.threshold);
  uintField(b, "used", RUN.used);
  field(b, "uses");
  writeUsed(b, RUN.uses, true);
  const name = changetype<Workflow>(RUN.workflow).name;
  field(b, "workflow");
  writeString(addressOf(name), lengthOf(name), b);
  bufferByte(b, 0x7d);
  return (!tooLong && b.len <= most) || fail(E_LIMIT_SIZE, 0);
}

function hexField(b: Buffer, name: string, at: usize, length: u32): void {
  field(b, name);
  bufferByte(b, 0x22);
  writeHex(b, at, length);
  bufferByte(b, 0x22);
}

function writeBranches(b: Buffer): void {
  bufferByte(b, 0x5b);
  for (let next = RUN.branch; next != 0; next = nextBranch(changetype<Branch>(next))) {
    if (next != RUN.branch) bufferByte(b, 0x2c);
    writeBranch(b, changetype<Branch>(next));
  }
  bufferByte(b, 0x5d);
}

function writeBranch(b: Buffer, br: Branch): void {
  bufferByte(b, 0x7b);
  // Without an export it is the parent's.
  if (br.parent == 0 || br.exported) cellField(b, "context", contextOf(br));
  if (br.state == FORKED) uintField(b, "count", br.count);
  uintField(b, "exported", br.exported);
  if (br.state == FORKED) {
    uintField(b, "fork", br.fork);
    uintField(b, "forkedAt", br.forkedAt);
  }
  field(b, "frames");
  writeFrames(b, br);
  if (br.hasNow) numberField(b, "now", br.now);
  if (br.pending != 0) {
    field(b, "pending");
    writeEffect(b, changetype<Pending>(br.pending));
  }
  if (br.state == FINISHED) cellField(b, "result", resultOf(br));
  uintField(b, "sequence", br.sequence);
  uintField(b, "state", br.state);
  bufferByte(b, 0x7d);
}

/** The frame on which the branch's outermost one hangs; 0: the main branch. */
function baseOf(br: Branch): u32 {
  return br.parent == 0 ? 0 : changetype<Branch>(br.parent).frame;
}

function writeFrames(b: Buffer, br: Branch): void {
  let depth: u32 = 0;
  const base = baseOf(br);
  for (let f = br.frame; f != 0 && f != base; f = changetype<Frame>(f).parent) depth++;
  bufferByte(b, 0x5b);
  for (let i = depth; i > 0; i--) {
    let f = br.frame;
    for (let j: u32 = 1; j < i; j++) f = changetype<Frame>(f).parent;
    if (i != depth) bufferByte(b, 0x2c);
    writeFrame(b, changetype<Frame>(f));
  }
  bufferByte(b, 0x5d);
}

function writeFrame(b: Buffer, f: Frame): void {
  bufferByte(b, 0x7b);
  uintField(b, "attempt", f.attempt);
  cellField(b, "extra", extraOf(f));
  uintField(b, "flow", f.flow);
  uintField(b, "index", f.index);
  if (!sameCell(inputOf(f), rawOf(f))) cellField(b, "input", inputOf(f));
  cellField(b, "output", outputOf(f));
  uintField(b, "phase", f.phase);
  if (f.parent == 0 || !sameCell(rawOf(f), handedTo(f))) cellField(b, "raw", rawOf(f));
  uintField(b, "skipped", f.skipped);
  if (f.spent) uintField(b, "spent", f.spent);
  if (f.hasStarted) numberField(b, "started", f.started);
  if (f.timers != 0) {
    field(b, "timers");
    bufferByte(b, 0x5b);
    for (let t = f.timers; t != 0; t = changetype<Pending>(t).next) {
      if (t != f.timers) bufferByte(b, 0x2c);
      writeEffect(b, changetype<Pending>(t));
    }
    bufferByte(b, 0x5d);
  }
  uintField(b, "task", f.task == 0 ? 0 : changetype<Task>(f.task).id + 1);
  uintField(b, "turn", f.turn);
  if (!sameCell(valueOf(f), inputOf(f))) cellField(b, "value", valueOf(f));
  bufferByte(b, 0x7d);
}

/** What the frame's parent handed it. */
function handedTo(f: Frame): usize {
  const p = changetype<Frame>(f.parent);
  return isFork(f.parent) ? inputOf(p) : valueOf(p);
}

function writeCounts(b: Buffer): void {
  bufferByte(b, 0x5b);
  const n = countsOf();
  let first = true;
  for (let i: u32 = 0; i < n; i++) {
    const count = load<u32>(RUN.counts + (i << 2));
    if (count == 0) continue;
    if (!first) bufferByte(b, 0x2c);
    first = false;
    bufferByte(b, 0x5b);
    bufferUint(b, i);
    bufferByte(b, 0x2c);
    bufferUint(b, count);
    bufferByte(b, 0x5d);
  }
  bufferByte(b, 0x5d);
}

function writeEffect(b: Buffer, e: Pending): void {
  bufferByte(b, 0x7b);
  cellField(b, "key", keyOf(e));
  cellField(b, "request", requestOf(e));
  uintField(b, "sequence", e.sequence);
  uintField(b, "type", e.type);
  uintField(b, "what", e.what);
  bufferByte(b, 0x7d);
}

function writeDropped(b: Buffer): void {
  bufferByte(b, 0x5b);
  for (let e = RUN.dropped; e != 0; e = changetype<Pending>(e).next) {
    if (e != RUN.dropped) bufferByte(b, 0x2c);
    writeEffect(b, changetype<Pending>(e));
  }
  bufferByte(b, 0x5d);
}

/** The last one first. */
function writeUsed(b: Buffer, last: u32, entries: bool): void {
  bufferByte(b, 0x5b);
  for (let u = last; u != 0; u = changetype<Used>(u).next) {
    if (u != last) bufferByte(b, 0x2c);
    const text = usedText(u);
    if (entries) bufferByte(b, 0x5b);
    writeString(addressOf(text), lengthOf(text), b);
    if (!entries) continue;
    bufferText(b, ',"');
    writeHex(b, usedEntry(u), 32);
    bufferText(b, '"]');
  }
  bufferByte(b, 0x5d);
}

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
  getHex(v, "effects", MAIN_EFFECTS, SHA_STATE);
  RUN.uses = readUsed(get(v, "uses", ARRAY), true);
  RUN.races = readUsed(get(v, "races", ARRAY), false);
  RUN.dropped = readEffects(get(v, "dropped", ARRAY));
  const branches = get(v, "branches", ARRAY);
  if (bad) return fail(E_SNAPSHOT, 0);
  readBranches(branches);
  if (bad || !isSound()) return fail(E_SNAPSHOT, 0);
  RUN.status = RUNNING;
  return true;
}

/** How many counts there are: some for each task and for the workflow itself. */
function countsOf(): u32 {
  return (changetype<Workflow>(RUN.workflow).taskCount + 1) * COUNTS;
}

/** An empty table of counts for the run's workflow. */
export function newCounts(): void {
  const size = countsOf() << 2;
  RUN.counts = arenaTake(runArena(), size) as u32;
  memory.fill(RUN.counts, 0, size);
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
  if (t.kind == DO || t.kind == WORKFLOW) return t.body;
  if (t.kind == CHILD) return changetype<Child>(t.body).list;
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
  p.type = getUint(v, "type", LAST_EFFECT);
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

// ---- Both --------------------------------------------------------------------------------------------

/** Restores from a text that is followed by 16 bytes of slack. */
export function restoreFrom(at: usize, length: u32): bool {
  runReset();
  arenaReset(SCRATCH, MAX_SCRATCH);
  if (!parseJson(at, length, JSON_BOUNDARY, SCRATCH, ROOT)) return fail(E_SNAPSHOT, 0);
  const before = fuel;
  setFuel(i64.MAX_VALUE);
  const ok = readSnapshot(ROOT);
  setFuel(before);
  arenaReset(SCRATCH, MAX_SCRATCH);
  if (!ok) runReset();
  return ok;
}

/**
 * Drops garbage: writes the state and reads it into the other arena. False with the error recorded
 * if what is alive is more than a run may hold.
 */
export function compact(): bool {
  const b: Buffer = COMPACT;
  bufferClear(b);
  RUN.taken = 0;
  if (!writeSnapshot(b, MAX_RUN)) return fail(E_LIMIT_MEMORY, 0);
  bufferRoom(b, 16);
  const length = b.len;
  arenaReset(SCRATCH, MAX_SCRATCH);
  if (!parseJson(b.at, length, JSON_BOUNDARY, SCRATCH, ROOT)) return fail(E_LIMIT_MEMORY, 0);
  const before = fuel;
  setFuel(i64.MAX_VALUE);
  runSwap();
  RUN.dropped = 0;
  if (!readSnapshot(ROOT)) unreachable();
  setFuel(before);
  runDrop();
  arenaReset(SCRATCH, MAX_SCRATCH);
  RUN.taken = length;
  RUN.threshold = length * GROWTH > SMALLEST ? length * GROWTH : SMALLEST;
  return true;
}
