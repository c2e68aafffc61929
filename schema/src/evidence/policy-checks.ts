// What the members of a policy say of each other: what is there twice, and what can never hold. docs/spec/policy.md,
// POL-3.
import { problemCode } from "../fields/problem.ts";
import type { Path, Problem } from "../fields/problem.ts";
import type { PolicyFile } from "./policy-members.ts";

/**
 * All that a policy says twice, or that contradicts something else that it says. One of two would count, and its
 * reader could not know which; what can never hold refuses all evidence, which no one means.
 */
export const contradictions = (policy: PolicyFile): Problem[] => [
  ...doubles(policy),
  ...withoutMeaning(policy),
  ...unsatisfiable(policy),
  ...ofLogs(policy.logs ?? []),
];

const twice = (path: Path, what: string): Problem => ({
  code: problemCode.duplicateName,
  path,
  what,
});
const never = (path: Path, what: string, hint?: string): Problem => ({
  code: problemCode.badValue,
  path,
  what,
  ...(hint === undefined ? {} : { hint }),
});

/** Items of a list that stand there before, by what they are. */
function repeated(path: Path, items: readonly unknown[] = []): Problem[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const text = JSON.stringify(item);
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [twice([...path, i], "This stands here twice.")];
  });
}

const doubles = ({ required, engines, packs, workflows }: PolicyFile): Problem[] => [
  ...repeated(["required"], required),
  ...repeated(["engines", "allowed"], engines?.allowed),
  ...repeated(["engines", "faulty"], engines?.faulty),
  ...repeated(
    ["packs", "allowed"],
    packs?.allowed?.map(({ digest, name, versions, publisher }) => [
      digest,
      name,
      versions,
      publisher?.public,
    ]),
  ),
  ...repeated(
    ["packs", "signedBy", "keys"],
    packs?.signedBy?.keys?.map((key) => key.public),
  ),
  ...repeated(["packs", "yanked"], packs?.yanked),
  ...repeated(
    ["workflows"],
    workflows?.map(({ name, versions }) => [name, versions]),
  ),
];

/** What needs another member to mean something. */
function withoutMeaning(policy: PolicyFile): Problem[] {
  const { root, keyring, tenant, packs, logs, tlogPolicy, maxLag } = policy;
  const found: Problem[] = [];
  if (maxLag !== undefined && logs === undefined && tlogPolicy === undefined) {
    found.push(never(["maxLag"], "maxLag needs logs: no one else says when a run was seen."));
  }
  if (root === undefined) {
    const hint = "root is the public key that signs the keyring.";
    if (keyring !== undefined) found.push(never(["keyring"], "keyring needs a root.", hint));
    if (tenant !== undefined) found.push(never(["tenant"], "tenant needs a root.", hint));
    if (packs?.signedBy?.role !== undefined && packs.signedBy.keys === undefined) {
      found.push(never(["packs", "signedBy", "role"], "The role of a keyring needs a root.", hint));
    }
  }
  packs?.allowed?.forEach(({ digest, name, publisher }, i) => {
    if (
      digest !== undefined ||
      name === undefined ||
      publisher !== undefined ||
      packs.signedBy !== undefined
    )
      return;
    found.push(
      never(
        ["packs", "allowed", i, "name"],
        "Anyone can make a pack of this name: say who must have signed it.",
        "Give publisher, or packs.signedBy, or the digest in place of the name.",
      ),
    );
  });
  return found;
}

/** What no evidence can fulfil. */
function unsatisfiable(policy: PolicyFile): Problem[] {
  const { required = [], root, engines, packs, window, logs, tlogPolicy } = policy;
  // Which witnesses its file asks for is known when that is read.
  const hasFile = tlogPolicy !== undefined;
  const found: Problem[] = [];
  const both = (path: Path, some: readonly string[] = [], others: readonly string[] = []): void => {
    some.forEach((item, i) => {
      if (!others.includes(item)) return;
      found.push(never([...path, i], "The same digest is allowed and refused."));
    });
  };
  both(["engines", "faulty"], engines?.faulty, engines?.allowed);
  both(
    ["packs", "yanked"],
    packs?.yanked,
    packs?.allowed?.flatMap(({ digest }) => digest ?? []),
  );
  const keys = packs?.signedBy?.keys?.map((key) => key.public);
  packs?.allowed?.forEach(({ publisher }, i) => {
    if (publisher === undefined || (keys?.includes(publisher.public) ?? true)) return;
    found.push(
      never(["packs", "allowed", i, "publisher"], "packs.signedBy does not have this key."),
    );
  });
  const { from, to } = window ?? {};
  if (from !== undefined && to !== undefined && from >= to) {
    found.push(never(["window", "to"], "The window ends before it begins."));
  }
  const needs: readonly [name: string, isNamed: boolean, what: string][] = [
    ["approved", namesRules(policy) || root !== undefined, "names no rules, as packs.allowed"],
    ["logged", logs !== undefined || hasFile, "names no logs"],
    [
      "witnessed",
      hasFile || logs?.some(({ quorum }) => quorum > 0) === true,
      "asks for no witnesses",
    ],
  ];
  required.forEach((name, i) => {
    const need = needs.find((each) => each[0] === name);
    if (need === undefined || need[1]) return;
    found.push(never(["required", i], `${name} can never pass: the policy ${need[2]}.`));
  });
  return found;
}

/** True if a policy says by which rules a run may have been decided: then `approved` is required. */
export const namesRules = (policy: PolicyFile): boolean =>
  [
    policy.packs?.allowed,
    policy.packs?.signedBy,
    policy.workflows,
    policy.grants,
    policy.limits,
    policy.window,
  ].some((rule) => rule !== undefined);

/** The key in the text of a note's key, in base64 behind its type; the whole text where it is none. */
const keyIn = (vkey: string): string => /^[^+]*\+[0-9a-f]{8}\+(.+)$/s.exec(vkey)?.[1] ?? vkey;

/** Of two logs with one origin, or one key, a verifier would look at one. */
function ofLogs(logs: NonNullable<PolicyFile["logs"]>): Problem[] {
  const origins = new Set<string>();
  const keys = new Set<string>();
  return logs.flatMap(({ origin, key, witnesses, quorum }, i) => {
    const found: Problem[] = [];
    if (origins.has(origin)) {
      found.push(twice(["logs", i, "origin"], "Another log of this policy has this origin."));
    }
    if (keys.has(keyIn(key))) {
      found.push(twice(["logs", i, "key"], "Another log of this policy has this key."));
    }
    origins.add(origin);
    keys.add(keyIn(key));
    const own = new Set<string>();
    witnesses.forEach((witness, at) => {
      if (own.has(keyIn(witness))) {
        found.push(
          twice(["logs", i, "witnesses", at], "This key is a witness of the log already."),
        );
      }
      own.add(keyIn(witness));
    });
    if (quorum > own.size) {
      const what = `${quorum} witnesses are required, ${own.size} different keys are named.`;
      found.push(never(["logs", i, "quorum"], what));
    }
    return found;
  });
}
