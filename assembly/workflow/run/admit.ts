/**
 * admit(): from what the outside said to the exact record to persist (ABI-7, TRACE-2, TRACE-6).
 * Changes nothing: the same call gives the same bytes.
 */

import { RIGHT_BRACE } from "../../bytes/characters";
import { arenaLimit, arenaReset, arenaTake, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferByte, bufferText, bufferUint, OUTPUT } from "../../bytes/buffer";
import { writeHex } from "../../bytes/hex";
import * as C from "../../errors/codes";
import { fail, failDetail, failRecord } from "../../errors/errors";
import { parseJson } from "../../json/reader";
import { writeJson, writeNumber, writeString } from "../../json/writer";
import {
  addressOf,
  keyAt,
  lengthOf,
  NULL,
  numberOf,
  OBJECT,
  setNull,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { isGrant } from "../call/grant";
import { mainWorkflow, workflowNamed } from "../compile/workflows";
import { effectAt, isResult, noResult } from "../effects/table";
import { cancelledWith, pendingWith } from "../state/branches";
import { Workflow } from "../state/nodes";
import { isWhole, RECORD_ROOM } from "../state/shapes";
import { isTooDeep, PACK_DIGEST, Pending, RUN, RUNNING } from "../state/state";

const HEAD: usize = memory.data(16, 16);
const VALUE: usize = memory.data(16, 16);

/** From frames: a descriptor and, where there is one, the outside's bytes. */
export function admitRecord(at: usize, length: u32): bool {
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  const end = at + length;
  if (length < 4 || load<u32>(at) > length - 4) return fail(C.E_FRAMES, 0);
  const n = load<u32>(at);
  const rest = at + 4 + n;
  let body: usize = 0;
  let bodyLength: u32 = 0;
  if (rest != end) {
    if (end - rest < 4 || load<u32>(rest) != ((end - rest - 4) as u32))
      return fail(C.E_FRAMES, n + 4);
    body = rest + 4;
    bodyLength = load<u32>(rest);
  }
  if (!parseJson(at + 4, n, C.JSON_BOUNDARY, SCRATCH, HEAD)) return false;
  if (tagOf(HEAD) != OBJECT) return failRecord("a descriptor is an object");
  const kind = objectField(HEAD, "kind");
  if (kind == 0 || tagOf(kind) != STRING) return failRecord("a descriptor has a kind");
  if (cellIs(kind, "start")) return admitStart(body, bodyLength);
  if (RUN.status != RUNNING) return fail(C.E_CALL, 0);
  if (cellIs(kind, "result")) return admitResult(body, bodyLength);
  if (cellIs(kind, "cancel")) return admitCommand("cancel");
  if (cellIs(kind, "suspend")) return admitCommand("suspend");
  return cellIs(kind, "resume") ? admitCommand("resume") : failRecord("unknown kind of descriptor");
}

// ---- start -------------------------------------------------------------------------------------------

function admitStart(text: usize, length: u32): bool {
  let members: u32 = 1;
  const name = objectField(HEAD, "workflow");
  const grant = objectField(HEAD, "grant");
  const limits = objectField(HEAD, "limits");
  if (name != 0) members++;
  if (grant != 0) members++;
  if (limits != 0) members++;
  if (members != lengthOf(HEAD))
    return failRecord("a start descriptor has kind, workflow, grant and limits only");
  if (name != 0 && tagOf(name) != STRING) return failRecord("workflow is a name, a string");
  const w = name == 0 ? mainWorkflow() : workflowNamed(name);
  if (w == 0) {
    if (name == 0)
      return failRecord("the pack has several workflows, none named like it: name one");
    return failDetail(
      C.E_RECORD,
      0,
      "the pack has no such workflow",
      addressOf(name),
      lengthOf(name),
    );
  }
  if (grant != 0 && !isGrant(grant)) return failRecord("the grant is malformed");
  let fuelLimit: f64 = C.DEFAULT_RUN_FUEL;
  let effectsLimit: f64 = C.DEFAULT_EFFECTS;
  if (limits != 0) {
    if (tagOf(limits) != OBJECT) return failRecord("limits is an object");
    for (let i: u32 = 0; i < lengthOf(limits); i++) {
      const k = keyAt(limits, i);
      const v = valueAt(limits, i);
      if (cellIs(k, "fuel") && isWhole(v, 9007199254740991)) fuelLimit = numberOf(v);
      else if (cellIs(k, "effects") && isWhole(v, 4294967295)) effectsLimit = numberOf(v);
      else
        return failDetail(
          C.E_RECORD,
          0,
          "limits has fuel and effects, whole numbers",
          addressOf(k),
          lengthOf(k),
        );
    }
  }
  if (text == 0) return fail(C.E_JSON_EMPTY, 0);
  arenaLimit(SCRATCH, C.MAX_SCRATCH - RECORD_ROOM);
  if (!parseJson(text, length, C.JSON_BOUNDARY, SCRATCH, VALUE)) return false;
  if (isTooDeep(VALUE)) return fail(C.E_LIMIT_DEPTH, 0);
  const b: Buffer = OUTPUT;
  bufferText(b, '{"grant":');
  if (grant == 0) bufferText(b, "{}");
  else if (!writeJson(grant, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"input":');
  if (!writeJson(VALUE, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"kind":"start","limits":{"effects":');
  writeNumber(effectsLimit, b);
  bufferText(b, ',"fuel":');
  writeNumber(fuelLimit, b);
  bufferText(b, '},"pack":"');
  writeHex(b, PACK_DIGEST, 32);
  bufferText(b, '","semantics":');
  bufferUint(b, C.SEMANTICS);
  bufferText(b, ',"seq":0,"workflow":');
  const n = changetype<Workflow>(w).name;
  writeString(addressOf(n), lengthOf(n), b);
  return close();
}

/** Ends the record. One that advance() or start() could not be given is refused. */
function close(): bool {
  bufferByte(OUTPUT, RIGHT_BRACE);
  return OUTPUT.len <= (C.MAX_INPUT as u32) || fail(C.E_LIMIT_SIZE, 0);
}

// ---- result --------------------------------------------------------------------------------------------

function admitResult(body: usize, length: u32): bool {
  const key = objectField(HEAD, "key");
  const given = objectField(HEAD, "result");
  if (
    lengthOf(HEAD) != 3 ||
    key == 0 ||
    given == 0 ||
    tagOf(key) != STRING ||
    tagOf(given) != OBJECT
  ) {
    return failRecord("a result descriptor has kind, key and result");
  }
  const pending = pendingWith(key);
  const at = pending != 0 ? pending : cancelledWith(key);
  if (at == 0)
    return failDetail(
      C.E_RECORD_KEY,
      0,
      "no such effect is pending",
      addressOf(key),
      lengthOf(key),
    );
  const p = changetype<Pending>(at);
  if (!effectAt(p.type).admit(p, given, body, length, VALUE)) return false;
  if (!isResult(p, VALUE)) return noResult(p);
  const b: Buffer = OUTPUT;
  bufferText(b, '{"key":');
  writeString(addressOf(key), lengthOf(key), b);
  bufferText(b, pending != 0 ? ',"kind":"result","result":' : ',"kind":"late","result":');
  if (!writeJson(VALUE, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"seq":');
  bufferUint(b, RUN.seq);
  return close();
}

// ---- commands --------------------------------------------------------------------------------------------

/** One to cancel, to suspend or to resume the run. */
function admitCommand(kind: string): bool {
  let reason = objectField(HEAD, "reason");
  if (lengthOf(HEAD) != (reason == 0 ? 1 : 2))
    return failRecord("a command's descriptor has kind and reason");
  if (reason == 0) {
    reason = arenaTake(SCRATCH, 16);
    setNull(reason);
  }
  if (tagOf(reason) != STRING && tagOf(reason) != NULL) return failRecord("reason is a text");
  const b: Buffer = OUTPUT;
  bufferText(b, '{"kind":"');
  bufferText(b, kind);
  bufferText(b, '","reason":');
  if (!writeJson(reason, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"seq":');
  bufferUint(b, RUN.seq);
  return close();
}
