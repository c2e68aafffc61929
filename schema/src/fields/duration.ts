import * as z from "zod";
import { problemCode, report, strict } from "./problem.ts";
import type { UnplacedProblem } from "./problem.ts";

const amount = z.int().min(0, { error: "Expected zero or more." }).optional();
const fields = strict({
  days: amount,
  hours: amount,
  minutes: amount,
  seconds: amount,
  milliseconds: amount,
});

const ISO =
  /^P(?!$)(\d+(?:\.\d+)?Y)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?W)?(\d+(?:\.\d+)?D)?(T(?=\d)(\d+(?:\.\d+)?H)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?S)?)?$/;

function whyNotDuration(text: string): UnplacedProblem | undefined {
  if (isExpression(text)) {
    return { code: problemCode.notBuiltYet, what: "An expression as a duration: not built yet." };
  }
  const match = ISO.exec(text);
  if (!match) {
    return {
      code: problemCode.badValue,
      what: "Expected an ISO 8601 duration.",
      hint: "For example PT15S, or {seconds: 15}.",
    };
  }
  return match[1] === undefined && match[2] === undefined
    ? undefined
    : {
        code: problemCode.refused,
        what: "A duration in years or months is refused.",
        why: "How long it is depends on the date.",
        hint: "Write it in days.",
      };
}

/** True for `${ ... }`, the form of an expression in a place that may also hold a literal. */
export const isExpression = (text: string): boolean => /^\s*\$\{[^]*\}\s*$/.test(text);

/** A duration: its parts, or an ISO 8601 text without years and months. */
export const duration: z.ZodType<string | z.infer<typeof fields>> = z.union([
  z.string().check((context) => {
    const finding = whyNotDuration(context.value);
    if (finding) report(context, [], finding);
  }),
  fields.check((context) => {
    if (context.issues.length === 0 && Object.keys(context.value).length === 0) {
      report(context, [], {
        code: problemCode.badValue,
        what: "A duration needs at least one part.",
        hint: "For example {seconds: 15}.",
      });
    }
  }),
]);
