// By which rules a run may have been decided: pack, workflow, grant, limits, times. docs/spec/policy.md, POL-7 to
// POL-13.
import { grant, isInRange } from "@reach-fabric/schema";
import type { Grant, Limits, Spending } from "@reach-fabric/schema";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { sameKey } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";

/** A pack that may be used: this very one, or one of this name that its publisher has signed. */
export type AllowedPack =
  | { readonly digest: string }
  | { readonly name: string; readonly versions?: string; readonly publisher?: PublicKey };

/** By which rules a run may have been decided. All that are named must hold. */
export interface Rules {
  readonly packs?: readonly AllowedPack[];
  /** Whose signature a pack must have: of the keys that the keyring has for packs, or of these P-256 keys. */
  readonly publishers?: "keyring" | readonly PublicKey[];
  readonly workflows?: readonly { readonly name: string; readonly versions?: string }[];
  /** A run may have been granted this, or less. */
  readonly grants?: Grant;
  /** A run may have had these limits, or lower ones. */
  readonly limits?: Limits;
  /** A run must have begun at `from` or later, and ended before `to`, as its host says. */
  readonly window?: { readonly from?: string; readonly to?: string };
}

/** What a pack is, as far as it is known. */
export interface KnownPack {
  readonly digest: string;
  /** As its publisher has signed them: a name that no one has signed says nothing. */
  readonly signed?:
    | { readonly id: string; readonly version: string; readonly publisher: PublicKey }
    | undefined;
}

/**
 * Requires a pack that the policy allows.
 *
 * @returns the reason, where packs are named
 * @throws EvidenceError `REACH-E5224` it is another one; `REACH-E5411` it may be one, if it were signed
 */
export function requirePackRule(
  { packs }: Pick<Rules, "packs">,
  { digest, signed }: KnownPack,
): string | undefined {
  if (packs === undefined) return undefined;
  if (packs.some((one) => "digest" in one && one.digest === digest))
    return "the pack by its digest";
  const byName = packs.flatMap((one) => ("name" in one ? [one] : []));
  if (signed === undefined) {
    if (byName.length === 0) throw notAllowed(`the pack ${digest}`);
    throw new EvidenceError(
      "REACH-E5411",
      `no publisher's signature that counts says which pack ${digest} is`,
    );
  }
  const { id, version, publisher } = signed;
  const allowed = byName.some(
    (one) =>
      isNamed(one, id, version) &&
      (one.publisher === undefined || sameKey(one.publisher, publisher)),
  );
  if (allowed) return "the pack by its name and version";
  throw notAllowed(`the pack ${quoted(id)} ${quoted(version)} of the publisher ${publisher.id}`);
}

const notAllowed = (what: string): EvidenceError =>
  new EvidenceError("REACH-E5224", `the policy does not allow ${what}`);

const isNamed = (
  { name, versions }: { readonly name: string; readonly versions?: string },
  id: string,
  version: string,
): boolean => name === id && (versions === undefined || isInRange(version, versions));

/**
 * Requires a workflow that the policy allows.
 *
 * @param workflow `namespace/name:version`
 * @throws EvidenceError `REACH-E5225`
 */
export function requireWorkflow({ workflows }: Pick<Rules, "workflows">, workflow: string): void {
  if (workflows === undefined) return;
  const at = workflow.lastIndexOf(":");
  const [id, version] = [workflow.slice(0, at), workflow.slice(at + 1)];
  if (workflows.some((one) => isNamed(one, id, version))) return;
  throw new EvidenceError(
    "REACH-E5225",
    `the policy does not allow the workflow ${quoted(workflow)}`,
  );
}

/**
 * Requires that a run was granted no more than the policy allows: each kind by the rules of grants.
 *
 * @param effective the grant of the start record
 * @throws EvidenceError `REACH-E5226`
 */
export function requireGrant({ grants }: Pick<Rules, "grants">, effective: unknown): void {
  if (grants === undefined) return;
  const beyond = (what: string): EvidenceError => new EvidenceError("REACH-E5226", what);
  // What is no grant, or of a kind that is not known here, may allow anything.
  if (!grant.safeParse(effective).success) throw beyond("what the run was granted is not a grant");
  const first = beyondGrant(effective as Grant, grants);
  if (first === undefined) return;
  throw beyond(`the run was granted more than the policy allows: ${first}`);
}

/**
 * The first thing that one grant allows and another does not, in words; undefined where there is none. A grant
 * allows what one of its entries allows: so each of these must be allowed by one entry of the other.
 *
 * @example
 * beyondGrant({ models: ["small"] }, { models: ["small", "large"] }); // → undefined
 * beyondGrant({ emit: ["acme.*"] }, { emit: ["acme.loan"] }); // → "events \"acme.*\""
 */
export const beyondGrant = (effective: Grant, bound: Grant): string | undefined =>
  beyondHttp(effective, bound) ??
  firstOf(
    effective.emit,
    (type) => !covers(bound.emit, type),
    (type) => `events ${quoted(type)}`,
  ) ??
  beyondSecrets(effective, bound) ??
  firstOf(
    effective.models,
    (name) => bound.models?.includes(name) !== true,
    (name) => `the model ${quoted(name)}`,
  ) ??
  beyondSpending(effective, bound) ??
  beyondMcp(effective, bound) ??
  beyondFolders(effective, bound);

