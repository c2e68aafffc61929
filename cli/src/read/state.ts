// What `reach verify` keeps from one time to the next: a small file of the user's. docs/spec/keys.md, KEY-16.
//
// Keeping is never a reason to fail: a home that cannot be written, or another verify at the same time, changes no verdict.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Engine } from "@reach-fabric/engine";
import { emptyState, formatState, mergedState, readState } from "@reach-fabric/evidence";
import type { VerifierState } from "@reach-fabric/evidence";
import { hostCode } from "@reach-fabric/host/codes";
import { CliError, EXIT, problemOf } from "../ui/problem.ts";
import type { Terminal } from "../ui/terminal.ts";
import { makeFolders } from "./folders.ts";
import { xdgFolder } from "./keys.ts";

/** The file of a verifier's state, and what it held. */
export interface KeptState {
  readonly path: string;
  readonly state: VerifierState;
}

/**
 * Reads the state at a path, or the user's own. One that is not there, or cannot be read, is that of a verifier which has
 * seen nothing.
 *
 * @throws CliError where a file is there and holds something else
 */
export function openState(
  terminal: Terminal,
  engine: Engine,
  given: string | undefined,
): KeptState {
  const own = (): string =>
    join(xdgFolder(terminal.machine, "XDG_STATE_HOME", ".local/state"), "verify.json");
  const path = given ?? own();
  return { path, state: stateAt(terminal, engine, path) };
}

/** A state of thousands of logs has less. */
const MOST_BYTES = 2 ** 24;

const noState = (): CliError =>
  new CliError({
    code: hostCode.notAFile,
    what: "This is no state",
    why: "it is not a regular file, or too large",
    exitCode: EXIT.usage,
  });

function stateAt(terminal: Terminal, engine: Engine, path: string): VerifierState {
  if (!existsSync(path)) return emptyState;
  let bytes: Uint8Array;
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > MOST_BYTES) throw noState();
    bytes = readFileSync(path);
  } catch (error) {
    tellWhy(terminal, path, "cannot be read", error);
    return emptyState;
  }
  try {
    return readState(engine, bytes);
  } catch (error) {
    throw new CliError({ ...problemOf(error, path), exitCode: EXIT.usage });
  }
}

/** Keeps what was seen, beside what others have kept in the meantime. */
export async function keepState(
  terminal: Terminal,
  engine: Engine,
  { path, state: before }: KeptState,
  state: VerifierState,
): Promise<void> {
  const written = (one: VerifierState): string => Buffer.from(formatState(engine, one)).toString();
  if (written(state) === written(before)) return;
  // Of what is no file it was said when it was read.
  if (existsSync(path) && !statSync(path).isFile()) return;
  try {
    const { changingFile, writeFileAtomic } = await import("@reach-fabric/host");
    makeFolders(dirname(path));
    await changingFile(path, async (file) => {
      const merged = mergedState(stateAt(terminal, engine, file), state);
      await writeFileAtomic(file, formatState(engine, merged), 0o600);
    });
  } catch (error) {
    tellWhy(terminal, path, "cannot be written: what was seen is not kept", error);
  }
}

function tellWhy(terminal: Terminal, path: string, what: string, error: unknown): void {
  const { why = "" } = problemOf(error, path);
  const text = `${path} ${what}${why === "" ? "" : ` (${why})`}`;
  terminal.progress("state", text, { file: path, why: what });
}
