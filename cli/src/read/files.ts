import { hostCode } from "@reach-fabric/host/codes";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Machine } from "../ui/machine.ts";
import { CliError, EXIT, systemProblem } from "../ui/problem.ts";
import type { CliProblem } from "../ui/problem.ts";

/** More than this is not read into memory; the engine's own limit for a JSON text is lower. */
const MAX_FILE = 1 << 29; // 512 MiB

/** The bytes of a file, or of stdin for `-`. Errors are CliErrors that name the file. */
export function readInput({ stdin }: Machine, path: string): Uint8Array {
  const where = path === "-" ? "stdin" : path;
  let fd: number | undefined;
  try {
    if (path !== "-") fd = openSync(path, "r");
    if (fd !== undefined && fstatSync(fd).isDirectory()) {
      throw Object.assign(new Error("it is a folder"), { code: "EISDIR", syscall: "read" });
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = new Uint8Array(1 << 16);
      const read = fd === undefined ? stdin.read(chunk) : readSync(fd, chunk);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      size += read;
      if (size > MAX_FILE) throw tooLarge(where);
    }
    return Buffer.concat(chunks, size);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(systemProblem(error as NodeJS.ErrnoException, where));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const tooLarge = (where: string): CliError =>
  new CliError({
    code: hostCode.tooLarge,
    what: "This file is too large",
    where,
    why: `more than ${MAX_FILE} bytes`,
    exitCode: EXIT.usage,
  });

/** Line and column of a byte of a text, both from 1, the column in characters. */
export function lineColumn(
  bytes: Uint8Array,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = Buffer.from(bytes.subarray(0, Math.min(offset, bytes.length))).toString("utf8");
  const lines = before.split("\n");
  return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1 };
}

/** The same as `path:line:column`. */
export function placeIn(path: string, bytes: Uint8Array, offset: number): string {
  const { line, column } = lineColumn(bytes, offset);
  return `${path}:${line}:${column}`;
}

/** A problem of a text that is wrong from a byte on, at its place. */
export function atByte(
  { exitCode, ...problem }: CliProblem,
  file: string,
  bytes: Uint8Array,
  offset: number,
): CliProblem {
  const told = { ...problem, where: placeIn(file, bytes, offset) };
  return { ...told, exitCode, problems: [{ ...told, file, ...lineColumn(bytes, offset) }] };
}

/** The line of a program that a byte is on, and below it a caret at that byte. */
export function pointAt(program: string, offset: number): string {
  const before = Buffer.from(program).subarray(0, offset).toString("utf8");
  const start = before.lastIndexOf("\n") + 1;
  const line = program.slice(start).split("\n")[0] ?? "";
  return `${line}\n${" ".repeat(Array.from(before.slice(start)).length)}^`;
}
