// The guide to audit logs, typed as it stands.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/audit-log.md"), "utf8");

test("docs/guides/audit-log.md does what it says", async () => {
  const [workflow = "", pack = ""] = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text]) => text ?? "",
  );
  put(folder, "credit.yaml", workflow);
  put(folder, "pack.yaml", pack);
  const said: Record<string, string> = {};
  let vkey = "";
  for (const [, line = ""] of guide.matchAll(/^\$ (.*)$/gm)) {
    const [, text, file] = /^echo '(.*)' > (\S+)$/.exec(line) ?? [];
    if (file !== undefined) {
      put(folder, file, text ?? "");
      continue;
    }
    const args = line.split(" ").slice(2);
    const real = args.map((text) => (text === "VKEY" ? vkey : text));
    const env = { HOME: folder, XDG_CONFIG_HOME: undefined };
    const { status, stdout, stderr } = await reach(folder, real, { env });
    // Nobody says yet that the year 2100 has come.
    const wanted = args[1] === "verify" ? 3 : 0;
    expect([line, status, wanted === 0 ? stderr : ""]).toEqual([
      line,
      wanted,
      expect.not.stringContaining("REACH-E"),
    ]);
    if (args[1] === "init") vkey = /\S+\+[0-9a-f]{8}\+\S+/.exec(stdout)?.[0] ?? "";
    said[args.slice(0, 2).join(" ")] = stdout;
  }
  expect(said["log verify"]).toContain("without end    none");
  expect(said["log subject"]).toMatch(/^ {2}1 .* 1 +entry 2$/m);
  expect(said["log monitor"]).toBe("");
}, 60_000);
