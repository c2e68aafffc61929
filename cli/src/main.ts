// The command as a process: the only file that touches it.
import { fstatSync, readSync, writeSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isatty } from "node:tty";
import type { Input, Machine, Output, StopSignal } from "./ui/machine.ts";
import { reach } from "./program.ts";
import { CliError, stdoutProblem } from "./ui/problem.ts";
import { VERSION } from "./version.ts";

// Most commands look at a few values once: writing a program for each schema takes longer than that. Where zod looks
// for it, as a schema asks when it is made, and a command that needs none should not load zod.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

const stdin: Input = {
  isTTY: isTerminal(0),
  read: (buffer) => readSome(0, buffer),
  // A stream takes bytes that were not asked for yet: it is opened only when it is wanted.
  stream: () => process.stdin,
};

const outputOf = (fd: 1 | 2, stream: () => NodeJS.WriteStream): Output => ({
  isTTY: isTerminal(fd),
  get columns() {
    return isTerminal(fd) ? stream().columns : undefined;
  },
  write: (bytes) => writeAll(fd, bytes),
});

/** Variables of secrets that were taken out of the environment. */
const taken = new Map<string, string>();

const machine: Machine = {
  stdin,
  stdout: outputOf(1, () => process.stdout),
  stderr: outputOf(2, () => process.stderr),
  version: VERSION,
  env: process.env,
  variables: (name) => {
    const value = process.env[name];
    if (value !== undefined) taken.set(name, value);
    // No process that is started later gets it.
    delete process.env[name];
    return taken.get(name);
  },
  home: homedir(),
  get user() {
    return userName();
  },
  onStop: (listener) => {
    const stop = (name: NodeJS.Signals): void => listener(name as StopSignal);
    const signals: readonly StopSignal[] = ["SIGHUP", "SIGINT", "SIGTERM"];
    for (const name of signals) process.on(name, stop);
    return () => {
      for (const name of signals) process.off(name, stop);
    };
  },
  exit: (code) => process.exit(code),
};

process.exitCode = await reach(process.argv.slice(2), machine);

/** A user without a name, as in some containers, is a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** Whether a person is there. Files and pipes are known without node:tty, which takes a tenth of a start to load. */
function isTerminal(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    if (found.isFile() || found.isFIFO() || found.isSocket()) return false;
  } catch {
    // A stream that is closed: node:tty says so, too.
  }
  return isatty(fd);
}

/** A pipe that has nothing yet fails with EAGAIN: wait for it. */
function readSome(fd: number, buffer: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      pause();
    }
  }
}

/**
 * Writes all bytes, waiting for a pipe that is full. What is no longer read (`| head`) is left out: the
 * command goes on, so that its exit code says what came of it. Any other failure of stdout is an error that
 * names stdout; on stderr there is nowhere left to tell it.
 */
function writeAll(fd: 1 | 2, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") pause();
      else if (code === "EPIPE" || fd === 2) return;
      else throw new CliError(stdoutProblem(error as NodeJS.ErrnoException));
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
