// golden/policies: each case as it is pinned, and a case for each member of a policy in each state.
import { createEngine, sameBytes, utf8 } from "@reach-fabric/engine";
import { policyFile } from "@reach-fabric/schema";
import { expect, test } from "vitest";
import { policiesIndex, readPolicyFile } from "../files.ts";
import { judgedByPolicy, states, verifyPolicies } from "../policies.ts";

const index = policiesIndex();

test("every policy judges as it did", () => {
  const { passed, failed } = verifyPolicies(createEngine(), index, readPolicyFile);
  expect(failed).toEqual([]);
  expect(passed).toBe(index.cases.length);
});

test("POL-1: every member of a policy has a case in each state, for each thing that it judges", () => {
  const top = Object.keys(policyFile.shape).filter((name) => name !== "packs");
  const members = [...top, "packs.allowed", "packs.signedBy", "packs.yanked"];
  for (const member of members) {
    const own = index.cases.filter((one) => one.member === member);
    expect([member, [...new Set(own.map(({ state }) => state))].sort()]).toEqual([
      member,
      [...states].sort(),
    ]);
    for (const state of ["absent", "matches", "differs"]) {
      const subjects = own.filter((one) => one.state === state).map(({ subject }) => subject);
      expect([member, state, subjects]).toEqual([
        member,
        state,
        ["evidence", "step", "pack", "period"],
      ]);
    }
  }
});

test("POL-3: what is malformed is refused, and at its place where it is JSON of this form", () => {
  for (const { id, state, policy, expect: wanted } of index.cases) {
    if (state !== "malformed") continue;
    expect([id, "code" in wanted]).toEqual([id, true]);
    if (typeof policy === "object" && "code" in wanted)
      expect([id, wanted.at.length > 0 || id.startsWith("tlogPolicy")]).toEqual([id, true]);
  }
});

test("what differs is judged otherwise by something, and a wrong expectation is found", () => {
  const judgements = (member: string, state: string): string[] =>
    index.cases
      .filter((one) => one.member === member && one.state === state)
      .map((one) => JSON.stringify(one.expect));
  for (const member of new Set(index.cases.map((one) => one.member))) {
    expect([member, judgements(member, "differs")]).not.toEqual([
      member,
      judgements(member, "matches"),
    ]);
  }
  const [first] = index.cases;
  const engine = createEngine();
  const wrong = {
    ...index,
    cases: index.cases.slice(0, 1).map((one) => ({ ...one, expect: { code: "x", at: [] } })),
  };
  expect(verifyPolicies(engine, wrong, readPolicyFile).failed).toHaveLength(1);
  if (first === undefined) throw new Error("no cases");
  const found = judgedByPolicy(engine, first, index.now, readPolicyFile);
  expect(sameBytes(utf8(JSON.stringify(found)), utf8(JSON.stringify(first.expect)))).toBe(true);
});
