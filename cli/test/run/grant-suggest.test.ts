// `reach grant suggest`: of every example, the smallest grant that its runs needed, and what a user is told.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine, fromUtf8, parseRecord } from "@reach-fabric/engine";
import type { RequestRecord } from "@reach-fabric/engine";
import {
  createSecurityLog,
  effectiveGrant,
  grantAllowing,
  loadPack,
  memoryRecorder,
  run as runPack,
  suggestGrant,
} from "@reach-fabric/host";
import type { RunResult, SecurityLog } from "@reach-fabric/host";
import { grantFile } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import { startServices } from "../../../examples/loan-prescreen/services.ts";
import type { Services } from "../../../examples/loan-prescreen/services.ts";
import { play, scriptedRuns, scriptOf } from "../../../tools/examples/scripted.ts";
import { applicant, put, reach, repository, temporaryFolder, workflow } from "../reach.ts";
import type { Ended } from "../reach.ts";

const LOAN = readdirSync(join(repository, "examples/loan-prescreen/applicants")).map((name) =>
  name.replace(".json", ""),
);

let services: Services;
beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.stop());

interface Wide {
  readonly origins: readonly string[];
  readonly models?: readonly string[];
  readonly servers?: readonly string[];
  readonly secrets?: readonly string[];
}

/** All that any example could ask for. */
const wide = ({ origins, models = [], servers = [], secrets = [] }: Wide): Grant =>
  effectiveGrant({
    http: origins.map((origin) => ({
      origin,
      methods: ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
      paths: ["/*"],
    })),
    emit: ["*"],
    models: [...models],
    mcp: servers.map((server) => ({ server, calls: ["*"] })),
    secrets: secrets.map((name) => ({ name, origins: [...origins] })),
  });

/** Runs an example with a grant. */
type World = (grant: Grant, security?: SecurityLog, signal?: AbortSignal) => Promise<RunResult>;

/** The world of a scripted run, and what of it a wide grant has to name. */
function scripted(name: string): { world: World; open: Grant } {
  const script = scriptOf(name);
  const folder = join(repository, "examples", name.split("/")[0] ?? "");
  const text = readFileSync(join(folder, "workflow.yaml"), "utf8");
  const servers = [...new Set(text.match(/https?:\/\/[\w.-]+(?::\d+)?\/[\w/-]*/g) ?? [])];
  const asked = Object.keys(script.services ?? {}).map((one) => one.split(" ")[1] ?? "");
  const origins = [...new Set([...servers, ...asked].map((uri) => new URL(uri).origin))];
  const secrets = /secrets: \[([\w, ]+)\]/.exec(text)?.[1]?.split(", ") ?? [];
  const models = Object.keys(script.models ?? {});
  const world: World = async (grant, security, signal) =>
    (await play(name, script, grant, { ...(security && { security }), ...(signal && { signal }) }))
      .result;
  return { world, open: wide({ origins, models, servers, secrets }) };
}

function loan(name: string): { world: World; open: Grant } {
  const world: World = async (grant, security, signal) =>
    runPack({
      engine: createEngine(),
      pack: await loadPack(workflow),
      input: readFileSync(applicant(name)),
      grant,
      addresses: services.addresses,
      recorder: memoryRecorder({ id: "00000000-0000-4000-8000-000000000001" }),
      effects: {
        clock: () => Date.UTC(2026, 0, 1),
        random: (size) => new Uint8Array(size),
        timer: () => Promise.resolve(),
      },
      ...(security && { security }),
      ...(signal && { signal }),
    });
  return { world, open: wide({ origins: Object.keys(services.addresses) }) };
}

/** A run's records but for the grant in the first one. */
function withoutGrant({ records }: RunResult): unknown[] {
  const [first = new Uint8Array(), ...rest] = records;
  const { grant: _, ...start } = parseRecord(first) as { grant?: unknown };
  return [start, ...rest.map((bytes) => fromUtf8(bytes))];
}

