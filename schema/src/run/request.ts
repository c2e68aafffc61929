// What a command was asked that runs a workflow, kept beside the run, so that it can go on. docs/spec/run-folder.md, RUN-8.
import * as z from "zod";
import { strict } from "../fields/problem.ts";

const path = z.string().min(1).max(4096);

const fields = strict({
  format: z.literal("reach/run-request/v1"),
  workflow: path,
  /** Where the evidence goes. */
  output: path,
  force: z.boolean().optional(),
  grant: path.optional(),
  secrets: path.optional(),
  secretsPassphraseFile: path.optional(),
  emit: path.optional(),
  key: path.optional(),
  passphraseFile: path.optional(),
  tenant: z.string(),
  actor: z.string(),
  log: path.optional(),
  logKey: path.optional(),
  logPassphraseFile: path.optional(),
  matterKey: path.optional(),
});

/** The file beside a run: paths are absolute, and no secret is in it. */
export const runRequest: typeof fields = fields;

export type RunRequest = z.infer<typeof runRequest>;
