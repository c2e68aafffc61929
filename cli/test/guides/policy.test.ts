// docs/guides/policy.md: its files are written, and its commands end as it says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/policy.md"), "utf8");

test("docs/guides/policy.md does what it says", async () => {
  put(folder, "root.phrase", "the root's passphrase\n");
  put(folder, "team.phrase", "the team's passphrase\n");
  const read = (name: string, member: string): string =>
    (JSON.parse(readFileSync(join(folder, name), "utf8")) as Record<string, string>)[member] ?? "";
  const known: Record<string, () => string> = {
    PUBLISHER: () => read("publisher.key.pub", "public"),
    ROOT: () => read("root.key.pub", "public"),
    LOG: () => read("audit/log.json", "key"),
  };
  const statuses: number[] = [];
  for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [kind, name = ""] = head.split(" ");
    if (kind === "json") {
      put(
        folder,
        name,
        body.replace(/"([A-Z]{3,})"/g, (_, word: string) => `"${known[word]?.()}"`),
      );
      continue;
    }
    const commands = body.split("\n").filter((line) => line.startsWith("$ npx @reach-fabric/cli "));
    for (const [i, line] of commands.entries()) {
      const { status, stderr } = await reach(folder, line.split(" ").slice(3));
      const wanted = name === "exit=3" && i === commands.length - 1 ? 3 : 0;
      expect([line, status, status === wanted ? "" : stderr]).toEqual([line, wanted, ""]);
      statuses.push(status);
    }
  }
  expect(statuses.filter((status) => status === 3)).toHaveLength(2);
  expect(statuses.length).toBeGreaterThan(20);
}, 60_000);