const requestsOf = ({ records }: RunResult): RequestRecord[] =>
  records.map((bytes) => parseRecord(bytes)).filter((record) => record.kind === "request");

/** The kinds of what is denied in a run with a grant. */
async function deniedIn(world: World, grant: Grant): Promise<string[]> {
  const kinds: string[] = [];
  const stop = new AbortController();
  const sink = {
    write: (record: { type: string; kind?: string }): void => {
      if (record.type !== "grant.denied") return;
      kinds.push(record.kind ?? "");
      // What would come of it is the workflow's own matter.
      setImmediate(() => stop.abort(new Error("denied")));
    },
  };
  const log = createSecurityLog({ actor: "test", sinks: [sink] });
  await world(grant, log, stop.signal).catch(() => undefined);
  return kinds;
}

const cases = [
  ...scriptedRuns.map((name) => [name, () => scripted(name)] as const),
  ...LOAN.map((name) => [`loan-prescreen/${name}`, () => loan(name)] as const),
];
let permissionsSeen = 0;

describe("the smallest grant of examples", () => {
  test.each(cases)(
    "%s comes out the same with it, and with one permission less something is denied",
    async (_, make) => {
      const { world, open } = make();
      const before = await world(open);
      const { grant, permissions, open: unknown } = suggestGrant(requestsOf(before));
      expect(unknown).toEqual([]);
      expect(grantFile.safeParse(grant).success).toBe(true);
      const effective = effectiveGrant(grant);
      const after = await world(effective);
      expect(withoutGrant(after)).toEqual(withoutGrant(before));
      // The grant is a part of the decision, and the only one that is another.
      expect(after.decision === before.decision).toBe(
        JSON.stringify(effective) === JSON.stringify(open),
      );
      expect(await deniedIn(world, effective)).toEqual([]);
      for (const one of permissions) {
        const less = effectiveGrant(grantAllowing(permissions.filter((other) => other !== one)));
        expect([one, (await deniedIn(world, less)).length > 0]).toEqual([one, true]);
      }
      permissionsSeen += permissions.length;
    },
  );

  test("are of several kinds, and many", () => {
    expect(permissionsSeen).toBeGreaterThan(40);
  });
});

