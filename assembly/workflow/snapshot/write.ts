/** The state of a waiting run as JSON: its form is in compact.ts. */

import { textByte } from "../../bytes/byte";
import {
  COMMA,
  LEFT_BRACE,
  LEFT_BRACKET,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
} from "../../bytes/characters";
import { Buffer, bufferByte, bufferText, bufferUint, TEXT } from "../../bytes/buffer";
import { writeHex } from "../../bytes/hex";
import { SHA_STATE } from "../../bytes/sha256";
import { ABI_VERSION, E_LIMIT_SIZE, SEMANTICS } from "../../errors/codes";
import { fail } from "../../errors/errors";
import { writeJson, writeNumber, writeString } from "../../json/writer";
import { saveCommitments } from "../../trace/commitments";
import { Used, usedEntry, usedText } from "../../trace/used";
import { addressOf, lengthOf, sameCell } from "../../value/cell";
import { baseOf, isFork, nextBranch } from "../state/branches";
import { countsOf } from "../state/counts";
import { Task, Workflow } from "../state/nodes";
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
  keyOf,
  LIMITS,
  MAIN_EFFECTS,
  outputOf,
  PACK_DIGEST,
  Pending,
  RAW_INPUT,
  rawOf,
  requestOf,
  resultOf,
  RUN,
  RUN_ID,
  valueOf,
} from "../state/state";

// ---- Writing ---------------------------------------------------------------------------------------

function field(b: Buffer, name: string): void {
  if (textByte(b.at + b.len - 1) != LEFT_BRACE) bufferByte(b, COMMA);
  bufferByte(b, QUOTE);
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

/**
 * Puts the state of the run, and the trees that it commits to if they are asked for, into an empty
 * buffer. False with E_LIMIT_SIZE if it is longer than `most`.
 */
export function writeSnapshot(b: Buffer, most: u32, commitments: bool): bool {
  longest = most;
  tooLong = false;
  bufferByte(b, LEFT_BRACE);
  uintField(b, "abi", ABI_VERSION);
  uintField(b, "asked", RUN.asked);
  field(b, "branches");
  writeBranches(b);
  if (commitments) {
    TEXT.len = 0;
    saveCommitments(TEXT);
    hexField(b, "commitments", TEXT.at, TEXT.len);
  }
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
  if (RUN.spentTokens != 0) {
    field(b, "spent");
    writeSpent(b);
  }
  uintField(b, "suspended", RUN.suspended);
  uintField(b, "taken", RUN.taken);
  uintField(b, "threshold", RUN.threshold);
  uintField(b, "used", RUN.used);
  field(b, "uses");
  writeUsed(b, RUN.uses, true);
  const name = changetype<Workflow>(RUN.workflow).name;
  field(b, "workflow");
  writeString(addressOf(name), lengthOf(name), b);
  bufferByte(b, RIGHT_BRACE);
  return (!tooLong && b.len <= most) || fail(E_LIMIT_SIZE, 0);
}

/** Tokens, and the cost as two halves: JSON has no number for all of it. */
function writeSpent(b: Buffer): void {
  bufferByte(b, LEFT_BRACKET);
  writeNumber(RUN.spentTokens, b);
  bufferByte(b, COMMA);
  bufferUint(b, (RUN.spentCost >> 32) as u32);
  bufferByte(b, COMMA);
  bufferUint(b, RUN.spentCost as u32);
  bufferByte(b, RIGHT_BRACKET);
}

function hexField(b: Buffer, name: string, at: usize, length: u32): void {
  field(b, name);
  bufferByte(b, QUOTE);
  writeHex(b, at, length);
  bufferByte(b, QUOTE);
}

function writeBranches(b: Buffer): void {
  bufferByte(b, LEFT_BRACKET);
  for (let next = RUN.branch; next != 0; next = nextBranch(changetype<Branch>(next))) {
    if (next != RUN.branch) bufferByte(b, COMMA);
    writeBranch(b, changetype<Branch>(next));
  }
  bufferByte(b, RIGHT_BRACKET);
}

function writeBranch(b: Buffer, br: Branch): void {
  bufferByte(b, LEFT_BRACE);
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
  bufferByte(b, RIGHT_BRACE);
}

function writeFrames(b: Buffer, br: Branch): void {
  let depth: u32 = 0;
  const base = baseOf(br);
  for (let f = br.frame; f != 0 && f != base; f = changetype<Frame>(f).parent) depth++;
  bufferByte(b, LEFT_BRACKET);
  for (let i = depth; i > 0; i--) {
    let f = br.frame;
    for (let j: u32 = 1; j < i; j++) f = changetype<Frame>(f).parent;
    if (i != depth) bufferByte(b, COMMA);
    writeFrame(b, changetype<Frame>(f));
  }
  bufferByte(b, RIGHT_BRACKET);
}

function writeFrame(b: Buffer, f: Frame): void {
  bufferByte(b, LEFT_BRACE);
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
    bufferByte(b, LEFT_BRACKET);
    for (let t = f.timers; t != 0; t = changetype<Pending>(t).next) {
      if (t != f.timers) bufferByte(b, COMMA);
      writeEffect(b, changetype<Pending>(t));
    }
    bufferByte(b, RIGHT_BRACKET);
  }
  uintField(b, "task", f.task == 0 ? 0 : changetype<Task>(f.task).id + 1);
  uintField(b, "turn", f.turn);
  if (!sameCell(valueOf(f), inputOf(f))) cellField(b, "value", valueOf(f));
  bufferByte(b, RIGHT_BRACE);
}

