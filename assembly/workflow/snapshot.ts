/**
 * The state of a waiting run as JSON, and back. Written between activations only.
 *
 * The same two functions compact the state: what a run leaves behind as garbage is dropped by
 * writing what is alive and reading it into the other arena. So restore() is exercised by every
 * long run, and a restored run cannot differ from one that went straight on.
 *
 *     {"abi","asked","branch":{"context","effects","frames":[FRAME outermost first],"sequence",
 *      "state"},"counts":[[index,count]...],"fuelUsed","grant","id","input","limits","pack",
 *      "pending":[{"key","request","sequence","type","what"}],
 *      "rawInput","semantics","seq","started","taken","threshold","used","workflow"}
 */

import { arenaReset, arenaTake, SCRATCH } from "../bytes/arena";
import {
  Buffer,
  bufferByte,
  bufferClear,
  bufferRoom,
  bufferText,
  bufferUint,
} from "../bytes/buffer";
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
} from "../codes";
import { fail, fuel, setFuel } from "../errors";
import { writeJson, writeNumber, writeString } from "../json/writer";
import { parseJson } from "../json/reader";
import {
  addressOf,
  ARRAY,
  elementAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
} from "../value/cell";
import { objectField } from "../value/object";
import { DO, FOR, For, Task, TRY, Try, Workflow } from "./nodes";
import { hexIs, PACK_DIGEST, workflowNamed, writeHex } from "./pack";
import { PHASE_DONE, PHASE_IN_CATCH } from "./phases";
import { GROWTH, isLimits, isSound, isTime, isWhole, SMALLEST } from "./sound";
import {
  Branch,
  contextOf,
  effectsOf,
  extraOf,
  Frame,
  GRANT,
  INPUT_CELL,
  inputOf,
  keep,
  keyOf,
  LIMITS,
  newBranch,
  newFrame,
  newPending,
  outputOf,
  Pending,
  RAW_INPUT,
  rawOf,
  requestOf,
  RUN,
  RUN_ID,
  runArena,
  runDrop,
  RUNNING,
  runReset,
  runSwap,
  valueOf,
  WAITING,
} from "./state";

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
  const br = changetype<Branch>(RUN.branch);
  bufferByte(b, 0x7b);
  uintField(b, "abi", ABI_VERSION);
  uintField(b, "asked", RUN.asked);
  field(b, "branch");
  bufferByte(b, 0x7b);
  cellField(b, "context", contextOf(br));
  field(b, "effects");
  bufferByte(b, 0x22);
  writeHex(b, effectsOf(br), SHA_STATE);
  bufferByte(b, 0x22);
  field(b, "frames");
  writeFrames(b, br);
  uintField(b, "sequence", br.sequence);
  uintField(b, "state", br.state);
  bufferByte(b, 0x7d);
  field(b, "counts");
  writeCounts(b);
  numberField(b, "fuelUsed", RUN.fuelUsed);
  cellField(b, "grant", GRANT);
  cellField(b, "id", RUN_ID);
  cellField(b, "input", INPUT_CELL);
  cellField(b, "limits", LIMITS);
  field(b, "pack");
  bufferByte(b, 0x22);
  writeHex(b, PACK_DIGEST, 32);
  bufferByte(b, 0x22);
  field(b, "pending");
  writePending(b);
  cellField(b, "rawInput", RAW_INPUT);
  uintField(b, "semantics", SEMANTICS);
  uintField(b, "seq", RUN.seq);
  if (RUN.hasStarted) numberField(b, "started", RUN.started);
  uintField(b, "taken", RUN.taken);
  uintField(b, "threshold", RUN.threshold);
  uintField(b, "used", RUN.used);
  const name = changetype<Workflow>(RUN.workflow).name;
  field(b, "workflow");
  writeString(addressOf(name), lengthOf(name), b);
  bufferByte(b, 0x7d);
  return (!tooLong && b.len <= most) || fail(E_LIMIT_SIZE, 0);
}

