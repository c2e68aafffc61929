// docs/guides/keys.md: its files are written, and its commands end as it says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/keys.md"), "utf8");

test("docs/guides/keys.md does what it says", async () => {
  put(folder, "root.phrase", "the root's passphrase\n");
  put(folder, "team.phrase", "the team's passphrase\n");
  const made = (name: string): Record<string, string> =>
    JSON.parse(readFileSync(join(folder, name), "utf8")) as Record<string, string>;
  const statuses: number[] = [];
  for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [kind, name = ""] = head.split(" ");
    if (kind === "json") {
      put(
        folder,
        name,
        body.replace("PUBLIC", () => made("root.key.pub")["public"] ?? ""),
      );
      continue;
    }
    const commands = body.split("\n").filter((line) => line.startsWith("$ npx @reach-fabric/cli "));
    for (const [i, line] of commands.entries()) {
      const args = line.split(" ").slice(3);
      const real = args.map((text) =>
        text === "TEAM" ? (made("team.key.pub")["id"] ?? "") : text,
      );
      const { status, stderr } = await reach(folder, real);
      const wanted = name === "exit=1" && i === commands.length - 1 ? 1 : 0;
      expect([line, status, status === wanted ? "" : stderr]).toEqual([line, wanted, ""]);
      statuses.push(status);
    }
  }
  expect(statuses).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
}, 180_000);
