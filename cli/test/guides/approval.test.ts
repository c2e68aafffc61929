// docs/guides/fork-model-person.md: its files are written, its commands run, and what they print is what
// the page shows, but for digests, ids, sizes and places that are each reader's own.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ended, put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/fork-model-person.md"), "utf8");
const background: ChildProcess[] = [];
afterAll(() => {
  for (const child of background) child.kill();
});

/** Ports on the page are in the way of whoever has them: a free one instead. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { method: "POST" });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error("the stand-in does not start");
}

const own = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{12,64}\b/g, "HEX")
    .replaceAll(/\b\d+ bytes/g, "N bytes")
    .replaceAll(/\bbyte \d+/g, "byte N")
    .trimEnd();

test("docs/guides/fork-model-person.md does what it says", async () => {
  const port = await freePort();
  const here = (text: string): string => text.replaceAll("4300", String(port));
  const ran: string[] = [];
  for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [kind, name] = head.split(" ");
    if (kind !== "console") {
      put(folder, name ?? "", here(body));
      continue;
    }
    const expected = Number(/exit=(\d+)/.exec(head)?.[1] ?? 0);
    const commands = body.split(/^\$ /m).slice(1);
    for (const [index, text] of commands.entries()) {
      const [line = "", ...shown] = text.split("\n");
      // Quotes are for the reader's shell.
      const [program, ...args] = here(line).replaceAll("'", "").split(" ");
      if (args.at(-1) === "&") {
        background.push(
          spawn(process.execPath, args.slice(0, -1), { cwd: folder, stdio: "ignore" }),
        );
        await answers(port);
        continue;
      }
      const { status, stdout, stderr } =
        program === "node"
          ? await ended(spawn(process.execPath, args, { cwd: folder }))
          : await reach(folder, args.slice(1));
      if (program === "npx") expect(args[0]).toBe("@reach-fabric/cli");
      const wanted = index === commands.length - 1 ? expected : 0;
      expect([line, status, status === wanted ? "" : stderr]).toEqual([line, wanted, ""]);
      expect(own(stdout)).toBe(own(shown.join("\n")));
      ran.push(`${args[0] === "@reach-fabric/cli" ? args[1] : args[0]} ${status}`);
    }
  }
  expect(ran).toEqual([
    "lint 0",
    "run 0",
    "verify 0",
    "replay 0",
    "break.mjs 0",
    "verify 1",
    "run 0",
    "diff 1",
    "what-if 1",
    "replay 1",
  ]);
  const asked = JSON.parse(readFileSync(join(folder, "asked.ndjson"), "utf8")) as object;
  expect(asked).toMatchObject({ type: "claims.review.asked", subject: "C-17" });
}, 60_000);
