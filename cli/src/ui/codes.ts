// The codes that commands give themselves, or look for in the errors of the packages below.
import type { EvidenceCode } from "@reach-fabric/evidence";

/** The codes of the command line: E40xx usage and runs, E315x what a grant lacks. */
export const CODE = {
  usage: "REACH-E4001",
  bug: "REACH-E4002",
  faulted: "REACH-E4003",
  cancelled: "REACH-E4004",
  interrupted: "REACH-E4005",
  batch: "REACH-E4006",
  golden: "REACH-E4007",
  unchecked: "REACH-E4008",
  capabilities: "REACH-E4009",
  unknownSigner: "REACH-E4010",
  noGrant: "REACH-E3150",
  notGranted: "REACH-E3151",
  denied: "REACH-E3152",
  exists: "REACH-E4113",
  unwitnessed: "REACH-E4168",
} as const;

const named = {
  tooLarge: "REACH-E5007",
  notAKeyring: "REACH-E5209",
  notAPolicy: "REACH-E5218",
  notANoteKey: "REACH-E5310",
  otherPack: "REACH-E5407",
  undisclosed: "REACH-E5504",
  noSuchValue: "REACH-E5507",
  decision: "REACH-E5508",
  notATask: "REACH-E5510",
  notAlone: "REACH-E5512",
  redacted: "REACH-E5514",
  otherRecord: "REACH-E5701",
} as const;
/** Codes of evidence that commands know by name; its catalogue has them all. */
export const EVIDENCE: Readonly<Record<keyof typeof named, EvidenceCode>> = named;

/** How the codes of a kind begin. */
const KINDS = {
  json: "REACH-E11",
  program: "REACH-E13",
  denial: "REACH-E31",
  evidence: "REACH-E5",
  key: "REACH-E52",
} as const;

/** True for a code of the kind: json E11xx, program E13xx, denial E31xx, evidence E5xxx, key E52xx. */
export const isOfKind = (code: string, kind: keyof typeof KINDS): boolean =>
  code.startsWith(KINDS[kind]);
