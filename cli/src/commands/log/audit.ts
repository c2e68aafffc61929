// The audit log beside an act: noted before it is done, so that nothing is done that cannot be noted.
import type * as Host from "@reach-fabric/host";
import type { Command } from "commander";
import type { Machine } from "../../ui/machine.ts";
import { readSigner } from "../../read/keys.ts";
import { CODE, CliError, EXIT, sentence } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";

export interface AuditOptions {
  log?: string | undefined;
  logKey?: string | undefined;
  logPassphraseFile?: string | undefined;
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

/** Where what security depends on is noted of a run, and what ends that before its log is closed. */
interface RunSecurity {
  readonly security?: Host.SecurityLog;
  readonly close: () => Promise<void>;
}

/**
 * The security log of a run: the one that was asked for, and the audit log of the run.
 *
 * @param keyId of the key that the run is signed with, which is its actor there
 */
export function runSecurity(
  terminal: Terminal,
  host: typeof Host,
  log: Host.Log | undefined,
  keyId: string,
): RunSecurity {
  const { security } = terminal.machine;
  const close = (): Promise<void> => Promise.resolve();
  if (log === undefined) return { ...(security && { security: security.log }), close };
  const onTrouble = ({ code, message: what, why = "" }: Host.ReachError): void => {
    terminal.problem({ code, what: sentence(what), where: log.folder, why, exitCode: EXIT.ok });
  };
  // As who gives a grant: an entry names no person.
  const actor = `key ${keyId}`;
  const base = security?.log ?? host.createSecurityLog({ actor, onTrouble });
  const both = base.also(host.securityEntries(log, actor));
  return { security: both, close: () => both.close() };
}

/** Does something that is noted in the log that was asked for, if one was: see noteAct(). */
export async function audited<T>(
  machine: Machine,
  options: AuditOptions,
  act: Host.IntendedAct,
  work: () => Promise<Host.DoneAct<T>>,
  found?: (details: Host.ActDetails) => Host.DoneAct<T> | undefined,
): Promise<T> {
  const host = await import("@reach-fabric/host");
  const log = await openAudit(machine, host, options);
  try {
    if (log === undefined) return (await work()).result;
    return await host.noteAct(log, act, work, found);
  } finally {
    await log?.close();
  }
}
