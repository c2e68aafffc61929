// Records of the security log as entries of an audit log, which keeps them for ever and names no person: of each type
// less than a line has. docs/spec/security-log.md, SEC-6.
import type { SecurityRecord, SecurityType } from "@reach-fabric/schema";
import type { SecuritySink } from "../security/security-log.ts";
import type { ActDetails } from "./acts.ts";
import type { Log } from "./log.ts";

/** The fields that an entry has of each type; null where the log has an entry of its own for it. */
export const ENTRY_FIELDS: Readonly<Record<SecurityType, readonly string[] | null>> = {
  // Where a request that was denied would have gone may follow from a person's data.
  "grant.denied": ["run", "effect", "kind", "by", "code"],
  "secret.redeemed": ["run", "secret", "origin"],
  "secret.caught": ["run", "effect", "kind", "code"],
  "egress.refused": ["run", "effect", "kind", "reason", "code"],
  "input.refused": ["run", "effect", "input", "code"],
  // Evidence, checkpoints and acts are entries themselves.
  "key.used": null,
  "policy.failed": ["run", "verdicts", "codes"],
  "effect.resolved": ["run", "effect", "as", "code"],
  "value.erased": null,
};

/**
 * A sink that appends records to an audit log, as acts.
 *
 * @param actor an id, and no person's name: an entry cannot be removed
 *
 * @example
 * const noted = createSecurityLog({ actor: "ops-7", sinks: [securityEntries(log, "host-3")] });
 * const before = log.last.size;
 * noted.note({ type: "secret.redeemed", outcome: "success", secret: "bureau", origin: "https://a.example" });
 * await noted.close();
 * log.last.size - before; // → 1n
 */
export function securityEntries(log: Log, actor: string): SecuritySink {
  return {
    write: async (record) => {
      const fields = ENTRY_FIELDS[record.type];
      if (fields === null) return;
      const { type, outcome } = record;
      await log.append({
        type: "act",
        body: { type, actor, outcome, details: detailsOf(record, fields) },
      });
    },
  };
}

function detailsOf(record: SecurityRecord, fields: readonly string[]): ActDetails {
  const entries = Object.entries(record).filter(([name]) => fields.includes(name));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : String(value)]),
  );
}
