// A log that a command reads: a folder, or the address of a server.
import type * as Host from "@reach-fabric/host";
import { sameKey } from "@reach-fabric/evidence";
import type { NoteKey } from "@reach-fabric/evidence";
import { hostCode } from "@reach-fabric/host/codes";
import { CODE, CliError, EXIT } from "../ui/problem.ts";

/**
 * A log in a folder or behind an address. A folder says its own key, unless another one is given; of a server the key
 * has to be known.
 */
export async function openedLog(
  host: typeof Host,
  place: string,
  key: NoteKey | undefined,
  signal?: AbortSignal,
): Promise<Host.LogReader> {
  if (host.isAddress(place)) {
    if (key !== undefined) return host.readServedLog(place, key, { signal });
    throw new CliError({
      code: CODE.usage,
      what: "The key of the log is needed: a server cannot say whose it is",
      where: place,
      hint: "Give --log VKEY.",
      exitCode: EXIT.usage,
    });
  }
  const log = await host.readLog(place);
  if (key === undefined || (key.name === log.origin && sameKey(key.key, log.key.key))) return log;
  throw new CliError({
    code: hostCode.otherLogKey,
    what: "This is not the log with that key",
    where: place,
    why: `it is ${log.origin} with the key ${log.key.key.id}`,
    exitCode: EXIT.failed,
  });
}
