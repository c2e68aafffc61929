/** The tools that a model may ask for (WF-71): offered in a question, asked for in an answer. */

import { textByte } from "../../bytes/byte";
import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { E_WF_DUPLICATE, E_WF_TYPE } from "../../errors/codes";
import { SchemaNode } from "../../schema/nodes";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
} from "../../value/cell";
import { objectField } from "../../value/object";
import { equalBytes } from "../../value/order";
import { isArray, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeIndex, placeLeave } from "../compile/place";
import { loadSchema } from "../compile/schemas";
import { literalCell } from "../state/literal";
import { Llm, Tool } from "../state/nodes";

const MOST_TOOLS: u32 = 128;
const LONGEST_NAME: u32 = 64;

/** Compiles the tools of a call: false with the error recorded. */
export function loadTools(l: Llm, tools: usize): bool {
  if (!isArray(tools, "tools")) return false;
  const before = placeField("tools");
  if (!l.isResponse)
    return failCell(E_WF_TYPE, "tools are asked for in a whole answer: output is response", 0);
  const n = lengthOf(tools);
  if (n == 0 || n > MOST_TOOLS) return failCell(E_WF_TYPE, "expected 1 to 128 tools", 0);
  l.tools = arenaTake(PERSISTENT, n << 2) as u32;
  for (let i: u32 = 0; i < n; i++) {
    const inside = placeIndex(i);
    const tool = loadTool(l, elementAt(tools, i));
    if (tool == 0) return false;
    store<u32>(l.tools + (i << 2), tool);
    l.toolCount = i + 1;
    placeLeave(inside);
  }
  placeLeave(before);
  return true;
}

/** 0 with the error recorded. */
function loadTool(l: Llm, v: usize): u32 {
  if (!onlyFields(v, "description name schema")) return 0;
  const name = required(v, "name");
  if (name == 0 || !isString(name, "name")) return 0;
  const description = objectField(v, "description");
  if (description != 0 && !isString(description, "description")) return 0;
  const schema = required(v, "schema");
  if (schema == 0) return 0;
  const before = placeField("name");
  if (!isName(name)) {
    failCell(E_WF_TYPE, "expected 1 to 64 letters, digits, - and _, not", name);
    return 0;
  }
  if (toolNamed(l, name) != 0) {
    failCell(E_WF_DUPLICATE, "two tools have the same name", name);
    return 0;
  }
  placeLeave(before);
  const t = changetype<Tool>(arenaTake(PERSISTENT, offsetof<Tool>()));
  t.name = name as u32;
  t.description = description as u32;
  t.schema = loadSchema(schema);
  return t.schema == 0 ? 0 : (changetype<usize>(t) as u32);
}

/** What every provider takes for a name. */
function isName(name: usize): bool {
  const n = lengthOf(name);
  for (let i: u32 = 0; i < n; i++) {
    const c = textByte(addressOf(name) + i);
    const letter = (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a;
    if (!letter && !(c >= 0x30 && c <= 0x39) && c != 0x2d && c != 0x5f) return false;
  }
  return n > 0 && n <= LONGEST_NAME;
}

/** The tool of this name that the call offers, or 0. */
export function toolNamed(l: Llm, name: usize): u32 {
  for (let i: u32 = 0; i < l.toolCount; i++) {
    const tool = load<u32>(l.tools + (i << 2));
    const own = changetype<Tool>(tool).name;
    if (equalBytes(addressOf(own), lengthOf(own), addressOf(name), lengthOf(name))) return tool;
  }
  return 0;
}

/** [{"description"?,"name","schema"}], as the request has it. */
export function toolsCell(l: Llm, out: usize): void {
  const list = arrayStorage(SCRATCH, l.toolCount);
  for (let i: u32 = 0; i < l.toolCount; i++) {
    const tool = changetype<Tool>(load<u32>(l.tools + (i << 2)));
    const at = objectStorage(SCRATCH, 3);
    let member = at;
    if (tool.description != 0) {
      literalCell(member, "description");
      copyCell(member + 16, tool.description);
      member += 32;
    }
    literalCell(member, "name");
    copyCell(member + 16, tool.name);
    literalCell(member + 32, "schema");
    copyCell(member + 48, changetype<SchemaNode>(tool.schema).cell);
    const n: u32 = tool.description == 0 ? 2 : 3;
    setUsed(at, n);
    setCell(list + ((i as usize) << 4), OBJECT, 0, n, at);
  }
  setUsed(list, l.toolCount);
  setCell(out, ARRAY, 0, l.toolCount, list);
}
