// What a verification came to, signed by the one who made it: an in-toto Simple Verification Result. docs/spec/evidence.md,
// EVID-53 and EVID-54.
import { sha256, toBase64, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { instant, object, requireShape } from "../encoding/shape.ts";
import { EvidenceError } from "../errors/errors.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import type { Judgement } from "../trust/verdicts.ts";
import { writeBundle } from "../signature/bundle.ts";
import { formatStatement } from "../signature/in-toto.ts";

const PREDICATE_TYPE = "https://in-toto.io/attestation/svr/v0.1";
/** Changes when what a verdict means does. */
const VERIFIER = "urn:reach:verifier:v1";
const when = object({ at: instant });

/** Who says what a verification came to, and what it was made by. */
export interface Attested {
  readonly signer: Signer;
  /** The verifier's time, as `2026-11-23T07:00:00.000Z`. */
  readonly at: string;
  /** The file that was verified, as it lies there. */
  readonly file: Uint8Array;
  /** The policy that it was judged by, as it lies there; and the keyring, where the policy has one. */
  readonly policy: Uint8Array;
  readonly keyring?: Uint8Array | undefined;
  /** The keys that were trusted, where that is not the policy's to say: it has no root. */
  readonly trustedKeys?: readonly PublicKey[] | undefined;
}

/**
 * The signed result of a verification, a Sigstore bundle: which file was verified, when, by which policy and engine, and
 * each verdict that passed. What did not pass, or was not checked, is not in it.
 *
 * Guarantees: nothing is signed where a required verdict did not pass. What it does not show: that who signed it has
 * verified anything.
 *
 * @param report what verify() or verifyStep() found of `file` under `policy` with this engine
 * @throws EvidenceError `REACH-E5804` a required verdict did not pass; `REACH-E5802` not a time
 *
 * @example
 * const report = verify(engine, bytes, { now });
 * const result = attest(engine, report, { signer, at: now, file: bytes, policy: policyBytes });
 */
export function attest(
  engine: Engine,
  report: Judgement<string>,
  { signer, at, file, policy, keyring, trustedKeys }: Attested,
): Uint8Array<ArrayBuffer> {
  requireShape(when, { at }, "what a verification came to", "REACH-E5802");
  const { verdicts, required } = report;
  const open = required.find((name) => verdicts[name]?.result !== "pass");
  if (open !== undefined) {
    const what = `${open} is required and did not pass: nothing is signed`;
    throw new EvidenceError("REACH-E5804", what);
  }
  const passed = Object.keys(verdicts).filter((name) => verdicts[name]?.result === "pass");
  const keyText = ({ alg, bytes }: PublicKey): object => ({ alg, public: toBase64(bytes) });
  const digestOf = (bytes: Uint8Array): { digest: { sha256: string } } => ({
    digest: { sha256: toHex(sha256(bytes)) },
  });
  const statement = formatStatement(engine, {
    subjects: [{ name: "evidence", sha256: toHex(sha256(file)) }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      properties: passed.map((name) => `REACH_${name.toUpperCase()}`),
      timeCreated: at,
      verifier: {
        id: VERIFIER,
        engine: { digest: { sha256: engine.digest } },
        key: keyText(signer.key),
        policy: digestOf(policy),
        ...(keyring === undefined ? {} : { keyring: digestOf(keyring) }),
        ...(trustedKeys === undefined ? {} : { trusted: trustedKeys.map(keyText) }),
      },
    },
  });
  return writeBundle(engine, statement, signer);
}