function firstOf<T>(
  items: readonly T[] = [],
  isBeyond: (item: T) => boolean,
  words: (item: T) => string,
): string | undefined {
  const item = items.find((each) => isBeyond(each));
  return item === undefined ? undefined : words(item);
}

/** True if all that a pattern stands for is what one of the others stands for: `*` is any rest, at the end only. */
const covers = (others: readonly string[] = [], pattern: string): boolean =>
  others.some((other) =>
    other.endsWith("*") ? pattern.startsWith(other.slice(0, -1)) : pattern === other,
  );

function beyondHttp({ http = [] }: Grant, { http: bound = [] }: Grant): string | undefined {
  for (const { origin, methods, paths, headers = [] } of http) {
    for (const method of methods) {
      for (const path of paths) {
        const isAllowed = bound.some(
          (entry) =>
            entry.origin === origin &&
            entry.methods.includes(method) &&
            covers(entry.paths, path) &&
            headers.every((name) => entry.headers?.includes(name) === true),
        );
        const and = headers.length === 0 ? "" : ` with ${headers.join(", ")}`;
        if (!isAllowed) return `${method} ${quoted(origin + path)}${and}`;
      }
    }
  }
  return undefined;
}

function beyondSecrets(
  { secrets = [] }: Grant,
  { secrets: bound = [] }: Grant,
): string | undefined {
  for (const { name, origins } of secrets) {
    for (const origin of origins) {
      const isAllowed = bound.some(
        (entry) => entry.name === name && entry.origins.includes(origin),
      );
      if (!isAllowed) return `the secret ${quoted(name)} for ${quoted(origin)}`;
    }
  }
  return undefined;
}

/** A cost that is counted by lower prices is a higher limit. */
function beyondSpending(
  { models = [], spending: given }: Grant,
  { spending: bound = {} }: Grant,
): string | undefined {
  if (
    bound.tokens !== undefined &&
    !(given?.tokens !== undefined && given.tokens <= bound.tokens)
  ) {
    return `${given?.tokens ?? "any"} tokens of models`;
  }
  if (bound.cost === undefined) return undefined;
  if (given?.cost === undefined) return "any cost of models";
  if (given.cost > bound.cost) return `a cost of ${given.cost} for models`;
  const cheaper = models.find((name) => {
    const [mine, least] = [priceOf(given, name), priceOf(bound, name)];
    return (
      mine === undefined ||
      least === undefined ||
      least.some((most, i) => !((mine[i] ?? 0) >= most))
    );
  });
  return cheaper === undefined ? undefined : `the model ${quoted(cheaper)} at a lower price`;
}

/** For input, output, and input that was kept. */
function priceOf({ prices = {} }: Spending, name: string): readonly number[] | undefined {
  const price = Object.hasOwn(prices, name) ? prices[name] : undefined;
  if (price === undefined) return undefined;
  return [price.input, price.output, price.cached ?? price.input];
}

function beyondMcp({ mcp = [] }: Grant, { mcp: bound = [] }: Grant): string | undefined {
  for (const { server, calls } of mcp) {
    for (const call of calls) {
      const isAllowed = bound.some((entry) => entry.server === server && covers(entry.calls, call));
      if (!isAllowed) return `${quoted(call)} of ${quoted(server)}`;
    }
  }
  return undefined;
}

function beyondFolders(
  { folders = [] }: Grant,
  { folders: bound = [] }: Grant,
): string | undefined {
  for (const { name, access } of folders) {
    for (const one of access) {
      const isAllowed = bound.some((entry) => entry.name === name && entry.access.includes(one));
      if (!isAllowed) return `${one} in the folder ${quoted(name)}`;
    }
  }
  return undefined;
}

/**
 * Requires that a run had no higher limits than the policy allows.
 *
 * @param effective the limits of the start record, which names all of them
 * @throws EvidenceError `REACH-E5227`
 */
export function requireLimits(
  { limits }: Pick<Rules, "limits">,
  effective: Readonly<Record<string, unknown>>,
): void {
  for (const [name, most] of Object.entries(limits ?? {})) {
    const given = effective[name];
    if (most === undefined) continue;
    if (typeof given === "number" && given <= most) continue;
    const what = typeof given === "number" ? `${given} units` : "no limit";
    throw new EvidenceError(
      "REACH-E5227",
      `the run had ${what} of ${name}, the policy allows ${most}`,
    );
  }
}

/**
 * Requires that a run took place in the window of the policy.
 *
 * @throws EvidenceError `REACH-E5228`
 */
export function requireWindow(
  { window: { from, to } = {} }: Pick<Rules, "window">,
  { startedAt, endedAt }: { readonly startedAt: string; readonly endedAt: string },
): void {
  const outside = (what: string): EvidenceError => new EvidenceError("REACH-E5228", what);
  if (from !== undefined && startedAt < from) {
    throw outside(`the run began at ${startedAt}, the policy takes runs from ${from} on`);
  }
  if (to !== undefined && endedAt >= to) {
    throw outside(`the run ended at ${endedAt}, the policy takes runs that ended before ${to}`);
  }
}

/**
 * Requires a pack that the policy does not name as withdrawn.
 *
 * @throws EvidenceError `REACH-E5221`
 */
export function requireNotYanked(
  { yankedPacks }: { readonly yankedPacks?: readonly string[] },
  digest: string,
): void {
  if (yankedPacks?.includes(digest) !== true) return;
  throw new EvidenceError("REACH-E5221", `the pack ${digest} was withdrawn`);
}
