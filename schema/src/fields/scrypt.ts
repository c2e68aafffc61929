// How a key is made of a passphrase: scrypt (RFC 7914), bounded so that no file asks for more than 1 GiB and some seconds.
import * as z from "zod";
import { strict } from "./problem.ts";
import { base64Of } from "./texts.ts";

export const scryptParameters = strict({
  name: z.literal("scrypt"),
  n: z.literal([32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576]),
  r: z.literal(8),
  p: z.int().min(1).max(4),
  salt: base64Of(16),
});

export type ScryptParameters = z.infer<typeof scryptParameters>;
