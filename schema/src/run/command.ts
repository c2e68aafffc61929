// What may be said to a run while it goes on: docs/spec/trace.md, TRACE-9 and TRACE-19.
import * as z from "zod";
import { problemCode, report, strict } from "../fields/problem.ts";

const fields = strict({
  command: z.enum(["suspend", "resume", "cancel"], {
    error: "Expected suspend, resume or cancel.",
  }),
  reason: z.string().optional(),
});

/** A command. */
export const runCommand: typeof fields = fields.check((context) => {
  const { command, reason } = context.value;
  if (command !== "resume" || reason === undefined) return;
  report(context, ["reason"], {
    code: problemCode.unknownField,
    what: "`resume` has no reason.",
  });
});

export type RunCommand = z.infer<typeof runCommand>;
