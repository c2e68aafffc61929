/** The clauses input, output and export: what `from` or `as` makes of a value, and its schema. */

import { STRING, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";
import { onlyFields } from "./fields";
import { placeField, placeLeave } from "./place";
import { loadSchema } from "./schemas";
import { compileProgram, compileTemplate } from "./template";

/** What loadClause() has found: a template and a schema, 0 where there is none. */
let clauseTemplate: u32 = 0;
export function loadedTemplate(): u32 {
  return clauseTemplate;
}
let clauseSchema: u32 = 0;
export function loadedSchema(): u32 {
  return clauseSchema;
}

/** The clause `name` of a task or workflow, whose value is made by `field`. */
export function loadClause(owner: usize, name: string, field: string, fields: string): bool {
  clauseTemplate = 0;
  clauseSchema = 0;
  const clause = objectField(owner, name);
  if (clause == 0) return true;
  const before = placeField(name);
  if (!onlyFields(clause, fields)) return false;
  const schema = objectField(clause, "schema");
  if (schema != 0) {
    clauseSchema = loadSchema(schema);
    if (clauseSchema == 0) return false;
  }
  const v = objectField(clause, field);
  if (v != 0) {
    const inner = placeField(field);
    // A string is an expression with or without ${ } (the specification's own examples do both).
    clauseTemplate = tagOf(v) == STRING ? compileProgram(v) : compileTemplate(v);
    if (clauseTemplate == 0) return false;
    placeLeave(inner);
  }
  placeLeave(before);
  return true;
}
