// JSON Schema of what people write, for editors: made from the zod schemas, which remain the authority.
import * as z from "zod";
import { grantFile } from "./run/grant.ts";
import { pinsFile } from "./pack/pins.ts";
import { secretsFile } from "./run/secrets.ts";
import { table } from "./table/table.ts";
import { extension, parts, switchCase } from "./workflow/tasks.ts";
import { workflow } from "./workflow/workflow.ts";

/** The documents that there is a JSON Schema for. */
export const editorDocuments = ["workflow", "table", "grant", "pins", "secrets"] as const;
export type EditorDocument = (typeof editorDocuments)[number];

const schemas: Readonly<Record<EditorDocument, z.ZodType>> = {
  workflow,
  table,
  grant: grantFile,
  pins: pinsFile,
  secrets: secretsFile,
};

/**
 * The JSON Schema (draft 2020-12) of a document.
 *
 * It accepts what Reach accepts, and finds unknown fields and wrong types; what a schema cannot say (names
 * that must be there, ranges of versions, why something is refused) `reach build` says.
 *
 * @example
 * editorSchema("workflow")["$schema"]; // → "https://json-schema.org/draft/2020-12/schema"
 */
export function editorSchema(document: EditorDocument): { readonly [name: string]: unknown } {
  if (document !== "workflow") return jsonSchema(schemas[document]);
  // Together, so that what they share is there once.
  const all = z.strictObject({ workflow, caseBody: switchCase, extension, ...parts });
  const { $schema, $defs, properties } = jsonSchema(all) as {
    $schema: string;
    $defs: object;
    properties: Record<string, object>;
  };
  const { workflow: whole, caseBody, extension: extensionBody, ...kinds } = properties;
  const named = (of: string): object => ({
    type: "object",
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: { $ref: `#/$defs/${of}` },
  });
  return {
    $schema,
    ...whole,
    $defs: {
      task: { anyOf: Object.values(kinds) },
      namedTask: named("task"),
      case: named("caseBody"),
      caseBody,
      namedExtension: named("extension"),
      extension: extensionBody,
      ...$defs,
    },
  };
}

function jsonSchema(schema: z.ZodType): { readonly [name: string]: unknown } {
  const options = { io: "input", unrepresentable: "any", reused: "ref" } as const;
  return z.toJSONSchema(schema, options);
}
