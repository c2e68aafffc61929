/** The clauses input, output and export: `from` or `as` compiled, schemas not built yet. */

import { E_WF_UNSUPPORTED } from "../codes";
import { STRING, tagOf } from "../value/cell";
import { objectField } from "../value/object";
import { onlyFields } from "./fields";
import { failCell, placeField, placeLeave } from "./place";
import { compileProgram, compileTemplate } from "./template";

/** Says "the clause is there but changes nothing": not an address. */
export const IDENTITY: u32 = 1;

/** `input`: the template of `from`, IDENTITY without one, 0 on error. */
export function compileInput(clause: usize): u32 {
  return compileClause(clause, "input", "from", "from schema");
}
/** `output` or `export`: the template of `as`, IDENTITY without one, 0 on error. */
export function compileOutput(clause: usize, name: string): u32 {
  return compileClause(clause, name, "as", "as schema");
}

function compileClause(clause: usize, name: string, field: string, fields: string): u32 {
  const before = placeField(name);
  if (!onlyFields(clause, fields)) return 0;
  if (objectField(clause, "schema") != 0) {
    placeField("schema");
    failCell(E_WF_UNSUPPORTED, "JSON Schema validation is not built yet", 0);
    return 0;
  }
  let result: u32 = IDENTITY;
  const v = objectField(clause, field);
  if (v != 0) {
    const inner = placeField(field);
    // A string is an expression with or without ${ } (the specification's own examples do both).
    result = tagOf(v) == STRING ? compileProgram(v) : compileTemplate(v);
    if (result == 0) return 0;
    placeLeave(inner);
  }
  placeLeave(before);
  return result;
}
