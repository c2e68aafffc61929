import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { defences } from "../defences/list.ts";
import { attacksPage, without } from "../defences.ts";

const read = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

test("every defence is where the list says, and so is the test that holds it", () => {
  for (const defence of defences) {
    const { file, put, test: path, name } = defence;
    expect(without(read(file), defence)).not.toBe(read(file));
    expect(put).not.toBe(defence.take);
    expect({ path, isThere: existsSync(new URL(`../../${path}`, import.meta.url)) }).toMatchObject({
      isThere: true,
    });
    expect({ name, times: read(path).split(`"${name}"`).length - 1 }).toEqual({ name, times: 1 });
  }
});

test("docs/attacks.md has all of them, and no others", () => {
  expect(read("docs/attacks.md")).toBe(attacksPage());
});
