// The security log that was asked for: of the command line, one place for all verbs.
import type { CommandSecurity } from "./ui/security.ts";
import type { Machine } from "./ui/machine.ts";
import { EXIT } from "./ui/problem.ts";
import type { CliProblem } from "./ui/problem.ts";

export interface SecurityOptions {
  securityLog?: string;
  securityLogKey?: string;
}

/** Standard error, as a place of the log. */
const STDERR = "-";

/**
 * Opens the security log of one command; undefined where none is asked for, by the option or REACH_SECURITY_LOG.
 *
 * @param actor who acts, as the command was told; the user of the machine where that is nobody
 * @param trouble is told that the log could not be written
 * @throws ReachError `REACH-E4180`, CliError
 */
export async function openSecurity(
  machine: Machine,
  options: SecurityOptions,
  actor: string | undefined,
  trouble: (problem: CliProblem) => void,
): Promise<CommandSecurity | undefined> {
  const { env, stderr } = machine;
  const place = options.securityLog ?? named(env["REACH_SECURITY_LOG"]);
  if (place === undefined) return undefined;
  const keyFile = options.securityLogKey ?? named(env["REACH_SECURITY_LOG_KEY"]);
  const host = await import("@reach-fabric/host/security");
  const key =
    keyFile === undefined
      ? undefined
      : (await import("./read/matter-key.ts")).matterKeyIn(machine, keyFile);
  const sink =
    place === STDERR
      ? { write: (_: unknown, line: string) => stderr.write(Buffer.from(line)) }
      : host.securityFile(place);
  const log = host.createSecurityLog({
    actor: actor ?? machine.user,
    sinks: [sink],
    ...(key === undefined ? {} : { actorKey: key.secret }),
    onTrouble: ({ code, message: what, why, hint }) =>
      trouble({
        code,
        what: what.replace(/\.$/, ""),
        where: place,
        ...(why === undefined ? {} : { why }),
        ...(hint === undefined ? {} : { hint }),
        exitCode: EXIT.ok,
      }),
  });
  return {
    log,
    watched: (signer) => host.watchedSigner(signer, log),
    problem: ({ code, unmet, isNoted }) => {
      if (unmet !== undefined) {
        log.note({ type: "policy.failed", outcome: "failure", ...unmet });
        return;
      }
      const event = isNoted === true ? undefined : host.refusalEvent(code);
      if (event !== undefined) log.note(event);
    },
    close: () => log.close(),
  };
}

/** A variable that is empty is as none. */
const named = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
