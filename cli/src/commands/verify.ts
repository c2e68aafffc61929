import { existsSync } from "node:fs";
import {
  defaultRequired,
  EvidenceError,
  isStep,
  publicKeyOf,
  readPolicy,
  reportHtml,
  verdicts,
  verify as verifyBytes,
  verifyStep,
} from "@reach-fabric/evidence";
import type { Judgement, Policy, Report, StepReport, Verdict } from "@reach-fabric/evidence";
import { EngineError, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Command } from "commander";
import type { Machine } from "../ui/machine.ts";
import { attesterOf } from "./attest.ts";
import type { AttestOptions, Attester } from "./attest.ts";
import { engines } from "../read/engine.ts";
import { withPack } from "../read/evidence.ts";
import { readInput } from "../read/files.ts";
import { instantOf, now } from "../read/instants.ts";
import { readKey } from "../read/keys.ts";
import { refusedFile } from "../read/refused.ts";
import { EVIDENCE } from "../ui/codes.ts";
import { problemOfJudgement, verdictTable } from "../ui/judgement.ts";
import { describeOutcome } from "../ui/names.ts";
import { longWork } from "../ui/progress.ts";
import { several } from "../read/options.ts";
import { keepState, openState } from "../read/state.ts";
import type { StateFile } from "../read/state.ts";
import { CODE, CliError, exists, EXIT, problemOf } from "../ui/problem.ts";
import { columns } from "../ui/table.ts";
import { line } from "../ui/text.ts";
import type { SafeText } from "../ui/text.ts";
import type { Terminal } from "../ui/terminal.ts";
import type { Verb } from "../ui/verb.ts";

interface VerifyOptions extends AttestOptions {
  trust?: string[];
  require?: string;
  now?: string;
  seen?: string[];
  growth?: string[];
  /** False with --no-state. */
  state?: string | boolean;
  pack?: string;
  html?: string;
}

