import { existsSync } from "node:fs";
import {
  defaultRequired,
  isStep,
  reportHtml,
  sameKey,
  standingOf,
  verdicts,
  verify as verifyBytes,
  verifyStep,
} from "@reach-fabric/evidence";
import type { Judgement, Policy, PublicKey, Report, StepReport } from "@reach-fabric/evidence";
import { utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Command } from "commander";
import { attesterOf } from "./attest.ts";
import type { AttestOptions, Attester } from "./attest.ts";
import { engines } from "../read/engine.ts";
import { withPack } from "../read/evidence.ts";
import { readInput } from "../read/files.ts";
import { withGrowth } from "../read/growth.ts";
import { now } from "../read/instants.ts";
import { packBundlesOf, policyOf, readPolicyFiles, timeOf } from "../read/policies.ts";
import type { PolicyOptions } from "../read/policies.ts";
import { problemOfJudgement, verdictTable } from "../ui/judgement.ts";
import { describeOutcome } from "../ui/names.ts";
import { longWork } from "../ui/progress.ts";
import { several } from "../read/options.ts";
import { keepState, openState } from "../read/state.ts";
import type { KeptState } from "../read/state.ts";
import { CODE, CliError, exists, EXIT, problemOf } from "../ui/problem.ts";
import { headOfReport, problemOfSigner, signerOfReport } from "../ui/signer.ts";
import { columns } from "../ui/table.ts";
import { line } from "../ui/text.ts";
import type { Terminal } from "../ui/terminal.ts";
import type { Verb } from "../ui/verb.ts";

interface VerifyOptions extends PolicyOptions, AttestOptions {
  readonly policy?: string;
  readonly keyring?: string;
  /** False with --no-state. */
  readonly state?: string | boolean;
  readonly pack?: string;
  readonly yanked?: readonly string[];
  readonly html?: string;
}

