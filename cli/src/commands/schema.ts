import { editorDocuments, editorSchema } from "@reach-fabric/schema";
import type { EditorDocument } from "@reach-fabric/schema";
import { Argument } from "commander";
import type { Command } from "commander";
import { EXIT } from "../ui/problem.ts";
import { jsonOf } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

/** `reach schema DOCUMENT`: the JSON Schema of what people write, for editors. */
export function schema(program: Command, verb: Verb): void {
  program
    .command("schema")
    .summary("print the JSON Schema of a workflow, a table or a grant, for editors")
    .description(
      "Prints the JSON Schema (draft 2020-12) of a document. Save it, and begin a YAML file with " +
        "`# yaml-language-server: $schema=workflow.schema.json`; a workflow may name it as `$schema`, too.",
    )
    .addArgument(
      new Argument("[document]", "whose schema").choices(editorDocuments).default("workflow"),
    )
    .option("--json", "the same: what is printed is JSON; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach schema workflow > workflow.schema.json")
    .action(
      verb<[EditorDocument, object]>((terminal, document) => {
        terminal.print(jsonOf(editorSchema(document), terminal.json ? 0 : 2));
        return EXIT.ok;
      }),
    );
}
