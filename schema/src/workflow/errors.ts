// Errors of the language, what catches them, and how a task is tried again.
import * as z from "zod";
import { duration, isExpression } from "../fields/duration.ts";
import { problemCode, report, strict } from "../fields/problem.ts";
import { refused } from "../fields/refusals.ts";

const status = z.union(
  [z.int(), z.string().refine(isExpression, { error: "Expected a number or an expression." })],
  { error: "Expected a whole number." },
);

export const error = strict({
  type: z.string(),
  status,
  instance: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

const literal = z
  .string()
  .check((context) => {
    if (!isExpression(context.value)) return;
    report(context, [], {
      ...refused("An expression in `errors.with`", "The language compares values there."),
      hint: "`catch.when` takes expressions.",
    });
  })
  .optional();
export const errorFilter = strict({
  type: literal,
  status: z.int().optional(),
  instance: literal,
  title: literal,
  detail: literal,
});

/** The language gives the kinds of backoff no settings of their own. */
const noSettings = strict({});
const backoff = strict({
  constant: noSettings.optional(),
  exponential: noSettings.optional(),
  linear: noSettings.optional(),
}).check((context) => {
  if (context.issues.length === 0 && Object.keys(context.value).length !== 1) {
    report(context, [], {
      code: problemCode.badValue,
      what: "Expected exactly one of constant, linear, exponential.",
    });
  }
});

export const retry = strict({
  when: z.string().optional(),
  exceptWhen: z.string().optional(),
  delay: duration.optional(),
  backoff: backoff.optional(),
  limit: strict({
    attempt: strict({
      count: z.int().min(0, { error: "Expected zero or more." }).optional(),
      duration: duration.optional(),
    }).optional(),
    duration: duration.optional(),
  }).optional(),
  jitter: strict({ from: duration, to: duration }).optional(),
});
