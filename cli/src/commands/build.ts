import { fromUtf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { disagreements, unreachableTasks } from "@reach-fabric/schema";
import type { PackManifest, Path } from "@reach-fabric/schema";
import type { Command } from "commander";
import { join } from "node:path";
import { capabilitiesOf, describe, grantFor } from "./run/capabilities.ts";
import type { Capability } from "./run/capabilities.ts";
import { engines } from "../read/engine.ts";
import { grantText } from "./run/grants.ts";
import { loadInto } from "../read/load.ts";
import { taskName } from "../ui/names.ts";
import { EXIT } from "../ui/problem.ts";
import { columns } from "../ui/table.ts";
import type { Terminal } from "../ui/terminal.ts";
import { jsonText, line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";

interface Warning {
  /** file:line:column */
  readonly where: string;
  readonly what: string;
}

/** `reach build WORKFLOW`: the pack of a workflow, and what it will ask of the world. */
export function build(program: Command, verb: Verb): void {
  program
    .command("build")
    .summary("compile a workflow into its pack, and say what it will need")
    .description(
      "Compiles a workflow with all that it names (functions, other workflows, OpenAPI, AsyncAPI and gRPC " +
        "definitions, tables, schemas) into a pack, loads it into the engine, and reports: the files, what a " +
        "grant would have to allow, tasks that cannot be reached, and places that other runtimes of the " +
        "language read differently. What is refused, or not pinned, is an error (exit 2). With --output the " +
        "pack is written into an empty folder, from which it runs: reach run FOLDER.",
    )
    .argument("<workflow>", "a .yaml, .yml or .json file, or the folder of a pack")
    .option("-o, --output <folder>", "where the pack is written, a new or empty folder")
    .option("--json", "print {digest, id, version, files, capabilities, grant, warnings}")
    .addHelpText("after", "\nExample:\n  $ reach build workflow.yaml --output pack")
    .action(
      verb<[string, { output?: string }]>(async (terminal, workflow, { output }) => {
        const host = await import("@reach-fabric/host/packs");
        const pack = await host.loadPack(workflow);
        loadInto(engines()(), pack, await host.folderOfPack(workflow), host);
        const capabilities = capabilitiesOf(pack);
        const warnings = await warningsOf(host, pack, workflow);
        if (output !== undefined) await host.writePack(output, pack);
        if (terminal.json) terminal.result(report(pack, capabilities, warnings));
        else print(terminal, pack, capabilities, warnings);
        if (output !== undefined) terminal.next(["reach", "run", output, "--input", "INPUT"]);
        return EXIT.ok;
      }),
    );
}

/** Of the documents as they were written, where they are at hand. */
async function warningsOf(
  host: typeof import("@reach-fabric/host/packs"),
  pack: Pack,
  workflow: string,
): Promise<Warning[]> {
  const { workflows } = manifestOf(pack);
  const folder = await host.folderOfPack(workflow);
  const warnings: Warning[] = [];
  for (const path of workflows) {
    const file = join(folder, path);
    const read = host.readDocument(await host.readRegularFile(file), file);
    const document = JSON.parse(fromUtf8(read.canonical)) as { do: unknown };
    const say = (place: Path, what: string): void =>
      void warnings.push({ where: read.place(place), what });
    for (const place of unreachableTasks(document)) say(place, "Nothing leads to this task");
    for (const { path: place, what } of disagreements(document)) say(place, what);
  }
  return warnings;
}

function kindOf(path: string, { workflows, tables, schemas = [] }: PackManifest): string {
  if (workflows.includes(path)) return "workflow";
  if (tables.includes(path)) return "table";
  if (schemas.includes(path)) return "schema";
  return path.startsWith("sources/") ? "source" : "definition";
}

function report(
  pack: Pack,
  capabilities: readonly Capability[],
  warnings: readonly Warning[],
): object {
  const manifest = manifestOf(pack);
  return {
    digest: pack.digest,
    id: manifest.id,
    version: manifest.version,
    files: manifest.files.map((file) => ({ ...file, kind: kindOf(file.path, manifest) })),
    capabilities,
    grant: grantFor(capabilities),
    warnings,
  };
}

function print(
  terminal: Terminal,
  pack: Pack,
  capabilities: readonly Capability[],
  warnings: readonly Warning[],
): void {
  const { bold, dim, yellow } = terminal.colors;
  const manifest = manifestOf(pack);
  terminal.print(
    line`${bold(`${manifest.id}:${manifest.version}`)}  ${dim(`pack ${pack.digest}`)}`,
  );
  terminal.print(line`\nFiles`);
  terminal.print(
    columns(
      manifest.files.map(({ path, size }) => [path, kindOf(path, manifest), `${size} bytes`]),
    ),
  );
  terminal.print(line`\nIt asks for`);
  if (capabilities.length === 0) terminal.print(line`  nothing`);
  else {
    terminal.print(columns(capabilities.map((one) => [taskName(one.task), describe(one)])));
    terminal.print(line`\nA grant for it\n${jsonText(grantText(capabilities))}`);
    if (capabilities.some(({ kind }) => kind === "model")) {
      terminal.print(line`\nBeside "models", "providers" says where each of them is.`);
    }
    if (capabilities.some(({ kind }) => kind === "folder")) {
      terminal.print(line`\nBeside "folders", "directories" says where each of them is.`);
    }
  }
  if (warnings.length > 0) terminal.print(line``);
  for (const { where, what } of warnings) {
    terminal.print(line`${where}  ${yellow("warning")}  ${what}`);
  }
}