/** `reach verify FILE...`: what each piece of evidence shows, verdict by verdict. */
export function verify(program: Command, verb: Verb): void {
  program
    .command("verify")
    .summary("check evidence: authentic, complete, replayed")
    .description(
      "Checks evidence offline: that nothing was changed since it was signed, that nothing is " +
        "missing, and that the engine computes the same decision again. Each verdict is pass, fail or " +
        `not checked. Required are ${defaultRequired.join(", ")}; with --trust also trusted; with ` +
        "--policy what that asks for. " +
        "Exits 1 if a required verdict fails, 3 if one could not be checked.",
    )
    .argument("<file...>", "evidence, one or more .reach files, or steps of reach prove")
    .option(
      "--trust <keyfile>",
      "a key (the public file is enough) that may have signed; may be given again",
      several,
    )
    .option("--require <verdicts>", `verdicts that must pass, of ${verdicts.join(",")}`)
    .option("--policy <file>", "who may sign, and what else is asked for (docs/spec/keys.md)")
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
    .option("--pack <pack>", "the pack of evidence without one: a .pack file, or its folder")
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
        const attester = await attesterOf(terminal.machine, files, at, options);
        const policy = policyOf(terminal.machine, engine(), at, options);
        const kept = stateOf(terminal, engine(), options);
        let state = kept?.state;
        const reports: [string, Report][] = [];
        const judged = async (file: string): Promise<number> => {
          const read = readInput(terminal.machine, file);
          if (isStep(read)) {
            if (options.pack !== undefined) throw usage("a step has its pack: no --pack");
            if (page !== undefined) throw usage("a page is about evidence: no --html of a step");
            const report = verifyStep(engine(), read, policy, { state });
            state = report.state;
            printStep(terminal, file, report);
            if (!report.ok) terminal.problem(problemOfJudgement("step", file, report));
            else await attested(terminal, attester, engine(), read, report);
            return report.exitCode;
          }
          const onProgress = longWork(terminal);
          const bytes = await withPack(engine(), read, file, options.pack);
          const report = verifyBytes(engine(), bytes, policy, { onProgress, state });
          state = report.state;
          reports.push([file, report]);
          print(terminal, file, report);
          if (!report.ok) terminal.problem(problemOfJudgement("evidence", file, report));
          else await attested(terminal, attester, engine(), read, report);
          return report.exitCode;
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
        const [[file] = []] = reports;
        if (file !== undefined && codes.every((code) => code === 0)) {
          terminal.next(["reach", "inspect", file]);
        }
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
): StateFile | undefined {
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
): Promise<void> {
  if (attester === undefined) return;
  const written = await attester(engine, file, report);
  terminal.progress("attested", `the result is signed: ${written}`, { file: written });
}

/** The verifier's time. */
const timeOf = ({ now: said }: VerifyOptions): string =>
  said === undefined ? now() : instantOf(said, "--now");

/** The policy of the options, or the one in a file: who may sign is said in one place. */
function policyOf(machine: Machine, engine: Engine, at: string, options: VerifyOptions): Policy {
  const { trust, require, policy, keyring, seen = [], growth = [] } = options;
  if (policy === undefined) {
    if (keyring !== undefined || options.now !== undefined) {
      throw usage("--keyring and --now need a --policy, which names the root");
    }
    if (seen.length + growth.length > 0) {
      throw usage("--seen and --consistency need a --policy, which names the log");
    }
    return {
      now: at,
      ...(trust === undefined
        ? {}
        : { trustedKeys: trust.map((path) => publicKeyOf(readKey(machine, path))) }),
      ...(require === undefined ? {} : { required: verdictList(require) }),
    };
  }
  if (trust !== undefined || require !== undefined) {
    throw usage("--policy says who may sign and what is required: no --trust and no --require");
  }
  const bytes = readInput(machine, policy);
  const ring = keyring === undefined ? undefined : readInput(machine, keyring);
  const kept = {
    seen: seen.map((path) => readInput(machine, path)),
    growth: growth.map((path) => readInput(machine, path)),
  };
  try {
    return readPolicy(engine, bytes, { keyring: ring, now: at, ...kept });
  } catch (error) {
    if (error instanceof EvidenceError) {
      const isShape = error.problems.length > 0 || error.cause instanceof EngineError;
      if (error.code === EVIDENCE.notAPolicy && isShape) {
        throw refusedFile(error, { path: policy, bytes });
      }
      if (error.code === EVIDENCE.notAKeyring && keyring !== undefined) {
        throw refusedFile(error, { path: keyring });
      }
    }
    const files = [policy, ...(keyring === undefined ? [] : [keyring]), ...seen, ...growth];
    throw new CliError(problemOf(error, files.join(", ")));
  }
}

const usage = (what: string): CliError =>
  new CliError({ code: CODE.usage, what, hint: "reach verify --help", exitCode: EXIT.usage });

function verdictList(text: string): Verdict[] {
  return text.split(",").map((name) => {
    const known = verdicts.find((verdict) => verdict === name.trim());
    if (known !== undefined) return known;
    throw new CliError({
      code: CODE.usage,
      what: `There is no verdict ${JSON.stringify(name)}`,
      hint: `The verdicts are ${verdicts.join(", ")}.`,
      exitCode: EXIT.usage,
    });
  });
}

function printStep(terminal: Terminal, file: string, report: StepReport): void {
  const { task, seq } = report;
  if (terminal.json) {
    const { ok, exitCode, required, verdicts: found } = report;
    terminal.result({ file, ok, exitCode, required, verdicts: found, task, seq });
    return;
  }
  const about = task === undefined ? "" : `  record ${seq}, task ${task}`;
  terminal.print(line`${headOf(terminal, file, report)}${about}`);
  terminal.print(verdictTable(terminal, report));
}

/** The file, and what was found, in a word. */
function headOf(
  { colors: { green, red, yellow, bold } }: Terminal,
  file: string,
  { ok, exitCode }: Pick<Report, "ok" | "exitCode">,
): SafeText {
  const head = ok
    ? green("verified")
    : exitCode === EXIT.failed
      ? red("FAILED")
      : yellow("could not be checked");
  return line`${bold(file)}  ${head}`;
}

function print(terminal: Terminal, file: string, report: Report): void {
  const { verdicts: found, ok, exitCode, required, run, outcome, decision, fingerprint } = report;
  const { redaction } = report;
  if (terminal.json) {
    terminal.result({
      file,
      ok,
      exitCode,
      required,
      verdicts: found,
      ...(run === undefined ? {} : { workflow: run.workflow, run: run.id, key: run.key.id }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(decision === undefined ? {} : { decision }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(redaction === undefined ? {} : { redaction: { ...redaction, key: redaction.key.id } }),
    });
    return;
  }
  terminal.print(headOf(terminal, file, report));
  terminal.print(verdictTable(terminal, report));
  if (run !== undefined) {
    terminal.print(
      columns([
        ["workflow", run.workflow],
        ["outcome", outcome === undefined ? "not disclosed" : describeOutcome(outcome, 100)],
        ["decision", decision ?? "not disclosed"],
      ]),
    );
  }
}
