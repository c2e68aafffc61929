// The first guide, typed as it stands: its files, and its commands up to where services come in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/first-decision.md"), "utf8");

test("docs/guides/first-decision.md does what it says", async () => {
  const blocks = [...guide.matchAll(/```(\w*)\n(.*?)```/gs)].map(([, kind, text = ""]) => ({
    kind,
    text,
  }));
  const [workflow, table] = blocks.filter(({ kind }) => kind === "yaml").map(({ text }) => text);
  put(folder, "refund.yaml", workflow ?? "");
  put(folder, "refund-policy.yaml", table ?? "");

  const offline = guide.slice(0, guide.indexOf("## 5."));
  const typed = [...offline.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => line);
  const ran: string[] = [];
  for (const line of typed) {
    const file = /^echo '(.*)' > (\S+)$/.exec(line);
    if (file !== null) {
      put(folder, file[2] ?? "", file[1] ?? "");
      continue;
    }
    const [npx, name, ...args] = line.replaceAll("~", folder).split(" ");
    expect([npx, name]).toEqual(["npx", "@reach-fabric/cli"]);
    if (args.includes("stricter.reach") && args[0] === "run") {
      put(folder, "refund-policy.yaml", (table ?? "").replace("lt: 50", "lt: 25"));
    }
    const { status, stdout } = await reach(folder, args, {
      env: { HOME: folder, XDG_CONFIG_HOME: undefined },
    });
    ran.push(`${args[0]} ${status}`);
    if (args[0] === "diff") expect(stdout).toMatch(/"voucher".*"refuse"/s);
  }
  expect(ran).toEqual(["run 0", "verify 0", "replay 0", "inspect 0", "run 0", "diff 1"]);
});
