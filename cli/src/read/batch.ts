import { readInput } from "./files.ts";
import { CODE, CliError, EXIT } from "../ui/problem.ts";
import type { Terminal } from "../ui/terminal.ts";

/** One line of a --batch file. */
export interface Item {
  readonly id: unknown;
  readonly program?: string;
  /** JSON text. */
  readonly input: string;
}

/**
 * Answers a batch file line by line, in its order. What the engine says of an input is a result; a
 * line that is not an item ends the command, naming the line.
 */
export function eachLine(
  terminal: Terminal,
  path: string,
  answer: (item: Item) => Readonly<Record<string, unknown>>,
): void {
  const text = new TextDecoder().decode(readInput(terminal.machine, path));
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    terminal.bytes(Buffer.from(`${JSON.stringify(answer(item(line, path, index + 1)))}\n`));
  }
}

function item(line: string, path: string, number: number): Item {
  const where = `${path === "-" ? "stdin" : path}:${number}`;
  const malformed = (why: string): CliError =>
    new CliError({
      code: CODE.batch,
      what: "This line of the batch is not an item",
      where,
      why,
      hint: 'A line is {"id":...,"input":"JSON text"}; for eval with "program", too.',
      exitCode: EXIT.usage,
    });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw malformed("it is not JSON");
  }
  if (typeof value !== "object" || value === null) throw malformed("it is not an object");
  const { id = null, program, input } = value as Record<string, unknown>;
  if (typeof input !== "string") throw malformed("its input is not a string");
  if (program === undefined) return { id, input };
  if (typeof program !== "string") throw malformed("its program is not a string");
  return { id, input, program };
}
