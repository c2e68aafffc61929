import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import { verifyGolden } from "@reach-fabric/engine/golden";
import { hostCode } from "@reach-fabric/host/codes";
import type { Command } from "commander";
import { readInput } from "../read/files.ts";
import { CODE, CliError, EXIT, systemProblem } from "../ui/problem.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** `reach golden verify [DIR]`: does the engine here answer as every engine must? */
export function golden(program: Command, verb: Verb): void {
  program
    .command("golden")
    .summary("check the engine against golden files")
    .command("verify")
    .summary("check every golden file below a folder")
    .description(
      "Checks every golden file (format reach/golden/v1) below a folder against the engine, in each of " +
        "its builds that run here. Changes nothing.",
    )
    .argument("[dir]", "a folder with golden files", "golden")
    .option("--json", "print the counts as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach golden verify golden/v1")
    .action(
      verb<[string]>((terminal, dir) => {
        const files = jsonFiles(dir).map((path) => ({
          path,
          text: new TextDecoder().decode(readInput(terminal.machine, path)),
        }));
        if (files.length === 0) {
          throw new CliError({
            code: hostCode.missing,
            what: "There are no golden files",
            where: dir,
            hint: "reach golden verify DIR",
            exitCode: EXIT.usage,
          });
        }
        const builds = (["scalar", "simd"] as const).map((build) => {
          const { passed, failed } = verifyGolden(createEngine({ build }), files);
          return { build, passed, failed };
        });
        const failed = builds.flatMap((build) => build.failed);
        if (terminal.json) terminal.result({ files: files.length, builds });
        else {
          for (const build of builds) {
            terminal.print(
              line`${build.build.padEnd(6)}  ${build.passed} passed, ${build.failed.length} failed in ${files.length} files`,
            );
          }
        }
        if (failed.length === 0) return EXIT.ok;
        throw new CliError({
          code: CODE.golden,
          what: `${failed.length} golden cases failed`,
          where: dir,
          why: failed.slice(0, 20).join("\n"),
          exitCode: EXIT.failed,
        });
      }),
    );
}

function jsonFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json") && !/(^|[\\/])(test|node_modules)[\\/]/.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw new CliError(systemProblem(error as NodeJS.ErrnoException, path));
  }
}
