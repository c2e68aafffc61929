// The real server-everything over HTTP, in both of its forms, and a server of the SDK for the stateless revision, which
// server-everything 2026.8.31 does not speak.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { RunResult } from "@reach-fabric/host";
import { later } from "../../helpers.ts";
import { ask, logical, resultsOf } from "./asking.ts";

const program = fileURLToPath(
  new URL(
    "../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js",
    import.meta.url,
  ),
);
const loopback = fileURLToPath(new URL("loopback.mjs", import.meta.url));

/** Starts it; it ends with the test. */
async function everything(form: "streamableHttp" | "sse"): Promise<string> {
  const child = fork(program, [form], {
    execArgv: ["--import", loopback],
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  later(async () => {
    const gone = once(child, "exit");
    if (child.kill()) await gone;
  });
  const [port] = (await once(child, "message")) as [number];
  return `http://127.0.0.1:${port}`;
}

const forms = [
  { form: "streamableHttp", path: "/mcp" },
  { form: "sse", path: "/sse" },
] as const;
const calls = ["tools/call *", "tools/list", "prompts/list", "prompts/get *", "resources/*"];

describe.each(forms)("server-everything by $form", ({ form, path }) => {
  const endpoint = logical + path;
  const transport = { http: { endpoint } };
  const grant = {
    mcp: [{ server: endpoint, calls }],
    http: [{ origin: logical, methods: ["POST" as const], paths: ["/message"] }],
  };
  const asked = (origin: string, all: readonly object[], limits = {}): Promise<RunResult> =>
    ask(
      origin,
      all.map((one) => ({ transport, ...one })),
      { grant, egress: { total: 20_000, ...limits } },
    );
  const tool = (name: string, given: object): object => ({
    parameters: { name, arguments: given },
  });

  it("answers tools, prompts and resources, in one session", async () => {
    const origin = await everything(form);
    const [list, echo, sum, structured, prompts, prompt, resources] = resultsOf(
      await asked(origin, [
        { method: "tools/list", parameters: {} },
        tool("echo", { message: "h\u00e9llo" }),
        tool("get-sum", { a: 2, b: 3 }),
        tool("get-structured-content", { location: "Chicago" }),
        { method: "prompts/list", parameters: {} },
        { method: "prompts/get", parameters: { name: "simple-prompt" } },
        { method: "resources/list", parameters: {} },
      ]),
    ).map((one) => (one as { result: Record<string, unknown> }).result);
    const names = ((list?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["echo", "get-sum", "get-structured-content"]));
    expect(echo?.["content"]).toEqual([{ type: "text", text: "Echo: h\u00e9llo" }]);
    expect(sum?.["content"]).toEqual([{ type: "text", text: "The sum of 2 and 3 is 5." }]);
    expect(structured?.["structuredContent"]).toMatchObject({
      conditions: "Light rain / drizzle",
    });
    expect(prompts?.["prompts"]).not.toHaveLength(0);
    expect(prompt?.["messages"]).not.toHaveLength(0);
    expect(resources?.["resources"]).not.toHaveLength(0);
  });

  it("works longer than its limit while it shows progress", async () => {
    const origin = await everything(form);
    const slow = tool("trigger-long-running-operation", { duration: 3, steps: 6 });
    const result = await asked(origin, [{ ...slow, timeout: { milliseconds: 1500 } }]);
    const [{ result: done }] = resultsOf(result) as [{ result: { content: { text: string }[] } }];
    expect(done.content[0]?.text).toContain("Long running operation completed");
  });

  it.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])(
    "speaks revision %s where that is asked for",
    async (protocolVersion) => {
      const origin = await everything(form);
      const [echo] = resultsOf(
        await asked(origin, [{ ...tool("echo", { message: "x" }), protocolVersion }]),
      );
      expect(echo).toEqual({ result: { content: [{ type: "text", text: "Echo: x" }] } });
    },
  );

  it("does not know the stateless revision, which is an answer", async () => {
    const origin = await everything(form);
    const [answer] = resultsOf(
      await asked(origin, [{ ...tool("echo", { message: "x" }), protocolVersion: "2026-07-28" }]),
    );
    expect(answer).toEqual({ status: form === "sse" ? 404 : 400 });
  });
});
