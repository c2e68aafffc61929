// What the language has and Reach does not run: refused by name, with the reason, and never ignored.
import * as z from "zod";
import { problemCode, report } from "./problem.ts";
import type { UnplacedProblem } from "./problem.ts";

export const notBuiltYet = (what: string, hint?: string): UnplacedProblem => ({
  code: problemCode.notBuiltYet,
  what: `${what}: not built yet.`,
  ...(hint ? { hint } : {}),
});
export const refused = (what: string, why: string): UnplacedProblem => ({
  code: problemCode.refused,
  what: `${what}: refused.`,
  why,
});

/** A field of the language that must not be there, with what to say if it is. */
export const absent = (finding: UnplacedProblem): z.ZodOptional<z.ZodType<never>> =>
  z
    .unknown()
    .check((context) => {
      if (context.value !== undefined) report(context, [], finding);
    })
    .meta({ not: {} })
    .optional() as unknown as z.ZodOptional<z.ZodType<never>>;