/** `reach verify FILE...`: what each piece of evidence shows, verdict by verdict. */
export function verify(program: Command, verb: Verb): void {
  program
    .command("verify")
    .summary("check evidence: authentic, complete, replayed")
    .description(
      "Checks evidence, offline but for what a --policy says to ask of a log: that nothing was changed since it was " +
        "signed, that nothing is missing, and that the engine computes the same decision again. Each verdict is pass, fail or " +
        `not checked. Required are trusted, ${defaultRequired.join(", ")}; with --policy what that asks ` +
        "for. Your own key is trusted ($XDG_CONFIG_HOME/reach/key.json, with which reach run signs); of " +
        "anyone else's, say --trust KEY. " +
        "Exits 1 if a required verdict fails, 3 if one could not be checked, as who signed it.",
    )
    .argument("<file...>", "evidence, one or more .reach files, or steps of reach prove")
    .option(
      "--trust <keyfile>",
      "a key (the public file is enough) that may have signed; may be given again",
      several,
    )
    .option("--allow-untrusted", "exit 0 whoever signed it, where all else passes")
    .option("--require <verdicts>", `verdicts that must pass, of ${verdicts.join(",")}`)
    .option("--policy <file>", "who may sign, and what else is asked for (reach policy check)")
    .option("--keyring <file>", "the keys that count, signed by the root that the policy names")
    .option("--now <instant>", "judge the keyring at this time (default: now)")
    .option("--seen <note>", "a checkpoint of a log that you have kept; one of each log", several)
    .option(
      "--consistency, --growth <file>",
      "a proof of reach log prove --since; may be given again",
      several,
    )
    .option(
      "--state <file>",
      "what this verifier has seen of keyrings and logs under a policy (default: a file of your own)",
    )
    .option("--no-state", "forget what was seen, and keep nothing")
    .option(
      "--pack <pack>",
      "its pack: a .pack file with what publishers have signed, or the folder of evidence without one",
    )
    .option(
      "--pack-key <keyfile>",
      "a key that must have signed the pack, its publisher's; may be given again",
      several,
    )
    .option("--yanked <file>", "a withdrawal of a pack; may be given again", several)
    .option(
      "--log <key>",
      "the key of a log that must have it, or a file with it, as log.json; may be given again",
      several,
    )
    .option(
      "--witness <key>",
      "the key of a witness that must have seen it there, or a file with it; may be given again",
      several,
    )
    .option("--quorum <n>", "how many of them must have (default: all that are given)")
    .option("--html <file>", "also write a page about it, for one piece of evidence")
    .option(
      "--attest <keyfile>",
      "sign what the verification came to, if it passes; needs a --policy",
    )
    .option("--attest-output <file>", "where the signed result is written (default: FILE.svr.json)")
    .option("--attest-passphrase-file <file>", "the passphrase of that key")
    .option("--json", "one JSON report a line for each file; errors as JSON on stderr")
    .addHelpText("after", "\nExample:\n  $ reach verify one.reach --trust team.key.pub")
    .action(
      verb<[string[], VerifyOptions]>(async (terminal, files, options) => {
        const page = pageOf(files, options);
        const engine = engines();
        const at = timeOf(options);
        const given = readPolicyFiles(terminal.machine, options);
        const attester = await attesterOf(terminal.machine, files, at, options, given);
        const policy = policyOf(terminal.machine, engine(), at, options, given);
        const kept = stateOf(terminal, engine(), options);
        let state = kept?.state;
        const reports: [string, Report][] = [];
        const packBundles = packBundlesOf(terminal.machine, engine(), options);
        const judged = async (file: string): Promise<number> => {
          const read = readInput(terminal.machine, file);
          if (isStep(read)) {
            if (options.pack !== undefined && !options.pack.endsWith(".pack")) {
              throw usage("a step has its pack: of --pack only a .pack file says more");
            }
            if (page !== undefined) throw usage("a page is about evidence: no --html of a step");
            const report = verifyStep(engine(), read, policy, { packBundles, state });
            state = report.state;
            const shown = signerLeft(report, options);
            printStep(terminal, file, shown, policy);
            if (!shown.ok) terminal.problem(problemOfReport("step", file, shown, shown.key));
            else await attested(terminal, attester, engine(), read, shown, policy);
            return shown.exitCode;
          }
          const onProgress = longWork(terminal);
          const bytes = await withPack(engine(), read, file, options.pack);
          const asked = await withGrowth(terminal, engine(), policy, bytes, state);
          const report = verifyBytes(engine(), bytes, asked, { onProgress, packBundles, state });
          state = report.state;
          const shown = signerLeft(report, options);
          reports.push([file, shown]);
          print(terminal, file, shown, policy);
          if (!shown.ok) terminal.problem(problemOfReport("evidence", file, shown, shown.run?.key));
          else await attested(terminal, attester, engine(), read, shown, policy);
          return shown.exitCode;
        };
        const codes: number[] = [];
        for (const file of files) {
          try {
            codes.push(await judged(file));
          } catch (error) {
            const found = problemOf(error, file);
            terminal.problem(found);
            codes.push(found.exitCode);
          }
        }
        if (kept !== undefined && state !== undefined) {
          await keepState(terminal, engine(), kept, state);
        }
        const [first] = reports;
        if (page !== undefined && first !== undefined) await writePage(page, ...first);
        if (first !== undefined && codes.every((code) => code === 0)) {
          terminal.next(["reach", "inspect", first[0]]);
        }
        const unknown = reports.find(([, report]) => !report.ok && isUnknown(report));
        if (unknown !== undefined) terminal.next(["reach", "verify", unknown[0], "--trust", "KEY"]);
        // A proven fault says more than what could not be checked, and that more than bad input.
        return (
          [EXIT.failed, EXIT.unchecked, EXIT.usage].find((code) => codes.includes(code)) ?? EXIT.ok
        );
      }),
    );
}

/** What was seen under a policy: without one, nothing is kept, for no one says which keyrings and logs count. */
function stateOf(
  terminal: Terminal,
  engine: Engine,
  { state = true, policy }: VerifyOptions,
): KeptState | undefined {
  if (typeof state === "string" && policy === undefined) {
    throw usage("--state needs a --policy, which names the root and the logs");
  }
  if (state === false || policy === undefined) return undefined;
  return openState(terminal, engine, typeof state === "string" ? state : undefined);
}

/** Where the page goes, which must not be there. */
function pageOf(files: readonly string[], { html }: VerifyOptions): string | undefined {
  if (html === undefined) return undefined;
  if (files.length > 1) throw usage("--html is for one file at a time");
  if (existsSync(html)) throw new CliError(exists(html));
  return html;
}

