// The examples with scripted worlds: each run of examples/*/runs is made with the models' answers and the
// events that its file holds, and comes to the outcome, the events and the decision digest that it says.
// REACH_UPDATE=1 writes what comes out into the files.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createEngine, replay } from "@reach-fabric/engine";
import { grantOfScript, play, scriptedRuns, scriptOf } from "../examples/scripted.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test.each(scriptedRuns)("examples/%s", async (name) => {
  const script = scriptOf(name);
  const { result, pack, emitted, unused } = await play(
    name,
    script,
    await grantOfScript(name, script),
  );
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  expect(unused).toEqual([]);
  const { status, output, error, decision } = result;
  const value = status === "completed" ? { output } : { error };
  const found = { status, ...value, emitted, decision };
  if (process.env["REACH_UPDATE"] === "1") {
    writeFileSync(
      `${root}examples/${name}`,
      `${JSON.stringify({ ...script, expect: found }, null, 2)}\n`,
    );
  } else expect(found).toEqual(script.expect);
});
