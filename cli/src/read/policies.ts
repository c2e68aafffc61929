// What is asked of evidence, by the options of a command: a policy in a file, or the short forms of its members.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  EvidenceError,
  publicKeyOf,
  readPackFile,
  readPolicy,
  verdicts,
} from "@reach-fabric/evidence";
import type { NoteKey, Policy, Verdict } from "@reach-fabric/evidence";
import { EngineError } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { Machine } from "../ui/machine.ts";
import { EVIDENCE } from "../ui/codes.ts";
import { CODE, CliError, EXIT, problemOf } from "../ui/problem.ts";
import { readInput } from "./files.ts";
import { instantOf, now } from "./instants.ts";
import { readKey } from "./keys.ts";
import { countOf, differentNoteKeys, noteKeyTexts } from "./note-keys.ts";
import { ownKeys } from "./own-key.ts";
import { refusedFile } from "./refused.ts";

/** The options that say what is asked of evidence. */
export interface PolicyOptions {
  readonly trust?: readonly string[];
  readonly allowUntrusted?: boolean;
  readonly require?: string;
  readonly policy?: string;
  readonly keyring?: string;
  readonly now?: string;
  readonly seen?: readonly string[];
  readonly growth?: readonly string[];
  readonly packKey?: readonly string[];
  readonly log?: readonly string[];
  readonly witness?: readonly string[];
  readonly quorum?: string;
}

const usage = (what: string): CliError =>
  new CliError({ code: CODE.usage, what, hint: "reach verify --help", exitCode: EXIT.usage });

/** The verifier's time. */
export const timeOf = ({ now: said }: Pick<PolicyOptions, "now">): string =>
  said === undefined ? now() : instantOf(said, "--now");

/** The bytes of a policy and of its keyring, read once: what is judged by is what a signed result names. */
export interface PolicyFiles {
  readonly policy?: Uint8Array | undefined;
  readonly keyring?: Uint8Array | undefined;
}

export const readPolicyFiles = (
  machine: Machine,
  { policy, keyring }: Pick<PolicyOptions, "policy" | "keyring">,
): PolicyFiles => ({
  policy: policy === undefined ? undefined : readInput(machine, policy),
  keyring: keyring === undefined ? undefined : readInput(machine, keyring),
});

/**
 * The policy of the options. Where nothing in it says who may sign, the user's own key is what is known, and whoever
 * else signed is not checked.
 */
export function policyOf(
  machine: Machine,
  engine: Engine,
  at: string,
  options: PolicyOptions,
  files: PolicyFiles = readPolicyFiles(machine, options),
): Policy {
  const { trust, allowUntrusted } = options;
  const policy =
    options.policy === undefined
      ? short(machine, at, options)
      : writtenPolicy(machine, engine, at, options, options.policy, files);
  const trustedKeys = trust?.map((path) => publicKeyOf(readKey(machine, path)));
  const names =
    policy.signers !== undefined ? "the policy has a root" : trust && "--trust is given";
  if (allowUntrusted === true && names !== undefined) {
    throw usage(`--allow-untrusted, and ${names}, which says who may sign`);
  }
  if (policy.signers !== undefined) {
    if (trust !== undefined) throw usage("the root of --policy says who may sign: no --trust");
    return policy;
  }
  return trustedKeys === undefined
    ? { ...policy, ownKeys: ownKeys(machine) }
    : { ...policy, trustedKeys };
}