function writeFrames(b: Buffer, br: Branch): void {
  let depth: u32 = 0;
  for (let f = br.frame; f != 0; f = changetype<Frame>(f).parent) depth++;
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
  cellField(b, "input", inputOf(f));
  cellField(b, "output", outputOf(f));
  uintField(b, "phase", f.phase);
  cellField(b, "raw", rawOf(f));
  uintField(b, "skipped", f.skipped);
  if (f.hasStarted) numberField(b, "started", f.started);
  uintField(b, "task", f.task == 0 ? 0 : changetype<Task>(f.task).id + 1);
  uintField(b, "turn", f.turn);
  cellField(b, "value", valueOf(f));
  bufferByte(b, 0x7d);
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

function writePending(b: Buffer): void {
  bufferByte(b, 0x5b);
  for (let p = RUN.pending; p != 0; p = changetype<Pending>(p).next) {
    const e = changetype<Pending>(p);
    if (p != RUN.pending) bufferByte(b, 0x2c);
    bufferByte(b, 0x7b);
    cellField(b, "key", keyOf(e));
    cellField(b, "request", requestOf(e));
    uintField(b, "sequence", e.sequence);
    uintField(b, "type", e.type);
    uintField(b, "what", e.what);
    bufferByte(b, 0x7d);
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
function getTime(o: usize): f64 {
  const v = get(o, "started", NUMBER);
  if (isTime(v)) return numberOf(v);
  bad = true;
  return 0;
}
function getCell(o: usize, name: string, to: usize): void {
  const v = get(o, name, ANY);
  if (v != 0 && !keep(to, v)) bad = true;
}

const MOST: u32 = 0xffffffff;

/** Rebuilds the run from the text's value. False with E_SNAPSHOT; the run is then gone. */
export function readSnapshot(v: usize): bool {
  bad = false;
  const name = get(v, "workflow", STRING);
  const w = name == 0 ? 0 : workflowNamed(name);
  const pack = get(v, "pack", STRING);
  if (w == 0 || pack == 0 || !hexIs(pack, PACK_DIGEST)) return fail(E_SNAPSHOT, 0);
  if (getUint(v, "abi", MOST) != ABI_VERSION || getUint(v, "semantics", MOST) != SEMANTICS)
    return fail(E_SNAPSHOT, 0);
  RUN.workflow = w;
  RUN.asked = getUint(v, "asked", MOST);
  RUN.used = getUint(v, "used", MOST);
  RUN.seq = getUint(v, "seq", MOST);
  RUN.taken = getUint(v, "taken", MOST);
  RUN.threshold = getUint(v, "threshold", MOST);
  RUN.fuelUsed = getWhole(v, "fuelUsed", 9007199254740991);
  RUN.hasStarted = objectField(v, "started") != 0 ? 1 : 0;
  if (RUN.hasStarted) RUN.started = getTime(v);
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
  const branch = get(v, "branch", OBJECT);
  const pending = get(v, "pending", ARRAY);
  if (bad) return fail(E_SNAPSHOT, 0);
  readBranch(branch);
  readPending(pending);
  if (bad || !isSound()) return fail(E_SNAPSHOT, 0);
  RUN.status = RUNNING;
  return true;
}

/** How many counts there are: four for each task and for the workflow itself. */
function countsOf(): u32 {
  return (changetype<Workflow>(RUN.workflow).taskCount + 1) * 4;
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

function readBranch(v: usize): void {
  const b = newBranch();
  RUN.branch = changetype<usize>(b) as u32;
  b.sequence = getUint(v, "sequence", MOST);
  b.state = getUint(v, "state", WAITING);
  getCell(v, "context", contextOf(b));
  const effects = get(v, "effects", STRING);
  if (effects == 0 || lengthOf(effects) != SHA_STATE * 2) bad = true;
  else readHex(addressOf(effects), effectsOf(b), SHA_STATE);
  const frames = get(v, "frames", ARRAY);
  if (bad) return;
  if (lengthOf(frames) == 0) bad = true;
  let parent: u32 = 0;
  for (let i: u32 = 0; i < lengthOf(frames) && !bad; i++)
    parent = readFrame(elementAt(frames, i), parent);
  b.frame = parent;
}

function readFrame(v: usize, parent: u32): u32 {
  const w = changetype<Workflow>(RUN.workflow);
  const id = getUint(v, "task", w.taskCount);
  if ((id == 0) != (parent == 0)) bad = true;
  const task: u32 = id == 0 || bad ? 0 : load<u32>(w.tasks + ((id - 1) << 2));
  const f = newFrame(parent, task);
  f.phase = getUint(v, "phase", PHASE_DONE);
  f.attempt = getUint(v, "attempt", MOST);
  f.flow = getUint(v, "flow", MOST);
  f.index = getUint(v, "index", MOST);
  f.skipped = getUint(v, "skipped", 1);
  f.turn = getUint(v, "turn", MOST);
  f.hasStarted = tagOf(v) == OBJECT && objectField(v, "started") != 0 ? 1 : 0;
  if (f.hasStarted) f.started = getTime(v);
  getCell(v, "extra", extraOf(f));
  getCell(v, "input", inputOf(f));
  getCell(v, "output", outputOf(f));
  getCell(v, "raw", rawOf(f));
  getCell(v, "value", valueOf(f));
  f.list = listOf(f);
  return changetype<usize>(f) as u32;
}

/** The list that a frame in its phase runs. */
function listOf(f: Frame): u32 {
  if (f.task == 0) return changetype<Workflow>(RUN.workflow).list;
  const t = changetype<Task>(f.task);
  if (t.kind == DO) return t.body;
  if (t.kind == FOR) return changetype<For>(t.body).list;
  if (t.kind != TRY) return 0;
  return f.phase == PHASE_IN_CATCH
    ? changetype<Try>(t.body).catchList
    : changetype<Try>(t.body).list;
}

function readPending(v: usize): void {
  if (v == 0) return;
  let last: u32 = 0;
  for (let i: u32 = 0; i < lengthOf(v) && !bad; i++) {
    const e = elementAt(v, i);
    const p = newPending();
    p.branch = RUN.branch;
    p.sequence = getUint(e, "sequence", MOST);
    p.type = getUint(e, "type", 3);
    p.what = getUint(e, "what", 7);
    getCell(e, "key", keyOf(p));
    getCell(e, "request", requestOf(p));
    if (last == 0) RUN.pending = changetype<usize>(p) as u32;
    else changetype<Pending>(last).next = changetype<usize>(p) as u32;
    last = changetype<usize>(p) as u32;
  }
}

function readHex(at: usize, to: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) {
    const high = digit(load<u8>(at + (i << 1)));
    const low = digit(load<u8>(at + (i << 1) + 1));
    if (high > 15 || low > 15) bad = true;
    store<u8>(to + i, ((high << 4) | low) as u8);
  }
}
function digit(c: u32): u32 {
  if (c >= 0x30 && c <= 0x39) return c - 48;
  return c >= 0x61 && c <= 0x66 ? c - 87 : 99;
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
  RUN.pending = 0;
  if (!readSnapshot(ROOT)) unreachable();
  setFuel(before);
  runDrop();
  arenaReset(SCRATCH, MAX_SCRATCH);
  RUN.taken = length;
  RUN.threshold = length * GROWTH > SMALLEST ? length * GROWTH : SMALLEST;
  return true;
}
