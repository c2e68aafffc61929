// JSON of a model's service, by the engine's own reader, and in the form that a zod schema wants.
import { checkJson } from "@reach-fabric/engine";
import type * as z from "zod";
import { hostCode } from "../../files/codes.ts";
import { RequestFailed } from "../egress/failure.ts";

/** Escapes; of the two halves of a character, the first with its second one. */
const ESCAPES =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\[^]/g;
const LONE = /^\\u[dD][89a-fA-F][0-9a-fA-F]{2}$/;

/** What came is not what the API says. */
export const notTheApi = (why: string): RequestFailed =>
  new RequestFailed("protocol", hostCode.protocol, why);

/**
 * A JSON text by json.md: each name once, no integer that a double loses, bounded in depth. But half a character may
 * stand in it, as where a service cuts its texts without a look: with its other half it is one again.
 *
 * @throws RequestFailed `protocol`
 */
export function jsonAs<Form extends z.ZodType>(form: Form, text: string): z.infer<Form> {
  const whole = text.replaceAll(ESCAPES, (escape) => (LONE.test(escape) ? "\\ufffd" : escape));
  let value: unknown;
  try {
    checkJson(whole);
    value = JSON.parse(text);
  } catch {
    throw notTheApi("the service's JSON is malformed");
  }
  const found = form.safeParse(value);
  if (found.success) return found.data;
  throw notTheApi(`the service's JSON is not of its API, at ${placeIn(found.error.issues[0])}`);
}

/** Names of the API's own: what is not known there is not said. */
const placeIn = (issue: z.core.$ZodIssue | undefined): string => `/${issue?.path.join("/") ?? ""}`;
