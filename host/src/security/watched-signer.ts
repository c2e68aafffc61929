// Every use of a key is noted, by what is signed with it. docs/spec/security-log.md, SEC-7.
import { fromUtf8 } from "@reach-fabric/engine";
import type { Signer } from "@reach-fabric/evidence";
import type { SecurityEvent } from "@reach-fabric/schema";
import type { SecurityLog } from "./security-log.ts";

type Purpose = Extract<SecurityEvent, { type: "key.used" }>["purpose"];

/** By the type that the pre-authentication encoding of DSSE begins with. */
const TYPES: ReadonlyMap<string, Purpose> = new Map([
  ["application/vnd.reach.keyring.v1+json", "keyring"],
  ["application/vnd.reach.root.v1+json", "root"],
]);

/** By what a statement of in-toto is. */
const PREDICATES: ReadonlyMap<string, Purpose> = new Map([
  ["urn:reach:evidence:v1", "evidence"],
  ["urn:reach:redaction:v1", "redaction"],
  ["urn:reach:pack:v1", "pack"],
  ["https://slsa.dev/provenance/v1", "pack"],
  ["https://cyclonedx.org/bom", "pack"],
  ["urn:reach:yank:v1", "withdrawal"],
  ["https://in-toto.io/attestation/svr/v0.1", "verification"],
]);

/**
 * A signer whose every use is noted, whatever comes of it, with the key's id and what the message is: a signature is of
 * that alone, whoever asked for it.
 *
 * @example
 * const lines: string[] = [];
 * const sink = { write: (_: unknown, line: string) => void lines.push(line) };
 * const log = createSecurityLog({ actor: "ops-7", sinks: [sink] });
 * watchedSigner(signer, log).sign(new Uint8Array(3));
 * JSON.parse(lines[0] ?? "").key; // → signer.key.id
 */
export function watchedSigner(signer: Signer, log: SecurityLog): Signer {
  const { key } = signer;
  const note = (message: Uint8Array, outcome: "success" | "failure"): void =>
    log.note({ type: "key.used", outcome, key: key.id, alg: key.alg, purpose: purposeOf(message) });
  return {
    ...signer,
    key,
    sign: (message) => {
      try {
        const signature = signer.sign(message);
        note(message, "success");
        return signature;
      } catch (error) {
        note(message, "failure");
        throw error;
      }
    },
  };
}

function purposeOf(message: Uint8Array): Purpose {
  const beginning = Buffer.from(message.subarray(0, 200)).toString("latin1");
  const [all = "", type] = /^DSSEv1 \d+ (\S+) \d+ /.exec(beginning) ?? [];
  if (type === "application/vnd.in-toto+json") return statementIn(message.subarray(all.length));
  if (type !== undefined) return TYPES.get(type) ?? "other";
  if (beginning.startsWith("cosignature/v1\n")) return "cosignature";
  return isCheckpoint(message) ? "checkpoint" : "other";
}

function statementIn(payload: Uint8Array): Purpose {
  try {
    const { predicateType } = JSON.parse(fromUtf8(payload)) as { readonly predicateType?: unknown };
    return PREDICATES.get(String(predicateType)) ?? "other";
  } catch {
    return "other";
  }
}

/** LOG-5. */
function isCheckpoint(message: Uint8Array): boolean {
  if (message.length > 1000) return false;
  try {
    return /^[^\n]+\n(?:0|[1-9]\d*)\n[A-Za-z0-9+/]{43}=\n$/.test(fromUtf8(message));
  } catch {
    return false;
  }
}
