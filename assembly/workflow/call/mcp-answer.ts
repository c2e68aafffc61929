/** An MCP answer, from a part of the server's message to the result that is recorded (ABI-7). */

import { arenaLimit, SCRATCH } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { fail, failRecord } from "../../errors/errors";
import { parseJson } from "../../json/reader";
import {
  addressOf,
  copyCell,
  heightOf,
  keyAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setString,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { closeObject, putMember } from "../state/literal";
import { textWithin } from "../state/problem";
import { RECORD_ROOM } from "../state/shapes";
import { Pending } from "../state/state";
import { admitAsGiven } from "./http-answer";

/**
 * {"result"} or {"error":{"code","message"}} of the JSON text of that member of the server's message, which `given` names;
 * without a text what is given. The text is judged by json.md, as any other that enters.
 */
export function admitMcp(e: Pending, given: usize, body: usize, length: u32, out: usize): bool {
  if (body == 0) return admitAsGiven(e, given, body, length, out);
  const member = lengthOf(given) == 1 ? objectField(given, "member") : 0;
  const isText = member != 0 && tagOf(member) == STRING;
  const isResult = isText && cellIs(member, "result");
  if (!isResult && !(isText && cellIs(member, "error")))
    return failRecord("of an mcp answer the text is that of its result or its error");
  const at = objectStorage(SCRATCH, 1);
  const made = at + 16;
  arenaLimit(SCRATCH, C.MAX_SCRATCH - RECORD_ROOM);
  const isJson = parseJson(body, length, C.JSON_BOUNDARY, SCRATCH, made);
  arenaLimit(SCRATCH, C.MAX_SCRATCH);
  if (!isJson) return false;
  // Inside a result it is one level deeper.
  if (heightOf(made) >= (C.MAX_RUN_DEPTH as u32)) return fail(C.E_LIMIT_DEPTH, 0);
  if (tagOf(made) == OBJECT) {
    if (isResult) leaveOutType(made);
    else keepError(made);
  }
  closeObject(out, at, putMember(at, isResult ? "result" : "error", made));
  return true;
}

/** Without `resultType`: it says of an answer that it is one, and not every revision of MCP has it. */
function leaveOutType(result: usize): void {
  if (objectField(result, "resultType") == 0) return;
  const at = objectStorage(SCRATCH, lengthOf(result) - 1);
  let p = at;
  for (let i: u32 = 0; i < lengthOf(result); i++) {
    const key = keyAt(result, i);
    if (cellIs(key, "resultType")) continue;
    copyCell(p, key);
    copyCell(p + 16, valueAt(result, i));
    p += 32;
  }
  closeObject(result, at, p);
}

/** Code and message, of which a record holds no more than a detail does; what lacks one is refused later. */
function keepError(error: usize): void {
  const at = objectStorage(SCRATCH, 2);
  const message = objectField(error, "message");
  if (message != 0 && tagOf(message) == STRING)
    setString(message, addressOf(message), textWithin(message), 0);
  const p = putMember(at, "code", objectField(error, "code"));
  closeObject(error, at, putMember(p, "message", message));
}
