import type { Command } from "commander";
import type { Verb } from "../../ui/verb.ts";
import { build } from "./build.ts";
import { init } from "./init.ts";
import { inspect } from "./inspect.ts";
import { pull, push } from "./registry.ts";
import { sign } from "./sign.ts";
import { verify } from "./verify.ts";
import { yank } from "./yank.ts";

/** `reach pack ...`: workflows with all that they name, in one file that can be signed. */
export function pack(program: Command, verb: Verb): void {
  const group = program
    .command("pack")
    .summary("build, sign, verify and exchange packs")
    .addHelpText("after", "\nExample:\n  $ reach pack build workflow.yaml -o loan.pack");
  for (const add of [init, build, sign, verify, inspect, yank, push, pull]) add(group, verb);
}
