// The guide about grants, typed as it stands.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { securityRecord } from "@reach-fabric/schema";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

test("docs/guides/grants.md does what it says", async () => {
  const folder = temporaryFolder();
  const guide = readFileSync(join(repository, "docs/guides/grants.md"), "utf8");
  const [refunds = "", letters = ""] = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text = ""]) => text,
  );
  put(folder, "refunds.yaml", refunds);
  put(folder, "letters.yaml", letters);
  const ran: string[] = [];
  for (const [, line = ""] of guide.matchAll(/^\$ (.*)$/gm)) {
    const file = /^echo '(.*)' > (\S+)$/.exec(line);
    if (file !== null) {
      // Where the guide has /srv a reader has a folder of their own.
      put(folder, file[2] ?? "", (file[1] ?? "").replaceAll("/srv/", `${folder}/`));
      continue;
    }
    const [npx, name, ...args] = line.split(" ");
    if (npx === "mkdir") {
      for (const made of [name ?? "", ...args]) mkdirSync(join(folder, made));
      continue;
    }
    expect([npx, name]).toEqual(["npx", "@reach-fabric/cli"]);
    const { status } = await reach(folder, args, { env: { HOME: folder, TEST_USER: "you" } });
    ran.push(`${args[0]} ${status}`);
  }
  expect(ran).toEqual(["run 0", "grant 0", "run 0", "replay 0", "run 4"]);
  expect(JSON.parse(readFileSync(join(folder, "grant.json"), "utf8"))).toEqual({
    format: "reach/grant/v1",
    emit: ["shop.refund.small"],
  });
  expect(readFileSync(join(folder, "letters/7.txt"), "utf8")).toBe("We pay 42.");
  // The lines are those of the guide, but for what is another one each time.
  const plain = (text: string): unknown[] =>
    [...text.matchAll(/^\{"v":1,.*\}$/gm)].map(([line]) => {
      const { at: _, ...record } = JSON.parse(line) as Record<string, unknown>;
      const ids = {
        ...("run" in record && { run: "..." }),
        ...("key" in record && { key: "..." }),
      };
      return { ...record, ...ids };
    });
  const written = readFileSync(join(folder, "security.jsonl"), "utf8");
  expect(plain(written)).toEqual(plain(guide));
  for (const line of written.trimEnd().split("\n")) securityRecord.parse(JSON.parse(line));
});
