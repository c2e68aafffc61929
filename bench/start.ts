// What a command costs that does little: CPU of its whole process, beside a Node that does nothing.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contest } from "./harness.ts";
import { packaged, verifying } from "./packaged.ts";

const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function startContests(): Promise<Contest[]> {
  const { folder, reach, used } = await packaged();
  const input = join(folder, "input.json");
  writeFileSync(input, '{"a":1}');
  const evidence = home("../golden/runs/completed.reach");
  const commands: readonly (readonly [name: string, args: readonly string[]])[] = [
    ["node -e 0", ["-e", "0"]],
    ["reach --version", [reach, "--version"]],
    ["reach eval .a FILE", [reach, "eval", ".a", input]],
    ["reach verify FILE", [reach, ...verifying(folder, evidence)]],
    ["reach lint FILE", [reach, "lint", home("../examples/loan-prescreen/workflow.yaml")]],
  ];
  // From the second time on, as most starts are: compiled code is kept.
  for (const [, args] of commands) used(args);
  return [
    {
      name: "a whole process, CPU",
      unit: "files",
      amount: 1,
      contenders: commands.map(([name, args]) => ({
        name,
        run: () => undefined,
        elsewhere: () => used(args).cpu,
      })),
    },
  ];
}
