import type { Machine } from "./machine.ts";
import { locatedProblem } from "./problem.ts";
import { createTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** What a command does: its arguments and options as commander passes them, its exit code back. */
type Action<A extends readonly unknown[]> = (
  terminal: Terminal,
  ...args: A
) => number | Promise<number>;

/** Makes a commander action of an Action: a terminal for it, its exit code, its error in words. */
export type Verb = <A extends readonly unknown[]>(
  action: Action<A>,
) => (...args: unknown[]) => Promise<void>;

/** @param exit is given the code that the process will end with */
export function createVerb(machine: Machine, exit: (code: number) => void): Verb {
  return <A extends readonly unknown[]>(action: Action<A>) =>
    async (...args: unknown[]) => {
      // commander passes the arguments, then the options, then the command.
      const options = args.at(-2) as { json?: boolean; quiet?: boolean };
      const terminal = createTerminal(machine, options.json === true, options.quiet === true);
      try {
        exit(await action(terminal, ...(args.slice(0, -1) as unknown as A)));
      } catch (error) {
        const problem = await locatedProblem(error);
        terminal.problem(problem);
        exit(problem.exitCode);
      }
    };
}
