import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/**
 * JSON of a registry in its form: other members than those that are known are others' business.
 *
 * @throws ReachError `REACH-E4146`
 */
export function parsed<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  bytes: Uint8Array,
  where: string,
): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw notPack(where, "its manifest is not JSON");
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw notPack(where, "its manifest has another form");
}

export const notPack = (where: string, why: string): ReachError =>
  new ReachError(hostCode.notAPack, "This is not a pack.", { where, why, exitCode: 1 });
