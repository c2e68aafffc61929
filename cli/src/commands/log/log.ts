import type { Command } from "commander";
import type { Verb } from "../../ui/verb.ts";
import { append } from "./append.ts";
import { checkpoint } from "./checkpoint.ts";
import { fsck } from "./fsck.ts";
import { init } from "./init.ts";
import { matterKey } from "./matter-key.ts";
import { monitor } from "./monitor.ts";
import { prove } from "./prove.ts";
import { serve } from "./serve.ts";
import { subject } from "./subject.ts";
import { verify } from "./verify.ts";
import { witness } from "./witness.ts";

/** `reach log ...`: an append-only log of runs and of what security depends on. */
export function log(program: Command, verb: Verb): void {
  const group = program
    .command("log")
    .summary("keep an append-only log that witnesses cosign, and prove what is in it")
    .addHelpText("after", "\nExample:\n  $ reach log init audit --key log.key");
  for (const add of [
    init,
    append,
    checkpoint,
    prove,
    verify,
    subject,
    matterKey,
    monitor,
    fsck,
    witness,
    serve,
  ]) {
    add(group, verb);
  }
}
