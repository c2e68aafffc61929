// Runs the command as a user does, in a folder of its own: in this process, where only what it computes
// and writes matters, or in one of its own, where signals, pipes, locks and exits do.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { reach as inProcess, VERSION } from "@reach-fabric/cli/testing";
import type { Input, Machine, Output } from "@reach-fabric/cli/testing";
import { grantFor, startServices } from "../../examples/loan-prescreen/services.ts";
import type { Services } from "../../examples/loan-prescreen/services.ts";

/** What a process runs: the program as it is packaged, which starts five times as fast, where the tests have made it (tools/test-program.ts). */
const bundled = process.env["REACH_TEST_PROGRAM"];
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const program = bundled === undefined ? ["--conditions=reach-source", main] : [bundled];
export const repository = fileURLToPath(new URL("../..", import.meta.url));
const example = join(repository, "examples/loan-prescreen");
/** The example's workflow. */
export const workflow: string = join(example, "workflow.yaml");
/** The path of one of the example's applications. */
export const applicant = (name: string): string => join(example, "applicants", `${name}.json`);

/** How a command ended and what it said. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** An open file in the place of the pipe. */
  readonly stdout?: number;
}

/** A new folder for one test file, gone when it has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "reach-cli-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The environment of a command: nothing of the user's own configuration, no colours unless they are asked for. */
function environment(folder: string, { env: more }: Options): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
  return {
    ...env,
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_STATE_HOME: join(folder, "state"),
    ...more,
  };
}

/** Starts `reach` as a process of its own. */
export function start(
  folder: string,
  args: readonly string[],
  options: Options = {},
): ChildProcess {
  return spawn(process.execPath, [...program, ...args], {
    cwd: options.cwd ?? folder,
    stdio: ["pipe", options.stdout ?? "pipe", "pipe"],
    env: environment(folder, options),
  });
}

/** Waits for the end of a command. */
export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      resolve({ status: status ?? -1, stdout, stderr });
    });
  });
}

/** Runs `reach` to its end as a process of its own. */
export function reachProcess(
  folder: string,
  args: readonly string[],
  options: Options = {},
): Promise<Ended> {
  const child = start(folder, args, options);
  // A command that ends before it has read everything closes the pipe.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.stdin ?? "");
  return ended(child);
}

/** Runs `reach` to its end in this process. What it does not catch fails the test. */
export async function reach(
  folder: string,
  args: readonly string[],
  options: Options = {},
): Promise<Ended> {
  const stdout = collected();
  const stderr = collected();
  const env = environment(folder, options);
  const machine: Machine = {
    stdin: given(Buffer.from(options.stdin ?? "")),
    stdout,
    stderr,
    version: VERSION,
    env,
    variables: (name) => env[name],
    home: env["HOME"] ?? homedir(),
    user: env["TEST_USER"] ?? "tester",
    onStop: () => () => undefined,
    exit: (code) => {
      throw new Error(`the command ended the process with ${code}`);
    },
  };
  const leave = enter(options.cwd ?? folder);
  try {
    const status = await inProcess(args, machine);
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    leave();
  }
}

/** Standard input that is a pipe with these bytes in it. */
function given(bytes: Uint8Array): Input {
  let at = 0;
  return {
    isTTY: false,
    read: (buffer) => {
      const some = bytes.subarray(at, at + buffer.length);
      buffer.set(some);
      at += some.length;
      return some.length;
    },
    stream: () => Readable.from([bytes.subarray(at)]),
  };
}

function collected(): Output & { text: () => string } {
  const chunks: Uint8Array[] = [];
  return {
    isTTY: false,
    columns: undefined,
    write: (bytes) => void chunks.push(bytes.slice()),
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}

const outside = process.cwd();
let inside: { readonly cwd: string; commands: number } | undefined;

/** Makes a folder the working one. A process has but one: commands at the same time share it. */
function enter(cwd: string): () => void {
  inside ??= { cwd, commands: 0 };
  const here = inside;
  if (here.cwd !== cwd) throw new Error(`a command is running in ${here.cwd}, another in ${cwd}`);
  here.commands += 1;
  process.chdir(cwd);
  return () => {
    here.commands -= 1;
    if (here.commands > 0) return;
    inside = undefined;
    process.chdir(outside);
  };
}

/** Writes a file into a folder and returns its path. */
export function put(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The error that a command with --json ended with. */
export function errorOf({ stderr }: Ended): Record<string, unknown> {
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  return JSON.parse(last) as Record<string, unknown>;
}

/** Runs the example for one applicant, against services that this test file starts and stops. */
export function decider(
  folder: string,
  by: typeof reach = reach,
): (name: string, output: string, more?: readonly string[], options?: Options) => Promise<Ended> {
  let services: Services;
  let grant: string;
  beforeAll(async () => {
    services = await startServices();
    grant = put(folder, "grant.json", grantFor(services));
  });
  afterAll(async () => {
    await services.stop();
  });
  return (name, output, more = [], options = {}) =>
    by(
      folder,
      ["run", workflow, "-i", applicant(name), "-g", grant, "-o", output, ...more],
      options,
    );
}

/** What a run with --json printed. */
export interface RunResult {
  readonly status: string;
  readonly output: { readonly decision: string };
  readonly decision: string;
  readonly fingerprint: string;
}

export const resultOf = ({ stdout }: Ended): RunResult => JSON.parse(stdout) as RunResult;
