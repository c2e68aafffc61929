// A kind of task and a type of effect is one place in each layer. A new one that lacks a place is told here which.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { effectTypes } from "@reach-fabric/engine";

const root = new URL("../../", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), "utf8");
const golden = readdirSync(new URL("golden/v1/workflow", root))
  .map((name) => text(`golden/v1/workflow/${name}`))
  .join("\n")
  .replaceAll("\\", "");

/** What must be there: a name for the cell, and whether the file has the text or the pattern. */
type Cells = Readonly<Record<string, readonly [file: string, has: string | RegExp]>>;
const hasIt = (source: string, has: string | RegExp): boolean =>
  typeof has === "string" ? source.includes(has) : has.test(source);
const missing = (cells: Cells): string[] =>
  Object.entries(cells)
    .filter(([, [file, has]]) => {
      if (file === "golden") return !hasIt(golden, has);
      return !existsSync(new URL(file, root)) || !hasIt(text(file), has);
    })
    .map(([cell, [file]]) => `${cell}: ${file}`);

/** Kinds of tasks: by the member that tells them, or by what is called; their file; their constant. */
const tasks: readonly (readonly [kind: string, file: string, constant: string])[] = [
  ["do", "do.ts", "DO"],
  ["set", "set.ts", "SET"],
  ["switch", "switch.ts", "SWITCH"],
  ["raise", "raise.ts", "RAISE"],
  ["for", "for.ts", "FOR"],
  ["try", "try/try.ts", "TRY"],
  ["fork", "fork.ts", "FORK"],
  ["wait", "wait.ts", "WAIT_TASK"],
  ["emit", "emit.ts", "EMIT"],
  ["listen", "listen/listen.ts", "LISTEN"],
  ["run", "subflow.ts", "RUN_TASK"],
  ["call", "effects/call.ts", "CALL"],
  ["call decide", "call/decide.ts", "DECIDE"],
];

/** A row among the schemas of kinds, or the line that looks further into `call` and `run`. */
const ownSchema = (member: string): RegExp =>
  ["call", "run"].includes(member)
    ? new RegExp(`if \\(kind === "${member}"\\)`)
    : new RegExp(`^  ${member}: ${member}Task,$`, "m");