/** What the frame's parent handed it. */
export function handedTo(f: Frame): usize {
  const p = changetype<Frame>(f.parent);
  return isFork(f.parent) ? inputOf(p) : valueOf(p);
}

function writeCounts(b: Buffer): void {
  bufferByte(b, LEFT_BRACKET);
  const n = countsOf();
  let first = true;
  for (let i: u32 = 0; i < n; i++) {
    const count = load<u32>(RUN.counts + (i << 2));
    if (count == 0) continue;
    if (!first) bufferByte(b, COMMA);
    first = false;
    bufferByte(b, LEFT_BRACKET);
    bufferUint(b, i);
    bufferByte(b, COMMA);
    bufferUint(b, count);
    bufferByte(b, RIGHT_BRACKET);
  }
  bufferByte(b, RIGHT_BRACKET);
}

function writeEffect(b: Buffer, e: Pending): void {
  bufferByte(b, LEFT_BRACE);
  cellField(b, "key", keyOf(e));
  cellField(b, "request", requestOf(e));
  uintField(b, "sequence", e.sequence);
  uintField(b, "type", e.type);
  uintField(b, "what", e.what);
  bufferByte(b, RIGHT_BRACE);
}

function writeDropped(b: Buffer): void {
  bufferByte(b, LEFT_BRACKET);
  for (let e = RUN.cancelled; e != 0; e = changetype<Pending>(e).next) {
    if (e != RUN.cancelled) bufferByte(b, COMMA);
    writeEffect(b, changetype<Pending>(e));
  }
  bufferByte(b, RIGHT_BRACKET);
}

/** The last one first. */
function writeUsed(b: Buffer, last: u32, entries: bool): void {
  bufferByte(b, LEFT_BRACKET);
  for (let u = last; u != 0; u = changetype<Used>(u).next) {
    if (u != last) bufferByte(b, COMMA);
    const text = usedText(u);
    if (entries) bufferByte(b, LEFT_BRACKET);
    writeString(addressOf(text), lengthOf(text), b);
    if (!entries) continue;
    bufferText(b, ',"');
    writeHex(b, usedEntry(u), 32);
    bufferText(b, '"]');
  }
  bufferByte(b, RIGHT_BRACKET);
}
