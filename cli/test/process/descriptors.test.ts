// GRANT-17 of the whole command: with few descriptors it comes to the decision that it comes to with all of them, or to none.
// A slice of `npm run descriptors`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide, openDesk } from "../../../tools/descriptors/decide.ts";
import type { Desk } from "../../../tools/descriptors/decide.ts";
import { repository, temporaryFolder } from "../reach.ts";

const reach = ["--conditions=reach-source", join(repository, "cli/src/main.ts")];
const folder = temporaryFolder();
const hasLimits = spawnSync("prlimit", ["--version"]).status === 0;

describe.skipIf(!hasLimits)("GRANT-17: a decision by few descriptors", () => {
  let desk: Desk;
  let healthy: string | undefined;
  beforeAll(async () => {
    desk = await openDesk(folder);
    healthy = (await decide(desk, reach, undefined)).decision;
  });
  afterAll(() => desk.stop());

  test("is the one with all of them, with 64", async () => {
    expect(healthy).toMatch(/^\{"decision":"accept","scores":\[500,501,/);
    expect(await decide(desk, reach, 64)).toMatchObject({ decision: healthy });
  });

  test.each([22, 24, 26, 28, 32])("is that one or none, with %s", async (limit) => {
    const { decision, ended, said } = await decide(desk, reach, limit);
    expect([healthy, undefined]).toContain(decision);
    if (decision !== undefined) return;
    expect({ ended, said }).not.toMatchObject({ ended: "exit code 0" });
    // And why is said: it is no bug.
    expect({ ended, said }).not.toMatchObject({ ended: "REACH-E4002" });
  });
});
