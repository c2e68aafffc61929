// Runs the command as a user does: a process of its own, in a folder of its own.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { grantFor, startServices } from "../../examples/loan-prescreen/services.ts";
import type { Services } from "../../examples/loan-prescreen/services.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
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
}

/** A new folder for one test file, gone when it has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "reach-cli-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Starts `reach`, with nothing of the user's own configuration. */
export function start(
  folder: string,
  args: readonly string[],
  options: Options = {},
): ChildProcess {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
  return spawn(process.execPath, ["--conditions=reach-source", main, ...args], {
    cwd: options.cwd ?? folder,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...env,
      XDG_CONFIG_HOME: join(folder, "config"),
      XDG_STATE_HOME: join(folder, "state"),
      ...options.env,
    },
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

/** Runs `reach` to its end. */
export function reach(
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
    reach(
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
