// What a README tells its reader to do, in order.

export type Step =
  | { readonly kind: "install"; readonly names: readonly string[] }
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  /** An ECMAScript module that fails where an expression does not give what its comment says. */
  | { readonly kind: "program"; readonly text: string; readonly checks: number }
  /** The arguments of a command after `npx`. */
  | { readonly kind: "command"; readonly args: readonly string[] };

/** An expression as a statement, and the JSON that it gives in a comment. */
const said = /^(\S[^=\n]*);\s+\/\/ ("[^\n]*"|-?\d+|true|false|null|\[[^\n]*\]|\{[^\n]*\})$/gm;

/** The steps of a README. @throws Error for a block that nobody would run */
export function stepsOf(readme: string): Step[] {
  const steps: Step[] = [];
  for (const [, head = "", text = ""] of readme.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [kind = "", name] = head.split(" ");
    if (name !== undefined) steps.push({ kind: "file", name, text });
    else if (kind === "js") steps.push(programOf(text));
    else if (kind === "sh") steps.push(...text.trim().split("\n").map(installOf));
    else if (kind === "console") steps.push(...text.trim().split("\n").map(commandOf));
    else throw new Error(`a block of ${kind} that no test runs`);
  }
  return steps;
}

function programOf(code: string): Step {
  let checks = 0;
  const text = code.replace(said, (_, expression: string, value: string) => {
    checks += 1;
    return `same(JSON.stringify(${expression}), JSON.stringify(${value}));`;
  });
  if (checks === 0) throw new Error("a program that says nothing of what it gives");
  return {
    kind: "program",
    text: `import { strictEqual as same } from "node:assert";\n${text}`,
    checks,
  };
}

function installOf(line: string): Step {
  const [npm, install, ...names] = line.split(" ");
  if (npm !== "npm" || install !== "install") throw new Error(`not npm install: ${line}`);
  return { kind: "install", names };
}

function commandOf(line: string): Step {
  const [prompt, npx, ...args] = line.split(" ");
  if (prompt !== "$" || npx !== "npx") throw new Error(`not $ npx: ${line}`);
  return { kind: "command", args };
}
