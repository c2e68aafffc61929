// What `reach run` was asked, kept beside the run: `reach resume` goes on with the same. docs/spec/run-folder.md, RUN-8.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { utf8 } from "@reach-fabric/engine";
import type * as Host from "@reach-fabric/host";
import type { Recorder } from "@reach-fabric/host";
import { runRequest } from "@reach-fabric/schema";
import type { RunRequest } from "@reach-fabric/schema";
import { readInput } from "../../read/files.ts";
import type { Machine } from "../../ui/machine.ts";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";

const NAME = "request.json";

/** The options that are kept: what a run cannot go on without. Its input and its grant are in its first record. */
const PATHS = [
  "output",
  "grant",
  "secrets",
  "emit",
  "key",
  "passphraseFile",
  "log",
  "logKey",
  "logPassphraseFile",
  "matterKey",
] as const;

/** What a command was asked, with absolute paths. */
export function requestOf(
  workflow: string,
  options: { readonly tenant: string; readonly actor: string; readonly force?: boolean } & {
    readonly [name in (typeof PATHS)[number]]?: string | undefined;
  },
): RunRequest {
  const { tenant, actor, force } = options;
  const paths = PATHS.flatMap((name) => {
    const path = options[name];
    return path === undefined ? [] : [[name, resolve(path)] as const];
  });
  return runRequest.parse({
    format: "reach/run-request/v1",
    workflow: resolve(workflow),
    ...Object.fromEntries(paths),
    tenant,
    actor,
    ...(force === true ? { force } : {}),
  });
}

/** A recorder that keeps the request beside the run, before anything is asked of the world. */
export const requestedRecorder = (
  { writeFileAtomic }: typeof Host,
  recorder: Recorder,
  folder: string,
  request: RunRequest,
): Recorder => ({
  ...recorder,
  begin: async (beginning) => {
    await recorder.begin(beginning);
    await writeFileAtomic(join(folder, NAME), utf8(`${JSON.stringify(request)}\n`), 0o600);
  },
});

/** What the run in a folder was asked. */
export function requestIn(machine: Machine, folder: string): RunRequest {
  const path = join(folder, NAME);
  const problem = (why: string): CliError =>
    new CliError({
      code: CODE.usage,
      what: "What the run was asked is not known",
      where: path,
      why,
      hint: "A program has run it that is not reach run: it goes on with resume().",
      exitCode: EXIT.usage,
    });
  if (!existsSync(path)) throw problem("there is no such file");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(readInput(machine, path)));
  } catch {
    throw problem("it is not JSON");
  }
  const { success, data } = runRequest.safeParse(value);
  if (!success) throw problem("it has another form");
  return data;
}
