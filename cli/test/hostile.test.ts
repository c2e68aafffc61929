// Verbs that compute a run which comes from others: what they spend on it, and what they say of one that does not
// come to what its file says (EVID-34).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  enteredOf,
  evidence,
  recorded,
  signedAgain,
} from "../../evidence/test/fixtures/fixture.ts";
import { errorOf, put, reach, repository, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();

describe("fuel bombs: a run that may use more than 1e9 units of fuel", () => {
  const bombOf = (score: number): Uint8Array => {
    const file = evidence({ records: recorded(score) });
    const entered = enteredOf(file).map((line) =>
      line.replace('"fuel":100000000', '"fuel":1000000001'),
    );
    return signedAgain(file, { entered });
  };
  put(folder, "bomb.reach", bombOf(712));
  put(folder, "other.reach", bombOf(612));
  put(folder, "w.json", JSON.stringify({ do: [] }));

  const SUFFIX = " does not begin it";
  test.each([
    // Whole titles: a row of tools/defences names one of them.
    "reach replay bomb.reach does not begin it",
    "reach replay bomb.reach --until 1 does not begin it",
    "reach replay bomb.reach --from 2 --set /result/body/score=1 does not begin it",
    "reach diff bomb.reach other.reach does not begin it",
    "reach export bomb.reach --records -o lines.jsonl does not begin it",
    "reach inspect bomb.reach --lifecycle does not begin it",
    "reach inspect bomb.reach --step 1 does not begin it",
    "reach prove bomb.reach 4 -o small.step does not begin it",
  ])("%s", async (title) => {
    const words = title.slice("reach ".length, -SUFFIX.length);
    const ended = await reach(folder, [...words.split(" "), "--json"]);
    expect([ended.status, errorOf(ended)["code"]]).toEqual([3, "REACH-E5703"]);
  });

  test("inspect shows what entered; --fuel lets it be computed", async () => {
    const { status, stdout } = await reach(folder, ["inspect", "bomb.reach", "--json"]);
    expect(status).toBe(0);
    const { computed, code, records } = JSON.parse(stdout) as Record<string, unknown>;
    expect([computed, code]).toEqual([false, "REACH-E5703"]);
    expect(records).toHaveLength(3);
    const args = ["inspect", "bomb.reach", "--fuel", "1000000001", "--json"];
    expect(JSON.parse((await reach(folder, args)).stdout)).toMatchObject({ computed: true });
    for (const wrong of ["0", "1e9", "-1", "9007199254740992"]) {
      const { status: ended } = await reach(folder, ["replay", "bomb.reach", `--fuel=${wrong}`]);
      expect(ended).toBe(2);
    }
  });
});

test("inspect shows the outcome that is in the file where this engine comes to another", async () => {
  put(folder, "forged.reach", runOf("completed.outcome-changed"));
  const { status, stdout } = await reach(folder, ["inspect", "forged.reach", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    computed: false,
    code: "REACH-E5701",
    outcome: { status: "completed", output: { accept: false } },
  });
  const shown = (await reach(folder, ["inspect", "forged.reach"])).stdout;
  expect(shown).toContain("this engine computes another outcome");
  expect(shown).not.toContain('"accept":true');
});

const runOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(repository, "golden/runs", `${name}.reach`)));
