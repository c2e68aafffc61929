// Everything that can be wrong with a piece of evidence or a key, in one catalogue.
//
// `outcome` says what verify() makes of it: `fail` where the file
// is shown to be wrong, `not checked` where this program cannot tell (exit codes 1 and 3).

/** The codes of evidence and keys. A code never changes its meaning. */
export type EvidenceCode =
  | "REACH-E5001"
  | "REACH-E5002"
  | "REACH-E5003"
  | "REACH-E5004"
  | "REACH-E5005"
  | "REACH-E5006"
  | "REACH-E5007"
  | "REACH-E5101"
  | "REACH-E5102"
  | "REACH-E5103"
  | "REACH-E5104"
  | "REACH-E5105"
  | "REACH-E5201"
  | "REACH-E5202"
  | "REACH-E5203"
  | "REACH-E5204"
  | "REACH-E5205"
  | "REACH-E5206"
  | "REACH-E5207"
  | "REACH-E5208"
  | "REACH-E5209"
  | "REACH-E5210"
  | "REACH-E5211"
  | "REACH-E5212"
  | "REACH-E5213"
  | "REACH-E5214"
  | "REACH-E5215"
  | "REACH-E5216"
  | "REACH-E5217"
  | "REACH-E5218"
  | "REACH-E5219"
  | "REACH-E5220"
  | "REACH-E5221"
  | "REACH-E5222"
  | "REACH-E5223"
  | "REACH-E5301"
  | "REACH-E5302"
  | "REACH-E5303"
  | "REACH-E5304"
  | "REACH-E5305"
  | "REACH-E5306"
  | "REACH-E5307"
  | "REACH-E5308"
  | "REACH-E5309"
  | "REACH-E5310"
  | "REACH-E5331"
  | "REACH-E5332"
  | "REACH-E5333"
  | "REACH-E5334"
  | "REACH-E5335"
  | "REACH-E5336"
  | "REACH-E5337"
  | "REACH-E5338"
  | "REACH-E5339"
  | "REACH-E5340"
  | "REACH-E5341"
  | "REACH-E5342"
  | "REACH-E5343"
  | "REACH-E5401"
  | "REACH-E5402"
  | "REACH-E5403"
  | "REACH-E5404"
  | "REACH-E5405"
  | "REACH-E5406"
  | "REACH-E5407"
  | "REACH-E5410"
  | "REACH-E5411"
  | "REACH-E5412"
  | "REACH-E5413"
  | "REACH-E5501"
  | "REACH-E5502"
  | "REACH-E5503"
  | "REACH-E5504"
  | "REACH-E5505"
  | "REACH-E5506"
  | "REACH-E5507"
  | "REACH-E5508"
  | "REACH-E5509"
  | "REACH-E5510"
  | "REACH-E5511"
  | "REACH-E5512"
  | "REACH-E5513"
  | "REACH-E5601"
  | "REACH-E5602"
  | "REACH-E5603"
  | "REACH-E5604"
  | "REACH-E5605"
  | "REACH-E5701"
  | "REACH-E5702"
  | "REACH-E5703"
  | "REACH-E5704"
  | "REACH-E5705"
  | "REACH-E5801"
  | "REACH-E5802"
  | "REACH-E5803"
  | "REACH-E5901";

/** What is known about an error besides its place. */
interface Entry {
  readonly outcome: "fail" | "not checked";
  readonly hint?: string;
}

const fail = (hint?: string): Entry => ({ outcome: "fail", ...(hint ? { hint } : {}) });
const open = (hint?: string): Entry => ({ outcome: "not checked", ...(hint ? { hint } : {}) });

const damaged =
  "the file was changed or damaged after it was written: get it again from its source";
const inconsistent = "whoever wrote this file did not make it with Reach, or changed it on purpose";

