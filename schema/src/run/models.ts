// Which models a run may ask, what it may spend on them, and where they are: docs/spec/grant.md, GRANT-13 and GRANT-24.
import * as z from "zod";
import { problemCode, report, strict } from "../fields/problem.ts";
import { requestBounds } from "./bounds.ts";

/** GRANT-13: names of models. */
const modelName = z.string().regex(/^[\w.:@/-]{1,100}$/, {
  error: "Expected a name of letters, digits and . : @ / _ -.",
});
export const models: z.ZodArray<z.ZodString> = z
  .array(modelName)
  .min(1, { error: "Name at least one model." });

const whole = (least: number, most: number): z.ZodInt =>
  z
    .int({ error: "Expected a whole number." })
    .min(least, { error: `Expected ${least} or more.` })
    .max(most, { error: `Expected at most ${most}.` });

/** What a million tokens cost. What the service had kept of a question costs as any input, unless it says otherwise. */
const price = strict({
  input: whole(0, 1e9),
  output: whole(0, 1e9),
  cached: whole(0, 1e9).optional(),
});

/** GRANT-24: what a run may spend on models. */
export const spending = strict({
  tokens: whole(1, 1e15).optional(),
  cost: whole(1, 1e12).optional(),
  prices: z.record(modelName, price).optional(),
}).check((context) => {
  const { tokens, cost, prices } = context.value;
  const say = (what: string): void => report(context, [], { code: problemCode.badValue, what });
  if (tokens === undefined && cost === undefined) say("Expected a limit: tokens, cost, or both.");
  if ((cost === undefined) !== (prices === undefined)) {
    say("A limit of `cost` is computed from `prices`: write both, or neither.");
  }
});

/** What a run may spend on models. */
export type Spending = z.infer<typeof spending>;

/**
 * GRANT-24: what is wrong with the prices of a grant; undefined where each of its models has one, and nothing else.
 *
 * @returns the name of the model that has none, or that has one and is not granted
 */
export function wronglyPriced({
  models: granted = [],
  spending: limit,
}: {
  readonly models?: readonly string[] | undefined;
  readonly spending?: Spending | undefined;
}): { readonly name: string; readonly isMissing: boolean } | undefined {
  const { prices } = limit ?? {};
  if (prices === undefined) return undefined;
  const missing = granted.find((name) => !Object.hasOwn(prices, name));
  if (missing !== undefined) return { name: missing, isMissing: true };
  const beyond = Object.keys(prices).find((name) => !granted.includes(name));
  return beyond === undefined ? undefined : { name: beyond, isMissing: false };
}

const APIS = ["openai-chat", "openai-responses", "anthropic"] as const;

/** Where a model is, and how it is spoken to: the operator's, in no digest. */
export const provider = strict({
  api: z.enum(APIS, { error: `Expected one of ${APIS.join(", ")}.` }),
  url: z.string().regex(/^https?:\/\/[^/?#@\s]+(?:\/[\w./~-]*)?$/, {
    error: "Expected the URL that the API is below, such as https://host/v1.",
  }),
  model: z.string().min(1),
  secret: z.string().optional(),
  /** The header that has the secret; by default what the API wants. */
  secretHeader: z
    .string()
    .regex(/^[a-z0-9-]{1,60}$/, { error: "Expected a header's name in lower case." })
    .optional(),
  /** False for a service that gives its answers whole. */
  stream: z.boolean().optional(),
  /** What chat completions call the limit of an answer. */
  maxTokensField: z
    .enum(["max_completion_tokens", "max_tokens"], {
      error: "Expected max_completion_tokens or max_tokens.",
    })
    .optional(),
  /** The version of Anthropic's API; the older one still takes a temperature. */
  apiVersion: z
    .enum(["2023-06-01", "2026-10-21"], { error: "Expected 2023-06-01 or 2026-10-21." })
    .optional(),
  /** The limit of an answer where the workflow says none. */
  maxTokens: whole(1, 1e9).optional(),
  limits: requestBounds.optional(),
}).check((context) => {
  const { api, apiVersion, maxTokensField, secret, secretHeader } = context.value;
  if (apiVersion !== undefined && api !== "anthropic") {
    const what = "Only the API `anthropic` has a version.";
    report(context, ["apiVersion"], { code: problemCode.badValue, what });
  }
  if (maxTokensField !== undefined && api !== "openai-chat") {
    const what = "Only chat completions have two names for the limit of an answer.";
    report(context, ["maxTokensField"], { code: problemCode.badValue, what });
  }
  if (secretHeader !== undefined && secret === undefined) {
    const what = "A header for a secret, and no `secret`.";
    report(context, ["secretHeader"], { code: problemCode.badValue, what });
  }
});

/** Where a model is. */
export type Provider = z.infer<typeof provider>;
