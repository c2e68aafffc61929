// docs/guides/sign-packs.md as what is typed, for those who type it: a test without cosign, and the conformance
// suite with it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const guide = fileURLToPath(new URL("../../../docs/guides/sign-packs.md", import.meta.url));

/** A file to write, or a command to type. */
export type Step =
  | { readonly file: string; readonly text: string }
  | {
      readonly program: "cosign" | "reach" | "unzip";
      readonly args: readonly string[];
      /** Where its output goes. */
      readonly to?: string;
    };

/** All of the guide, in its order; DIGEST in it is the pack's, which `reach pack inspect` shows. */
export function steps(): Step[] {
  const found: Step[] = [];
  for (const [, head = "", body = ""] of readFileSync(guide, "utf8").matchAll(
    /^```(.*)\n([^]*?)^```$/gm,
  )) {
    const [kind, name] = head.split(" ");
    if (kind === "json" && name !== undefined) found.push({ file: name, text: body });
    else for (const line of body.trim().split("\n")) found.push(command(line));
  }
  return found;
}

function command(line: string): Step {
  const [typed = "", to] = line.split(" > ");
  const [prompt, ...words] = typed.split(" ");
  const args = words[0] === "npx" ? ["reach", ...words.slice(2)] : words;
  const [program, ...rest] = args;
  if (prompt !== "$" || (program !== "reach" && program !== "cosign" && program !== "unzip")) {
    throw new Error(`the guide has ${line}`);
  }
  return { program, args: rest, ...(to === undefined ? {} : { to }) };
}
