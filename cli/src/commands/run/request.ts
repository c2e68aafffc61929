// What `reach run` was asked, kept with the run: `reach resume` goes on with the same. docs/spec/run-folder.md, RUN-8.
import { resolve } from "node:path";
import { runRequest } from "@reach-fabric/schema";
import type { KeptRun } from "@reach-fabric/host";
import type { RunRequest } from "@reach-fabric/schema";
import { CliError, CODE, EXIT } from "../../ui/problem.ts";

/** The options that are kept: what a run cannot go on without. Its input and its grant are in its first record. */
const PATHS = [
  "output",
  "grant",
  "secrets",
  "secretsPassphraseFile",
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

/** What a run was asked. */
export async function requestIn(kept: KeptRun): Promise<RunRequest> {
  const { request } = await kept.read();
  if (request !== undefined) return request;
  throw new CliError({
    code: CODE.usage,
    what: "What the run was asked is not known",
    where: kept.where,
    hint: "A program has run it that is not reach run: it goes on with resume().",
    exitCode: EXIT.usage,
  });
}