describe("reach grant suggest", () => {
  const folder = temporaryFolder();
  const run = (line: string): Promise<Ended> => reach(folder, line.split(" "));
  const files = ["-g", "wide.json", "--key", "own.key"];
  beforeAll(async () => {
    const { addresses } = services;
    const http = Object.keys(addresses).map((origin) => ({
      origin,
      methods: ["GET", "POST"],
      paths: ["/*"],
      repeatable: true,
    }));
    http.push({
      origin: "https://unused.example",
      methods: ["GET"],
      paths: ["/*"],
      repeatable: false,
    });
    put(
      folder,
      "wide.json",
      JSON.stringify({ format: "reach/grant/v1", http, emit: ["*"], addresses }),
    );
    await run("keys new --no-passphrase -o own.key");
    for (const name of ["01-strong", "12-income-missing"]) {
      const more = name === "12-income-missing" ? ["--record", "kept"] : [];
      const ended = await reach(folder, [
        "run",
        workflow,
        "-i",
        applicant(name),
        "-o",
        `${name}.reach`,
        ...files,
        ...more,
      ]);
      expect(ended.stderr).not.toContain("REACH-E");
    }
  });

  test("writes a grant that reach run takes, from evidence and from a folder, in any order", async () => {
    const one = await run("grant suggest 01-strong.reach kept --grant wide.json");
    const two = await run("grant suggest kept 01-strong.reach kept -g wide.json");
    expect([one.status, one.stdout]).toEqual([0, two.stdout]);
    const grant = JSON.parse(one.stdout) as {
      http: { origin: string; paths: string[]; repeatable?: boolean }[];
      addresses: object;
    };
    expect(grantFile.safeParse(grant).success).toBe(true);
    expect(
      grant.http.every(
        ({ paths, repeatable }) =>
          repeatable === true && paths.every((path) => !path.includes("*")),
      ),
    ).toBe(true);
    expect(one.stdout).not.toContain("unused.example");
    writeFileSync(join(folder, "least.json"), one.stdout);
    for (const name of ["01-strong", "12-income-missing"]) {
      const again = await reach(folder, [
        "run",
        workflow,
        "-i",
        applicant(name),
        "-o",
        `again-${name}.reach`,
        "-g",
        "least.json",
        "--key",
        "own.key",
      ]);
      expect([again.status, again.stderr]).toEqual([
        again.status,
        expect.not.stringContaining("E315"),
      ]);
      expect((await run(`diff ${name}.reach again-${name}.reach --json`)).stdout).not.toContain(
        '"result"',
      );
    }
  });

  test("says what no run has asked for and the workflow may, and writes no file that is there", async () => {
    put(folder, "in.json", "{}");
    const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
    const ask = {
      if: "${ false }",
      call: "http",
      with: { method: "get", endpoint: "https://later.example/x" },
    };
    put(
      folder,
      "w.json",
      JSON.stringify({
        document,
        do: [{ ask }, { tell: { emit: { event: { with: { type: "t.told", source: "/t" } } } } }],
      }),
    );
    put(
      folder,
      "open.json",
      JSON.stringify({
        format: "reach/grant/v1",
        http: [{ origin: "https://later.example", methods: ["GET"], paths: ["/x"] }],
        emit: ["*"],
      }),
    );
    const made = await run(
      "run w.json -i in.json -g open.json --key own.key -o w.reach --emit events.jsonl",
    );
    expect([made.status, made.stderr]).toEqual([0, expect.any(String)]);
    const { status, stdout, stderr } = await run("grant suggest w.reach");
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      { format: "reach/grant/v1", emit: ["t.told"] },
    ]);
    expect(stderr).toMatch(/no run has asked for GET https:\/\/later\.example\/x/);
    const asJson = await run("grant suggest w.reach --json");
    expect(JSON.parse(asJson.stdout)).toEqual({
      grant: { format: "reach/grant/v1", emit: ["t.told"] },
      permissions: [{ of: "emit", type: "t.told" }],
      open: [],
      unused: ["GET https://later.example/x"],
    });
    expect((await run("grant suggest w.reach -o grant.json")).status).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "grant.json"), "utf8"))).toEqual(
      JSON.parse(stdout),
    );
    expect((await run("grant suggest w.reach -o grant.json")).status).toBe(2);
    expect((await run("grant suggest w.reach -o grant.json --force")).status).toBe(0);
  });

  test("says of redacted evidence what it cannot know", async () => {
    const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
    const tell = (data: string, type: string): object => ({
      emit: { event: { with: { type, source: "/t", data } } },
    });
    const tasks = [{ first: tell("${ .who }", "t.told") }, { last: tell("x", "t.last") }];
    put(folder, "hidden.json", JSON.stringify({ document, do: tasks }));
    put(folder, "who.json", '{"who": "Jane Doe"}');
    const args = "-i who.json -g open.json --key own.key -o who.reach --emit events.jsonl";
    expect((await run(`run hidden.json ${args}`)).status).toBe(0);
    expect((await run("redact who.reach --drop input/who -o hidden.reach")).status).toBe(0);
    const { status, stdout, stderr } = await run("grant suggest hidden.reach");
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      { format: "reach/grant/v1", emit: ["t.told"] },
    ]);
    expect(stderr).toContain("not known: what is asked for in records that hidden.reach hides");
    expect(stderr).not.toContain("Jane");
  });

  test("refuses what is neither evidence nor a run", async () => {
    const { status, stderr, stdout } = await run("grant suggest in.json");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/REACH-E5/);
  });
});
