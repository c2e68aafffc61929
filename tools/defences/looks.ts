// Opaque replay: what passes hidden values on, each made to look, and what looks at them, made not to.
import type { Defence } from "./defence.ts";

const EXPRESSIONS = "bindings/test/run/opaque-expressions.test.ts";
const TASKS = "bindings/test/run/opaque-tasks.test.ts";

/** A raw reader that looks. */
const looking = (what: string, file: string, test: string, name: string): Defence => ({
  attack: `a hidden value lost: ${what}`,
  file: `assembly/${file}`,
  take: "  rawTagOf,\n",
  put: "  tagOf as rawTagOf,\n",
  test,
  name,
});

const carries = "TRACE-26 carrying keeps a hidden value";
const looks = "TRACE-27 everything else is a look";

export const looksAtHidden: readonly Defence[] = [
  {
    attack: "a hidden value looked at: by its tag",
    file: "assembly/value/cell.ts",
    take: "return tag == OPAQUE ? look() : tag;",
    put: "return tag;",
    test: EXPRESSIONS,
    name: looks,
  },
  {
    attack: "a hidden value looked at: by a condition of an expression",
    file: "assembly/expr/machine/machine.ts",
    take: "        else if ((load<u8>(b) as u32) == OPAQUE) left = takeAll();\n",
    put: "",
    test: EXPRESSIONS,
    name: looks,
  },
  {
    attack: "a hidden value looked at: by iterating over it",
    file: "assembly/expr/machine/machine.ts",
    take: "if (tag == OPAQUE) {",
    put: "if (tag == OPAQUE && (flags & O.FLAG_OPTIONAL) == 0) {",
    test: EXPRESSIONS,
    name: looks,
  },
  looking("written into a record", "json/writer.ts", EXPRESSIONS, carries),
  looking("copied", "json/canonical.ts", EXPRESSIONS, carries),
  looking("left out of an object", "expr/machine/tracking.ts", EXPRESSIONS, carries),
  looking("said by a model", "workflow/call/llm.ts", TASKS, "TRACE-26 carrying"),
  looking(
    "the reason of a command",
    "workflow/run/advance.ts",
    "bindings/test/run/opaque-records.test.ts",
    "TRACE-30 commands may have hidden reasons",
  ),
  {
    attack: "a hidden value lost: beside what a branch exports",
    file: "assembly/workflow/step/merge-context.ts",
    take: "isOpaqueReplay() && sameCell(a, b) ? 1 : equalStatus(a, b)",
    put: "equalStatus(a, b)",
    test: TASKS,
    name: "TRACE-26 carrying",
  },
];
