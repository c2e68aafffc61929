// Matter keys: under which a log notes whom a run is about. docs/spec/log.md, LOG-63.
import * as z from "zod";
import { strict } from "../fields/problem.ts";
import { base64Of } from "../fields/texts.ts";

/** A matter key as a file: 32 random bytes, and the id that entries name them by. */
export const matterKeyFile = strict({
  format: z.literal("reach/matter-key/v1"),
  id: z.string().regex(/^[0-9a-f]{16}$/, "16 lower-case hex digits"),
  secret: base64Of(32),
});

/** A matter key as a file. */
export type MatterKeyFile = z.infer<typeof matterKeyFile>;
