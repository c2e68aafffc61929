import { hostCode } from "@reach-fabric/host/codes";
import { redact } from "@reach-fabric/host/redact";
import { CODE, isOfKind } from "./codes.ts";
import type { Colors } from "./colors.ts";
import type { SecurityFacts } from "./security.ts";
import { joined, jsonOf, line } from "./text.ts";
import type { SafeText } from "./text.ts";

/** The exit codes of every verb. */
export const EXIT = {
  ok: 0,
  /** Verification failed, the file is not evidence, a replay diverged, two runs differ, a run did not complete. */
  failed: 1,
  /** Wrong usage or bad input. */
  usage: 2,
  /** What was asked could not be checked. */
  unchecked: 3,
  /** A grant is missing or does not allow it. */
  denied: 4,
  /** The run waits for an event, a person or a time. */
  waiting: 5,
  /** SIGHUP: the terminal was closed. */
  hungUp: 129,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;

/** One thing that is wrong in a document, and where that is, also as data. Lines and columns are from 1. */
export interface DocumentProblem {
  readonly code: string;
  readonly what: string;
  readonly where: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** RFC 6901. */
  readonly pointer?: string;
  readonly why?: string;
  readonly hint?: string;
}

/** What every error of the command line says. */
export interface CliProblem extends SecurityFacts {
  readonly code: string;
  readonly what: string;
  readonly where?: string;
  readonly why?: string;
  readonly hint?: string;
  readonly exitCode: number;
  /** All that is wrong in a document that was refused; the members above say the first. */
  readonly problems?: readonly DocumentProblem[];
}

/** A problem that ends a command. */
export class CliError extends Error {
  readonly problem: CliProblem;
  /** The same with places that take time to find. */
  readonly located: (() => Promise<CliProblem>) | undefined;

  constructor(problem: CliProblem, located?: () => Promise<CliProblem>) {
    super(problem.what);
    this.name = "CliError";
    this.problem = problem;
    this.located = located;
  }
}

/** What the error that ends a command says, with every place that can be found. */
export const locatedProblem = async (error: unknown): Promise<CliProblem> =>
  (error instanceof CliError ? await error.located?.() : undefined) ?? problemOf(error);

export { CODE } from "./codes.ts";

const CODE_FORM = /^REACH-E\d{4}$/;

/** What an error of any layer says to the user. `where` is what was being read, if it says nothing itself. */
export function problemOf(error: unknown, where?: string): CliProblem {
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
      ...(isPlaced(error.problems) ? { problems: error.problems.map(documentProblem) } : {}),
    };
  }
  if (error instanceof Error && isErrno(error)) return systemProblem(error, where);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const why = redact(stack).split("\n").slice(0, 6).join("\n");
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
  readonly problems?: readonly object[];
}

/** Those of a document that the host has read; of evidence's, only who reads the file knows the place. */
const isPlaced = (problems: readonly object[] = []): problems is readonly DocumentProblem[] =>
  problems.length > 0 && problems.every((problem) => "file" in problem);

/** A problem of a document as the command line says it, and nothing else of it. */
export const documentProblem = (problem: DocumentProblem): DocumentProblem => {
  const { code, what, where, file, line, column, pointer, why, hint } = problem;
  return {
    code,
    what: sentence(what),
    where,
    file,
    ...(line === undefined || column === undefined ? {} : { line, column }),
    ...(pointer === undefined ? {} : { pointer }),
    ...(why === undefined ? {} : { why }),
    ...(hint === undefined ? {} : { hint }),
  };
};

/** The problem with which a command ends whose document has these, in the order in which they are told. */
export function problemOfDocument(
  problems: readonly DocumentProblem[],
  exitCode: number,
): CliProblem {
  const [first] = problems as [DocumentProblem, ...DocumentProblem[]];
  const { code, what, where, why, hint } = first;
  return {
    code,
    what,
    where,
    ...(why === undefined ? {} : { why }),
    ...(hint === undefined ? {} : { hint }),
    exitCode,
    problems,
  };
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
export function systemProblem(error: NodeJS.ErrnoException, where?: string): CliProblem {
  const path = where ?? error.path;
  const problem = (code: string, what: string, hint?: string): CliProblem => ({
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

/** The result could not be printed: the place is stdout, whatever file the command was about. */
export function stdoutProblem(error: NodeJS.ErrnoException): CliProblem {
  const { hint: _, ...problem } = systemProblem(error, "stdout");
  return problem;
}

/** A file that is there and is kept. */
export const exists = (path: string | undefined, hint?: string): CliProblem => ({
  code: CODE.exists,
  what: "This file exists and is not overwritten",
  ...(path === undefined ? {} : { where: path }),
  hint: hint ?? "Name another file, or move this one away first.",
  exitCode: EXIT.usage,
});

/** So many problems of one document are told to people; --json has them all. */
const MOST_TOLD = 20;

/**
 * A problem in the form of every error: what and code, then where, why and hint. Of a document with several,
 * each; a reason is given where it is new.
 */
export function printProblem(problem: CliProblem, colors: Colors): SafeText {
  const { problems = [] } = problem;
  // A command may have said more of the first than its document does.
  const told: readonly Told[] = [{ ...problems[0], ...problem }, ...problems.slice(1, MOST_TOLD)];
  const said = new Set<string>();
  const lines = told.flatMap(({ why, ...other }) => {
    if (why === undefined || said.has(why)) return linesOf(other, colors);
    said.add(why);
    return linesOf({ ...other, why }, colors);
  });
  const more = problems.length - told.length;
  if (more > 0) lines.push(line`and ${more} more ${more === 1 ? "problem" : "problems"}`);
  return joined(lines);
}

type Told = Omit<CliProblem, "exitCode" | "problems"> | DocumentProblem;

/** The place as text: where that is a file, and a pointer into it, with the line. */
function placeOf(problem: Told): string | undefined {
  if (!("file" in problem)) return problem.where;
  const { where, file, line, column, pointer } = problem;
  const below = pointer === undefined ? "" : ` ${pointer || "/"}`;
  if (where !== file && where !== file + below) return where;
  return (line === undefined ? file : `${file}:${line}:${column}`) + below;
}

function linesOf(problem: Told, colors: Colors): SafeText[] {
  const { code, what, why, hint } = problem;
  const where = placeOf(problem);
  const lines = [line`${colors.red("x")} ${colors.bold(what)}   ${colors.dim(code)}`];
  if (where !== undefined) lines.push(line`  where: ${where}`);
  const told = (name: string, text: string): void => {
    const [first = "", ...rest] = text.split("\n");
    lines.push(line`  ${name} ${first}`, ...rest.map((more) => line`         ${more}`));
  };
  if (why !== undefined) told("why:  ", why);
  if (hint !== undefined) told("hint: ", hint);
  return lines;
}

/** The same as one line of JSON. */
export function problemJson(told: CliProblem): SafeText {
  const { exitCode, problems, unmet: _, isNoted: __, ...problem } = told;
  return jsonOf({ ...problem, exitCode, ...(problems && { problems }) });
}
