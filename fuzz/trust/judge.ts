// One case, judged by the code and by the model: where they say something else, that is the finding.
import { sameBytes, toHex } from "@reach-fabric/engine";
import {
  cosign,
  EvidenceError,
  formatAddCheckpoint,
  formatNoteKey,
  formatState,
  issueKeyring,
  openKeyring,
  readState,
  requireSuccessor,
  standingOf,
  verify,
} from "@reach-fabric/evidence";
import type { Keyring, Policy as RealPolicy, Report, VerifierState } from "@reach-fabric/evidence";
import { digestOfRoot, instantAt } from "@reach-fabric/evidence/testing";
import { nameOfRoot } from "./facts.ts";
import type { Case, Checkpoint, Ring, Root, State, Tree, Witness } from "./facts.ts";
import { expected, judgedVerdicts, resultOf, whyRefused } from "./model.ts";
import type { Expected, JudgedVerdict } from "./model.ts";
import { opened, whyNotNext } from "./model-keys.ts";
import type { Reason } from "./model-keys.ts";
import { witnessAnswer } from "./model-log.ts";
import { openedOf, realPolicy, rootHex } from "./policies.ts";
import * as world from "./world.ts";

const { engine } = world;

/** Where Reach and the model disagree. */
export class Finding extends Error {}

/** What a verdict came to: `pass`, or the result and the code. */
export type Said = Readonly<Record<JudgedVerdict, string>>;

/** What a verifier keeps, as it is: the model's facts and the code's value say the same. */
export interface Kept {
  readonly facts: State;
  readonly real: VerifierState;
}

function requireState(
  wanted: State | undefined,
  real: VerifierState | undefined,
  roots: Iterable<Root>,
): void {
  const named = new Map(
    [...roots].map((root) => [nameOfRoot(root), digestOfRoot(world.rootOf(root))]),
  );
  const text = (all: readonly unknown[]): string =>
    all
      .map((one) => JSON.stringify(one))
      .sort()
      .join(" ");
  const keyrings = [...(wanted?.keyrings ?? [])].map(([name, { ring, signedBy }]) => [
    named.get(name),
    { serial: ring.serial, digest: world.ringDigest(ring), signedBy: named.get(signedBy) },
  ]);
  const found = [...(real?.keyrings ?? [])].map(([name, { serial, digest, signedBy }]) => [
    name,
    { serial, digest, signedBy },
  ]);
  if (text(keyrings) !== text(found)) {
    throw new Finding(
      `the state should have the keyrings ${text(keyrings)}, and has ${text(found)}`,
    );
  }
  const logs = [...(wanted?.logs ?? [])].map(([name, tree]) => {
    const [origin = "", key = ""] = name.split(" ");
    return [formatNoteKey(world.logKey(origin, key)), tree.length, rootHex(tree)];
  });
  const kept = [...(real?.logs ?? [])].map(([name, { size, root }]) => [
    name,
    Number(size),
    toHex(root),
  ]);
  if (text(logs) !== text(kept)) {
    throw new Finding(`the state should have the logs ${text(logs)}, and has ${text(kept)}`);
  }
}

/** The code that is thrown, or "". */
function codeOf(work: () => unknown): Reason {
  try {
    work();
    return "";
  } catch (error) {
    if (error instanceof EvidenceError) return error.code;
    throw error;
  }
}

/** Requires that a refusal has one of the reasons, and that there is none without. */
function requireReason(what: string, code: Reason, why: readonly Reason[]): void {
  if (code === "" ? why.length === 0 : why.includes(code)) return;
  throw new Finding(
    `${what}: the model says ${why.join(", ") || "yes"}, Reach says ${code || "yes"}`,
  );
}

/** What both say of a keyring under a root, and what it is. */
export function judgeRing(ring: Ring, root: Root): Reason {
  const code = codeOf(() => openKeyring(engine, world.ringBytes(ring), world.rootOf(root)));
  requireReason(`the keyring ${ring.serial}`, code, opened(ring, root)[1]);
  return code;
}

/** What both say of whether a keyring continues another one; each must open under the root. */
export function judgeSuccession(older: Ring, newer: Ring, root: Root): Reason {
  const code = codeOf(() => requireSuccessor(openedOf(older, root), openedOf(newer, root)));
  requireReason(`keyring ${newer.serial} behind ${older.serial}`, code, whyNotNext(older, newer));
  return code;
}

/** Requires that Reach issues the keyring as the world has written it. */
export function requireIssued(ring: Ring, pinned: Root): void {
  const { previous, by } = ring;
  const before = previous && openKeyring(engine, world.ringBytes(previous), world.rootOf(pinned));
  const issued = issueKeyring(
    engine,
    { root: before?.rootPath.at(-1) ?? world.rootOf(pinned), signers: by.map(world.signer) },
    before,
    {
      keys: world.ringEntries(ring) as Keyring["keys"],
      issuedAt: instantAt(ring.issuedAt),
      expiresAt: instantAt(ring.expiresAt),
    },
  );
  if (!sameBytes(issued.bytes, world.ringBytes(ring))) {
    throw new Finding(`Reach issues another keyring ${ring.serial}`);
  }
}

