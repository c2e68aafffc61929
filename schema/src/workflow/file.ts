// What a call file is given.
import * as z from "zod";
import { folderName, json } from "../fields/common.ts";
import { strict } from "../fields/problem.ts";

const read = strict({
  method: z.literal("read"),
  folder: folderName,
  path: z.string(),
  as: z.enum(["text", "json", "base64"], { error: "Expected text, json or base64." }).optional(),
});
const write = strict({
  method: z.literal("write"),
  folder: folderName,
  path: z.string(),
  content: json,
  /** True: the file must not be there. */
  new: z.boolean().optional(),
});
const list = strict({
  method: z.literal("list"),
  folder: folderName,
  /** A folder below it; without it, itself. */
  path: z.string().optional(),
});

export const fileArguments = z.discriminatedUnion("method", [read, write, list], {
  error: "Expected read, write or list.",
});
