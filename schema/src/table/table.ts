// A decision table: the file that `call: decide` names. docs/spec/workflow.md.
import * as z from "zod";
import { json, semver } from "../fields/common.ts";
import {
  besideUnknown,
  problemCode,
  report,
  shorten,
  strict,
  typeName,
} from "../fields/problem.ts";

const bound = z.number().optional();
const literal = z.union([z.null(), z.boolean(), z.number(), z.string()], {
  error: "Expected null, a boolean, a number or a string.",
});
const range = strict({ gt: bound, gte: bound, lt: bound, lte: bound }).check((context) => {
  const { gt, gte, lt, lte } = context.value;
  const bad = (what: string): void =>
    report(context, [], { code: problemCode.badValue, what, hint: "For example {gte: 1, lt: 5}." });
  if (context.issues.length > 0) return;
  if (Object.keys(context.value).length === 0) bad("A range needs a bound.");
  if (gt !== undefined && gte !== undefined) bad("A range has gt or gte, not both.");
  if (lt !== undefined && lte !== undefined) bad("A range has lt or lte, not both.");
});
const set = strict({
  in: z.array(literal).min(1, { error: "A set needs at least one value." }),
});

/** A condition on one input: equal to a literal, inside a range of numbers, or one of a set. */
const cell: z.ZodType = z.unknown().check((context) => {
  const { value } = context;
  const schema =
    typeName(value) !== "object" ? literal : Object.hasOwn(value as object, "in") ? set : range;
  const result = schema.safeParse(value);
  if (!result.success) context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
});

const reasons = z.array(z.string().min(1, { error: "A reason code is not empty." })).optional();

const rule = strict({
  id: z.string().min(1, { error: "A rule's id is not empty." }),
  when: z.record(z.string(), cell),
  then: json,
  reasons,
});

const fields = strict({
  table: strict({ name: z.string().min(1, { error: "A table needs a name." }), version: semver }),
  hitPolicy: z.enum(["first", "unique", "collect"], {
    error: "Expected first, unique or collect.",
  }),
  inputs: z.array(z.string()).min(1, { error: "A table needs at least one input." }),
  rules: z
    .array(rule)
    .min(1, { error: "A table needs at least one rule." })
    .max(4096, { error: "A table has at most 4096 rules." }),
  default: strict({ then: json, reasons }).optional(),
});

/**
 * A decision table: rules over named inputs, each rule and each reason with a code of its own.
 *
 * @example
 * problemsOf(table, { ...policy, hitPolicy: "any" })[0]?.path; // → ["hitPolicy"]
 */
export const table: typeof fields = fields.superRefine((_, context) => {
  const { inputs, rules } = context.value;
  reportTwice(context, ["inputs"], inputs, (name) => name, "The input");
  reportTwice(context, ["rules"], rules, ({ id }) => id, "The rule", "id");
  for (const [index, { when }] of rules.entries()) {
    for (const name of Object.keys(when)) {
      if (inputs.includes(name)) continue;
      report(context, ["rules", index, "when", name], {
        code: problemCode.unknownName,
        what: `\`${shorten(name)}\` is not one of the table's inputs.`,
        hint: `There: ${inputs.join(", ")}.`,
      });
    }
  }
}, besideUnknown);

function reportTwice<Item>(
  context: z.core.ParsePayload,
  path: readonly string[],
  items: readonly Item[],
  nameOf: (item: Item) => string,
  what: string,
  field?: string,
): void {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const name = nameOf(item);
    if (seen.has(name)) {
      report(context, [...path, index, ...(field ? [field] : [])], {
        code: problemCode.duplicateName,
        what: `${what} \`${shorten(name)}\` comes twice.`,
      });
    }
    seen.add(name);
  }
}

/** A decision table. */
export type Table = z.infer<typeof table>;
