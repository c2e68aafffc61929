/** JSON Schema 2020-12, evaluated in the engine (docs/spec/schema.md). */

import { requireOptions, requireText } from "../core/arguments.ts";
import type { Text } from "../core/bytes.ts";
import { checkFuel } from "../core/core.ts";
import type { Core } from "../core/core.ts";

export interface ValidateOptions {
  /** JSON texts of the schemas that references lead to, by their URIs. Nothing is fetched. */
  readonly documents?: Readonly<Record<string, Text>>;
  /** Fuel that it may use, in the units of docs/spec/limits.md. Default: 1e8. */
  readonly fuel?: number;
}

/** What made a value invalid: the first keyword that failed and could not be made up for. */
export interface SchemaFailure {
  /** JSON pointer (RFC 6901) of the part of the value. */
  readonly instance: string;
  /** The keyword's place: the URI of its schema, `#` and a JSON pointer. */
  readonly schema: string;
  /** The member that is missing, where that is what is wrong. */
  readonly missing?: string;
}

export interface SchemaCalls {
  /**
   * Validates a JSON text by a schema of JSON Schema 2020-12. `format` and the content keywords only
   * say something; patterns are those of ECMAScript that take linear time (docs/spec/regex.md).
   *
   * @returns null for a valid value
   * @throws EngineError E1901 for what is no schema, E1902 for a reference that leads nowhere, both
   *   with the place; E11xx for what is no JSON; E12xx at a limit; ArgumentError `REACH-E1005` for what is
   *   not a text, and for an unknown option
   *
   * @example
   * engine.validateJson('{"required":["id"]}', "{}"); // → { instance: "", missing: "id", schema: "#/required" }
   */
  validateJson(schema: Text, value: Text, options?: ValidateOptions): SchemaFailure | null;
}

export function schemaCalls(core: Core): SchemaCalls {
  return {
    validateJson: (schema, value, options = {}) => {
      requireText("schema", schema);
      requireText("value", value);
      requireOptions("options", options, ["documents", "fuel"]);
      const { documents = {}, fuel = 0 } = options;
      checkFuel(fuel);
      const frames = [value, schema, ...Object.entries(documents).flat()];
      core.checked(core.exports.validate, core.placeFrames(frames), fuel);
      const text = core.outputText();
      return text === "" ? null : (JSON.parse(text) as SchemaFailure);
    },
  };
}
