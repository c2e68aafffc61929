/** Compiling calls, function by function. */

import { PERSISTENT, arenaTake } from "../bytes/arena";
import { E_WF_REFERENCE, E_WF_UNSUPPORTED } from "../errors/codes";
import { cellIs, objectField } from "../value/object";
import { isObject, isString, onlyFields, onlyTaskFields, required } from "./fields";
import { loadGrpc } from "./grpc";
import { loadHttp } from "./http";
import { loadLlm } from "./llm";
import { loadMcp } from "./mcp";
import { DECIDE, Decide, GRPC, HTTP, LLM, MCP, Task } from "./state/nodes";
import { failCell, placeField, placeLeave } from "./place";
import { tableAt } from "./table";
import { compileTemplate } from "./template";

/** Compiles a call: false with the error recorded. */
export function loadCall(t: Task, v: usize): bool {
  if (!onlyTaskFields(v, "call with")) return false;
  const call = objectField(v, "call");
  if (!isString(call, "call")) return false;
  const args = required(v, "with");
  if (args == 0 || !isObject(args, "with")) return false;
  const before = placeField("with");
  if (cellIs(call, "mcp")) {
    t.kind = MCP;
    t.body = loadMcp(args);
  } else if (cellIs(call, "grpc")) {
    t.kind = GRPC;
    t.body = loadGrpc(args);
  } else if (cellIs(call, "http")) {
    t.kind = HTTP;
    t.body = loadHttp(args, objectField(v, "metadata"));
  } else if (cellIs(call, "llm")) {
    t.kind = LLM;
    t.body = loadLlm(args);
  } else if (cellIs(call, "decide")) {
    t.kind = DECIDE;
    t.body = loadDecide(args);
  } else {
    placeLeave(before);
    placeField("call");
    return failCell(
      E_WF_UNSUPPORTED,
      "a pack holds calls as they were compiled; this is none:",
      call,
    );
  }
  placeLeave(before);
  return t.body != 0;
}

function loadDecide(args: usize): u32 {
  if (!onlyFields(args, "table input")) return 0;
  const path = required(args, "table");
  const input = required(args, "input");
  if (path == 0 || input == 0 || !isString(path, "table")) return 0;
  const d = changetype<Decide>(arenaTake(PERSISTENT, offsetof<Decide>()));
  d.table = tableAt(path);
  if (d.table == 0) {
    placeField("table");
    failCell(E_WF_REFERENCE, "the pack has no such table", path);
    return 0;
  }
  const before = placeField("input");
  d.input = compileTemplate(input);
  placeLeave(before);
  return d.input == 0 ? 0 : (changetype<usize>(d) as u32);
}
