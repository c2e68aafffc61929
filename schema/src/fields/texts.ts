// Texts that have one spelling for what they say.
import * as z from "zod";

/** Bytes in canonical base64 (RFC 4648, with padding): the bits that no byte fills are 0. */
export function base64Of(size: number): z.ZodString {
  const tail = ["", "[A-Za-z0-9+/][AQgw]==", "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]="][size % 3] ?? "";
  const whole = 4 * Math.floor(size / 3);
  return z
    .string()
    .regex(new RegExp(`^[A-Za-z0-9+/]{${whole}}${tail}$`), `${size} bytes as base64`);
}

/** An instant in UTC with milliseconds: as texts they are in the order of time. */
export const instant: z.ZodString = z
  .string()
  .regex(
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/,
    "an instant as 2026-11-23T07:00:00.000Z",
  );
