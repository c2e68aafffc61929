import type { Machine } from "./machine.ts";
import { locatedProblem } from "./problem.ts";
import type { CliProblem } from "./problem.ts";
import type { CommandSecurity } from "./security.ts";
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

/** What a verb is given besides its own options. */
export interface VerbWorld {
  /** Is given the code that the process will end with. */
  readonly exit: (code: number) => void;
  /** Opens the security log that was asked for, if one was. */
  readonly openSecurity: (
    machine: Machine,
    actor: string | undefined,
    trouble: (problem: CliProblem) => void,
  ) => Promise<CommandSecurity | undefined>;
}

/** What the options of many verbs say. */
interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Who does it, by either name. */
  readonly actor?: unknown;
  readonly as?: unknown;
}

export function createVerb(machine: Machine, { exit, openSecurity }: VerbWorld): Verb {
  return <A extends readonly unknown[]>(action: Action<A>) =>
    async (...args: unknown[]) => {
      // commander passes the arguments, then the options, then the command.
      const options = args.at(-2) as CommonOptions;
      const { json = false, quiet = false } = options;
      const plain = createTerminal(machine, json, quiet);
      let security: CommandSecurity | undefined;
      let terminal = plain;
      try {
        security = await openSecurity(machine, actorOf(options), (problem) => {
          plain.problem(problem);
        });
        if (security !== undefined)
          terminal = createTerminal(within(machine, security), json, quiet);
        exit(await action(terminal, ...(args.slice(0, -1) as unknown as A)));
      } catch (error) {
        const problem = await locatedProblem(error);
        terminal.problem(problem);
        exit(problem.exitCode);
      } finally {
        await security?.close();
      }
    };
}

/** The machine with a security log. What it computes when it is asked for is not asked for here. */
const within = (machine: Machine, security: CommandSecurity): Machine =>
  Object.create(machine, { security: { value: security, enumerable: true } }) as Machine;

/** Who acts, where that is said: `local` is what the options say where it is not. */
const actorOf = ({ actor, as }: CommonOptions): string | undefined =>
  [actor, as].find(
    (one): one is string => typeof one === "string" && one !== "" && one !== "local",
  );