/** The codes of evidence and keys, `REACH-E5xxx`. docs/spec/evidence.md lists them. */
export const catalogue: Readonly<Record<EvidenceCode, Entry>> = {
  // 50xx the container
  "REACH-E5001": fail("is it a .reach file?"),
  "REACH-E5002": fail(damaged),
  "REACH-E5003": fail(damaged),
  "REACH-E5004": fail(damaged),
  "REACH-E5005": fail(
    "it was changed, damaged, or unpacked and packed again: get it again from its source",
  ),
  "REACH-E5006": fail(damaged),
  "REACH-E5007": fail("limits are in docs/spec/evidence.md, EVID-2"),
  // 51xx the JSON in it
  "REACH-E5101": fail(damaged),
  "REACH-E5102": fail(damaged),
  "REACH-E5103": fail(damaged),
  "REACH-E5104": open("take a newer version of Reach"),
  "REACH-E5105": fail(damaged),
  // 52xx keys
  "REACH-E5201": fail("make a key with `reach keys new`"),
  "REACH-E5202": fail("such a key is valid for signatures that nobody made: make another one"),
  "REACH-E5203": fail("the key file was changed: get it again from its owner"),
  "REACH-E5204": fail("only a key file with `private` can sign"),
  "REACH-E5205": fail("ask the signer which key is his, over another channel"),
  "REACH-E5206": fail("evidence and logs are signed with Ed25519, packs with P-256"),
  "REACH-E5207": fail("give its passphrase: --passphrase-file FILE"),
  "REACH-E5208": fail("the passphrase is another one, or the file was changed"),
  // keyrings and policies
  "REACH-E5209": fail("docs/spec/keys.md, KEY-8 and KEY-9, say what a keyring is"),
  "REACH-E5210": fail("ask its owner for the root's key, over another channel"),
  "REACH-E5211": fail("keep both keyrings: together they show that one was replaced"),
  "REACH-E5212": open("get the keyring again from its owner"),
  "REACH-E5213": fail("a key has one role: this one may not sign this"),
  "REACH-E5214": fail("whoever has this key may not sign for this tenant"),
  "REACH-E5215": fail("the signature says a time at which this key did not count"),
  "REACH-E5216": fail("only what witnesses saw before the key was compromised still counts"),
  "REACH-E5217": open("ask for the evidence with its tenant disclosed"),
  "REACH-E5218": fail("docs/spec/keys.md, KEY-13, says what a policy is"),
  "REACH-E5219": fail("make another key: `reach keys new`"),
  "REACH-E5220": fail("run it again with an engine that is not faulty"),
  "REACH-E5221": fail("ask the pack's owner why it was withdrawn"),
  "REACH-E5222": fail("`reach keys list` shows the keys of a keyring"),
  "REACH-E5223": open("take another version of Reach"),
  // 53xx the signature and the signed statement
  "REACH-E5301": fail(damaged),
  "REACH-E5302": fail(damaged),
  "REACH-E5303": fail(damaged),
  "REACH-E5304": fail(damaged),
  "REACH-E5305": fail(inconsistent),
  "REACH-E5306": fail(damaged),
  // the log: docs/spec/log.md
  "REACH-E5307": fail(damaged),
  "REACH-E5308": fail("ask the log for its key, over another channel"),
  "REACH-E5309": fail("give one key for each name and id"),
  "REACH-E5310": fail("copy the whole text of the key, as its owner gives it"),
  "REACH-E5331": fail(damaged),
  "REACH-E5332": fail(damaged),
  "REACH-E5333": fail(
    "keep both sides: together they show that the log has lied, or somebody for it",
  ),
  "REACH-E5334": fail(damaged),
  "REACH-E5335": fail("docs/spec/log.md, LOG-12 and LOG-13, say what an entry is"),
  "REACH-E5336": fail(damaged),
  "REACH-E5337": fail("ask the log for a checkpoint that more witnesses have cosigned"),
  "REACH-E5338": fail("ask the log for the proof of this evidence: reach log prove --evidence"),
  "REACH-E5339": open("ask for the evidence with its proof: reach log prove --attach"),
  "REACH-E5340": fail("only logs that the policy names count"),
  "REACH-E5341": fail("somebody signs with the key of a log that has ended: tell its owner"),
  "REACH-E5342": fail("the host's clock is wrong, or it says something else than what was"),
  "REACH-E5343": open("ask the log for the proof of growth between the two checkpoints"),
  // 54xx the pack and the engine
  "REACH-E5401": fail(damaged),
  "REACH-E5402": fail(damaged),
  "REACH-E5403": fail(inconsistent),
  "REACH-E5404": open("ask for the evidence with its pack enclosed"),
  "REACH-E5405": fail("the policy lists the engines that it allows"),
  "REACH-E5406": open("take a version of Reach whose engine has these semantics"),
  "REACH-E5407": fail("take the pack whose digest run.json names"),
  "REACH-E5410": fail("get the pack again from its source"),
  "REACH-E5411": open("ask for the pack with its signature: reach pack sign"),
  "REACH-E5412": fail("its publisher has withdrawn it: take another version"),
  "REACH-E5413": fail(
    "somebody may be holding a newer version back: get the pack from its publisher",
  ),
  // 55xx disclosures
  "REACH-E5501": fail(damaged),
  "REACH-E5502": fail(damaged),
  "REACH-E5503": fail(inconsistent),
  "REACH-E5504": open("ask for the evidence with these values disclosed"),
  "REACH-E5505": fail(damaged),
  "REACH-E5506": open("run it again for evidence of format v2"),
  "REACH-E5507": fail("`reach inspect FILE --json` shows what is there"),
  "REACH-E5508": fail("leave /run/decision out, or show all records"),
  "REACH-E5509": fail("take /run/decision out of it: reach redact --drop /run/decision"),
  "REACH-E5510": fail("`reach inspect FILE` shows which records are those of tasks"),
  "REACH-E5511": fail(inconsistent),
  "REACH-E5512": open("verify the whole evidence instead"),
  "REACH-E5513": fail(inconsistent),
  // 56xx the trace
  "REACH-E5601": fail(inconsistent),
  "REACH-E5602": fail(inconsistent),
  "REACH-E5603": fail(inconsistent),
  "REACH-E5604": fail(inconsistent),
  "REACH-E5605": fail(inconsistent),
  // 57xx replay
  "REACH-E5701": fail("`reach replay` shows the record and both values"),
  "REACH-E5702": fail(inconsistent),
  "REACH-E5703": open("give a larger budget of fuel if you trust where the file comes from"),
  "REACH-E5704": fail(inconsistent),
  "REACH-E5705": open("this is a bug of the engine or a machine without memory: report it"),
  // 58xx making evidence
  "REACH-E5801": fail("only a run that has ended has evidence"),
  "REACH-E5802": fail(),
  "REACH-E5803": fail("the recorded run is not what the engine computes: do not trust its host"),
  // 59xx
  "REACH-E5901": open("this is a bug of Reach: report it"),
};

/** Where an {@link EvidenceError} is. */
export interface ErrorPlace {
  /** Bytes into the file, or into the entry that the message names. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/**
 * A file or a key is not what it should be. `code` is stable, `message` names the place.
 *
 * @example
 * try {
 *   openEvidence(engine, bytes);
 * } catch (error) {
 *   if (error instanceof EvidenceError) console.log(error.code, error.offset, error.hint);
 * }
 */
export class EvidenceError extends Error {
  override readonly name: string = "EvidenceError";
  readonly code: EvidenceCode;
  readonly offset: number | undefined;
  readonly hint: string | undefined;

  constructor(code: EvidenceCode, message: string, { offset, cause }: ErrorPlace = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.offset = offset;
    this.hint = catalogue[code].hint;
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
