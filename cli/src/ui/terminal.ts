import { colorsFor } from "./colors.ts";
import type { Colors } from "./colors.ts";
import type { Machine } from "./machine.ts";
import { printProblem, problemJson } from "./problem.ts";
import type { CliProblem } from "./problem.ts";
import { jsonOf, line, safe } from "./text.ts";
import type { SafeText } from "./text.ts";

/**
 * What a command says: results on stdout, everything else on stderr. With --json every line on
 * stderr is one JSON object, too.
 */
export interface Terminal {
  /** What the command runs on, for what it reads and asks. */
  readonly machine: Machine;
  readonly json: boolean;
  /** For stdout; without colours where it is no terminal, NO_COLOR says so or --json is given. */
  readonly colors: Colors;
  /** Lines of the result, for people. */
  print(text: SafeText): void;
  /** Bytes of the result, exactly. */
  bytes(bytes: Uint8Array): void;
  /** A result for programs: one line of JSON. */
  result(value: unknown): void;
  /** What is going on: a plain line, or a JSON object with an `event`. */
  progress(event: string, text: string, facts?: Readonly<Record<string, unknown>>): void;
  problem(problem: CliProblem): void;
  /** The last line of a success: a command that can be copied. */
  next(command: readonly string[]): void;
}

export function createTerminal(machine: Machine, json: boolean, quiet: boolean): Terminal {
  const { stdout, stderr, env } = machine;
  const colors = colorsFor(stdout, env, json);
  const errorColors = colorsFor(stderr, env, json);
  const out = (text: SafeText): void => {
    stdout.write(Buffer.from(`${String(text)}\n`));
  };
  const err = (text: SafeText): void => {
    stderr.write(Buffer.from(`${String(text)}\n`));
  };
  return {
    machine,
    json,
    colors,
    print: out,
    bytes: (bytes) => {
      stdout.write(bytes);
    },
    result: (value) => {
      out(jsonOf(value));
    },
    progress: (event, text, facts = {}) => {
      if (!quiet) err(json ? jsonOf({ event, ...facts }) : errorColors.dim(text));
    },
    problem: (problem) => {
      machine.security?.problem(problem);
      err(json ? problemJson(problem) : printProblem(problem, errorColors));
    },
    next: (command) => {
      if (!json && !quiet)
        err(line`${errorColors.dim("next:")} ${command.map(shellWord).join(" ")}`);
    },
  };
}

/** An argument as a POSIX shell reads it back. */
export function shellWord(argument: string): string {
  const text = safe(argument);
  return /^[\w@%+=:,./~^-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
