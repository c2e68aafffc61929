// Commands to a run from outside: suspend, resume and cancel (TRACE-9, TRACE-19).
import { problemsOf, runCommand } from "@reach-fabric/schema";
import type { RunCommand } from "@reach-fabric/schema";
import type { Readable } from "node:stream";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { objectsOf } from "../files/lines.ts";

/**
 * The commands of a file, or of a stream that goes on: one JSON text a line, `{"command":"suspend",
 * "reason":"audit"}`, `{"command":"resume"}` or `{"command":"cancel","reason":"fraud"}`.
 *
 * @param name for errors
 * @throws ReachError `REACH-E41xx` for the file, `REACH-E11xx` for a line that is not strict JSON,
 *   `REACH-E3006` for one that is not a command, and for bytes that are not UTF-8
 *
 * @example
 * await run({ ...options, commands: commandFile(process.stdin, "stdin") });
 */
export async function* commandFile(
  source: string | Readable,
  name: string = typeof source === "string" ? source : "commands",
): AsyncGenerator<RunCommand, void, void> {
  for await (const { value, where } of objectsOf(source, name, KIND)) {
    const [problem] = problemsOf(runCommand, value);
    if (problem !== undefined) {
      throw new ReachError(hostCode.badCommand, "This is not a command.", {
        where,
        why: problem.what,
        hint: 'Write {"command": "suspend", "reason": TEXT}, or resume, or cancel.',
      });
    }
    yield value as RunCommand;
  }
}
const KIND = { name: "command", code: hostCode.badCommand } as const;
