// golden/runs: evidence and packs that were made once and must be judged alike by every later verifier. Each
// valid one stands beside tampered siblings. No node: import: runs in a browser, too.
import { fromHex, sameBytes } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  isStep,
  parseNoteKey,
  publicKeyOf,
  verify,
  verifyPack,
  verifyStep,
} from "@reach-fabric/evidence";
import type {
  Finding,
  KeyFile,
  PackVerdict,
  Policy,
  StepVerdict,
  Verdict,
} from "@reach-fabric/evidence";

/** golden/runs/index.json. */
export interface RunsIndex {
  readonly format: "reach/golden-runs/v1";
  readonly spec: string;
  readonly notes: string;
  /** Public keys that a case's policy may trust, by name. */
  readonly keys: Readonly<Record<string, KeyFile>>;
  /** The log that a case's policy may name, as the text of its key, and the verifier's time then. */
  readonly log: { readonly key: string; readonly now: string };
  readonly runs: readonly RunCase[];
}

/** A file and what verify() says of it; verifyStep() where it is one step by itself, verifyPack() for a pack. */
export interface RunCase {
  readonly file: string;
  /** SHA-256 of the file: it was made once and never changes. */
  readonly sha256: string;
  readonly rule: string | readonly string[];
  readonly why: string;
  /** A name of `keys` that the policy trusts; without it no key is trusted. */
  readonly trusts?: string;
  /** The policy names the log of the index, and asks for the beginning of the run. */
  readonly log?: true;
  readonly exitCode: number;
  /** Each verdict that something was found about: `pass`, or the result and its code. */
  readonly verdicts: Readonly<Partial<Record<Verdict | StepVerdict | PackVerdict, string>>>;
  /** The decision digest in hex, where the file is authentic and discloses it. */
  readonly decision?: string;
}

/** A file of the index, and how it is made where it is not there. */
export type Made = Pick<RunCase, "file" | "rule" | "why" | "trusts" | "log"> & {
  readonly make: () => Uint8Array;
};

/** What is said of a file, in the form of the index. */
export function judged(
  engine: Engine,
  file: string,
  bytes: Uint8Array,
  policy: Policy,
): Pick<RunCase, "exitCode" | "verdicts" | "decision"> {
  if (file.endsWith(".pack")) {
    const { exitCode, verdicts } = verifyPack(engine, bytes, policy);
    return { exitCode, verdicts: found(verdicts) };
  }
  if (isStep(bytes)) {
    const { exitCode, verdicts } = verifyStep(engine, bytes, policy);
    return { exitCode, verdicts: found(verdicts) };
  }
  const { exitCode, verdicts, decision } = verify(engine, bytes, policy);
  return { exitCode, verdicts: found(verdicts), ...(decision === undefined ? {} : { decision }) };
}

function found(verdicts: Readonly<Record<string, Finding>>): RunCase["verdicts"] {
  const said = Object.entries(verdicts).flatMap(([name, { result, code }]) => {
    const isInteresting = result !== "not checked" || code !== undefined;
    return isInteresting ? [[name, code === undefined ? result : `${result} ${code}`]] : [];
  });
  return Object.fromEntries(said) as RunCase["verdicts"];
}

export const policyOf = ({ trusts, log }: RunCase, { keys, log: named }: RunsIndex): Policy => {
  const key = trusts === undefined ? undefined : keys[trusts];
  const trustedKeys = key === undefined ? {} : { trustedKeys: [publicKeyOf(key)] };
  if (log === undefined) return trustedKeys;
  const own = parseNoteKey(named.key);
  const logs = [{ origin: own.name, key: own, witnesses: [], quorum: 0, started: true }];
  return { ...trustedKeys, logs, now: named.now };
};

/** Verifies every file of the index; a failure names the file and the first difference. */
export function verifyRuns(
  engine: Engine,
  index: RunsIndex,
  read: (file: string) => Uint8Array,
): { passed: number; failed: string[] } {
  const failed: string[] = [];
  for (const item of index.runs) {
    const bytes = read(item.file);
    const { exitCode, verdicts: expected, decision, file } = item;
    const actual = judged(engine, file, bytes, policyOf(item, index));
    const wanted = {
      exitCode,
      verdicts: expected,
      ...(decision === undefined ? {} : { decision }),
    };
    if (!sameBytes(engine.sha256(bytes), fromHex(item.sha256))) {
      failed.push(`${file}: the file itself was changed`);
    } else if (JSON.stringify(actual) !== JSON.stringify(wanted)) {
      failed.push(`${file}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(actual)}`);
    }
  }
  return { passed: index.runs.length - failed.length, failed };
}
