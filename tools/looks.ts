// node tools/setup.mjs tools/looks.ts: the engine's sources held to the rule of opaque replay, that whatever asks
// what a value is has looked at it (assembly/value/cell.ts).
//
// What goes round the look stands in the files named here and nowhere else; a file that only reads texts takes
// textByte() (assembly/bytes/byte.ts). It goes by names: a tag that is loaded as part of a larger word is not seen.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("../assembly/", import.meta.url));

/** By name: the files, and folders, that may have it. */
export const allowed: Readonly<Record<string, readonly string[]>> = {
  "load<u8>": ["bytes/", "value/cell.ts", "expr/machine/machine.ts"],
  rawTagOf: [
    "value/cell.ts",
    "json/writer.ts",
    "json/canonical.ts",
    "expr/machine/tracking.ts",
    "workflow/call/llm-answer.ts",
    "workflow/run/advance.ts",
  ],
  sameCell: [
    "value/cell.ts",
    "expr/machine/tracking.ts",
    "workflow/snapshot/write.ts",
    "workflow/step/merge-context.ts",
  ],
  carryJson: ["json/writer.ts", "trace/record.ts", "trace/digest.ts", "workflow/run/advance.ts"],
  OPAQUE: [
    "value/cell.ts",
    "json/reader.ts",
    "expr/machine/machine.ts",
    "expr/machine/tracking.ts",
    "workflow/call/llm-answer.ts",
    "workflow/run/advance.ts",
  ],
};

/** What a file of the engine has and may not have: `FILE:LINE NAME`. */
export function hiddenFrom(file: string, text: string): string[] {
  const code = text.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, (comment) =>
    comment.replaceAll(/[^\n]/g, " "),
  );
  return Object.entries(allowed)
    .filter(
      ([, files]) =>
        !files.some((one) => file === one || (one.endsWith("/") && file.startsWith(one))),
    )
    .flatMap(([name]) =>
      [...code.matchAll(new RegExp(`\\b${name}(?!\\w)`, "g"))].map(
        ({ index }) => `${file}:${code.slice(0, index).split("\n").length} ${name}`,
      ),
    );
}

/** The same of all of them. */
export function allHidden(): string[] {
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      hiddenFrom(file.replaceAll("\\", "/"), readFileSync(`${sources}${file}`, "utf8")),
    );
}

if (import.meta.main) {
  const found = allHidden();
  for (const line of found) process.stderr.write(`assembly/${line}: not here (tools/looks.ts)\n`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
