// What the verbs of `reach log` have in common.
import type { Machine } from "../../ui/machine.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";

/** HOST:PORT or PORT. */
export function listenAddress(text: string): { host: string; port: number } {
  const [, host = "127.0.0.1", port = ""] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== "" && Number(port) < 65_536) {
    return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  }
  throw new CliError({
    code: CODE.usage,
    what: `--listen is not HOST:PORT: ${JSON.stringify(text)}`,
    hint: "For example 127.0.0.1:7380; port 0 takes any free port.",
    exitCode: EXIT.usage,
  });
}

/** Waits until Ctrl-C is pressed or the process is asked to end. */
export function untilStopped(machine: Machine): Promise<void> {
  return new Promise((resolve) => {
    const off = machine.onStop(() => {
      off();
      resolve();
    });
  });
}
