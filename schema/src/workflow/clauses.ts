// What every task may have: schemas, transformations, a timeout.
import * as z from "zod";
import { anyObject } from "../fields/common.ts";
import { whyNotPackPath } from "../fields/names.ts";
import { duration } from "../fields/duration.ts";
import { problemCode, report, shorten, strict } from "../fields/problem.ts";
import { refused } from "../fields/refusals.ts";

const jsonFormat = z
  .string()
  .check((context) => {
    if (context.value === "json") return;
    const what = `The schema format \`${shorten(context.value)}\``;
    report(context, [], refused(what, "Reach validates by JSON Schema 2020-12: `json`."));
  })
  .optional();
/** A file of the pack; what is elsewhere is refused by name. */
export const pinned = (what: string): z.ZodType<string> =>
  z.string().check((context) => {
    const { value } = context;
    const why = /^[a-z][a-z0-9+.-]*:/i.test(value) ? undefined : whyNotPackPath(value);
    if (why)
      report(context, [], {
        code: problemCode.badValue,
        what: `Not a path inside a pack: ${why}.`,
      });
    else if (value.includes(":")) {
      report(context, [], {
        ...refused(
          `${what} from elsewhere`,
          "It may change; a run must come out the same for ever.",
        ),
        hint: "Save it below the workflow's folder, and name it by its path.",
      });
    }
  });

const schemaFile = pinned("A schema");
/** A JSON Schema in the workflow, or a file of the pack by its path. The engine reads what is in it. */
export const schemaClause = strict({
  format: jsonFormat,
  document: z.union([anyObject, z.boolean()]).optional(),
  resource: strict({
    name: z.string().optional(),
    endpoint: z.union([schemaFile, strict({ uri: schemaFile })]),
  }).optional(),
})
  .check((context) => {
    const { document, resource } = context.value;
    if (context.issues.length > 0 || (document === undefined) !== (resource === undefined)) return;
    report(context, [], {
      code: problemCode.badValue,
      what: "Expected either a document (the schema itself) or a resource (a file of the pack).",
    });
  })
  .optional();
/** A value that may hold expressions at any depth, or one expression. */
const template = z.union([z.string(), anyObject]);
export const input = strict({ schema: schemaClause, from: template.optional() });
export const output = strict({ schema: schemaClause, as: template.optional() });
export const exports = strict({ schema: schemaClause, as: template.optional() });
export const timeoutBody = strict({ after: duration });
/** Itself, or the name of one in `use.timeouts`. */
export const timeout = z.union([z.string(), timeoutBody]);

export const base = {
  if: z.string().optional(),
  input: input.optional(),
  output: output.optional(),
  export: exports.optional(),
  timeout: timeout.optional(),
  then: z
    .string()
    .min(1, { error: "Expected the name of a task, continue, exit or end." })
    .optional(),
  metadata: anyObject.optional(),
};
