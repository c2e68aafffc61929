// what-if and time travel as a user types them (EVID-29, EVID-31).
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { put, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();
const table = (limit: number): string => `
table: {name: policy, version: 1.0.0}
hitPolicy: first
inputs: [amount]
rules:
  - {id: R, when: {amount: {lt: ${limit}}}, then: pay, reasons: [SMALL]}
default: {then: review, reasons: [LARGE]}
`;

beforeAll(async () => {
  put(
    folder,
    "w.yaml",
    `document: {dsl: 1.0.3, namespace: t, name: w, version: 1.0.0}
do:
  - at: {set: '\${ . + {at: $workflow.startedAt.epoch.seconds} }'}
  - policy: {call: decide, with: {table: table.yaml, input: '\${ . }'}}
`,
  );
  put(folder, "table.yaml", table(500));
  for (const amount of [100, 700]) {
    put(folder, `${amount}.json`, JSON.stringify({ amount }));
    const { status } = await reach(folder, [
      ..."run w.yaml -o".split(" "),
      `${amount}.reach`,
      "--input",
      `${amount}.json`,
    ]);
    expect(status).toBe(0);
  }
});

describe("what-if", () => {
  it("says which decisions change, and from which step on", async () => {
    const same = await reach(folder, ["what-if", "w.yaml", "."]);
    expect([same.status, same.stdout]).toEqual([0, expect.stringContaining("2 the same")]);
    put(folder, "table.yaml", table(50));
    const { status, stdout } = await reach(folder, ["what-if", "w.yaml", ".", "--json"]);
    put(folder, "table.yaml", table(500));
    expect(status).toBe(1);
    const { hypothetical, runs } = JSON.parse(stdout) as {
      hypothetical: boolean;
      runs: { file: string; changes: boolean; first?: { task: string } }[];
    };
    expect(hypothetical).toBe(true);
    expect(runs.map(({ file, changes, first }) => [file, changes, first?.task])).toEqual([
      ["100.reach", true, "/do/1/policy"],
      ["700.reach", false, undefined],
    ]);
  });

  it("says what was not recorded", async () => {
    const text = readFileSync(join(folder, "w.yaml"), "utf8");
    put(folder, "other.yaml", text.replace("startedAt.epoch.seconds", "id"));
    const { status, stdout } = await reach(folder, ["what-if", "other.yaml", "100.reach"]);
    expect(status).toBe(3);
    expect(stdout).toMatch(/not recorded: random of at/);
  });
});

describe("what-if --live (EVID-31)", () => {
  /** A service that counts whom it answers. */
  async function service(): Promise<{ origin: string; seen: string[] }> {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method ?? ""} ${request.url ?? ""}`);
      response.setHeader("content-type", "application/json");
      response.end('{"score":7}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }
  const asking = (method: string, name: string): string =>
    put(
      folder,
      name,
      `document: {dsl: 1.0.3, namespace: t, name: w, version: 2.0.0}
do:
  - at: {set: '\${ . + {at: $workflow.startedAt.epoch.seconds} }'}
  - score: {call: http, with: {method: ${method}, endpoint: 'https://s.example/score'}}
`,
    );
  const grantFor = (origin: string, methods: string[]): string =>
    put(
      folder,
      "live.json",
      JSON.stringify({
        format: "reach/grant/v1",
        http: [{ origin: "https://s.example", methods, paths: ["/score"] }],
        addresses: { "https://s.example": origin },
      }),
    );

  it("asks for what was not recorded, under its own grant, and says so", async () => {
    const { origin, seen } = await service();
    const args = ["what-if", asking("get", "get.yaml"), "100.reach", "--live", "--grant"];
    const { status, stdout } = await reach(folder, [...args, grantFor(origin, ["GET"]), "--json"]);
    expect(status).toBe(1);
    const [run] = (
      JSON.parse(stdout) as {
        runs: {
          outcome: { output: unknown };
          live: { task: string }[];
          first?: { pointer?: string };
        }[];
      }
    ).runs;
    expect(run?.outcome.output).toEqual({ score: 7 });
    expect(run?.live.map(({ task }) => task)).toEqual(["/do/1/score"]);
    // What may be asked now is no difference of the rules.
    expect(run?.first?.pointer).not.toMatch(/^\/grant/);
    expect(seen).toEqual(["GET /score"]);
  });

  it("asks nothing that may change something, unless it is declared safe", async () => {
    const { origin, seen } = await service();
    const args = ["what-if", asking("post", "post.yaml"), "100.reach", "--live", "--grant"];
    const grant = grantFor(origin, ["POST"]);
    const refused = await reach(folder, [...args, grant]);
    expect([refused.status, seen]).toEqual([3, []]);
    const declared = await reach(folder, [
      ...args,
      grant,
      "--safe",
      "POST https://s.example/score",
    ]);
    expect([declared.status, seen]).toEqual([1, ["POST /score"]]);
    expect(declared.stdout).toMatch(/1 asked for now/);
  });

  it("is refused without a grant", async () => {
    const alone = await reach(folder, ["what-if", "w.yaml", "100.reach", "--live"]);
    const without = await reach(folder, ["what-if", "w.yaml", "100.reach", "--safe", "llm"]);
    expect([alone.status, without.status]).toEqual([2, 2]);
    const args = ["what-if", "w.yaml", "100.reach", "--live", "--grant", "live.json", "--safe"];
    for (const odd of ["post https://s.example/score", "POST  https://s.example/", "add"]) {
      const { status, stderr } = await reach(folder, [...args, odd]);
      expect([odd, status, stderr]).toEqual([
        odd,
        2,
        expect.stringContaining("--safe names an operation"),
      ]);
    }
  });
});

describe("time travel", () => {
  it("--until shows a record, computed again", async () => {
    const { status, stdout } = await reach(folder, ["replay", "700.reach", "--until", "4"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/record 4 of 6, reproduced$/m);
    expect(stdout).toMatch(/"LARGE"/);
    expect((await reach(folder, ["replay", "700.reach", "--until", "6"])).status).toBe(2);
  });

  it("--from --set goes on with another value", async () => {
    const travel = (...args: string[]) => reach(folder, ["replay", "700.reach", ...args]);
    const less = await travel("--from", "0", "--set", "/input/amount=10");
    expect([less.status, less.stdout]).toEqual([1, expect.stringMatching(/would be .*"SMALL"/)]);
    const later = await travel("--from", "2", "--set", "/result/ms=5000");
    expect([later.status, later.stdout]).toEqual([0, expect.stringContaining("the same")]);
    for (const wrong of [
      ["--from", "0"],
      ["--set", "/input=1"],
      ["--from", "0", "--set", "/input=x"],
      ["--from", "3", "--set", "/output=1"],
      ["--from", "77", "--set", "/input=1"],
    ]) {
      expect([wrong, (await travel(...wrong)).status]).toEqual([wrong, 2]);
    }
  });
});