/** The policy of the options that are one member each. */
function short(machine: Machine, at: string, options: PolicyOptions): Policy {
  const { require, keyring, seen = [], growth = [], packKey, log = [], witness = [] } = options;
  if (keyring !== undefined || options.now !== undefined) {
    throw usage("--keyring and --now need a --policy, which names the root");
  }
  if (seen.length + growth.length > 0) {
    throw usage("--seen and --consistency need a --policy, which names the log");
  }
  if (log.length === 0 && (witness.length > 0 || options.quorum !== undefined)) {
    throw usage("--witness and --quorum need a --log");
  }
  const keys = (
    given: readonly string[],
    kind: "note" | "cosignature",
    option: string,
  ): NoteKey[] =>
    differentNoteKeys(
      given.flatMap((each) => noteKeyTexts(machine, each, kind)),
      kind,
      option,
    );
  const witnesses = keys(witness, "cosignature", "--witness");
  const quorum =
    options.quorum === undefined ? witnesses.length : countOf(options.quorum, "--quorum");
  if (quorum > witnesses.length) {
    throw usage(`--quorum is ${quorum}, and ${witnesses.length} witnesses are named`);
  }
  return {
    now: at,
    ...(require === undefined ? {} : { required: verdictList(require) }),
    ...(packKey === undefined
      ? {}
      : { rules: { publishers: packKey.map((path) => publicKeyOf(readKey(machine, path))) } }),
    ...(log.length === 0
      ? {}
      : {
          logs: keys(log, "note", "--log").map((key) => ({
            origin: key.name,
            key,
            witnesses,
            quorum,
          })),
        }),
  };
}

/** The policy in a file, and what is kept beside it. */
export function writtenPolicy(
  machine: Machine,
  engine: Engine,
  at: string,
  options: PolicyOptions,
  path: string,
  files: PolicyFiles = readPolicyFiles(machine, { ...options, policy: path }),
): Policy {
  const { keyring, seen = [], growth = [] } = options;
  const beside = [options.require, options.packKey, options.log, options.witness, options.quorum];
  if (beside.some((option) => option !== undefined)) {
    throw usage(
      "--policy says what is required: no --require, --pack-key, --log, --witness and --quorum",
    );
  }
  const { policy: bytes = new Uint8Array(), keyring: ring } = files;
  const kept = {
    seen: seen.map((each) => readInput(machine, each)),
    growth: growth.map((each) => readInput(machine, each)),
  };
  try {
    return readPolicy(engine, bytes, {
      keyring: ring,
      now: at,
      ...kept,
      fileOf: filesBeside(machine, path),
    });
  } catch (error) {
    throw refusedPolicy(error, { path, bytes }, keyring, [...seen, ...growth]);
  }
}

/** Files that a policy names, which lie beside it; of one from stdin, in the working folder. */
export const filesBeside =
  (machine: Machine, policy: string) =>
  (name: string): Uint8Array | undefined => {
    const path = join(dirname(policy), name);
    return existsSync(path) ? readInput(machine, path) : undefined;
  };

/** The error of a policy, or of what it is read with, at its place. */
export function refusedPolicy(
  error: unknown,
  policy: { readonly path: string; readonly bytes: Uint8Array },
  keyring?: string,
  others: readonly string[] = [],
): CliError {
  if (error instanceof EvidenceError) {
    const isShape = error.problems.length > 0 || error.cause instanceof EngineError;
    // All with places are the policy's, but for those of a keyring.
    if (isShape && error.code !== EVIDENCE.notAKeyring)
      return refusedFile(error, policy, EXIT.usage);
    if (error.code === EVIDENCE.notAKeyring && keyring !== undefined) {
      return refusedFile(error, { path: keyring });
    }
  }
  const files = [policy.path, ...(keyring === undefined ? [] : [keyring]), ...others];
  const problem = problemOf(error, files.join(", "));
  // A key in a tlog-policy: the policy is wrong, and no evidence has failed.
  const isKey = error instanceof EvidenceError && error.code === EVIDENCE.notANoteKey;
  return new CliError(isKey ? { ...problem, exitCode: EXIT.usage } : problem);
}

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

/** What publishers have signed, in files beside evidence: in a .pack file, and withdrawals. */
export function packBundlesOf(
  machine: Machine,
  engine: Engine,
  { pack, yanked = [] }: { readonly pack?: string; readonly yanked?: readonly string[] },
): readonly Uint8Array[] {
  const withdrawals = yanked.map((path) => readInput(machine, path));
  if (pack === undefined || !pack.endsWith(".pack")) return withdrawals;
  try {
    const { bundles } = readPackFile(engine, readInput(machine, pack));
    return [...(bundles.get("pack") ?? []), ...withdrawals];
  } catch (error) {
    throw error instanceof CliError ? error : new CliError(problemOf(error, pack));
  }
}
