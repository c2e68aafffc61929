// npm run golden:verify     every golden file against every build of the engine; changes nothing
// npm run golden:update     writes what the engine answers now into cases that differ, and says
//                           which; the diff is then to be read like code
// Both take parts of paths: `npm run golden:verify -- json/numbers`.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEngine } from "@reach-fabric/engine";
import { verifyGolden } from "@reach-fabric/engine/golden";
import { allBuilds } from "../tools/engine/builds.ts";
import { goldenFiles, policiesIndex, readPolicyFile, readRun, runsIndex } from "./files.ts";
import { updatePolicies } from "./make-policies.ts";
import { updateRuns } from "./make-runs.ts";
import { verifyPolicies } from "./policies.ts";
import { verifyRuns } from "./runs.ts";
import { updateFile } from "./update.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

function main([command = "verify", ...parts]: readonly string[]): number {
  if (command !== "verify" && command !== "update") {
    process.stderr.write(`Unknown command ${command}: verify or update\n`);
    return 2;
  }
  const files = goldenFiles().filter(
    ({ path }) => parts.length === 0 || parts.some((part) => path.includes(part)),
  );
  if (files.length === 0) {
    process.stderr.write("No golden file matches: nothing was checked\n");
    return 2;
  }
  if (command === "update") {
    let changes = 0;
    for (const file of files) {
      const { text, changed } = updateFile(createEngine(), file.text);
      changes += changed.length;
      for (const change of changed) process.stdout.write(`${file.path} ${change}\n`);
      if (changed.length > 0) writeFileSync(root + file.path, text);
    }
    if (parts.length === 0) {
      const runs = [...updateRuns(), ...updatePolicies()];
      changes += runs.length;
      for (const change of runs) process.stdout.write(`${change}\n`);
    }
    process.stdout.write(`${changes} cases changed\n`);
    return 0;
  }
  let failures = 0;
  for (const { name, engine } of allBuilds()) {
    const { passed, failed } = verifyGolden(engine, files);
    failures += failed.length;
    process.stdout.write(
      `${name.padEnd(7)} ${passed} passed, ${failed.length} failed in ${files.length} files\n`,
    );
    for (const failure of failed) process.stdout.write(`  FAILED ${failure}\n`);
    if (parts.length > 0) continue;
    const runs = verifyRuns(engine, runsIndex(), readRun);
    failures += runs.failed.length;
    process.stdout.write(
      `        ${runs.passed} passed, ${runs.failed.length} failed of golden/runs\n`,
    );
    for (const failure of runs.failed) process.stdout.write(`  FAILED golden/runs/${failure}\n`);
    const policies = verifyPolicies(engine, policiesIndex(), readPolicyFile);
    failures += policies.failed.length;
    process.stdout.write(
      `        ${policies.passed} passed, ${policies.failed.length} failed of golden/policies\n`,
    );
    for (const failure of policies.failed) {
      process.stdout.write(`  FAILED golden/policies ${failure}\n`);
    }
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
