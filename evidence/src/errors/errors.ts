// Everything that can be wrong with a piece of evidence or a key, in one catalogue.
//
// `outcome` says what verify() makes of it: `fail` where the file
// is shown to be wrong, `not checked` where this program cannot tell (exit codes 1 and 3).

import type { Problem } from "@reach-fabric/schema";

/** What is known about an error besides its place. */
interface Entry {
  readonly outcome: "fail" | "not checked";
  readonly hint?: string;
}

const fail = (hint?: string): Entry => ({ outcome: "fail", ...(hint ? { hint } : {}) });
const open = (hint?: string): Entry => ({ outcome: "not checked", ...(hint ? { hint } : {}) });

const damaged =
  "the file was changed or damaged after it was written: get it again from its source";
const inconsistent = "this file was not made with Reach, or it was changed on purpose";

// Each code stands here once: isolated declarations can list the keys only if each value says its type.
/* oxlint-disable typescript/no-unnecessary-type-assertion */
const entries = {
  // 50xx the container
  "REACH-E5001": fail("is it a .reach file?") as Entry,
  "REACH-E5002": fail(damaged) as Entry,
  "REACH-E5003": fail(damaged) as Entry,
  "REACH-E5004": fail(damaged) as Entry,
  "REACH-E5005": fail(
    "it was changed, damaged, or unpacked and packed again: get it again from its source",
  ) as Entry,
  "REACH-E5006": fail(damaged) as Entry,
  "REACH-E5007": fail("limits are in docs/spec/evidence.md, EVID-2") as Entry,
  // 51xx the JSON in it
  "REACH-E5101": fail(damaged) as Entry,
  "REACH-E5102": fail(damaged) as Entry,
  "REACH-E5103": fail(damaged) as Entry,
  "REACH-E5104": open("take a newer version of Reach") as Entry,
  "REACH-E5105": fail(damaged) as Entry,
  "REACH-E5107": fail("run it again: files from before the first release are not read") as Entry,
  // 52xx keys
  "REACH-E5201": fail("make a key with `reach keys new`") as Entry,
  "REACH-E5202": fail(
    "signatures that were never made are valid under such a key: make another one",
  ) as Entry,
  "REACH-E5203": fail("the key file was changed: get it again from its owner") as Entry,
  "REACH-E5204": fail("only a key file with `private` can sign") as Entry,
  "REACH-E5205": fail("ask the signer for the right key, over another channel") as Entry,
  "REACH-E5206": fail("evidence and logs are signed with Ed25519, packs with P-256") as Entry,
  "REACH-E5207": fail("give its passphrase: --passphrase-file FILE") as Entry,
  "REACH-E5208": fail("the passphrase is wrong, or the file was changed") as Entry,
  // keyrings and policies
  "REACH-E5209": fail("docs/spec/keys.md, KEY-8 and KEY-9, say what a keyring is") as Entry,
  "REACH-E5210": fail("ask its owner for the root's key, over another channel") as Entry,
  "REACH-E5211": fail("keep both keyrings: together they show that one was replaced") as Entry,
  "REACH-E5212": open("get the keyring again from its owner") as Entry,
  "REACH-E5213": fail("a key has one role: this one may not sign this") as Entry,
  "REACH-E5214": fail("this key may not sign for this tenant") as Entry,
  "REACH-E5215": fail(
    "the key did not count then; `reach keys trust --from` says since when it does, where it is enrolled",
  ) as Entry,
  "REACH-E5216": fail(
    "only what witnesses saw before the key was compromised still counts",
  ) as Entry,
  "REACH-E5217": open("ask for the evidence with its tenant disclosed") as Entry,
  "REACH-E5218": fail("`reach policy check` says what a policy asks for") as Entry,
  "REACH-E5219": fail("make another key: `reach keys new`") as Entry,
  "REACH-E5220": fail("run it again with an engine that is not faulty") as Entry,
  "REACH-E5221": fail("ask the pack's owner why it was withdrawn") as Entry,
  "REACH-E5222": fail("`reach keys list` shows the keys of a keyring") as Entry,
  "REACH-E5223": open("take another version of Reach") as Entry,
  // the rules by which a run may have been decided: docs/spec/policy.md
  "REACH-E5224": fail("the policy lists the packs that it allows") as Entry,
  "REACH-E5225": fail("the policy lists the workflows that it allows") as Entry,
  "REACH-E5226": fail("run it with a grant that the policy allows") as Entry,
  "REACH-E5227": fail("run it with limits that the policy allows") as Entry,
  "REACH-E5228": fail("the policy takes runs of a window of time") as Entry,
  // times, roots and what a verifier keeps: docs/spec/keys.md, KEY-13 to KEY-20
  "REACH-E5230": fail("one of the clocks is wrong, or the time that is said is false") as Entry,
  "REACH-E5231": fail(
    "put the proof into evidence soon after the run, or say maxLag in the policy",
  ) as Entry,
  "REACH-E5232": fail("the log's clock is wrong, or the log says false times") as Entry,
  "REACH-E5233": fail("docs/spec/log.md, LOG-38, says what such a file is") as Entry,
  "REACH-E5234": fail(
    "get the keyring again from its owner, with all changes of its root",
  ) as Entry,
  "REACH-E5235": open("get the newest keyring from its owner") as Entry,
  "REACH-E5236": fail(
    "keep both: together they show that the holders of the root, or of its keys, tell two stories",
  ) as Entry,
  "REACH-E5237": fail(
    "remove the file if you know why it is damaged: what was seen is then forgotten",
  ) as Entry,
  // 53xx the signature and the signed statement
  "REACH-E5301": fail(damaged) as Entry,
  "REACH-E5302": fail(damaged) as Entry,
  "REACH-E5303": fail(damaged) as Entry,
  "REACH-E5304": fail(damaged) as Entry,
  "REACH-E5305": fail(inconsistent) as Entry,
  "REACH-E5306": fail(damaged) as Entry,
  // the log: docs/spec/log.md
  "REACH-E5307": fail(damaged) as Entry,
  "REACH-E5308": fail("ask the log for its key, over another channel") as Entry,
  "REACH-E5309": fail("give one key for each name and id") as Entry,
  "REACH-E5310": fail("copy the whole text of the key, as its owner gives it") as Entry,
  "REACH-E5331": fail(damaged) as Entry,
  "REACH-E5332": fail(damaged) as Entry,
  "REACH-E5333": fail(
    "keep both sides: together they show that the log, or someone with its key, has lied",
  ) as Entry,
  "REACH-E5334": fail(damaged) as Entry,
  "REACH-E5335": fail("docs/spec/log.md, LOG-12 and LOG-13, say what an entry is") as Entry,
  "REACH-E5336": fail(damaged) as Entry,
  "REACH-E5337": fail("ask the log for a checkpoint that more witnesses have cosigned") as Entry,
  "REACH-E5338": fail(
    "ask the log for the proof of this evidence: reach log prove --evidence",
  ) as Entry,
  "REACH-E5339": open("ask for the evidence with its proof: reach log prove --attach") as Entry,
  "REACH-E5340": fail("only logs that the policy names count") as Entry,
  "REACH-E5341": fail(
    "the key of a log that has ended is still used to sign: tell its owner",
  ) as Entry,
  "REACH-E5342": fail(
    "the host's clock was wrong, or the times in the evidence are false",
  ) as Entry,
  "REACH-E5343": open("ask the log for the proof of growth between the two checkpoints") as Entry,
  "REACH-E5344": fail(
    "one start is of one run: ask for the evidence of the run that began there",
  ) as Entry,
  "REACH-E5345": fail("ask for the evidence of the run that was noted before it began") as Entry,
  "REACH-E5346": open("ask for the evidence with both proofs: reach log prove --attach") as Entry,
  "REACH-E5347": fail(
    "make one with `reach log matter-key`, or get it from the tenant again",
  ) as Entry,
  // 54xx the pack and the engine
  "REACH-E5401": fail(damaged) as Entry,
  "REACH-E5402": fail(damaged) as Entry,
  "REACH-E5403": fail(inconsistent) as Entry,
  "REACH-E5404": open("name the pack with --pack, or ask for the evidence with it") as Entry,
  "REACH-E5405": fail("the policy lists the engines that it allows") as Entry,
  "REACH-E5406": open("take a version of Reach whose engine has these semantics") as Entry,
  "REACH-E5407": fail("take the pack whose digest run.json names") as Entry,
  "REACH-E5410": fail("get the pack again from its source") as Entry,
  "REACH-E5411": open("ask for the pack with its signature: reach pack sign") as Entry,
  "REACH-E5412": fail("its publisher has withdrawn it: take another version") as Entry,
  "REACH-E5413": fail("a newer version may be held back: get the pack from its publisher") as Entry,
  // 55xx disclosures
  "REACH-E5501": fail(damaged) as Entry,
  "REACH-E5502": fail(damaged) as Entry,
  "REACH-E5503": fail(inconsistent) as Entry,
  "REACH-E5504": open(
    "ask for the evidence with these values disclosed, or require less: authentic, redacted",
  ) as Entry,
  "REACH-E5505": fail(damaged) as Entry,
  "REACH-E5507": fail("`reach inspect FILE --json` shows what is there") as Entry,
  "REACH-E5508": fail("leave /run/decision out") as Entry,
  "REACH-E5509": fail("a decision's digest is shown where nothing is hidden alone") as Entry,
  "REACH-E5510": fail("`reach inspect FILE` shows which records are those of tasks") as Entry,
  "REACH-E5511": fail(inconsistent) as Entry,
  "REACH-E5512": open("verify the whole evidence instead") as Entry,
  "REACH-E5513": fail(inconsistent) as Entry,
  "REACH-E5514": fail(
    "its seeds are gone: redact the evidence of which nothing is hidden, with all that is to be hidden at once",
  ) as Entry,
  // 56xx the trace
  "REACH-E5601": fail(inconsistent) as Entry,
  "REACH-E5602": fail(inconsistent) as Entry,
  "REACH-E5603": fail(inconsistent) as Entry,
  "REACH-E5604": fail(inconsistent) as Entry,
  "REACH-E5605": fail(inconsistent) as Entry,
  // 57xx replay
  "REACH-E5701": fail("`reach inspect` shows what this engine computes") as Entry,
  "REACH-E5702": fail(inconsistent) as Entry,
  "REACH-E5703": open(
    "give a larger budget (--fuel, in a policy `fuel`) if you trust where the file comes from",
  ) as Entry,
  "REACH-E5704": fail(inconsistent) as Entry,
  "REACH-E5705": open(
    "this is a bug of the engine or a machine without memory: report it",
  ) as Entry,
  // 58xx making evidence
  "REACH-E5801": fail("only a run that has ended has evidence") as Entry,
  "REACH-E5802": fail() as Entry,
  "REACH-E5803": fail(
    "the recorded run is not what the engine computes: do not trust its host",
  ) as Entry,
  "REACH-E5804": fail("what did not pass is in the report") as Entry,
  // 59xx
  "REACH-E5901": open("this is a bug of Reach: report it") as Entry,
};
/* oxlint-enable typescript/no-unnecessary-type-assertion */

