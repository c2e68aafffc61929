// Keyrings, key files and policies in the hands of somebody who has no private key: what he makes of them
// is refused, or says the same as before. docs/spec/keys.md, KEY-5, KEY-8; docs/spec/policy.md, POL-1.
import { createEngine, fromUtf8 } from "@reach-fabric/engine";
import {
  EvidenceError,
  issueKeyring,
  newKey,
  openKeyring,
  publicKeyOf,
  readKeyFile,
  readPolicy,
  signerOf,
  withKey,
} from "@reach-fabric/evidence";
import type { Policy } from "@reach-fabric/evidence";
import fc from "fast-check";
import { bytesOf, changed, edit } from "../arbitraries/edits.ts";
import type { Edit } from "../arbitraries/edits.ts";
import type { Target } from "./registry.ts";

interface Attack {
  readonly file: "keyring" | "payload" | "key" | "private key" | "policy";
  readonly acts: readonly Edit[];
}

/** Bytes that follow from a seed: the keys are the same in every run. */
const seeded = (seed: number) => (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) % 251);

export function keyringTarget(): Target<Attack> {
  const engine = createEngine();
  const root = signerOf(newKey(seeded(1)).private);
  const signer = newKey(seeded(2), "P-256");
  const year = { from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" };
  const evidence = publicKeyOf(newKey(seeded(3)).public);
  const keys = withKey([], publicKeyOf(signer.public), { role: "pack", ...year });
  const [issuedAt, expiresAt, now] = ["01", "30", "15"].map(
    (day) => `2026-11-${day}T00:00:00.000Z`,
  );
  const times = { issuedAt: issuedAt ?? "", expiresAt: expiresAt ?? "" };
  const all = withKey(keys, evidence, { role: "evidence", tenant: "acme", ...year });
  const { bytes, keyring } = issueKeyring(engine, root, undefined, { keys: all, ...times });
  const envelope = fromUtf8(bytes);
  const payload = atob((JSON.parse(envelope) as { payload: string }).payload);
  const { alg } = root.key;
  const shared = btoa(String.fromCharCode(...root.key.bytes));
  const policy = { format: "reach/policy/v1", root: { alg, public: shared }, tenant: "acme" };
  const texts = {
    keyring: envelope,
    payload,
    key: JSON.stringify(signer.public),
    "private key": JSON.stringify(signer.private),
    policy: JSON.stringify(policy),
  };
  const counts = { refused: 0, same: 0 };

  /** What an attack came to: nothing, where it is refused; otherwise what is wrong with that. */
  function judge(file: Attack["file"], text: string): string | undefined {
    if (file === "keyring" || file === "payload") {
      const whole = file === "keyring" ? text : envelope.replace(btoa(payload), btoa(text));
      openKeyring(engine, bytesOf(whole), root.key);
      return whole === envelope ? undefined : "another keyring passes for the root's";
    }
    if (file === "policy") {
      const read: Policy = readPolicy(engine, bytesOf(text), { keyring: bytes, now: now ?? "" });
      return read.signers?.keyring.digest === keyring.digest ? undefined : "another keyring counts";
    }
    const key = readKeyFile(engine, bytesOf(text));
    const { private: secret = signer.private.private } = key;
    const said = [key.alg, key.id, key.public, secret];
    const { alg: own, id, public: point, private: clear } = signer.private;
    const same = said.every((text, i) => text === [own, id, point, clear][i]);
    return same ? undefined : "another key passes for this one";
  }

  return {
    name: "keyring",
    arbitrary: fc.record({
      file: fc.constantFrom("keyring", "payload", "key", "private key", "policy"),
      acts: fc.array(edit, { maxLength: 3 }),
    }),
    check: ({ file, acts }) => {
      const text = acts.reduce(changed, texts[file]);
      let wrong: string | undefined;
      try {
        wrong = judge(file, text);
        counts.same += 1;
      } catch (error) {
        if (!(error instanceof EvidenceError)) throw error;
        if (text === texts[file])
          throw new Error(`the ${file} itself is refused`, { cause: error });
        counts.refused += 1;
      }
      if (wrong !== undefined) throw new Error(`${wrong}: ${JSON.stringify(text)}`);
    },
    known: () => `${counts.refused} refused, ${counts.same} pass with the same keys`,
  };
}
