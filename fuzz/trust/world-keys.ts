// The real keys and keyrings that facts stand for.
import { createPrivateKey, sign } from "node:crypto";
import { concat, fromBase64, fromHex, toBase64, toHex } from "@reach-fabric/engine";
import { canonicalBytes, newKey, signerOf } from "@reach-fabric/evidence";
import type { PublicKey, Root as RealRoot, Signer } from "@reach-fabric/evidence";
import { instantAt, preAuthEncoding, signRootChange } from "@reach-fabric/evidence/testing";
import { engine, pseudoRandom } from "../../evidence/test/fixtures/fixture.ts";
import type { KeyName, Ring, Root, RootChange } from "./facts.ts";
import { kept, keptOf } from "./kept.ts";

const signatures = kept<Uint8Array>();
const signers = kept<Signer>();

const PKCS8 = fromHex("302e020100300506032b657004220420");

function platformSigner(secret: Uint8Array): Signer["sign"] {
  const der = Buffer.from(concat([PKCS8, secret]));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return (message) => new Uint8Array(sign(null, message, key));
}

/** The signer with the key of a name. What it has signed before it does not compute again. */
export const signer = (name: KeyName): Signer =>
  signers(name, () => {
    const alg = name.startsWith("pack") ? "P-256" : "Ed25519";
    const file = newKey(pseudoRandom(`trust ${name}`), alg).private;
    const own = signerOf(file);
    const { key } = own;
    // Ed25519 signs a message in one way, and the platform does it in less time.
    if (alg === "Ed25519") return { key, sign: platformSigner(fromBase64(file.private)) };
    const signOnce = (message: Uint8Array): Uint8Array =>
      signatures(`${name} ${toHex(engine.sha256(message))}`, () => own.sign(message));
    return { key, sign: signOnce };
  });

export const keyOf = (name: KeyName): PublicKey => signer(name).key;

export const rootOf = ({ threshold, keys }: Root): RealRoot => ({
  threshold,
  keys: keys.map(keyOf),
});

const RING_TYPE = "application/vnd.reach.keyring.v1+json";

/** What the root signs. */
export const ringPayload = keptOf<Ring, Uint8Array<ArrayBuffer>>((ring) =>
  canonicalBytes(engine, {
    format: "reach/keyring/v1",
    serial: ring.serial,
    ...(ring.previous && { previous: ringDigest(ring.previous) }),
    issuedAt: instantAt(ring.issuedAt),
    expiresAt: instantAt(ring.expiresAt),
    keys: ringEntries(ring),
  }),
);

export const ringDigest = (ring: Ring): string => toHex(engine.sha256(ringPayload(ring)));

export const ringEntries = ({ keys }: Ring): object[] =>
  keys.map(({ key, role, tenant, from, to, compromisedAt }) => ({
    alg: keyOf(key).alg,
    id: keyOf(key).id,
    public: toBase64(keyOf(key).bytes),
    role,
    ...(tenant === undefined ? {} : { tenant }),
    from: instantAt(from),
    to: instantAt(to),
    ...(compromisedAt === undefined ? {} : { compromisedAt: instantAt(compromisedAt) }),
  }));

/** The keyring as its signers would write it, whether anyone takes it or not. */
export const ringBytes = keptOf<Ring, Uint8Array<ArrayBuffer>>((ring) => {
  const payload = ringPayload(ring);
  const message = preAuthEncoding(RING_TYPE, payload);
  return canonicalBytes(engine, {
    payload: toBase64(payload),
    payloadType: RING_TYPE,
    ...(ring.changes.length === 0 ? {} : { roots: ring.changes.map(changeOf) }),
    signatures: ring.by.map((name) => ({ sig: toBase64(signer(name).sign(message)) })),
  });
});

const changeOf = ({ serial, from, to, issuedAt, by }: RootChange) => {
  const [old, next] = [rootOf(from), rootOf(to)];
  return signRootChange(
    engine,
    { root: old, signers: by.map(signer) },
    { root: next, signers: [] },
    { serial, issuedAt: instantAt(issuedAt) },
  );
};
