import { hostCode } from "@reach-fabric/host/codes";
import { CODE, isOfKind } from "./codes.ts";
import type { Colors } from "./colors.ts";
import { safe, safeJson } from "./text.ts";

/** The exit codes of every verb. */
export const EXIT = {
  ok: 0,
  /** Verification failed, evidence is none, a replay diverged, two runs differ, a run did not complete. */
  failed: 1,
  /** Wrong usage or bad input. */
  usage: 2,
  /** What was asked could not be checked. */
  unchecked: 3,
  /** A grant is missing or does not allow it. */
  denied: 4,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** What every error of the command line says. */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly where?: string;
  readonly why?: string;
  readonly hint?: string;
  readonly exitCode: number;
}

/** A problem that ends a command. */
export class CliError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.what);
    this.name = "CliError";
    this.problem = problem;
  }
}

export { CODE } from "./codes.ts";

const CODE_FORM = /^REACH-E\d{4}$/;

/** What an error of any layer says to the user. `where` is what was being read, if it says nothing itself. */
export function problemOf(error: unknown, where?: string): Problem {
  if (error instanceof CliError) return error.problem;
  if (error instanceof Error && isCoded(error)) {
    const at = error.where ?? where;
    const hint = error.hint;
    const offset = error.offset;
    return {
      code: error.code,
      what: sentence(error.message),
      ...(at === undefined ? {} : { where: at }),
      ...(error.why === undefined
        ? typeof offset === "number" && offset >= 0
          ? { why: `at byte ${offset}` }
          : {}
        : { why: error.why }),
      ...(hint === undefined ? {} : { hint }),
      exitCode: typeof error.exitCode === "number" ? error.exitCode : exitOf(error),
    };
  }
  if (error instanceof Error && isErrno(error)) return systemProblem(error, where);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const why = stack.split("\n").slice(0, 6).join("\n");
  return {
    code: CODE.bug,
    what: "Something that should not happen did",
    ...(where === undefined ? {} : { where }),
    why,
    hint: "This is a bug of reach: please report it with the lines above.",
    exitCode: EXIT.unchecked,
  };
}

interface Coded {
  readonly code: string;
  readonly where?: string;
  readonly why?: string;
  readonly hint?: string;
  readonly offset?: number;
  readonly exitCode?: number;
  readonly outcome?: unknown;
}

function isCoded(error: Error): error is Error & Coded {
  return "code" in error && typeof error.code === "string" && CODE_FORM.test(error.code);
}

function isErrno(error: Error): error is NodeJS.ErrnoException & { code: string } {
  return "syscall" in error && "code" in error && typeof error.code === "string";
}

/**
 * Grants are a matter of permission; evidence that is wrong has failed, evidence that nobody here can
 * judge could not be checked. Everything else that is refused is bad input, a bad key file too.
 */
function exitOf({ code, outcome }: Coded): number {
  if (isOfKind(code, "denial")) return EXIT.denied;
  if (!isOfKind(code, "evidence") || isOfKind(code, "key")) return EXIT.usage;
  return outcome === "not checked" ? EXIT.unchecked : EXIT.failed;
}

/** A message as every first line has it: a capital, no full stop. */
export function sentence(message: string): string {
  const text = message.replace(/(?<!\.)\.$/, "");
  // A file or a field is not written otherwise at the beginning of a line.
  if (/^[^\s.]*[./]\S/.test(text)) return text;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** What the operating system refused, in words. */
export function systemProblem(error: NodeJS.ErrnoException, where?: string): Problem {
  const path = where ?? error.path;
  const problem = (code: string, what: string, hint?: string): Problem => ({
    code,
    what,
    ...(path === undefined ? {} : { where: path }),
    ...(hint === undefined ? {} : { hint }),
    exitCode: EXIT.usage,
  });
  switch (error.code) {
    case "ENOENT":
      return problem(hostCode.missing, "There is no such file or folder");
    case "EACCES":
    case "EPERM":
      return problem(hostCode.unreadable, "Permission denied");
    case "EISDIR":
      return problem(hostCode.notAFile, "This is a folder where a file was expected");
    case "EEXIST":
      return exists(path);
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return problem(hostCode.full, "The disk is full", "Nothing half-written was left behind.");
    default: {
      const code = error.syscall === "write" ? hostCode.unwritable : hostCode.unreadable;
      return { ...problem(code, "The operating system refused"), why: error.message };
    }
  }
}

/** A file that is there and is kept. */
export const exists = (path: string | undefined, hint?: string): Problem => ({
  code: CODE.exists,
  what: "This file exists and is not overwritten",
  ...(path === undefined ? {} : { where: path }),
  hint: hint ?? "Name another file, or move this one away first.",
  exitCode: EXIT.usage,
});

/** A problem in the form of every error: what and code, then where, why and hint. */
export function printProblem(problem: Problem, colors: Colors): string {
  const lines = [
    `${colors.red("x")} ${colors.bold(safe(problem.what))}   ${colors.dim(problem.code)}`,
  ];
  if (problem.where !== undefined) lines.push(`  where: ${safe(problem.where)}`);
  if (problem.why !== undefined) {
    const [first = "", ...rest] = problem.why.split("\n");
    lines.push(`  why:   ${safe(first)}`, ...rest.map((line) => `         ${safe(line)}`));
  }
  if (problem.hint !== undefined) {
    const [first = "", ...rest] = problem.hint.split("\n");
    lines.push(`  hint:  ${safe(first)}`, ...rest.map((line) => `         ${safe(line)}`));
  }
  return `${lines.join("\n")}\n`;
}

/** The same as one line of JSON. */
export function problemJson({ exitCode, ...problem }: Problem): string {
  return `${safeJson({ ...problem, exitCode })}\n`;
}
