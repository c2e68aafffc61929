// A policy in sentences, for those who choose one: what it asks for, and what it leaves open. docs/spec/policy.md, POL-18.
import type { Engine } from "@reach-fabric/engine";
import type { PolicyFile } from "@reach-fabric/schema";
import { quoted } from "../errors/errors.ts";
import { needsNone } from "../log/quorum.ts";
import { checkedPolicy } from "../trust/policy.ts";
import type { Policy, PolicyCircumstances } from "../trust/policy.ts";
import { verdicts } from "../trust/verdicts.ts";
import type { Verdict } from "../trust/verdicts.ts";
import { requiredBy } from "./allowed.ts";

/** What a policy asks for, in words. */
export interface ExplainedPolicy {
  /** The verdicts that must pass, said or implied. */
  readonly required: readonly Verdict[];
  /** A sentence for each member, with its pointer. Texts of the policy in it are quoted and ASCII. */
  readonly asks: readonly { readonly pointer: string; readonly says: string }[];
  /** What it does not ask for, though others would expect it. */
  readonly open: readonly string[];
}

/**
 * Says what a policy asks for, without a keyring and without evidence: it is read as readPolicy() reads it.
 *
 * @param fileOf the bytes of a file that the policy names
 * @throws EvidenceError as readPolicy() does, but for what is about the keyring
 *
 * @example
 * explainPolicy(engine, policyBytes).required; // → ["authentic", "trusted", "complete", "replayed"]
 */
export function explainPolicy(
  engine: Engine,
  bytes: Uint8Array,
  fileOf?: PolicyCircumstances["fileOf"],
): ExplainedPolicy {
  const { file, policy } = checkedPolicy(engine, bytes, fileOf);
  // With a root a keyring is asked for, whatever is in it.
  const asked = requiredBy({ ...policy, now: "", ...(file.root && { ownKeys: [] }) });
  const required = verdicts.filter((name) => asked.includes(name));
  return { required, asks: asksOf(file, policy), open: openIn(file, policy) };
}

type Ask = ExplainedPolicy["asks"][number];

const listed = (items: readonly string[]): string => {
  const shown = items.slice(0, 5).join(", ");
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
};
const short = (digest: string): string => `${digest.slice(0, 12)}...`;
const versionsOf = (versions: string | undefined): string =>
  versions === undefined ? "in any version" : `in a version of ${quoted(versions)}`;

function asksOf(file: PolicyFile, policy: Policy): Ask[] {
  const { required, root, keyring, tenant, engines, workflows, grants, limits, window } = file;
  const asks: Ask[] = [];
  const say = (pointer: string, says: string): void => {
    asks.push({ pointer, says });
  };
  if (required) say("/required", `These must pass: ${required.join(", ")}.`);
  if (root) {
    const who =
      "alg" in root
        ? `the ${root.alg} key ${root.public.slice(0, 12)}...`
        : `${root.threshold} of ${root.keys.length} keys`;
    say("/root", `A keyring says who may sign, itself signed by ${who}.`);
  }
  if (keyring?.minSerial !== undefined) {
    say("/keyring/minSerial", `The keyring has the number ${keyring.minSerial} or a later one.`);
  }
  if (keyring?.maxAgeDays !== undefined) {
    say("/keyring/maxAgeDays", `The keyring is at most ${keyring.maxAgeDays} days old.`);
  }
  if (tenant !== undefined) say("/tenant", `The run is one of the tenant ${quoted(tenant)}.`);
  if (engines?.allowed) {
    say("/engines/allowed", `It ran on the engine ${listed(engines.allowed.map(short))}.`);
  }
  if (engines?.faulty) {
    say("/engines/faulty", `It did not run on one of ${engines.faulty.length} faulty engines.`);
  }
  asks.push(...asksOfPacks(file));
  if (workflows) {
    const names = workflows.map(({ name, versions }) => `${name} ${versionsOf(versions)}`);
    say("/workflows", `The workflow is ${listed(names)}.`);
  }
  if (grants) {
    const kinds = Object.keys(grants);
    const what = kinds.length === 0 ? "nothing" : `at most what is named of ${kinds.join(", ")}`;
    say("/grants", `The run was granted ${what}.`);
  }
  if (limits) {
    const most = Object.entries(limits).map(([name, value]) => `${value} of ${name}`);
    say("/limits", `The run was allowed at most ${most.join(" and ")}.`);
  }
  if (window) {
    const from = window.from === undefined ? [] : [`began at ${window.from} or later`];
    const to = window.to === undefined ? [] : [`ended before ${window.to}`];
    say("/window", `The run ${[...from, ...to].join(" and ")}, as its host says.`);
  }
  asks.push(...asksOfLogs(file, policy));
  if (file.fuel !== undefined) {
    say(
      "/fuel",
      `A run that was allowed more than ${file.fuel} units of fuel is not computed again.`,
    );
  }
  return asks;
}

