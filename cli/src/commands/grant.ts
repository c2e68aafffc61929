import { createEngine, fromUtf8, parseRecord } from "@reach-fabric/engine";
import type { Pack, RequestRecord, TraceRecord } from "@reach-fabric/engine";
import { taskName } from "../ui/names.ts";
import type * as Host from "@reach-fabric/host";
import type { Secrets, SuggestedGrant } from "@reach-fabric/host";
import type { Grant, Spending } from "@reach-fabric/schema";
import type { Command } from "commander";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { engines } from "../read/engine.ts";
import { FUEL, readEvidence, recordsIn } from "../read/evidence.ts";
import { EXIT } from "../ui/problem.ts";
import type { Terminal } from "../ui/terminal.ts";
import { line } from "../ui/text.ts";
import type { Verb } from "../ui/verb.ts";
import { describe } from "./run/capabilities.ts";
import { lackingIn, writtenGrant } from "./run/grants.ts";
import { openedSecrets, secretsOptions } from "./secrets/given.ts";

interface SuggestCommandOptions {
  output?: string;
  grant?: string;
  secrets?: string;
  secretsPassphraseFile?: string;
  ids?: boolean;
  fuel?: number;
  force?: boolean;
}

/** `reach grant suggest FILE...`: the smallest grant that recorded runs needed. */
export function grant(program: Command, verb: Verb): void {
  const group = program
    .command("grant")
    .summary("what runs are given: the smallest grant that they needed")
    .addHelpText("after", "\nExample:\n  $ reach grant suggest one.reach > grant.json");
  secretsOptions(group.command("suggest"))
    .summary("write the smallest grant that recorded runs needed")
    .description(
      "Computes the runs again, without asking anything of the world, and writes the grant that allows what they asked " +
        "for and nothing else: exact origins, methods, paths, types of events, models, calls of MCP, folders, and where each secret went. " +
        "What no record says is told: where a redirect led, where a token came from. So is what the workflow may ask for and no run " +
        "has. Nothing is verified: verify evidence that others give you first, and read the grant before you give it.",
    )
    .argument("<file...>", "evidence, or folders of runs (reach run --record)")
    .option("-o, --output <file>", "where the grant is written (default: stdout)")
    .option("--force", "replace an existing output file")
    .option(
      "-g, --grant <file>",
      "the grant in use, whose addresses, providers, directories, limits and `repeatable` are kept for what is left",
    )
    .option("--ids", "of a path with a number or an id in it, all that begins so: /v1/accounts/*")
    .option(...FUEL)
    .option("--json", "print {grant, permissions, open, unused} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach grant suggest one.reach two.reach --grant wide.json -o grant.json",
    )
    .action(verb<[string[], SuggestCommandOptions]>(suggest));
}

async function suggest(
  terminal: Terminal,
  files: readonly string[],
  options: SuggestCommandOptions,
): Promise<number> {
  const { checkOutput } = await import("./run/execute.ts");
  const { output } = options;
  if (output !== undefined) await checkOutput({ output, force: options.force });
  const host = await import("@reach-fabric/host");
  const given = options.grant === undefined ? undefined : await host.readGrant(options.grant);
  const secrets = await secretsIn(terminal, host, options);
  const packs: Pack[] = [];
  const requests: RequestRecord[] = [];
  const open: string[] = [];
  const limits: Spending[] = [];
  for (const file of files) {
    const run = await runIn(terminal, host, file, options);
    packs.push(...run.packs);
    open.push(...run.open);
    requests.push(...run.records.filter((record) => record.kind === "request"));
    limits.push(...run.records.flatMap((record) => spendingIn(record) ?? []));
  }
  const [spending, ...others] = [
    ...new Map(limits.map((one) => [JSON.stringify(one), one])).values(),
  ];
  if (others.length > 0) open.push("what may be spent on models: the runs had several limits");
  const found = host.suggestGrant(requests, {
    secrets,
    ids: options.ids === true,
    ...(spending === undefined || others.length > 0 ? {} : { spending }),
    ...(given === undefined ? {} : { given }),
  });
  const grantOf = host.effectiveGrant(found.grant);
  const lacking = packs.flatMap((pack) => lackingIn(pack, grantOf)).map(describe);
  const unused = [...new Set(lacking)].sort();
  await print(terminal, host, { ...found, open: [...found.open, ...open] }, unused, output);
  return EXIT.ok;
}

/** What secrets stand for as they are. */
async function secretsIn(
  terminal: Terminal,
  host: typeof Host,
  options: SuggestCommandOptions,
): Promise<Secrets> {
  const { secrets: path, secretsPassphraseFile: file } = options;
  if (path === undefined) return {};
  const { source } = await openedSecrets(terminal, host, path, file, "--secrets-passphrase-file");
  return (await source.read()).secrets;
}

/** What a run could spend on models, by its first record. */
const spendingIn = (record: TraceRecord): Spending | undefined =>
  record.kind === "start" ? (record.grant as Grant).spending : undefined;

interface FoundRecords {
  readonly records: readonly TraceRecord[];
  readonly packs: readonly Pack[];
  /** What of it is hidden. */
  readonly open: readonly string[];
}

/** Members of a request that no grant is about. */
const BESIDE = /^\/request\/(?:event\/data|body|headers|messages)(?:\/|$)/;

/** The records of a run, in evidence or in its folder. */
async function runIn(
  { machine }: Terminal,
  host: typeof Host,
  file: string,
  { fuel }: SuggestCommandOptions,
): Promise<FoundRecords> {
  if (existsSync(join(file, "run.json"))) {
    const { records, pack } = await host.readKept(createEngine(), host.runFolder(file));
    return { records: records.map((bytes) => parseRecord(bytes)), packs: [pack], open: [] };
  }
  const engine = engines()();
  const evidence = readEvidence(machine, engine, file);
  const records: TraceRecord[] = [];
  const open: string[] = [];
  for (const { bytes, hidden, entered } of recordsIn(
    engine,
    file,
    evidence,
    fuel === undefined ? {} : { fuel },
  )) {
    if (entered && records.length > 0) continue;
    if (entered) {
      const record = parseRecord(bytes);
      if (record.kind === "start") records.push(record);
      continue;
    }
    const isRequest = fromUtf8(bytes.subarray(0, 4096)).includes('"kind":"request"');
    const record = isRequest ? parseRecord(bytes) : undefined;
    if (record?.kind !== "request") continue;
    if (hidden.every((pointer) => BESIDE.test(pointer))) records.push(record);
    else open.push(`what ${taskName(record.task)} asked for, which is hidden in ${file}`);
  }
  if (evidence.shown !== null) open.push(`what is asked for in records that ${file} hides`);
  return { records, packs: evidence.pack === null ? [] : [evidence.pack], open };
}

async function print(
  terminal: Terminal,
  host: typeof Host,
  { grant: found, permissions, open }: SuggestedGrant,
  unused: readonly string[],
  output: string | undefined,
): Promise<void> {
  const text = `${writtenGrant(found)}\n`;
  if (output !== undefined) await host.writeFileAtomic(output, Buffer.from(text));
  if (terminal.json) {
    terminal.result({ grant: found, permissions, open, unused, ...(output && { file: output }) });
    return;
  }
  if (output === undefined) terminal.bytes(Buffer.from(text));
  else terminal.print(line`${output}  ${permissions.length} permissions`);
  for (const what of open) terminal.progress("open", `not known: ${what}`, { what });
  for (const what of unused) {
    terminal.progress(
      "unused",
      `no run has asked for ${what}: it is not in the grant, and reach run wants it there`,
      { what },
    );
  }
}
