// What a run came to, in print and as the error that a command ends with.
import { parseRecord } from "@reach-fabric/engine";
import type { RunResult } from "@reach-fabric/host";
import { isOfKind } from "../../ui/codes.ts";
import { brief, runError, taskName } from "../../ui/names.ts";
import { CODE, EXIT } from "../../ui/problem.ts";
import type { CliProblem } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import { deniedProblem } from "./grants.ts";

/** What a run has come to. */
function valueOf(result: RunResult): object {
  if (result.status === "completed") return { output: result.output };
  return result.status === "faulted" ? { error: result.error } : { reason: reasonOf(result) };
}

/** Why a run was cancelled. */
function reasonOf({ records }: RunResult): unknown {
  const cancel = records.map((bytes) => parseRecord(bytes)).find(({ kind }) => kind === "cancel");
  return cancel?.kind === "cancel" ? cancel.reason : undefined;
}

export function printResult(
  terminal: Terminal,
  output: string,
  result: RunResult,
  bytes: number,
  key: string,
): void {
  const { status, decision, fingerprint, records, run: facts } = result;
  const start = parseRecord(records[0] ?? new Uint8Array());
  const workflow = start.kind === "start" ? start.workflow : "";
  const value = valueOf(result);
  if (terminal.json) {
    terminal.result({
      status,
      ...value,
      workflow,
      decision,
      fingerprint,
      run: facts.id,
      records: records.length,
      file: output,
      bytes,
      key,
    });
    return;
  }
  const { bold, green, yellow } = terminal.colors;
  terminal.print(
    line`${bold(workflow)}  ${status === "completed" ? green(status) : yellow(status)}`,
  );
  terminal.print(
    columns([
      ...Object.entries(value).map(([name, content]) => [name, brief(content, 200)]),
      ["decision", decision],
      ["evidence", `${output} (${records.length} records, ${bytes} bytes, signed with key ${key})`],
    ]),
  );
}

/** What the host has noted about the request that it denied last. */
function noteOf({ annotations }: RunResult): { code: string; why: string } | undefined {
  for (const { code, why } of annotations.toReversed()) {
    if (typeof code === "string" && isOfKind(code, "denial") && typeof why === "string") {
      return { code, why };
    }
  }
  return undefined;
}

/** A run that did not complete, as the error that the command ends with. */
export function problemOfRun(
  result: RunResult,
  workflow: string,
  output: string,
): CliProblem | undefined {
  if (result.status === "completed") return undefined;
  const hint = `The evidence of it is written: reach inspect ${output}`;
  if (result.status === "cancelled") {
    const reason = reasonOf(result);
    const why = typeof reason === "string" ? { why: reason } : {};
    const what = "The run was cancelled";
    return { code: CODE.cancelled, what, where: workflow, ...why, hint, exitCode: EXIT.failed };
  }
  const { title, status, type, detail, instance } = runError(result.error);
  if (type?.endsWith("/errors/authorization") === true) {
    return deniedProblem(
      workflow,
      instance,
      detail ?? title,
      detail === "denied" ? noteOf(result) : undefined,
    );
  }
  return {
    code: CODE.faulted,
    what: `The run faulted: ${title ?? type ?? "an error"}${status === undefined ? "" : ` (${status})`}`,
    where: instance === undefined ? workflow : `${workflow}, task ${taskName(instance)}`,
    ...(detail === undefined ? {} : { why: detail }),
    hint,
    exitCode: EXIT.failed,
  };
}
