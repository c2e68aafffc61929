// npm run run-kill                        300 rounds of kill -9 on runs that ask a service, on each store
// npm run run-kill -- --rounds N --seed N --store folder
//
// Each round starts a process that executes several runs, kills it without warning after a random time, and goes on in another
// process, which is killed as well, until all runs have ended. In between, but not always, what is in doubt is resolved as
// the service has counted.
// The service does whatever it is asked, and deduplicates nothing.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createEngine, replay, utf8 } from "@reach-fabric/engine";
import { memoryRecorder, resolveEffect, run } from "@reach-fabric/host";
import type { KeptRun } from "@reach-fabric/host";
import { answerOf, startService } from "./service.ts";
import type { Service } from "./service.ts";
import { found, idOf, openStore, STORES } from "./stores.ts";
import type { StoreKind } from "./stores.ts";
import { approved, inputOf, packOfRuns, worldAt } from "./workflow.ts";

/** Runs that one process executes at a time. */
const AT_ONCE = 6;
/** Processes of a round that are killed; and those, with the ones that are not, after which every run must have ended. */
const KILLS = 4;
const PROCESSES = 8;
const LOAD = fileURLToPath(new URL("load.ts", import.meta.url));

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "300" },
    seed: { type: "string", default: "20261130" },
    store: { type: "string" },
  },
});
async function main(kind: StoreKind, rounds: number, seed: number): Promise<void> {
  process.stderr.write(`${kind}, seed ${seed}\n`);
  let state = seed >>> 0;
  const random = (): number =>
    (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const parent = mkdtempSync(join(tmpdir(), "reach-run-kill-"));
  // Not drawn from the seed: when answers leave is not the same twice in any case.
  const service = await startService(() => Math.random() * 60);
  const counts = { kills: 0, doubtful: 0, resolved: 0, retried: 0 };
  const faults: string[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const folder = join(parent, String(round));
      const store = await openStore(kind, folder);
      const ids = Array.from({ length: AT_ONCE }, (_, i) => `r${round}-${i}`);
      for (let process = 1; process <= PROCESSES; process += 1) {
        const isKilled = process <= KILLS;
        // While a request is under way, or shortly behind it.
        const requests = isKilled ? 1 + Math.floor(random() * 3 * AT_ONCE) : Infinity;
        const load = { kind, folder, address: service.address, runs: ids };
        if (await executed(load, service, requests, random() * 30)) counts.kills += 1;
        // Half of the time no one looks first: then what is in doubt must be left alone.
        if (process < KILLS && random() < 0.5) continue;
        let open = 0;
        for (const id of ids) {
          open += await settle(store.run(idOf(id)), id, service, counts, faults);
        }
        if (open === 0) break;
      }
      for (const id of ids) await judge(store.run(idOf(id)), id, service, faults);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      if (faults.length > 0) break;
      if (round % 10 === 0) process.stderr.write(`round ${round}: ${JSON.stringify(counts)}\n`);
    }
  } finally {
    service.close();
    rmSync(parent, { recursive: true, force: true });
  }
  for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
  process.stdout.write(
    `${kind}: ${rounds} rounds, ${rounds * AT_ONCE} runs, ${counts.kills} kills, ${counts.doubtful} effects in doubt ` +
      `(${counts.resolved} had been done, ${counts.retried} had not), ${faults.length} faults\n`,
  );
  if (faults.length > 0) process.exitCode = 1;
}

/** Starts the load, and kills it so long after so many requests, if it has not ended; true if it was killed. */
async function executed(
  load: object,
  service: Service,
  requests: number,
  after: number,
): Promise<boolean> {
  const args = ["--conditions=reach-source", "--no-warnings", LOAD, JSON.stringify(load)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  let timer: NodeJS.Timeout | undefined;
  let seen = 0;
  service.onRequest = () => {
    if ((seen += 1) >= requests) timer ??= setTimeout(() => child.kill("SIGKILL"), after);
  };
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  clearTimeout(timer);
  return child.signalCode !== null;
}

const placeOf = (id: string, request: Readonly<Record<string, unknown>>): string =>
  `${String(request["method"])} ${String(request["uri"]).replace("https://bank.example", "")}`.replace(
    "{id}",
    id,
  );

/** Resolves what is in doubt as the service has counted; returns 1 if the run has not ended. */
async function settle(
  kept: KeptRun,
  id: string,
  { done }: Service,
  counts: { doubtful: number; resolved: number; retried: number },
  faults: string[],
): Promise<number> {
  const before = await found(kept);
  if (before === undefined || before.inputs.length === 0) {
    const asked = [...done.keys()].filter((place) => place.endsWith(`/${id}`));
    if (asked.length > 0) faults.push(`${id}: nothing entered, and ${asked.join()} was asked`);
    return 1;
  }
  if (before.ended !== undefined) return 0;
  for (const { request, hasBegun } of before.waiting) {
    if (request.type !== "http" || request.request["method"] !== "POST") continue;
    const place = placeOf(id, request.request);
    const count = done.get(place)?.count ?? 0;
    if (!hasBegun && count > 0) faults.push(`${id}: ${place} was asked, and had not begun`);
    if (!hasBegun) continue;
    counts.doubtful += 1;
    const said = { engine: createEngine(), run: kept, key: request.key, by: "clerk-7" };
    const at = new Date().toISOString();
    const body = utf8(answerOf(place.slice(place.indexOf(" ") + 1)));
    const as = count > 0 ? { result: { status: 200, headers: {} }, body } : ("retry" as const);
    counts[as === "retry" ? "retried" : "resolved"] += 1;
    await resolveEffect({ ...said, as, at });
  }
  return 1;
}

/** The run as it ended: what was done for it, and whether it is the one that would have been without any kill. */
async function judge(kept: KeptRun, id: string, service: Service, faults: string[]): Promise<void> {
  const end = await found(kept);
  if (end?.ended !== "completed") {
    faults.push(`${id}: ${end?.ended ?? "not ended"}`);
    return;
  }
  for (const [place, { count, keys }] of service.done) {
    if (!place.endsWith(`/${id}`)) continue;
    if (place.startsWith("POST") && count !== 1) faults.push(`${place} was done ${count} times`);
    if (keys.size !== 1) faults.push(`${place} was asked with ${keys.size} keys`);
  }
  for (const name of ["POST /pay", "PUT /put", "POST /book", "GET /look"]) {
    if (!service.done.has(`${name}/${id}`)) faults.push(`${name}/${id} was not done`);
  }
  const again = replay(createEngine(), end.pack, end.records);
  if (again.status !== "reproduced") faults.push(`${id}: ${again.status}`);
  const other = await undisturbed(id);
  if ("fingerprint" in again && again.fingerprint !== other) {
    faults.push(`${id}: another fingerprint than without a kill`);
  }
}

/** The fingerprint of a run that nothing disturbs, with the same answers. */
async function undisturbed(id: string): Promise<string> {
  const service = await startService(() => 0);
  try {
    const events = [approved(id)];
    const { fingerprint } = await run({
      engine: createEngine(),
      pack: packOfRuns(),
      input: utf8(JSON.stringify(inputOf(id))),
      recorder: memoryRecorder(),
      events: (async function* () {
        yield* events;
      })(),
      ...worldAt(service.address),
    });
    return fingerprint;
  } finally {
    service.close();
  }
}

for (const kind of STORES) {
  if (values.store !== undefined && values.store !== kind) continue;
  await main(kind, Number(values.rounds), Number(values.seed));
}