/** A golden workflow with such a task: each has the list `do` of its own, and some call what is no effect. */
function ownGolden(kind: string): string | RegExp {
  const [member = "", called] = kind.split(" ");
  if (called !== undefined) return `"call":"${called}"`;
  if (kind === "do") return /\[\{"\w+":\{"do":\[/;
  return kind === "call" ? /"call":"(?!decide")/ : `"${member}":`;
}

test.each(tasks)("the task %s has its cell in each layer", (kind, file, constant) => {
  const [member = "", called] = kind.split(" ");
  const own = `assembly/workflow/${file}`;
  const table = called === undefined ? "pack/tasks.ts" : "effects/call.ts";
  expect(
    missing({
      schema: [
        called === undefined ? "schema/src/workflow/tasks.ts" : "schema/src/workflow/calls.ts",
        called === undefined ? ownSchema(member) : `call: z.literal("${called}")`,
      ],
      constant: [
        "assembly/workflow/state/nodes.ts",
        new RegExp(`^export const ${constant}: u32`, "m"),
      ],
      load: [own, /export function load/],
      compiled: [
        `assembly/workflow/${table}`,
        called === undefined ? `objectField(v, "${member}")` : `cellIs(call, "${called}")`,
      ],
      step: ["assembly/workflow/run/machine.ts", `case ${constant}:`],
      rule: [
        "docs/spec/workflow.md",
        // Where the rule is about it: WF-2 names all of them.
        called === undefined
          ? new RegExp(`(?:\\*\\*WF-\\d+\\*\\*|\\.)\\s\`${member}[\`:]`)
          : new RegExp(`^## call ${called}$`, "m"),
      ],
      golden: ["golden", ownGolden(kind)],
    }),
  ).toEqual([]);
});

test("no kind of task is left out above", () => {
  const [, kinds = ""] = text("assembly/workflow/state/nodes.ts").split(
    /^\/\/ (?:Task kinds|Flow)/m,
  );
  const all = [...kinds.matchAll(/^export const (\w+): u32 = \d+;/gm)].map(([, name = ""]) => name);
  // What a subflow runs is a task of its own kind, which no document has.
  expect(all.filter((name) => name !== "SUBFLOW").toSorted()).toEqual(
    tasks.map(([, , constant]) => constant).toSorted(),
  );
});

interface Asked {
  readonly rule: RegExp;
  readonly golden: RegExp;
}

/** An effect that the machine asks for by itself, or a task of its own kind: the rule, and a golden workflow. */
const askedBy: Readonly<Record<string, Asked>> = {
  clock: { rule: /^\*\*WF-\d+\*\* `now`[^]*? are effects/m, golden: /\$\{[^"{}]*\bnow\b/ },
  random: { rule: /\brecorded random effect\b/, golden: /"jitter":\{/ },
  timer: { rule: /^\*\*WF-\d+\*\* `wait`: a timer effect/m, golden: /"wait":/ },
  emit: { rule: /^\*\*WF-\d+\*\* `emit`:/m, golden: /"emit":\{/ },
  event: { rule: /^\*\*WF-\d+\*\* `listen` asks for one event/m, golden: /"listen":\{/ },
};

/** What it has that no call names. */
const cellsOfMachine = (type: string, { rule, golden }: Asked): Cells => ({
  row: ["assembly/workflow/effects/table.ts", `\neffect("${type}", `],
  schema: ["schema/src/workflow/calls.ts", new RegExp(`^  "${type}",$`, "m")],
  rule: ["docs/spec/workflow.md", rule],
  golden: ["golden", golden],
});

/** What an effect has that a call asks for. */
const cellsOfCall = (type: string): Cells => ({
  row: ["assembly/workflow/effects/table.ts", `\ncall("${type}", `],
  load: [`assembly/workflow/call/${type}.ts`, /export function load/],
  schema: ["schema/src/workflow/calls.ts", `call: z.literal("${type}")`],
  rule: ["docs/spec/workflow.md", new RegExp(`call:? ${type}`)],
  golden: ["golden", `"call":"${type}"`],
});

/** Cells that an effect has not. */
const without: Readonly<Record<string, readonly string[]>> = {
  // Events are waited for: none is performed.
  event: ["table"],
};

test.each(effectTypes)("the effect %s has its cell in each layer", (type) => {
  const asked = askedBy[type];
  const cells: Cells = {
    performer:
      type === "event"
        ? [
            "host/src/run/session.ts",
            'if (request.type === "event") return this.#inbox.listen(request);',
          ]
        : [`host/src/effects/${type}.ts`, `export const ${type}: EffectKind<`],
    table: ["host/src/effects/table.ts", new RegExp(`^  ${type},$`, "m")],
    type: ["docs/spec/trace.md", new RegExp(`\\*\\*TRACE-3\\*\\*[^*]*\`${type}\``)],
    request: ["docs/spec/trace.md", new RegExp(`\\*\\*TRACE-5\\*\\*[^*]*\\b${type}\\b`)],
    "result in the specification": [
      "docs/spec/trace.md",
      new RegExp(`\\*\\*TRACE-6\\*\\*[^*]*\\b${type}\\b`),
    ],
    "result in the ABI": ["docs/spec/abi.md", `| \`${type}\` |`],
    ...(asked === undefined ? cellsOfCall(type) : cellsOfMachine(type, asked)),
  };
  const own = Object.entries(cells).filter(([cell]) => !without[type]?.includes(cell));
  expect(missing(Object.fromEntries(own))).toEqual([]);
});

test("the numbers of effects that the engine speaks of are their places in its table", () => {
  const source = text("assembly/workflow/state/effects.ts");
  const numbers = [...source.matchAll(/^export const EFFECT_(\w+): u32 = (\d+);$/gm)];
  expect(numbers.length).toBeGreaterThan(4);
  for (const [, name = "", place] of numbers) {
    expect(effectTypes[Number(place)]).toBe(name.toLowerCase());
  }
  const [, most] = /^export const COUNTS: u32 = (\d+);$/m.exec(source) ?? [];
  expect(effectTypes.length).toBeLessThanOrEqual(Number(most));
});

test("no file of the engine but its table tells types of effects apart", () => {
  const folder = new URL("assembly/", root);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts"));
  const asks = files.filter((name) =>
    /(?:[!=]= ?\(?|\bcase )[^;\n]*\bEFFECT_\w+/.test(text(`assembly/${name}`)),
  );
  // Which purposes ask for the clock, a random number or a timer.
  expect(asks).toEqual(["workflow/snapshot/validate.ts"]);
});
