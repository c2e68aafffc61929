// A policy as a file, and as a program makes it, of what a verifier asks for in facts.
import { toBase64, toHex, utf8 } from "@reach-fabric/engine";
import {
  formatNoteKey,
  openCheckpoint,
  openKeyring,
  parseConsistencyProof,
  readPolicy,
} from "@reach-fabric/evidence";
import type {
  Keyring,
  LogPolicy,
  NoteKey,
  Policy as RealPolicy,
  Quorum,
} from "@reach-fabric/evidence";
import { instantAt } from "@reach-fabric/evidence/testing";
import { nameOfRoot } from "./facts.ts";
import type { Case, Group, LogRule, Policy, Ring, Root, Tree, Witness } from "./facts.ts";
import * as world from "./world.ts";

const { engine } = world;

const shared = (name: string): { alg: string; public: string } => {
  const { alg, bytes } = world.keyOf(name);
  return { alg, public: toBase64(bytes) };
};
const keyText = ({ origin, key }: LogRule): string => formatNoteKey(world.logKey(origin, key));
const witnessOf = ({ name, key }: Witness): NoteKey => world.witnessKey(name, key);
export const rootHex = (tree: Tree): string => toHex(world.treeRoot(tree));

function policyFile(policy: Policy): Uint8Array {
  const { root, minSerial, maxAgeDays, tenant, logs, maxLag, window, publishers } = policy;
  const packs = {
    ...(policy.allowed && {
      allowed: policy.allowed.map((one) =>
        "digest" in one
          ? { digest: world.digestOf(one.digest) }
          : {
              name: "test/loan",
              versions: one.versions,
              ...(one.publisher && { publisher: shared(one.publisher) }),
            },
      ),
    }),
    ...(publishers && {
      signedBy: Array.isArray(publishers) ? { keys: publishers.map(shared) } : { role: "pack" },
    }),
    ...(policy.yanked && { yanked: policy.yanked.map(world.digestOf) }),
  };
  const file = {
    format: "reach/policy/v1",
    ...(root && { root: { keys: root.keys.map(shared), threshold: root.threshold } }),
    ...((minSerial ?? maxAgeDays) !== undefined && { keyring: { minSerial, maxAgeDays } }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(Object.keys(packs).length > 0 && { packs }),
    ...(window && { window: windowOf(window) }),
    ...(logs && {
      logs: logs.map((rule) => ({
        origin: rule.origin,
        key: keyText(rule),
        witnesses: rule.witnesses.map((one) => formatNoteKey(witnessOf(one))),
        quorum: rule.quorum,
        ...(rule.started === undefined ? {} : { started: rule.started }),
        ...(rule.final && { final: { root: rootHex(rule.final), size: rule.final.length } }),
      })),
    }),
    ...(maxLag === undefined ? {} : { maxLag: `PT${maxLag / 1000}S` }),
  };
  return utf8(JSON.stringify(file));
}

const windowOf = ({ from, to }: NonNullable<Policy["window"]>) => ({
  ...(from === undefined ? {} : { from: instantAt(from) }),
  ...(to === undefined ? {} : { to: instantAt(to) }),
});

const quorumOf = (quorum: number | Group): Quorum =>
  typeof quorum === "number"
    ? quorum
    : {
        threshold: quorum.threshold,
        members: quorum.members.map((one) =>
          typeof one === "string" ? world.keyOf(one) : (quorumOf(one) as Exclude<Quorum, number>),
        ),
      };

/** A program opens a keyring once. */
const openRings = new WeakMap<Ring, Map<string, Keyring>>();
export function openedOf(ring: Ring, root: Root): Keyring {
  const known = openRings.get(ring) ?? new Map<string, Keyring>();
  openRings.set(ring, known);
  const name = nameOfRoot(root);
  const keyring = known.get(name) ?? openKeyring(engine, world.ringBytes(ring), world.rootOf(root));
  known.set(name, keyring);
  return keyring;
}

/** The same as a program would say it. */
function policyObject({ policy, ring, now, growth, seen }: Case): RealPolicy {
  const { root, minSerial, maxAgeDays, tenant, logs, window, publishers, allowed } = policy;
  const keyring = root && ring && openedOf(ring, root);
  const proofs = growth.map((one) => parseConsistencyProof(engine, world.growthBytes(one)));
  const rules = {
    ...(allowed && {
      packs: allowed.map((one) =>
        "digest" in one
          ? { digest: world.digestOf(one.digest) }
          : {
              name: "test/loan",
              versions: one.versions,
              ...(one.publisher && { publisher: world.keyOf(one.publisher) }),
            },
      ),
    }),
    ...(publishers && {
      publishers: typeof publishers === "string" ? publishers : publishers.map(world.keyOf),
    }),
    ...(window && { window: windowOf(window) }),
  };
  return {
    now: instantAt(now),
    ...(policy.trustedKeys && { trustedKeys: policy.trustedKeys.map(world.keyOf) }),
    ...(keyring && { signers: { keyring, tenant, minSerial, maxAgeDays } }),
    ...(Object.keys(rules).length > 0 && { rules }),
    ...(policy.yanked && { yankedPacks: policy.yanked.map(world.digestOf) }),
    ...(policy.maxLag === undefined ? {} : { maxLag: policy.maxLag }),
    ...(logs && {
      logs: logs.map((rule): LogPolicy => {
        const key = world.logKey(rule.origin, rule.key);
        return {
          origin: rule.origin,
          key,
          witnesses: rule.witnesses.map(witnessOf),
          quorum: quorumOf(rule.quorum),
          ...(rule.started === undefined ? {} : { started: rule.started }),
          ...(rule.final && {
            final: { size: BigInt(rule.final.length), root: world.treeRoot(rule.final) },
          }),
          ...(seen?.origin === rule.origin && {
            seen: openCheckpoint(world.noteOf(seen), rule.origin, key),
          }),
          growth: proofs.filter(({ origin }) => origin === rule.origin),
        };
      }),
    }),
  };
}

/** The policy with which a case is judged. Throws where it does not fit its keyring. */
export function realPolicy(its: Case): RealPolicy {
  const { policy, ring, now, growth, seen } = its;
  if (!policy.isFile) return policyObject(its);
  return readPolicy(engine, policyFile(policy), {
    now: instantAt(now),
    keyring: policy.root && ring && world.ringBytes(ring),
    seen: seen === undefined ? [] : [world.noteOf(seen)],
    growth: growth.map(world.growthBytes),
  });
}