/** The codes of evidence and keys. A code never changes its meaning. */
export type EvidenceCode = keyof typeof entries;

/** What is known of each code. docs/spec/evidence.md lists them. */
export const catalogue: Readonly<Record<EvidenceCode, Entry>> = entries;

/** What an {@link EvidenceError} has beside its message. */
export interface EvidenceErrorDetails {
  /** Bytes into the file, or into the entry that the message names. */
  readonly offset?: number;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/**
 * A file or a key is not what it should be. `code` is stable, `message` names the place. `problems` is all
 * that is wrong in a policy, a keyring or a key file that has another shape, the first of which the message
 * says; empty for every other error.
 *
 * @example
 * try {
 *   openEvidence(engine, bytes);
 * } catch (error) {
 *   if (!(error instanceof EvidenceError)) throw error;
 *   console.log(error.code, error.offset, error.hint);
 * }
 */
export class EvidenceError extends Error {
  override readonly name: string = "EvidenceError";
  readonly code: EvidenceCode;
  readonly offset: number | undefined;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(
    code: EvidenceCode,
    message: string,
    { offset, problems = [], cause }: EvidenceErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.offset = offset;
    this.hint = catalogue[code].hint;
    this.problems = problems;
  }

  /** What a check makes of this error. */
  get outcome(): "fail" | "not checked" {
    return catalogue[this.code].outcome;
  }
}

/**
 * A text of unknown origin for a message: quoted, ASCII only, at most 80 characters, so that it can
 * neither steer a terminal nor turn the reading direction.
 */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(cut).replace(
    /[^\u0020-\u007e]/g,
    (unit) => `\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
