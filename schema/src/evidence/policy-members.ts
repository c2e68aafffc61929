// The members of a policy, each by itself. docs/spec/policy.md, POL-1.
import * as z from "zod";
import { strict } from "../fields/problem.ts";
import { plainName } from "../fields/look-alikes.ts";
import { rootKey, rootKeys, tenantName } from "./keyring.ts";
import { packRules, runRules } from "./rules.ts";
import { verdictNames } from "./verdicts.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** The text of a note's key: NAME+ID+BASE64. */
const vkey = plainName(512);

/** The address of a server, without a user, ? and #. */
const address = z
  .string()
  .max(512)
  .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~-]+)*\/?$/, "https://HOST/PATH");

/** An ISO 8601 duration of days, hours, minutes and seconds: how long each of them is depends on nothing. */
export const lagPattern: RegExp =
  /^P(?!$)(?:(\d{1,5})D)?(?:T(?!$)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?$/;

const verdict = z.enum(verdictNames);

/** The key that signs keyrings, or several of which so many must: pinned here, and in no keyring. */
const root = z.union([rootKey, strict(rootKeys)]);

/** A log in which evidence may be, and who must have seen it there. */
const log = strict({
  origin: plainName(256),
  key: vkey,
  witnesses: z.array(vkey).max(32),
  /** So many different keys of `witnesses` must have cosigned. */
  quorum: z.int().min(0).max(32),
  /** Where it is served (LOG-66). */
  url: address.optional(),
  /** Where it stood when it was closed: a checkpoint of more entries is not its own. */
  final: strict({ size: count, root: digest }).optional(),
  /** The log must have the run's beginning, too. */
  started: z.boolean().optional(),
});

/** The members of a policy. */
export const policyMembers = strict({
  format: z.literal("reach/policy/v1"),
  required: z.array(verdict).min(1).optional(),
  root: root.optional(),
  keyring: strict({
    minSerial: z.int().min(1).max(0xffffffff).optional(),
    maxAgeDays: z.int().min(1).max(36_500).optional(),
  }).optional(),
  /** Evidence must be about runs of this tenant. */
  tenant: tenantName.optional(),
  engines: strict({
    allowed: z.array(digest).min(1).max(10_000).optional(),
    faulty: z.array(digest).max(10_000).optional(),
  }).optional(),
  packs: packRules.optional(),
  ...runRules,
  logs: z.array(log).min(1).max(64).optional(),
  /** More logs, those of a C2SP tlog-policy: a file beside the policy, and its SHA-256. */
  tlogPolicy: strict({
    file: z.string().regex(/^(?!\.)[A-Za-z0-9._-]{1,128}$/, "the name of a file, without a folder"),
    sha256: digest,
  }).optional(),
  /** How long after its end a run must have been seen by the witnesses, or the log. */
  maxLag: z.string().regex(lagPattern, "a duration such as P1D or PT15M").optional(),
  fuel: count.optional(),
});

/** A policy as it is written. */
export type PolicyFile = z.infer<typeof policyMembers>;