async function writePage(path: string, file: string, report: Report): Promise<void> {
  const { writeFileAtomic } = await import("@reach-fabric/host/packs");
  await writeFileAtomic(path, utf8(reportHtml(report, { file, at: now() })));
}

/** Signs what it came to, if that was asked for. */
async function attested(
  terminal: Terminal,
  attester: Attester | undefined,
  engine: Engine,
  file: Uint8Array,
  report: Judgement<string>,
  policy: Policy,
): Promise<void> {
  if (attester === undefined) return;
  const written = await attester(engine, file, report, policy);
  terminal.progress("attested", `the result is signed: ${written}`, { file: written });
}

const isUnknown = (report: Parameters<typeof standingOf>[0]): boolean =>
  standingOf(report) === "signer not checked";

/** With --allow-untrusted a signer that is not known is left as it is: not checked, and not required. */
function signerLeft<R extends Report | StepReport>(report: R, options: VerifyOptions): R {
  if (options.allowUntrusted !== true || !isUnknown(report)) return report;
  const required = report.required.filter((name) => name !== "trusted");
  return { ...report, required, ok: true, exitCode: 0 };
}

const problemOfReport = (
  what: "step" | "evidence",
  file: string,
  report: Report | StepReport,
  key: PublicKey | undefined,
): ReturnType<typeof problemOfJudgement> =>
  key !== undefined && isUnknown(report)
    ? problemOfSigner(file, report, key)
    : problemOfJudgement<string>(what, file, report, "run" in report ? report.run?.id : undefined);

const usage = (what: string): CliError =>
  new CliError({ code: CODE.usage, what, hint: "reach verify --help", exitCode: EXIT.usage });

/** Whose signature it is, by what was asked. */
const whose = (
  { ownKeys = [] }: Policy,
  report: Report | StepReport,
  key: PublicKey | undefined,
): ReturnType<typeof signerOfReport> =>
  signerOfReport(report, key !== undefined && ownKeys.some((own) => sameKey(own, key)));

function printStep(terminal: Terminal, file: string, report: StepReport, policy: Policy): void {
  const { task, seq, key, pack } = report;
  const signer = whose(policy, report, key);
  if (terminal.json) {
    const { ok, exitCode, required, verdicts: found } = report;
    const about = { signer, ...(key && { key: key.id }), ...packOf(pack) };
    terminal.result({ file, ok, exitCode, required, verdicts: found, ...about, task, seq });
    return;
  }
  const about = task === undefined ? "" : `  record ${seq}, task ${task}`;
  terminal.print(line`${headOfReport(terminal, file, report, signer)}${about}`);
  terminal.print(verdictTable<string>(terminal, report));
}

/** What is known of the pack, for programs. */
const packOf = (pack: Report["pack"]): { pack?: object } =>
  pack === undefined
    ? {}
    : { pack: { ...pack, ...(pack.publisher && { publisher: pack.publisher.id }) } };

function print(terminal: Terminal, file: string, report: Report, policy: Policy): void {
  const { verdicts: found, ok, exitCode, required, run, outcome, decision, fingerprint } = report;
  const { redaction, pack } = report;
  const signer = whose(policy, report, run?.key);
  if (terminal.json) {
    terminal.result({
      file,
      ok,
      exitCode,
      required,
      verdicts: found,
      signer,
      ...(run === undefined ? {} : { workflow: run.workflow, run: run.id, key: run.key.id }),
      ...packOf(pack),
      ...(outcome === undefined ? {} : { outcome }),
      ...(decision === undefined ? {} : { decision }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(redaction === undefined ? {} : { redaction: { ...redaction, key: redaction.key.id } }),
    });
    return;
  }
  terminal.print(headOfReport(terminal, file, report, signer));
  terminal.print(verdictTable(terminal, report));
  if (run === undefined || pack === undefined) return;
  const { id, version, digest, publisher } = pack;
  const by = publisher === undefined ? "its publisher was not checked" : `by key ${publisher.id}`;
  terminal.print(
    columns([
      ["workflow", run.workflow],
      ["pack", `${id === undefined ? "" : `${id} ${version}, `}${by}`],
      ["", digest],
      ["outcome", outcome === undefined ? "not disclosed" : describeOutcome(outcome, 100)],
      ["decision", decision ?? "not disclosed"],
    ]),
  );
}
