// Proofs that logs have grown, asked for where the policy says that they are served. docs/spec/log.md, LOG-66.
import type { Engine } from "@reach-fabric/engine";
import { emptyState, wantedGrowth } from "@reach-fabric/evidence";
import type { Policy, VerifierState } from "@reach-fabric/evidence";
import { problemOf } from "../ui/problem.ts";
import type { Terminal } from "../ui/terminal.ts";

/** The policy with the proofs that a verification of this evidence has a use for, as far as servers give them. */
export async function withGrowth(
  terminal: Terminal,
  engine: Engine,
  policy: Policy,
  evidence: Uint8Array,
  state: VerifierState = emptyState,
): Promise<Policy> {
  let { logs } = policy;
  if (logs?.some(({ url }) => url !== undefined) !== true) return policy;
  for (const { log, older, newer } of wantedGrowth(engine, evidence, policy, state)) {
    const { key, url: address } = log;
    if (address === undefined) continue;
    const { servedGrowth } = await import("@reach-fabric/host");
    let why = "what it gives shows nothing of that";
    try {
      const proof = await servedGrowth({ address, key, from: older.size, newer });
      if (proof !== undefined) {
        logs = logs.map((each) =>
          each.origin === log.origin ? { ...each, growth: [...(each.growth ?? []), proof] } : each,
        );
        continue;
      }
    } catch (error) {
      const { what, why: reason } = problemOf(error);
      why = reason ?? what;
    }
    const text = `no proof from ${address} that the log has grown from ${older.size} to ${newer.size}: ${why}`;
    terminal.progress("growth", text, { log: log.origin, url: address, why });
  }
  return { ...policy, logs };
}
