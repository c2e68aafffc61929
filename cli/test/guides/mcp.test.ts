// docs/guides/mcp.md: its files are written, its server is started, and its commands end and say what it says.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const loopback = join(repository, "host/test/effects/mcp/loopback.mjs");

/** Starts the server where there is room for it, and gives its port. */
async function serve(name: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ["--import", loopback, name], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [port] = (await once(child, "message")) as [number];
  return { child, port };
}

test("docs/guides/mcp.md does what it says", async () => {
  const guide = readFileSync(join(repository, "docs/guides/mcp.md"), "utf8");
  let server: { child: ChildProcess; port: number } | undefined;
  const statuses: number[] = [];
  try {
    for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
      const [kind, name = ""] = head.split(" ");
      if (kind === "js") {
        put(folder, name, body);
        server = await serve(name);
      }
      if (kind === "json") put(folder, name, body.replaceAll("8791", String(server?.port)));
      if (kind !== "console") continue;
      const lines = body.trimEnd().split("\n");
      const [command = ""] = lines;
      const { status, stdout, stderr } = await reach(folder, command.split(" ").slice(3));
      statuses.push(status);
      expect([command, status]).toEqual([command, name === "exit=4" ? 4 : 0]);
      for (const words of lines.slice(1)) expect(stdout + stderr).toContain(words);
    }
  } finally {
    server?.child.kill();
  }
  expect(statuses).toEqual([0, 4, 0]);
});
