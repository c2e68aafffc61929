// The official conformance suite of MCP (@modelcontextprotocol/conformance): its scenarios for clients, in both eras of the
// protocol, against the host. docs/spec/workflow.md, WF-61 to WF-63.
import type { Engine } from "@reach-fabric/engine";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Effort, Suite, SuiteResult, Vectors } from "../../suite.ts";

/** What is expected of a scenario in a revision; `why` wherever it does not pass. */
export interface Scenario {
  readonly scenario: string;
  readonly revision: string;
  readonly expect: "pass" | "fail";
  readonly why?: string;
  /** True for those that `npm test` runs. */
  readonly quick?: boolean;
}

/** One check of a scenario, as the suite writes it down. */
interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

const run = promisify(execFile);
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const PROGRAM = here("../../../../node_modules/@modelcontextprotocol/conformance/dist/index.js");
const LOOPBACK = here("../../../../host/test/effects/mcp/loopback.mjs");
const LIMIT = 60_000;

/** Every row of the list. */
export const expected: readonly Scenario[] = JSON.parse(
  readFileSync(here("scenarios.json"), "utf8"),
) as Scenario[];

/** The checks of a scenario that failed; the name of the scenario itself, where it came to nothing. */
export async function failuresOf({ scenario, revision }: Scenario): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "reach-mcp-"));
  const command = `${process.execPath} --conditions=reach-source --no-warnings ${here("client.ts")}`;
  const asked = ["--command", command, "--scenario", scenario, "--spec-version", revision];
  try {
    const all = ["--import", LOOPBACK, PROGRAM, "client", ...asked, "--force", "-o", folder];
    const { PATH, HOME } = process.env;
    await run(process.execPath, all, { timeout: LIMIT, env: { PATH, HOME } }).catch(
      () => undefined,
    );
    const [name] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith("checks.json"),
    );
    if (name === undefined) return [scenario];
    const checks = JSON.parse(readFileSync(join(folder, name), "utf8")) as Check[];
    if (checks.length === 0) return [scenario];
    return checks
      .filter(({ status }) => status === "FAILURE" || status === "WARNING")
      .map(({ id, errorMessage = "" }) => `${id} ${errorMessage}`.trim());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function conformance(_: Engine, __: Vectors, effort: Effort): Promise<SuiteResult> {
  const wanted = expected.filter(({ quick }) => effort.long || quick === true);
  const failed: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const row of wanted) {
    const name = `${row.scenario} ${row.revision}`;
    effort.progress?.(name);
    const failures = await failuresOf(row);
    if (row.expect === "pass" && failures.length === 0) passed += 1;
    else if (row.expect === "fail" && failures.length > 0)
      skipped.push(`${name}: ${row.why ?? ""}`);
    else failed.push(`${name}: ${failures.join("; ") || "passes, which the list does not expect"}`);
  }
  const left = expected.length - wanted.length;
  return { passed, failed, skipped, notes: left > 0 ? [`${left} with --long`] : [] };
}

export const mcpConformance: Suite = { name: "mcp-client", run: conformance };
