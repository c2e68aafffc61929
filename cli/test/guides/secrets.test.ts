// docs/guides/secrets.md: its files are written, its bureau is started, and its commands end as it says.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/secrets.md"), "utf8");
const blocks = [...guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, head = "", body = ""]) => {
  const [kind = "", name = ""] = head.split(" ");
  return { kind, name, body };
});

/** The bureau of the guide, as a process of its own, on a free port. */
async function startBureau(): Promise<string> {
  put(folder, "bureau.mjs", blocks.find(({ name }) => name === "bureau.mjs")?.body ?? "");
  const child = spawn(process.execPath, ["bureau.mjs"], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return said.toString().trim();
}

test("docs/guides/secrets.md does what it says", async () => {
  const port = await startBureau();
  const statuses: number[] = [];
  const told: string[] = [];
  for (const { kind, name, body } of blocks) {
    if (["json", "text", "js"].includes(kind)) {
      chmodSync(put(folder, name, body.replace("4105", port)), 0o600);
      continue;
    }
    if (kind !== "console") continue;
    const wanted = name === "exit=5" ? 5 : 0;
    for (const line of body
      .split("\n")
      .filter((one) => one.startsWith("$ npx @reach-fabric/cli "))) {
      const [command = "", file] = line.split(" < ");
      const stdin = file === undefined ? "" : readFileSync(join(folder, file), "utf8");
      const { status, stdout, stderr } = await reach(folder, command.split(" ").slice(3), {
        stdin,
      });
      expect([line, status, status === wanted ? "" : stderr]).toEqual([line, wanted, ""]);
      statuses.push(status);
      told.push(stdout, stderr);
    }
  }
  expect(statuses).toEqual([0, 0, 0, 5, 0, 0, 0, 0, 0]);
  // By version 1 before, and by version 2 after.
  const records = await reach(folder, ["export", "score.reach", "--records", "-o", "score.jsonl"]);
  expect(records.status).toBe(0);
  const lines = readFileSync(join(folder, "score.jsonl"), "utf8");
  expect([...lines.matchAll(/"score":640,"version":(\d)/g)].map(([, version]) => version)).toEqual(
    expect.arrayContaining(["1", "2"]),
  );
  const files = readdirSync(join(folder, "score.run"), { recursive: true, withFileTypes: true });
  const kept = files
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), "latin1"));
  const all = [...told, lines, readFileSync(join(folder, "score.reach"), "latin1"), ...kept];
  expect(all.join("\n")).not.toMatch(/tok-3f9c|tok-b20d/);
}, 60_000);
