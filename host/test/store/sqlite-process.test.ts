// Several processes on one store in SQLite, which are killed, stopped, or end by themselves. REACH_LONG=1: 200 rounds.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { sqliteStore } from "@reach-fabric/host";
import type { SqliteStore, SqliteStoreOptions } from "@reach-fabric/host";
import { errorOf, later, newFolder } from "../helpers.ts";
import { event, line, lines, newRun, Other } from "./kept.ts";

const ROUNDS = process.env["REACH_LONG"] === "1" ? 200 : 40;

const newFile = async (): Promise<string> => join(await newFolder(), "runs.db");

async function opened(file: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  const store = await sqliteStore(file, options);
  later(() => store.close());
  return store;
}

test(
  "STORE-5 processes that race to claim one run: one wins, and nothing is lost",
  { timeout: 60_000 + ROUNDS * 300 },
  async () => {
    const file = await newFile();
    const store = await opened(file);
    const first = await store.create(newRun());
    const { id } = first.run;
    await first.release({ state: "waiting" });
    const others = await Promise.all(["a", "b"].map(() => Other.open("sqlite", file)));
    for (let round = 0; round < ROUNDS; round++) {
      const moment = Date.now() + 15;
      const told = await Promise.all(others.map((other) => other.ask("claimAt", id, moment)));
      const [winner] = others.filter((_, i) => typeof told[i] === "number");
      expect([round, told.map(String).toSorted()]).toEqual([
        round,
        [String(round + 2), "REACH-E4114"],
      ]);
      expect(await winner?.ask("append", id, round, round + 1)).toBe("appended");
      expect(await winner?.ask("release", id)).toBe("released");
    }
    expect((await store.run(id).read()).lines).toEqual(lines(0, ROUNDS));
  },
);

test("STORE-5 processes that open a new file at once all have it", async () => {
  const file = await newFile();
  const others = await Promise.all([1, 2, 3, 4].map(() => Other.open("sqlite", file)));
  const ids = others.map(() => newRun().run.id);
  expect(await Promise.all(others.map((other, i) => other.ask("create", ids[i] ?? "")))).toEqual(
    ids.map(() => "created"),
  );
  const { runs } = await (await opened(file)).list();
  expect(runs.map(({ id }) => id).sort()).toEqual(ids.sort());
});

test("STORE-6 a process that stands still loses its runs by time, and appends nothing afterwards", async () => {
  const file = await newFile();
  const store = await opened(file);
  const stopped = await Other.open("sqlite", file, 1500);
  const { id } = newRun().run;
  expect(await stopped.ask("create", id)).toBe("created");
  expect(await stopped.ask("append", id, 0, 3)).toBe("appended");
  // It goes on by itself as long as it runs.
  await sleep(2500);
  expect((await errorOf(store.run(id).claim())).code).toBe("REACH-E4114");
  expect(await stopped.ask("append", id, 3, 4)).toBe("appended");
  stopped.child.kill("SIGSTOP");
  expect((await store.run(id).head()).state).toBe("running");
  await sleep(2500);
  expect((await store.run(id).head()).state).toBe("interrupted");
  const lease = await store.run(id).claim();
  expect(lease).toMatchObject({ epoch: 2, crashes: 0 });
  await lease.append(4, [line(4, "taken over")]);
  stopped.child.kill("SIGCONT");
  expect(await stopped.ask("append", id, 5, 6)).toBe("REACH-E4115");
  expect(await stopped.ask("append", id, 4, 6)).toBe("REACH-E4115");
  await lease.append(5, [line(5)]);
  expect(await stopped.ask("release", id)).toBe("released");
  expect((await store.run(id).head()).state).toBe("running");
  const { lines: kept } = await store.run(id).read();
  expect(kept).toEqual([...lines(0, 4), line(4, "taken over"), line(5)]);
  await lease.release({ state: "completed" });
});

test("STORE-9 what a process that is killed had acknowledged is there, and in order", async () => {
  const file = await newFile();
  for (let round = 0; round < 5; round++) {
    const other = await Other.open("sqlite", file);
    const { id } = newRun().run;
    await other.ask("create", id);
    let acknowledged = 0;
    const asking = (async () => {
      while ((await other.ask("append", id, acknowledged, acknowledged + 1)) === "appended")
        acknowledged++;
    })();
    await sleep(30 + round * 17);
    await other.kill();
    await asking;
    const store = await opened(file);
    const kept = await store.run(id).read();
    expect(acknowledged).toBeGreaterThan(0);
    // One more may have been durable, and not told.
    expect([acknowledged, acknowledged + 1]).toContain(kept.lines.length);
    expect(kept.lines).toEqual(lines(0, kept.lines.length));
    await store.close();
  }
  const left = readdirSync(dirname(file)).filter((name) => name.includes("-owner-"));
  expect(left).toEqual([]);
});

test("STORE-6 a run whose process was killed can be claimed at once", async () => {
  const file = await newFile();
  const store = await opened(file);
  const other = await Other.open("sqlite", file);
  const { id } = newRun().run;
  await other.ask("create", id);
  expect((await errorOf(store.run(id).claim())).code).toBe("REACH-E4114");
  await other.kill();
  const lease = await store.run(id).claim();
  expect(lease).toMatchObject({ epoch: 2, crashes: 1 });
  await lease.release({ state: "completed" });
});

test("STORE-8 a message from another process is found by a reader that looks", async () => {
  const file = await newFile();
  const store = await opened(file);
  const lease = await store.create(newRun());
  const inbox = store.run(lease.run.id).inbox();
  const other = await Other.open("sqlite", file);
  expect(await inbox.next()).toEqual([]);
  expect(await other.ask("put", lease.run.id, "1")).toBe(true);
  expect(await inbox.next()).toEqual([event("1")]);
  await lease.release({ state: "completed" });
});

/** Runs a program that has a store. */
function runProgram(
  file: string,
  text: string,
): { status: number | null; stdout: string; stderr: string } {
  const kept = new URL("kept.ts", import.meta.url).href;
  const program = `
    import { sqliteStore } from "@reach-fabric/host";
    import { newRun, lines } from ${JSON.stringify(kept)};
    const store = await sqliteStore(${JSON.stringify(file)});
    ${text}`;
  const args = ["--conditions=reach-source", "--disable-warning=ExperimentalWarning"];
  // From a folder in which the packages are found.
  const cwd = new URL("../../..", import.meta.url);
  return spawnSync(process.execPath, [...args, "--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
    cwd,
  });
}

test("STORE-11 an open store keeps no process from ending", async () => {
  const { status, stderr } = runProgram(
    await newFile(),
    "await store.list(); store.run('x').inbox();",
  );
  expect([status, stderr]).toEqual([0, ""]);
});

test("STORE-11 a process does not end before what it has asked for is durable", async () => {
  const file = await newFile();
  const run = newRun();
  const { status, stderr } = runProgram(
    file,
    `void store.create(newRun({ id: "${run.run.id}" })).then((lease) => lease.append(0, lines(0, 9)));`,
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect((await (await opened(file)).run(run.run.id).read()).lines).toEqual(lines(0, 9));
});
