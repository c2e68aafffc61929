// npm run fuzz                            every target, a minute each
// npm run fuzz -- json --time 600         one of them, ten minutes
// npm run fuzz -- expr --seed 7 --runs 5000
// REACH_JQ=/usr/bin/jq npm run fuzz -- jq     against a jq of version 1.8 or newer
//
// Prints the seed first: the same seed and runs try the same inputs. Before anything else the
// canary must die; a run that cannot find its fault fails. Progress goes to stderr. A finding is
// printed with all that is needed to try it again, and belongs into fuzz/corpus with its cause.
import { parseArgs } from "node:util";
import { canaryTarget } from "./targets/canary.ts";
import { commitmentsTarget } from "./targets/commitments.ts";
import { evidenceTarget } from "./targets/evidence.ts";
import { exprTarget } from "./targets/expr.ts";
import { guessTarget } from "./targets/guess.ts";
import { hashTarget } from "./targets/hash.ts";
import { jqTarget, jqVersion } from "./targets/jq.ts";
import { jqRegexTarget } from "./targets/jq-regex.ts";
import { jsonTarget } from "./targets/json.ts";
import { keyringTarget } from "./targets/keyring.ts";
import { mcpTarget } from "./targets/host/mcp.ts";
import { merkleTarget } from "./targets/merkle.ts";
import { modelsTarget } from "./targets/host/models.ts";
import { numbersTarget } from "./targets/numbers.ts";
import { pathsTarget } from "./targets/host/paths.ts";
import { regexTarget } from "./targets/regex.ts";
import { proofsTarget } from "./targets/proofs.ts";
import { redactTarget } from "./targets/redact.ts";
import { tamperTarget } from "./targets/tamper.ts";
import { urisTarget } from "./targets/host/uris.ts";
import { vaultTarget } from "./targets/host/vault.ts";
import { workflowTarget } from "./targets/workflow.ts";
import { attack, tryCorpus } from "./targets/registry.ts";
import type { Finding, Target } from "./targets/registry.ts";

const targets: Readonly<Record<string, () => Target<never>>> = {
  json: jsonTarget as () => Target<never>,
  models: modelsTarget as () => Target<never>,
  numbers: numbersTarget as () => Target<never>,
  hash: hashTarget as () => Target<never>,
  merkle: merkleTarget as () => Target<never>,
  commitments: commitmentsTarget as () => Target<never>,
  expr: exprTarget as () => Target<never>,
  regex: regexTarget as () => Target<never>,
  guess: guessTarget as () => Target<never>,
  redact: redactTarget as () => Target<never>,
  tamper: tamperTarget as () => Target<never>,
  keyring: keyringTarget as () => Target<never>,
  vault: vaultTarget as () => Target<never>,
  evidence: evidenceTarget as () => Target<never>,
  proofs: proofsTarget as () => Target<never>,
  mcp: mcpTarget as () => Target<never>,
  uris: urisTarget as () => Target<never>,
  paths: pathsTarget as () => Target<never>,
  workflow: workflowTarget as () => Target<never>,
  jq: jqTarget as () => Target<never>,
  "jq-regex": jqRegexTarget as () => Target<never>,
};

/** Everything that can run here: jq must be there to be compared with. */
const runnable = (): string[] => {
  if (jqVersion() !== undefined) return Object.keys(targets);
  process.stdout.write("NOT RUN: jq, jq-regex (REACH_JQ names no jq of version 1.8 or newer)\n");
  return Object.keys(targets).filter((name) => !name.startsWith("jq"));
};

/** Inputs of one round: short enough to keep to the time, long enough for large inputs. */
const ROUND = 2000;

const help = `fuzz [TARGET]... [--seed N] [--time SECONDS] [--runs N]

Attacks what it is told to, or everything that can run here, with inputs that follow from the seed: for 60
seconds each, or so many, or so long. Inputs in fuzz/corpus are tried first. Exits 1 if it finds a fault,
which it shows with the command that finds it again.

Targets: ${Object.keys(targets).join(" ")}

Example:
  $ npm run fuzz -- workflow --runs 2000 --seed 7
`;

function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      time: { type: "string" },
      runs: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const numbers = [values.seed, values.time, values.runs].map((text) =>
    text === undefined ? undefined : Number(text),
  );
  const unknown = positionals.filter((name) => !(name in targets));
  if (
    unknown.length > 0 ||
    numbers.some((x) => x !== undefined && !(Number.isInteger(x) && x >= 0))
  ) {
    process.stderr.write(help);
    return 2;
  }
  const [seed = Math.trunc(Date.now() / 1000) % 2 ** 31, time = 60, runs] = numbers;
  process.stdout.write(`seed ${seed}\n`);

  if (attack(canaryTarget(), seed, ROUND) === undefined) {
    process.stdout.write("canary ALIVE: a known fault was not found, so this run proves nothing\n");
    return 1;
  }
  process.stdout.write("canary found, as it must be\n");

  let findings = 0;
  for (const name of positionals.length > 0 ? positionals : runnable()) {
    const target = targets[name]?.();
    if (target === undefined) continue;
    const kept = tryCorpus(target);
    for (const failure of kept.failed) process.stdout.write(`${name} corpus ${failure}\n`);
    findings += kept.failed.length;

    const { finding, tried, seconds } = hunt(
      target,
      seed,
      runs ?? Infinity,
      runs === undefined ? time : Infinity,
    );
    const about = target.known ? `, ${target.known()}` : "";
    process.stdout.write(
      `${name}: ${tried} inputs in ${seconds.toFixed(1)} s, ${kept.passed} kept ones${about}: ` +
        `${finding === undefined ? "nothing found" : "FAULT"}\n`,
    );
    if (finding !== undefined) {
      findings += 1;
      process.stdout.write(report(name, finding));
    }
  }
  return findings === 0 ? 0 : 1;
}

function hunt(
  target: Target<never>,
  seed: number,
  runs: number,
  time: number,
): { finding: Finding | undefined; tried: number; seconds: number } {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let tried = 0;
  let said = 0;
  for (let round = 0; tried < runs && seconds() < time; round++) {
    const count = Math.min(ROUND, runs - tried);
    const finding = attack(target, seed + round, count);
    tried += count;
    if (finding !== undefined) return { finding, tried, seconds: seconds() };
    if (seconds() - said >= 10) {
      said = seconds();
      process.stderr.write(`${target.name}: ${tried} inputs, ${said.toFixed(0)} s\n`);
    }
  }
  return { finding: undefined, tried, seconds: seconds() };
}

function report(name: string, { seed, path, input, error }: Finding): string {
  const kept = JSON.stringify(input, (_, value: unknown) => {
    if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString("hex") };
    return typeof value === "bigint" ? { big: String(value) } : value;
  });
  return (
    `\n${error.message}\n\n  input: ${kept}\n` +
    `  again: npm run fuzz -- ${name} --seed ${seed} --runs ${ROUND}   (path ${path})\n\n`
  );
}

process.exitCode = main(process.argv.slice(2));
