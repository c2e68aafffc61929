// docs/guides/model.md: its files are written, its commands run beside the example's service of models, and what they
// print is what the page shows, but for digests, ids, sizes and fuel that are each reader's own.
import { spawn } from "node:child_process";
import { chmodSync, cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startModels } from "../../../examples/support-ticket/models/server.ts";
import { ended, put, reach, repository, temporaryFolder } from "../reach.ts";

const folder = temporaryFolder();
const guide = readFileSync(join(repository, "docs/guides/model.md"), "utf8");
const example = join(repository, "examples/support-ticket");

const own = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{12,64}\b/g, "HEX")
    .replaceAll(/\b\d+ bytes/g, "N bytes")
    .replaceAll(/(fuel +)\d+/g, "$1N")
    .trimEnd();

/** As a shell has it. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

test("docs/guides/model.md does what it says", async () => {
  const server = await startModels();
  onTestFinished(() => server.stop());
  const here = (text: string): string => text.replaceAll("http://127.0.0.1:4300", server.origin);
  cpSync(join(example, "workflow.yaml"), join(folder, "workflow.yaml"));
  const ran: string[] = [];
  for (const [, head = "", body = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [kind, name] = head.split(" ");
    if (kind !== "console") {
      if (name !== undefined) put(folder, name, here(body));
      continue;
    }
    const expected = Number(/exit=(\d+)/.exec(head)?.[1] ?? 0);
    const commands = body.split(/^\$ /m).slice(1);
    for (const [index, text] of commands.entries()) {
      const [line = "", ...shown] = text.split("\n");
      const [program, ...args] = words(line);
      // It listens already, where the page's port is another's.
      if (line === "npm run models -- 4300 &") continue;
      if (program === "chmod") {
        chmodSync(join(folder, args[1] ?? ""), 0o600);
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
      if (args.includes("refuses.json") && program === "npx") {
        expect(stderr).toContain("sort.ask: ended with refusal");
      }
      ran.push(`${args[0] === "@reach-fabric/cli" ? args[1] : args[0]} ${status}`);
    }
  }
  expect(ran).toEqual([
    "run 0",
    "inspect 0",
    "replay 0",
    "other.mjs 0",
    "run 0",
    "other.mjs 0",
    "run 0",
    "small.mjs 0",
    "run 1",
    "other.mjs 0",
    "run 0",
  ]);
  expect(server.requests.map(({ path }) => path)).toEqual([
    ...Array.from({ length: 5 }, () => "/v1/chat/completions"),
    "/v1/messages",
  ]);
  expect(server.requests.at(-1)?.headers["x-api-key"]).toBe("sk-ant-not-a-key-0001");
}, 60_000);

test("the guide shows the example as it is", () => {
  const shown = /```yaml\n([^]*?)```/.exec(guide)?.[1] ?? "";
  const indented = shown.trimEnd().replaceAll(/^/gm, "        ");
  expect(readFileSync(join(example, "workflow.yaml"), "utf8")).toContain(indented);
  const grant = /```json grant.json\n([^]*?)```/.exec(guide)?.[1];
  expect(readFileSync(join(example, "grant.json"), "utf8")).toBe(grant);
});
