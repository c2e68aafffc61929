// Records of the security log: docs/spec/security-log.md. One type each for what security depends on, with the fields
// that it may have and no others.
import * as z from "zod";
import { instant } from "../fields/texts.ts";

/** A text that a person or a program made up. What cannot be shown, or would be read as something else, is not in it. */
const words: z.ZodString = z
  .string()
  .min(1)
  .max(600)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u, "no control or format characters");

const run = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "a lower-case UUID");
const effect = z.string().regex(/^\d{1,10}(?:\.\d{1,10}){0,20}$/, "an effect's key");
const code = z.string().regex(/^REACH-E\d{4}$/, "a code as REACH-E3102");
const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const key = z.string().regex(/^[0-9a-f]{16}$/, "16 lower-case hex digits");
const kind = z.enum(["http", "grpc", "mcp", "llm", "emit", "file", "secret", "other"]);

/** Of whatever type. */
const head = { v: z.literal(1), at: instant, actor: words };
const failure = z.literal("failure");
const success = z.literal("success");
const either = z.enum(["success", "failure"]);

/** What is about one effect of a run; a hypothesis has none. */
const ofEffect = { run: run.optional(), effect: effect.optional(), kind, code: code.optional() };

const grantDenied = z.strictObject({
  ...head,
  type: z.literal("grant.denied"),
  outcome: failure,
  ...ofEffect,
  by: z.enum(["engine", "host"]),
  origin: words.optional(),
  secret: words.optional(),
  task: words.optional(),
});

const secretRedeemed = z.strictObject({
  ...head,
  type: z.literal("secret.redeemed"),
  outcome: success,
  run: run.optional(),
  secret: words,
  origin: words,
});

const secretCaught = z.strictObject({
  ...head,
  type: z.literal("secret.caught"),
  outcome: failure,
  ...ofEffect,
  origin: words.optional(),
});

const egressRefused = z.strictObject({
  ...head,
  type: z.literal("egress.refused"),
  outcome: failure,
  ...ofEffect,
  reason: z.enum(["address", "redirect", "request"]),
  origin: words.optional(),
});

const inputRefused = z.strictObject({
  ...head,
  type: z.literal("input.refused"),
  outcome: failure,
  run: run.optional(),
  effect: effect.optional(),
  input: z.enum(["file", "event", "command", "answer"]),
  code,
});

const keyUsed = z.strictObject({
  ...head,
  type: z.literal("key.used"),
  outcome: either,
  key,
  alg: z.enum(["Ed25519", "P-256"]),
  purpose: z.enum([
    "evidence",
    "redaction",
    "pack",
    "withdrawal",
    "verification",
    "keyring",
    "root",
    "checkpoint",
    "cosignature",
    "other",
  ]),
});

const policyFailed = z.strictObject({
  ...head,
  type: z.literal("policy.failed"),
  outcome: failure,
  run: run.optional(),
  verdicts: z
    .array(z.string().regex(/^[a-z]{1,20}$/, "a verdict's name"))
    .min(1)
    .max(16),
  codes: z.array(code).max(16),
});

const effectResolved = z.strictObject({
  ...head,
  type: z.literal("effect.resolved"),
  outcome: either,
  run: run.optional(),
  effect: effect.optional(),
  as: z.enum(["answer", "failure", "retry"]),
  code: code.optional(),
});

const valueErased = z.strictObject({
  ...head,
  type: z.literal("value.erased"),
  outcome: either,
  run,
  /** SHA-256 of the evidence as it is left. */
  after: digest.optional(),
  code: code.optional(),
});

/** One line of a security log. */
export const securityRecord = z.discriminatedUnion("type", [
  grantDenied,
  secretRedeemed,
  secretCaught,
  egressRefused,
  inputRefused,
  keyUsed,
  policyFailed,
  effectResolved,
  valueErased,
]);

/** One line of a security log. */
export type SecurityRecord = z.infer<typeof securityRecord>;

type Unsaid<T> = T extends unknown ? Omit<T, "v" | "at" | "actor"> & { actor?: string } : never;

/** Something that security depends on, as it is handed to a security log, which adds the time and, unless it is said, who. */
export type SecurityEvent = Unsaid<SecurityRecord>;

/** The types of records. */
export type SecurityType = SecurityRecord["type"];
