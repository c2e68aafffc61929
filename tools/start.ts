// `npm start`: the whole idea on the loan example. Decides all applicants against two real services,
// stops the services, verifies and replays every decision offline, changes a byte, changes a rule.
// Everything that it writes is in build/start, or in the folder that it is given, which it empties.
// Exits 0 only if all of it came out as expected.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { createEngine, parseRecord } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import {
  createEvidence,
  newKey,
  publicKeyOf,
  signerOf,
  verify,
  whatIf,
} from "@reach-fabric/evidence";
import type { Outcome, Signer } from "@reach-fabric/evidence";
import { folderRecorder, loadPack, readGrant, run, writeFileAtomic } from "@reach-fabric/host";
import type { EffectiveGrant, RunResult } from "@reach-fabric/host";
import { grantFor, startServices } from "../examples/loan-prescreen/services.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const example = `${root}examples/loan-prescreen`;
const out = resolve(process.argv[2] ?? `${root}build/start`);
const shown = (path: string): string => relative(process.cwd(), path) || ".";
const [bold, dim, green, red, yellow] = (["bold", "dim", "green", "red", "yellow"] as const).map(
  (style) => (text: string) => styleText(style, text),
) as [Paint, Paint, Paint, Paint, Paint];
type Paint = (text: string) => string;

/** What was found not to be as it should. */
const surprises: string[] = [];
function expect(holds: boolean, what: string): void {
  if (!holds) surprises.push(what);
}

/** One decided applicant. */
interface Decided {
  readonly name: string;
  readonly result: RunResult;
  readonly evidence: Uint8Array;
  readonly says: Said;
}

/** A decision in the words of the example. */
interface Said {
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly rules: readonly string[];
}

function said({ status, output, error }: Outcome | RunResult): Said {
  if (status !== "completed") {
    const { title = "an error" } = (error ?? {}) as { title?: string };
    return { decision: "none", reasons: [title], rules: [] };
  }
  return output as Said;
}

async function main(): Promise<void> {
  const engine = createEngine();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { private: secret, public: shared } = newKey((size) => new Uint8Array(randomBytes(size)));
  await writeFileAtomic(`${out}/demo.key`, json(secret), 0o600);
  await writeFileAtomic(`${out}/demo.key.pub`, json(shared));
  const signer = signerOf(secret);

  const names = readdirSync(`${example}/applicants`)
    .map((file) => file.replace(/\.json$/, ""))
    .sort();
  say(bold(`1  Deciding ${names.length} loan applications`));
  const services = await startServices();
  const decided: Decided[] = [];
  try {
    await writeFileAtomic(`${out}/grant.json`, Buffer.from(grantFor(services)));
    for (const [origin, address] of Object.entries(services.addresses)) {
      say(dim(`   ${origin} is ${address}`));
    }
    const pack = await loadPack(`${example}/workflow.yaml`);
    const grant = await readGrant(`${out}/grant.json`);
    for (const name of names) decided.push(await decide(engine, pack, grant, signer, name));
  } finally {
    await services.stop();
  }
  printDecisions(decided);
  say(`   Evidence: one .reach file each in ${shown(out)}. Both services are stopped now.\n`);

  say(bold("2  Verifying and replaying them, offline"));
  verifyAll(engine, decided, publicKeyOf(shared));

  say(bold("\n3  Changing one byte"));
  changeOneByte();

  say(bold("\n4  Changing one rule, and asking what it would have decided"));
  await changeOneRule(engine, decided);

  if (surprises.length > 0) {
    say(red(`\nNot as expected:\n  ${surprises.join("\n  ")}`));
    process.exitCode = 1;
    return;
  }
  say(
    `\n${green("Everything came out as expected.")} The files are in ${shown(out)}. What to type next:\n`,
  );
  for (const [command, why] of [
    [`inspect ${shown(out)}/09-bureau-recovers.reach`, "every step of one decision"],
    [
      `verify ${shown(out)}/*.reach --trust ${shown(out)}/demo.key.pub`,
      "all of them; one was changed",
    ],
    [
      `what-if ${shown(out)}/changed/workflow.yaml ${shown(out)}/02-score-boundary.reach`,
      "what the rule changes",
    ],
  ] as const) {
    say(`  npx reach ${command}\n    ${dim(why)}`);
  }
  say(`\n  Your own decision: ${shown(`${root}docs/guides/first-decision.md`)}`);
}

async function decide(
  engine: Engine,
  pack: Pack,
  { grant, addresses }: EffectiveGrant,
  signer: Signer,
  name: string,
): Promise<Decided> {
  const input = readFileSync(`${example}/applicants/${name}.json`);
  const folder = `${out}/records/${name}`;
  const recorder = folderRecorder(folder);
  const result = await run({ engine, pack, input, grant, addresses, recorder });
  const { records, annotations } = result;
  const { secret: runSecret, ...facts } = result.run;
  const evidence = createEvidence({
    engine,
    pack,
    records,
    runSecret,
    signer,
    run: { ...facts, tenant: "demo", actor: "npm start" },
    annotations,
  });
  await writeFileAtomic(`${out}/${name}.reach`, evidence);
  rmSync(folder, { recursive: true });
  return { name, result, evidence, says: said(result) };
}

