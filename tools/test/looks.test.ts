import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { allHidden, allowed, hiddenFrom } from "../looks.ts";

test("nothing in the engine goes round the look, but for the files that are named", () => {
  expect(allHidden()).toEqual([]);
  for (const file of Object.values(allowed).flat()) {
    expect({
      file,
      isThere: existsSync(new URL(`../../assembly/${file}`, import.meta.url)),
    }).toEqual({
      file,
      isThere: true,
    });
  }
});

test("a raw load of a tag, and each raw reader, is found anywhere else", () => {
  const file = "workflow/switch.ts";
  expect(
    hiddenFrom(file, "// load<u8>(c)\n/* rawTagOf */\nif (load<u8>(c) == TRUE) return;"),
  ).toEqual(["workflow/switch.ts:3 load<u8>"]);
  for (const name of Object.keys(allowed)) {
    expect(hiddenFrom(file, `const x = ${name}(c);`)).toEqual([`${file}:1 ${name}`]);
    expect(
      hiddenFrom("value/cell.ts", `const x = ${name}(c);`).filter(
        (line) => !line.endsWith("carryJson"),
      ),
    ).toEqual([]);
  }
  expect(hiddenFrom(file, "textByte(p); myOPAQUE; rawTagOfIt(c);")).toEqual([]);
});
