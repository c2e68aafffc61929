// docs/guides/waiting.md: its files are written, and its commands end as it says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/waiting.md"), "utf8");

test("docs/guides/waiting.md does what it says", async () => {
  const statuses: number[] = [];
  for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [kind, name = ""] = head.split(" ");
    if (kind === "json") put(folder, name, body);
    if (kind !== "console") continue;
    const wanted = name === "exit=5" ? 5 : 0;
    const commands = body.split("\n").filter((line) => line.startsWith("$ npx @reach-fabric/cli "));
    for (const line of commands) {
      const { status, stderr } = await reach(folder, line.split(" ").slice(3));
      expect([line, status, status === wanted ? "" : stderr]).toEqual([line, wanted, ""]);
      statuses.push(status);
    }
  }
  expect(statuses).toEqual([5, 0, 0, 0]);
});