function printDecisions(decided: readonly Decided[]): void {
  const expected = JSON.parse(readFileSync(`${example}/expected.json`, "utf8")) as Record<
    string,
    Said
  >;
  const rows = decided.map(({ name, result, says }) => {
    const wanted = expected[name];
    const same =
      wanted?.decision === says.decision && wanted.reasons.join() === says.reasons.join();
    expect(
      same,
      `${name}: ${says.decision} ${says.reasons.join()}, not ${wanted?.decision} ${wanted?.reasons.join()}`,
    );
    const because = [...says.rules, ...says.reasons].join(" ");
    return [name, says.decision, because, String(asked(result)), result.decision.slice(0, 12)];
  });
  say(table(["applicant", "decision", "because", "asked", "decision digest"], rows));
}

/** How many requests left this machine. */
const asked = ({ records }: RunResult): number =>
  records.filter((bytes) => {
    const record = parseRecord(bytes);
    return record.kind === "request" && record.type === "http";
  }).length;

function verifyAll(
  engine: Engine,
  decided: readonly Decided[],
  key: ReturnType<typeof publicKeyOf>,
): void {
  const start = performance.now();
  let verified = 0;
  let records = 0;
  for (const { name, result } of decided) {
    const report = verify(engine, readFileSync(`${out}/${name}.reach`), { trustedKeys: [key] });
    const same = report.computed?.decision === result.decision;
    if (report.ok && same) verified += 1;
    records += report.computed?.size ?? 0;
    expect(report.ok && same, `${name} does not verify`);
  }
  const ms = Math.round(performance.now() - start);
  const files = `${verified} of ${decided.length} files`;
  say(`   ${files} verify: authentic, trusted, complete, replayed.`);
  say(
    `   ${records} records were computed again in ${ms} ms, and have the roots that were signed.`,
  );
}

/** Makes a low score a high one, as somebody might who wants another decision on file. */
function changeOneByte(): void {
  const bytes = readFileSync(`${out}/06-low-score.reach`);
  const at = bytes.indexOf('"score":481') + '"score":'.length;
  expect(bytes[at] === "4".charCodeAt(0), "the score is not where it was expected");
  bytes[at] = "7".charCodeAt(0);
  writeFileSync(`${out}/tampered.reach`, bytes);
  say(`   In a copy of 06-low-score.reach, byte ${at}: the score 481 becomes 781.\n`);
  const status = reach(["verify", `${shown(out)}/tampered.reach`]);
  expect(status === 1, `verify of the changed file ended with ${status}, not 1`);
}

async function changeOneRule(engine: Engine, decided: readonly Decided[]): Promise<void> {
  const folder = `${out}/changed`;
  cpSync(`${example}/workflow.yaml`, `${folder}/workflow.yaml`);
  const before = readFileSync(`${example}/tables/loan-policy.yaml`, "utf8");
  const after = before.replace(
    "id: R4, when: {score: {gte: 700}",
    "id: R4, when: {score: {gte: 720}",
  );
  expect(before !== after, "rule R4 is not where it was expected");
  mkdirSync(`${folder}/tables`);
  writeFileSync(`${folder}/tables/loan-policy.yaml`, after);
  say(
    "   Rule R4 accepts from a score of 720, not 700. The recorded answers are used again: nobody is asked.\n",
  );

  const pack = await loadPack(`${folder}/workflow.yaml`);
  const changes: string[][] = [];
  const unanswered: string[] = [];
  for (const { name, result, says } of decided) {
    const { status, outcome, first } = whatIf(engine, pack, result.records);
    if (status === "not recorded" || outcome === undefined) {
      unanswered.push(name);
      continue;
    }
    const would = said(outcome);
    const { step, task, pointer } = first ?? {};
    const where = `record ${step ?? "-"}, task ${task?.split("/").at(-1) ?? "-"}, ${pointer ?? "-"}`;
    if (step !== undefined) changes.push([name, says.decision, would.decision, where]);
  }
  say(table(["applicant", "was", "would be", "first different step"], changes));
  const others = decided.length - changes.length - unanswered.length;
  say(`   The other ${others} would have been decided the same.`);
  for (const line of unanswered)
    say(yellow(`   Not comparable, ${line}: it asks for what was not recorded`));
  expect(unanswered.length === 0, "a changed rule asked for something that was not recorded");
  const names = changes.map(([name]) => name).join();
  expect(names === "02-score-boundary,09-bureau-recovers", `the changed rule changes ${names}`);
}

/** Runs the command line itself, its output indented here, and says what was typed. */
function reach(args: readonly string[]): number | null {
  say(dim(`   $ npx reach ${args.join(" ")}`));
  const main = `${root}cli/src/main.ts`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=reach-source", "--disable-warning=ExperimentalWarning", main, ...args],
    { encoding: "utf8" },
  );
  say(`${stdout}${stderr}`.trimEnd().replaceAll(/^/gm, "   "));
  return status;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `   ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd();
  return `${[dim(line(head)), ...rows.map(line)].join("\n")}\n`;
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
