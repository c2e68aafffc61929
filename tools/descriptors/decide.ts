// One decision of `reach run` with so many descriptors, and what it came to: the decision that it comes to where nothing
// is missing, none, or another one, which would be a decision by what this machine lacks (GRANT-17).
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import type { Outcome } from "@reach-fabric/evidence";

/** Requests that are under way at a time, to two origins, of which one is known by a name. */
const BRANCHES = 12;
/** Milliseconds before an answer, so that all of them are. */
const DELAY = 40;

/** Any failure of the world refers the application to a person: what this machine lacks must not look like one. */
const workflow = {
  document: { dsl: "1.0.3", namespace: "descriptors", name: "prescreen", version: "1.0.0" },
  do: [
    {
      ask: {
        fork: {
          branches: Array.from({ length: BRANCHES }, (_, i) => ({
            [`bureau${i}`]: {
              try: [
                {
                  score: {
                    call: "http",
                    with: {
                      method: "get",
                      endpoint: `https://${i % 2 === 0 ? "one" : "two"}.example/score/${i}`,
                    },
                    output: { as: "${ {score: .score} }" },
                  },
                },
              ],
              catch: { do: [{ missing: { set: { score: "missing" } } }] },
            },
          })),
        },
        output: { as: "${ [.[] | (.score // (to_entries[0].value.score))] }" },
      },
    },
    {
      book: {
        try: [
          {
            put: {
              call: "http",
              input: { from: "${ {scores: .} }" },
              with: { method: "put", endpoint: "https://one.example/booked", body: "${ . }" },
              output: { as: "${ {scores: $input.scores} }" },
            },
          },
        ],
        catch: { do: [{ unbooked: { set: { scores: ["unbooked"] } } }] },
      },
    },
    {
      decide: {
        set: {
          decision: '${ if (.scores | all(type == "number")) then "accept" else "refer" end }',
          scores: "${ .scores }",
        },
      },
    },
  ],
};

/** A service on the loopback interface that is well, and a folder with all that a run needs. */
export interface Desk {
  readonly folder: string;
  stop(): void;
}

/** @param folder is there, and empty */
export async function openDesk(folder: string): Promise<Desk> {
  const server = createServer((request, response) => {
    const score = 500 + Number(request.url?.split("/").at(-1)) || 500;
    request.resume().on("end", () => {
      setTimeout(() => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ score }));
      }, DELAY);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const origins = {
    "https://one.example": `http://127.0.0.1:${port}`,
    "https://two.example": `http://localhost:${port}`,
  };
  writeFileSync(join(folder, "workflow.json"), JSON.stringify(workflow));
  writeFileSync(join(folder, "input.json"), "{}");
  writeFileSync(
    join(folder, "grant.json"),
    JSON.stringify({
      format: "reach/grant/v1",
      http: Object.keys(origins).map((origin) => ({
        origin,
        methods: ["GET", "PUT"],
        paths: ["/*"],
      })),
      addresses: origins,
    }),
  );
  return {
    folder,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a run came to. */
export interface Decided {
  /** What the workflow gave or faulted with, as JSON; undefined for none. */
  readonly decision: string | undefined;
  /** How the process ended: the code of its error, or its exit code or signal. */
  readonly ended: string;
  /** What it said on stderr. */
  readonly said: string;
}

/**
 * One run, by a program of Reach with these arguments of Node, in a process that has so many descriptors at most.
 *
 * @param descriptors undefined: as many as this process has
 */
export async function decide(
  { folder }: Desk,
  reach: readonly string[],
  descriptors: number | undefined,
): Promise<Decided> {
  const own = join(folder, `with-${descriptors ?? "all"}`);
  mkdirSync(own);
  const evidence = join(own, "one.reach");
  const files = ["-i", "input.json", "-g", "grant.json", "-o", evidence, "--json"];
  const node = [process.execPath, ...reach, "run", "workflow.json", ...files];
  // Of util-linux: it sets its own limit, and becomes the program.
  const limited =
    descriptors === undefined ? node : ["prlimit", `--nofile=${descriptors}`, ...node];
  const homes = ["CONFIG", "STATE", "CACHE"].map((name) => [`XDG_${name}_HOME`, join(own, name)]);
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
  const child = spawn(limited[0] ?? "", limited.slice(1), {
    cwd: folder,
    env: { ...env, ...(Object.fromEntries(homes) as Record<string, string>) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const end = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const code = /"code":"(REACH-E\d+)"[^\n]*\n?$/.exec(said)?.[1];
  if (!existsSync(evidence)) return { decision: undefined, ended: code ?? end, said };
  const { outcome } = openEvidence(createEngine(), readFileSync(evidence));
  return { decision: words(outcome), ended: end, said };
}

const words = (outcome: Outcome | null): string =>
  JSON.stringify(outcome?.status === "completed" ? outcome.output : outcome);
