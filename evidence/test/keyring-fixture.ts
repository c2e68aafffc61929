// A root, some keys, and keyrings of them.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { issueKeyring, newKey, publicKeyOf, signerOf, withKey } from "@reach-fabric/evidence";
import type { Enrolment, Issue, Keyring, PublicKey } from "@reach-fabric/evidence";
import { preAuthEncoding } from "../src/signature/dsse.ts";
import { canonical, engine, pseudoRandom, trusted } from "./fixture.ts";

export const root = signerOf(newKey(pseudoRandom("root")).private);
export const otherRoot = signerOf(newKey(pseudoRandom("another root")).private);
/** A key that signs packs. */
export const packer = publicKeyOf(newKey(pseudoRandom("packer"), "P-256").public);
/** A key of nobody in particular. */
export const somebody = publicKeyOf(newKey(pseudoRandom("somebody")).public);

/** The runs of the fixture end on 2026-11-23. */
export const year = { from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" };
export const evidenceOfAcme: Enrolment = { role: "evidence", tenant: "acme", ...year };
export const now = "2026-11-24T00:00:00.000Z";
export const issue: Omit<Issue, "keys"> = {
  issuedAt: "2026-11-01T00:00:00.000Z",
  expiresAt: "2026-12-01T00:00:00.000Z",
};

/** A keyring with these keys. */
export function ringOf(
  entries: readonly (readonly [PublicKey, Enrolment])[],
  change: (keys: Issue["keys"]) => Issue["keys"] = (keys) => keys,
): { bytes: Uint8Array<ArrayBuffer>; keyring: Keyring } {
  const keys = entries.reduce<Issue["keys"]>((all, [key, as]) => withKey(all, key, as), []);
  return issueKeyring(engine, root, undefined, { ...issue, keys: change(keys) });
}

/** One whose key signs evidence for acme. */
export const acme = ringOf([[trusted, evidenceOfAcme]]);

/** The payload of a keyring, as it was signed. */
export function payloadOf(bytes: Uint8Array): Record<string, unknown> {
  const { payload } = JSON.parse(fromUtf8(bytes)) as { payload: string };
  return JSON.parse(atob(payload)) as Record<string, unknown>;
}

/** A keyring that the root signs, whatever is in it. */
export function signedRing(payload: string | object, by = root): Uint8Array<ArrayBuffer> {
  const type = "application/vnd.reach.keyring.v1+json";
  const bytes = typeof payload === "string" ? utf8(payload) : canonical(payload);
  const base64 = (content: Uint8Array): string => btoa(String.fromCharCode(...content));
  return canonical({
    payload: base64(bytes),
    payloadType: type,
    signatures: [{ sig: base64(by.sign(preAuthEncoding(type, bytes))) }],
  });
}
