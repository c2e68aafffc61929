// Which tests run when: `npm run t` runs the unit tests, `npm test` all of them. A file that is named
// nowhere here is a unit test.
import { globSync } from "node:fs";
import { matchesGlob, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Files whose tests start processes, each of which takes half a second and more. */
export const processFiles: readonly string[] = [
  "bindings/test/engine/publish.test.ts",
  "cli/test/process/*.test.ts",
  "cli/test/guides/approval.test.ts",
  "cli/test/guides/recover.test.ts",
  "cli/test/start.test.ts",
  "host/test/effects/process/process.test.ts",
  "host/test/run/crash.test.ts",
  "host/test/run/kill.test.ts",
  "host/test/run/lacking.test.ts",
  "host/test/run/race.test.ts",
  "host/test/security/processes.test.ts",
  "host/test/store/contract.test.ts",
  "host/test/store/sqlite-process.test.ts",
  "host/test/store/crash.test.ts",
  "tools/test/bundle.test.ts",
  "tools/test/conformance.test.ts",
  "tools/test/doc-examples.test.ts",
  "tools/test/package-readmes.test.ts",
  "tools/test/setup.test.ts",
];

/** Files that add more than ten seconds on two cores, or need every build of the engine. */
export const slowFiles: readonly string[] = [
  "bindings/test/data/merkle.test.ts",
  "bindings/test/engine/core-size.test.ts",
  "bindings/test/engine/exports.test.ts",
  "bindings/test/engine/host.test.ts",
  "bindings/test/expr/limits.test.ts",
  "bindings/test/run/run-limits.test.ts",
  "cli/test/guides/keys.test.ts",
  "cli/test/guides/secrets.test.ts",
  "cli/test/keys/passphrase.test.ts",
  "cli/test/keys/secrets.test.ts",
  "cli/test/run/security-log.test.ts",
  "evidence/test/redaction/non-interference.test.ts",
  "evidence/test/tamper.test.ts",
  "fuzz/test/smoke.test.ts",
  "fuzz/test/trust.test.ts",
  "golden/test/golden.test.ts",
  "golden/test/second.test.ts",
  "host/test/log/crash.test.ts",
  "host/test/log/log.test.ts",
  "host/test/oci/referrers.test.ts",
  "host/test/secrets/rotation.test.ts",
  "host/test/secrets/vault.test.ts",
  "tools/test/adding-an-effect.test.ts",
  "tools/test/engine-build.test.ts",
  "tools/test/runtimes.test.ts",
  "tools/test/sizes.test.ts",
];

/** All files of tests, as patterns. */
export const testFiles = "*/test/**/*.test.ts";

/** The test files of this checkout, each with the project that runs it, in the order of their names. */
export function filesOfProjects(): Map<string, "unit" | "process" | "slow"> {
  const found = globSync(testFiles, { cwd: root, exclude: ["node_modules/**"] }).map((name) =>
    name.replaceAll(sep, "/"),
  );
  const isIn = (patterns: readonly string[], name: string): boolean =>
    patterns.some((pattern) => matchesGlob(name, pattern));
  return new Map(
    found
      .sort()
      .map((name) => [
        name,
        isIn(processFiles, name) ? "process" : isIn(slowFiles, name) ? "slow" : "unit",
      ]),
  );
}
