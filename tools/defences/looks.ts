// Opaque replay: what passes hidden values on, each made to look, and what looks at them, made not to.
import type { Defence } from "./defence.ts";

const TEST = "evidence/test/redaction/non-interference.test.ts";
const carries = "EVID-48 files differ in seeds and hashes alone where it is passed on";
const looks = "EVID-48 files differ in seeds and hashes alone where something looks";
const commands = "EVID-48 files differ in seeds and hashes alone where a command says why";

/** A raw reader that looks. */
const looking = (what: string, file: string, name: string): Defence => ({
  attack: `a hidden value lost: ${what}`,
  file: `assembly/${file}`,
  take: "  rawTagOf,\n",
  put: "  tagOf as rawTagOf,\n",
  test: TEST,
  name,
});

export const looksAtHidden: readonly Defence[] = [
  {
    attack: "a hidden value looked at: by its tag",
    file: "assembly/value/cell.ts",
    take: "return tag == OPAQUE ? look() : tag;",
    put: "return tag;",
    test: TEST,
    name: looks,
  },
  {
    attack: "a hidden value looked at: by a condition of an expression",
    file: "assembly/expr/machine/machine.ts",
    take: "        else if ((load<u8>(b) as u32) == OPAQUE) left = takeAll();\n",
    put: "",
    test: TEST,
    name: looks,
  },
  {
    attack: "a hidden value looked at: by iterating over it",
    file: "assembly/expr/machine/machine.ts",
    take: "if (tag == OPAQUE) {",
    put: "if (tag == OPAQUE && (flags & O.FLAG_OPTIONAL) == 0) {",
    test: TEST,
    name: looks,
  },
  looking("written into a record", "json/writer.ts", carries),
  looking("copied", "json/canonical.ts", carries),
  looking("left out of an object", "expr/machine/tracking.ts", carries),
  looking("said by a model", "workflow/call/llm-answer.ts", carries),
  looking("the reason of a command", "workflow/run/advance.ts", commands),
  {
    attack: "a hidden value lost: beside what a branch exports",
    file: "assembly/workflow/step/merge-context.ts",
    take: "isOpaqueReplay() && sameCell(a, b) ? 1 : equalStatus(a, b)",
    put: "equalStatus(a, b)",
    test: TEST,
    name: carries,
  },
  {
    attack: "a hidden value told by what is left of a limit",
    file: "assembly/workflow/step/looked.ts",
    take: "    if (!isOpaqueReplay()) return false;\n    lookAtLimit();\n",
    put: "    return false;\n",
    test: "bindings/test/run/opaque-tasks.test.ts",
    name: "a limit of its own, if only of nesting",
  },
];
