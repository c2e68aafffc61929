// What a command needs of the machine that it runs on, beside files, clocks and the network: the seam
// between the program and its process. main.ts makes it of the process, tests make their own.
import type { Readable } from "node:stream";
import type { CommandSecurity } from "./security.ts";

/** What a command reads besides files. */
export interface Input {
  /** True where a person can be asked. */
  readonly isTTY: boolean;
  /** Reads some bytes into a buffer, waiting for the first: how many, 0 at the end. */
  read(buffer: Uint8Array): number;
  /** The same bytes as they come, for a command that goes on meanwhile. Not to be mixed with `read`. */
  stream(): Readable;
}

/** What a command writes besides files. */
export interface Output {
  /** True where a person looks at it. */
  readonly isTTY: boolean;
  /** Characters a line, where that is known. */
  readonly columns: number | undefined;
  /** Writes all bytes before it returns: a result that is followed by an exit must not be cut. */
  write(bytes: Uint8Array): void;
}

/** Signals that ask a command to end. */
export type StopSignal = "SIGHUP" | "SIGINT" | "SIGTERM";

/**
 * The machine as the program sees it. Guarantees of the program: it touches no other part of the process,
 * so that two command lines in one process do not see each other.
 */
export interface Machine {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The program's own version, as its package.json has it. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of a variable that a secret names: it is taken out of the environment, and given again. */
  readonly variables: (name: string) => string | undefined;
  /** The user's home folder, an absolute path. */
  readonly home: string;
  /** Who the system says that the user is: a name, or a number. */
  readonly user: string;
  /** What security depends on is noted there; nothing where no log was asked for. */
  readonly security?: CommandSecurity;
  /** Calls a listener for each such signal instead of ending, until the function that it returns is called. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Ends at once, whatever is going on. */
  exit(code: number): never;
}