/** What a witness answers: by HTTP's numbers. */
export function judgeWitness(
  { name, key }: Witness,
  seen: Tree | undefined,
  checkpoint: Checkpoint,
  log: { readonly key: string; readonly old: number },
  second: number,
): number {
  const { origin, tree } = checkpoint;
  const old = Math.min(log.old, tree.length);
  const body = formatAddCheckpoint({
    oldSize: BigInt(log.old),
    proof: old === tree.length ? [] : world.growthHashes(tree, old),
    checkpoint: world.noteOf(checkpoint),
  });
  const witness = {
    engine,
    logs: new Map([[origin, world.logKey(origin, log.key)]]),
    name: world.witnessKey(name, key),
    signer: world.signer(key),
  };
  const last = seen && { size: BigInt(seen.length), root: world.treeRoot(seen) };
  const { status } = cosign(witness, body, () => last, BigInt(second));
  const wanted = witnessAnswer(seen, checkpoint, log);
  if (status !== wanted) {
    throw new Finding(`the witness ${name} should answer ${wanted}, and answers ${status}`);
  }
  return status;
}

const said = ({ result, code }: Report["verdicts"][JudgedVerdict]): string =>
  code === undefined ? result : `${result} ${code}`;

/** Requires that a report says what the model says. */
function requireReport(report: Report, { verdicts, required }: Expected): void {
  for (const name of ["authentic", "complete"] as const) {
    if (report.verdicts[name].result !== "pass") {
      throw new Finding(`${name} is ${report.verdicts[name].why}`);
    }
  }
  for (const name of judgedVerdicts) {
    const { result, code = "", why: words } = report.verdicts[name];
    const why = verdicts[name];
    const isRight =
      why.length === 0
        ? result === "pass"
        : result !== "pass" && why.includes(code) && result === resultOf(code);
    if (!isRight) {
      const model =
        why.length === 0 ? "pass" : why.map((one) => `${resultOf(one)} ${one}`).join(" or ");
      throw new Finding(`${name}: the model says ${model}; Reach says ${result} ${code}: ${words}`);
    }
  }
  // What is broken outweighs what cannot be looked at. POL-7
  const { approved } = report.verdicts;
  // Of two things against one keyring, either is said.
  const isBroken = verdicts.approved.some(
    (one) => one !== "REACH-E5236" && resultOf(one) === "fail",
  );
  if (isBroken && approved.result !== "fail") {
    throw new Finding(`approved: a rule is broken, and Reach says ${approved.why}`);
  }
  const isMissing = required.find((name) => !report.required.includes(name));
  if (isMissing !== undefined) throw new Finding(`${isMissing} is not required`);
  const isGood = report.required.every((name) => report.verdicts[name].result === "pass");
  if (report.ok !== isGood) throw new Finding(`ok is ${report.ok}, and required is something else`);
  const isVerified = standingOf(report) === "verified";
  if (isVerified !== (isGood && report.verdicts.trusted.result === "pass")) {
    throw new Finding(`it is called ${standingOf(report)}`);
  }
}

/** What came of a case that both have judged alike. */
export interface Judged {
  /** Why keyring and policy do not fit; then nothing was judged. */
  readonly refused?: Reason;
  readonly said?: Said;
  readonly isGood?: boolean;
  readonly kept?: Kept | undefined;
  readonly seen?: Expected["seen"];
}

/** Judges a case by both. */
export function judge(its: Case, real: VerifierState | undefined, roots: Iterable<Root>): Judged {
  const refusals = whyRefused(its);
  let policy: RealPolicy | undefined;
  const code = codeOf(() => {
    policy = realPolicy(its);
  });
  requireReason("policy and keyring", code, refusals);
  if (policy === undefined) return { refused: code };
  const { run, proof, start, statements } = its;
  // As it is kept in a file.
  const state = real && readState(engine, formatState(engine, real));
  const report = verify(engine, world.fileOf(run, proof, start), policy, {
    state,
    packBundles: statements.map(world.bundleOf),
  });
  const wanted = expected(its);
  requireReport(report, wanted);
  requireState(wanted.state, report.state, roots);
  const verdicts = Object.fromEntries(
    judgedVerdicts.map((name) => [name, said(report.verdicts[name])]),
  ) as Record<JudgedVerdict, string>;
  return {
    said: verdicts,
    isGood: report.ok,
    seen: wanted.seen,
    kept: wanted.state && report.state && { facts: wanted.state, real: report.state },
  };
}
