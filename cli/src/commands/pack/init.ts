import { utf8 } from "@reach-fabric/engine";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { capabilitiesOf, describe } from "../run/capabilities.ts";
import { CliError, exists, EXIT } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

/** `reach pack init WORKFLOW`: a pack.yaml to fill in. */
export function init(group: Command, verb: Verb): void {
  group
    .command("init")
    .summary("write a pack.yaml beside a workflow, to be filled in")
    .description(
      "Writes pack.yaml into the workflow's folder: what the pack will ask for, each with a place for the " +
        "reason, and examples of what else can be said. What it says is part of the pack and of its digest.",
    )
    .argument("<workflow>", "a .yaml, .yml or .json file")
    .option("--json", "print {file, capabilities} as JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach pack init workflow.yaml")
    .action(
      verb<[string]>(async (terminal, workflow) => {
        const host = await import("@reach-fabric/host/packs");
        const file = join(await host.folderOfPack(workflow), "pack.yaml");
        if (existsSync(file)) throw new CliError(exists(file, "Edit it."));
        const pack = await host.loadPack(workflow);
        const needs = [...new Set(capabilitiesOf(pack).map(describe))];
        await host.writeFileAtomic(file, utf8(sourceOf(needs)));
        if (terminal.json) terminal.result({ file, capabilities: needs });
        else terminal.print(line`  ${file}  ${needs.length} things to give a reason for`);
        terminal.next(["reach", "pack", "build", workflow, "-o", "NAME.pack"]);
        return EXIT.ok;
      }),
    );
}

const sourceOf = (needs: readonly string[]): string =>
  [
    "# What the workflows do not say themselves. It is part of the pack.",
    "format: reach/pack-source/v1",
    ...(needs.length === 0
      ? []
      : [
          "# What it asks for, and why: for the person who gives the grant.",
          "capabilities:",
          ...needs.flatMap((what) => [`  - what: ${JSON.stringify(what)}`, '    reason: ""']),
        ]),
    "# Values about persons: reach redact --class personal takes them out of evidence.",
    "# classification:",
    "#   - { class: personal, in: input, pointer: /applicant/name }",
    "#   - { class: personal, in: 'result:/do/0/ask', pointer: /body/address }",
    "# engines: { semantics: [1] }",
    "# limits: { fuel: 100000000 }",
    "",
  ].join("\n");
