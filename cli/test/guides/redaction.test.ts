// The guide to redaction, typed as it stands.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/redaction.md"), "utf8");

test("docs/guides/redaction.md does what it says", async () => {
  put(folder, "credit.yaml", /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? "");
  const said: Record<string, string> = {};
  for (const [, line = ""] of guide.matchAll(/^\$ (.*)$/gm)) {
    const [, text, file] = /^echo '(.*)' > (\S+)$/.exec(line) ?? [];
    if (file !== undefined) {
      put(folder, file, text ?? "");
      continue;
    }
    const args = line.split(" ").slice(2);
    const { status, stdout, stderr } = await reach(folder, args, {
      env: { HOME: folder, XDG_CONFIG_HOME: undefined },
    });
    expect([line, status, stderr]).toEqual([line, 0, expect.not.stringContaining("REACH-E")]);
    said[line.replace("npx @reach-fabric/cli ", "")] = stdout;
  }
  expect(said["inspect nameless.reach"]).toContain('"name":"[hidden]"');
  expect(said["redact ada.reach --drop input/income --dry-run"]).toContain(".asked * 3 < .income");
  expect(said["verify granted.reach --require authentic,redacted"]).toContain('{"granted":true}');
  expect(said["verify signed.reach --require authentic,redacted"]).toContain("request-17");
});
