import { writeSync } from "node:fs";
import { colorsFor } from "./colors.ts";
import type { Colors } from "./colors.ts";
import { printProblem, problemJson } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { safe, safeJson } from "./text.ts";

/**
 * What a command says: results on stdout, everything else on stderr. With --json every line on
 * stderr is one JSON object, too.
 */
export interface Terminal {
  readonly json: boolean;
  /** For stdout; without colours where it is no terminal, NO_COLOR says so or --json is given. */
  readonly colors: Colors;
  /** Lines of the result, for people. They are printed as they are: foreign text is made safe before. */
  print(text: string): void;
  /** Bytes of the result, exactly. */
  bytes(bytes: Uint8Array): void;
  /** A result for programs: one line of JSON. */
  result(value: unknown): void;
  /** What is going on: a plain line, or a JSON object with an `event`. */
  progress(event: string, text: string, facts?: Readonly<Record<string, unknown>>): void;
  problem(problem: Problem): void;
  /** The last line of a success: a command that can be copied. */
  next(command: readonly string[]): void;
}

export function createTerminal(json: boolean, quiet: boolean): Terminal {
  const colors = colorsFor(process.stdout, json);
  const errorColors = colorsFor(process.stderr, json);
  const out = (text: string | Uint8Array): void => {
    writeAll(1, typeof text === "string" ? Buffer.from(text) : text);
  };
  const err = (text: string): void => {
    writeAll(2, Buffer.from(text));
  };
  return {
    json,
    colors,
    print: (text) => {
      out(`${text}\n`);
    },
    bytes: out,
    result: (value) => {
      out(`${safeJson(value)}\n`);
    },
    progress: (event, text, facts = {}) => {
      if (quiet) return;
      err(json ? `${safeJson({ event, ...facts })}\n` : `${errorColors.dim(safe(text))}\n`);
    },
    problem: (problem) => {
      err(json ? problemJson(problem) : printProblem(problem, errorColors));
    },
    next: (command) => {
      if (!json && !quiet) err(`${errorColors.dim("next:")} ${command.map(quoted).join(" ")}\n`);
    },
  };
}

/** An argument as a POSIX shell reads it back. */
export function quoted(argument: string): string {
  const text = safe(argument);
  return /^[\w@%+=:,./~^-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Writes everything before it returns, to pipes too: a result that is followed by an exit must not
 * be cut. A reader that has gone away (`| head`) ends the process quietly, as it does any filter.
 */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") process.exit(0);
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
