// What an operator's secrets are: docs/spec/grant.md, GRANT-12. Never hashed, never recorded.
import * as z from "zod";
import { strict } from "./problem.ts";

/** The file that an operator keeps, readable by nobody else. */
export const secretsFile = strict({
  format: z.literal("reach/secrets/v1", { error: "Expected reach/secrets/v1." }),
  secrets: z.record(z.string(), z.record(z.string(), z.string())),
});
