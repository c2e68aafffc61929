// What a policy says of the rules by which a run was decided: which packs, workflows, grants, limits and times.
// docs/spec/policy.md, POL-7 to POL-13.
import * as z from "zod";
import { isPackId } from "../fields/names.ts";
import { besideUnknown, problemCode, report, strict } from "../fields/problem.ts";
import { base64Of, instant } from "../fields/texts.ts";
import { versionRange } from "../fields/versions.ts";
import { limits } from "../fields/limits.ts";
import { grant } from "../run/grant.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const name = z.string().refine(isPackId, { error: "Expected NAMESPACE/NAME." });

/** A key that signs packs: all of it, for an id is a label for people. */
const publisher = strict({ alg: z.literal("P-256"), public: base64Of(65) });

/** A pack that may be used: this very one, or one of this name that its publisher has signed. */
const allowedPack = strict({
  digest: digest.optional(),
  name: name.optional(),
  versions: versionRange.optional(),
  publisher: publisher.optional(),
}).superRefine(({ digest: exact, name: named, ...more }, context) => {
  const wrong = (what: string): void => {
    report(context, [], { code: problemCode.badValue, what });
  };
  if (exact !== undefined && named !== undefined) {
    wrong("Either a digest or a name: a digest is one pack of one name.");
  } else if (exact !== undefined && Object.values(more).some((value) => value !== undefined)) {
    wrong("A digest is one pack: it has no versions, and needs no publisher.");
  } else if (exact === undefined && named === undefined) {
    wrong("Expected a digest or a name.");
  }
}, besideUnknown);

/** Whose packs may be used: those of the keys that the keyring has for packs, or of these keys. */
const signedBy = strict({
  role: z.literal("pack").optional(),
  keys: z.array(publisher).min(1).max(1000).optional(),
}).superRefine(({ role, keys }, context) => {
  if ((role === undefined) !== (keys === undefined)) return;
  report(context, [], {
    code: problemCode.badValue,
    what: "Expected either role, for the keys of the keyring, or keys.",
  });
}, besideUnknown);

/** What a policy says of packs. */
export const packRules = strict({
  allowed: z.array(allowedPack).min(1).max(10_000).optional(),
  signedBy: signedBy.optional(),
  /** Withdrawn. */
  yanked: z.array(digest).max(10_000).optional(),
});

/** A workflow that may have decided. */
const allowedWorkflow = strict({ name, versions: versionRange.optional() });

/** What a policy says of a run beside its pack. */
export const runRules = {
  workflows: z.array(allowedWorkflow).min(1).max(10_000).optional(),
  /** A run may have been granted this, or less. */
  grants: grant.optional(),
  /** A run may have had these limits, or lower ones. */
  limits: limits.optional(),
  /** A run must have begun at `from` or later, and ended before `to`. */
  window: strict({ from: instant.optional(), to: instant.optional() }).optional(),
};