function asksOfPacks({ packs }: PolicyFile): Ask[] {
  const asks: Ask[] = [];
  packs?.allowed?.forEach(({ digest, name = "", versions, publisher }, i) => {
    const by =
      publisher === undefined ? "" : `, signed with the key ${publisher.public.slice(0, 12)}...`;
    const says =
      digest === undefined
        ? `The pack may be ${name} ${versionsOf(versions)}${by}.`
        : `The pack may be the one with the digest ${short(digest)}.`;
    asks.push({ pointer: `/packs/allowed/${i}`, says });
  });
  if (packs?.signedBy) {
    const { keys } = packs.signedBy;
    const who = keys
      ? `one of ${keys.length} keys that are named`
      : "a key that the keyring has for packs";
    asks.push({ pointer: "/packs/signedBy", says: `The pack is signed with ${who}.` });
  }
  if (packs?.yanked) {
    const says = `The pack is not one of ${packs.yanked.length} that were withdrawn.`;
    asks.push({ pointer: "/packs/yanked", says });
  }
  return asks;
}

function asksOfLogs({ logs = [], tlogPolicy, maxLag }: PolicyFile, policy: Policy): Ask[] {
  const asks = logs.map(({ origin, quorum, witnesses, url, final, started }, i): Ask => {
    const seen =
      quorum === 0
        ? "whatever witnesses say"
        : `and ${quorum} of ${witnesses.length} witnesses have seen it there`;
    const end = final === undefined ? "" : `; the log ended with ${final.size} entries`;
    const served = url === undefined ? "" : `; ${url} is asked how it has grown`;
    const begun = started === true ? ", from the beginning of its run on" : "";
    return {
      pointer: `/logs/${i}`,
      says: `${i === 0 ? "It" : "Or it"} is in the log ${quoted(origin)}${begun}, ${seen}${end}${served}.`,
    };
  });
  if (tlogPolicy !== undefined) {
    const others = policy.logs?.slice(logs.length) ?? [];
    const [{ quorum, witnesses } = { quorum: 0, witnesses: [] }] = others;
    const seen = needsNone(quorum)
      ? "whatever witnesses say"
      : `and as many of ${witnesses.length} witnesses as its quorum says have seen it there`;
    const origins = listed(others.map(({ origin }) => quoted(origin)));
    const which = `a log of ${quoted(tlogPolicy.file)} (${origins})`;
    asks.push({
      pointer: "/tlogPolicy",
      says: `${logs.length === 0 ? "It" : "Or it"} is in ${which}, ${seen}.`,
    });
  }
  if (maxLag !== undefined) {
    asks.push({ pointer: "/maxLag", says: `It was seen at most ${maxLag} after the run ended.` });
  }
  return asks;
}

function openIn(
  { root, packs, workflows, engines }: PolicyFile,
  { rules, logs }: Policy,
): string[] {
  const open: [boolean, string][] = [
    [
      root === undefined,
      "It does not say who may sign: name a root, or say --trust KEY where it is used.",
    ],
    [
      rules === undefined,
      "It does not say by which rules a run may be decided: whoever may sign may sign a run of any workflow.",
    ],
    [
      workflows !== undefined && packs?.allowed === undefined && packs?.signedBy === undefined,
      "Anyone who may sign can give a workflow these names: say packs.signedBy or packs.allowed as well.",
    ],
    [
      logs === undefined,
      "It names no log: a run that was not shown to you, or its time, is the signer's word alone.",
    ],
    [
      logs?.some(({ quorum }) => needsNone(quorum)) === true,
      "It asks for no witnesses of a log, which can show others another tree.",
    ],
    [
      engines?.allowed === undefined,
      "Any build of the engine may have run it, if this one computes the same.",
    ],
  ];
  return open.flatMap(([is, what]) => (is ? [what] : []));
}
