// npm run arrows               the imports of all files held to the rules, and how many were read
// npm run arrows -- --json     the same as data: parts, arrows between files, faults
// npm run arrows -- --write    writes the graph of packages and folders into docs/architecture.md
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { arrowsOf } from "./arrows-graph.ts";
import type { Fault, Graph } from "./arrows-graph.ts";
import { withGraph } from "./arrows-page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A fault as one line: what imports what, and the rule that forbids it. */
const line = ({ rule, comment, path }: Fault): string =>
  `  FAILED ${rule}: ${path.join(" -> ")}\n         ${comment}\n`;

function report({ parts, arrows, faults }: Graph): string {
  const rows = parts.map(
    ({ name, listed, cruised, arrows: own }) =>
      `  ${name.padEnd(14)} ${String(cruised).padStart(4)} of ${String(listed).padStart(3)} files, ` +
      `${String(own).padStart(4)} arrows\n`,
  );
  const counts = `${arrows.length} arrows, ${faults.length} against the rules`;
  return `[arrows] cruised\n${rows.join("")}${faults.map(line).join("")}[arrows] ${counts}\n`;
}

/** What is told where a file cannot be parsed: nothing was held to the rules. */
function unparsed(error: unknown): Graph {
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  const comment = lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(0, 4)
    .join(" ");
  return {
    parts: [],
    arrows: [],
    faults: [{ rule: "all-read", comment, path: ["nothing was read"] }],
  };
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  if (args.some((arg) => !["--json", "--write"].includes(arg))) {
    process.stderr.write("arrows [--json] [--write]\n");
    process.exitCode = 2;
  } else {
    const graph = await arrowsOf(root).catch(unparsed);
    if (args.includes("--write")) {
      const page = `${root}docs/architecture.md`;
      writeFileSync(page, withGraph(readFileSync(page, "utf8"), graph));
    }
    process.stdout.write(
      args.includes("--json") ? `${JSON.stringify(graph, undefined, 2)}\n` : report(graph),
    );
    process.exitCode = graph.faults.length > 0 ? 1 : 0;
  }
}
