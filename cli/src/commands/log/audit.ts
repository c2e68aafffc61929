// The audit log beside an act: opened before it is done, so that nothing is done that cannot be noted.
import type * as Host from "@reach-fabric/host";
import type { NewLogEntry } from "@reach-fabric/schema";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { readSigner } from "../../read/keys.ts";
import { CODE, CliError, EXIT } from "../../ui/problem.ts";

/** What is said of an act: the body of its entry. */
export type Act = Extract<NewLogEntry, { type: "act" }>["body"];

export interface AuditOptions {
  log?: string;
  logKey?: string;
  logPassphraseFile?: string;
}

/** Adds the options of a verb that is noted in an audit log. */
export const withAudit = (command: Command, what: string): Command =>
  command
    .option("--log <dir>", `the audit log in which ${what}`)
    .option("--log-key <file>", "the log's own key")
    .option("--log-passphrase-file <file>", "the passphrase of the log's key");

/** The log that was asked for. It is locked until it is closed, or the process ends. */
export async function openAudit(
  machine: Machine,
  host: typeof Host,
  { log, logKey, logPassphraseFile }: AuditOptions,
): Promise<Host.Log | undefined> {
  if (log === undefined) return undefined;
  if (logKey !== undefined) {
    return host.openLog(log, { signer: await readSigner(machine, logKey, logPassphraseFile) });
  }
  throw new CliError({
    code: CODE.usage,
    what: "--log needs the log's own key",
    hint: "Give --log-key FILE.",
    exitCode: EXIT.usage,
  });
}

/**
 * Does something, and notes in the log that it was done, or tried and not done.
 *
 * @param attempt what is said of it, if `work` says nothing else
 * @param work gives its result, and what is known of it only afterwards
 */
export async function audited<T>(
  machine: Machine,
  options: AuditOptions,
  attempt: Omit<Act, "outcome">,
  work: (host: typeof Host) => Promise<{ result: T; act?: Omit<Act, "outcome"> }>,
): Promise<T> {
  const host = await import("@reach-fabric/host");
  const log = await openAudit(machine, host, options);
  const note = async (act: Omit<Act, "outcome">, outcome: Act["outcome"]): Promise<void> => {
    await log?.append({ type: "act", body: { ...act, outcome } });
  };
  try {
    const { result, act = attempt } = await work(host);
    await note(act, "success");
    return result;
  } catch (error) {
    await note(attempt, "failure").catch(() => undefined);
    throw error;
  } finally {
    await log?.close();
  }
}
