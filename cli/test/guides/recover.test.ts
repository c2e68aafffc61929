// docs/guides/recover.md: its files are written, its bank is started, its run is killed, and its commands end and say what it says.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { put, reach, repository, start, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const paid = join(folder, "paid.jsonl");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await isSo()) return;
    await sleep(20);
  }
  throw new Error("it does not come");
}

const listens = (port: number) => async (): Promise<boolean> => {
  const socket = connect(port, "127.0.0.1");
  const isThere = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isThere;
};

/** Runs the command as a process, and kills it when the bank was asked. */
async function killed(args: readonly string[]): Promise<void> {
  const child = start(folder, args);
  await until(async () => existsSync(paid));
  child.kill("SIGKILL");
  await once(child, "close");
}

test("docs/guides/recover.md does what it says", async () => {
  const port = await freePort();
  const guide = readFileSync(join(repository, "docs/guides/recover.md"), "utf8").replaceAll(
    "8790",
    String(port),
  );
  let bank: ChildProcess | undefined;
  let commands = 0;
  try {
    for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
      const [kind, name = ""] = head.split(" ");
      if (kind === "js" || kind === "json") put(folder, name, body);
      if (kind === "js") {
        bank = spawn(process.execPath, [name], { cwd: folder, stdio: "inherit" });
        await until(listens(port));
      }
      if (kind !== "console") continue;
      const lines = body.trimEnd().split("\n");
      const said: string[] = [];
      for (const line of lines.filter((each) => each.startsWith("$ npx @reach-fabric/cli "))) {
        const args = line.split(" ").slice(3);
        commands += 1;
        if (name === "killed") await killed(args);
        else {
          const { status, stdout, stderr } = await reach(folder, args);
          const wanted = name === "exit=5" ? 5 : 0;
          expect([line, status, status === wanted ? "" : stderr]).toEqual([line, wanted, ""]);
          said.push(stdout, stderr);
        }
      }
      for (const words of lines.filter((each) => !each.startsWith("$ "))) {
        expect(said.join("\n")).toContain(words);
      }
    }
  } finally {
    bank?.kill();
  }
  expect(commands).toBe(6);
  // The bank was asked once.
  expect(readFileSync(paid, "utf8").trimEnd().split("\n")).toHaveLength(1);
}, 60_000);
