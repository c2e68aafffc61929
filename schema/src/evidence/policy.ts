// Policies: what a verifier asks of evidence, format reach/policy/v1. docs/spec/policy.md.
import { besideUnknown, report } from "../fields/problem.ts";
import { contradictions } from "./policy-checks.ts";
import { policyMembers } from "./policy-members.ts";

export type { PolicyFile } from "./policy-members.ts";

/** A policy as it is written: its members, and nothing in them that contradicts something else. */
export const policyFile: typeof policyMembers = policyMembers.superRefine((_, context) => {
  for (const { path, ...finding } of contradictions(context.value)) report(context, path, finding);
}, besideUnknown);
