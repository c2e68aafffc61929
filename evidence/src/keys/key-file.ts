// Key files: making, reading, signing with them. docs/spec/keys.md, KEY-5 to KEY-7.
import { fromUtf8, toBase64, utf8 } from "@reach-fabric/engine";
import type { Engine, Text } from "@reach-fabric/engine";
import { keyFile } from "@reach-fabric/schema";
import type { KeyFile, SealedKey } from "@reach-fabric/schema";
import { algorithms } from "./algorithms.ts";
import type { AlgorithmName } from "./algorithms.ts";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError } from "../errors/errors.ts";
import { fileInShape } from "../encoding/json.ts";
import { matching, object, oneOf, text } from "../encoding/shape.ts";
import type { Check } from "../encoding/shape.ts";
import { publicKey, publicKeyOfPem, sameKey } from "./key.ts";
import type { PublicKey, Signer } from "./key.ts";

/** A key file with its private part in clear. */
export type PrivateKeyFile = KeyFile & { private: string };

/**
 * A new key as two key files: `private` to sign with, `public` to hand out.
 *
 * @param random gives so many random bytes, from a source that is fit for keys
 * @throws EvidenceError `REACH-E5201` the source is not fit
 *
 * @example
 * const { private: secret, public: shared } = newKey((n) => crypto.getRandomValues(new Uint8Array(n)));
 */
export function newKey(
  random: (size: number) => Uint8Array,
  alg: AlgorithmName = "Ed25519",
): { private: PrivateKeyFile; public: KeyFile } {
  const { secretSize, isSecret, publicOf } = algorithms[alg];
  const secret = random(secretSize);
  const isFit = secret.length === secretSize && secret.some((byte) => byte !== secret[0]);
  if (!isFit || !isSecret(secret)) {
    throw new EvidenceError("REACH-E5201", "the source of randomness gave no 32 random bytes");
  }
  const shared = publicKeyFile(publicKey(publicOf(secret), alg));
  return { private: { ...shared, private: toBase64(secret) }, public: shared };
}

/**
 * The key file of a public key: of format v1 where that has it, so that older programs read it.
 *
 * @example
 * const { run } = openEvidence(engine, bytes);
 * publicKeyFile(run.key).alg; // → "Ed25519"
 */
export const publicKeyFile = ({ alg, id, bytes }: PublicKey): KeyFile =>
  alg === "Ed25519"
    ? { format: "reach/key/v1", alg, id, public: toBase64(bytes) }
    : { format: "reach/key/v2", alg, id, public: toBase64(bytes) };

const bytesOf = (size: number): Check =>
  text(`${size} bytes as base64`, (base64) => exactBase64(base64)?.length === size);

const plainOf = (format: string, alg: AlgorithmName): Check =>
  object(
    {
      format: oneOf(format),
      alg: oneOf(alg),
      id: matching(/^[0-9a-f]{16}$/, "16 lower-case hex digits"),
      public: bytesOf(algorithms[alg].publicSize),
    },
    { private: bytesOf(32) },
  );

const plainKeyFiles = [
  plainOf("reach/key/v1", "Ed25519"),
  plainOf("reach/key/v2", "Ed25519"),
  plainOf("reach/key/v2", "P-256"),
];

/**
 * Whether a value is a key file with nothing encrypted: told without the schema, which takes longer to load than
 * evidence takes to verify, and which says of any other file what is wrong with it.
 */
const isPlain = (value: unknown): value is KeyFile =>
  plainKeyFiles.some((check) => check(value) === undefined);

/**
 * The key file in a JSON text, its members checked and its key enrolled as publicKey() does. The PEM of a public key is
 * read as its key file.
 *
 * @throws EvidenceError `REACH-E5201` not a key file, `REACH-E5202` a key that is not safe,
 *   `REACH-E5203` its parts do not belong together
 *
 * @example
 * const { public: shared } = newKey((n) => crypto.getRandomValues(new Uint8Array(n)));
 * readKeyFile(engine, JSON.stringify(shared)).id === shared.id; // → true
 * readKeyFile(engine, "{}"); // → throws REACH-E5201
 */
export function readKeyFile(engine: Pick<Engine, "canonicalize">, json: Text): KeyFile {
  const pem = publicKeyOfPem(typeof json === "string" ? json : new TextDecoder().decode(json));
  if (pem !== undefined) return publicKeyFile(pem);
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(engine.canonicalize(json)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it is not JSON";
    throw new EvidenceError("REACH-E5201", `not a key file: ${why}`, { cause });
  }
  const file = isPlain(value) ? value : fileInShape(keyFile, value, "the key file", "REACH-E5201");
  publicKeyOf(file);
  if (file.private !== undefined) signerOf(file);
  return file;
}

/**
 * The public key of a key file.
 *
 * @throws EvidenceError `REACH-E5201`, `REACH-E5202`, `REACH-E5203` as readKeyFile() does
 *
 * @example
 * const key = publicKeyOf(keyFile);
 * verify(engine, bytes, { trustedKeys: [key] }).verdicts.trusted.result; // → "pass"
 */
export function publicKeyOf(file: Pick<KeyFile, "alg" | "id" | "public">): PublicKey {
  const bytes = exactBase64(file.public);
  if (bytes === undefined) throw new EvidenceError("REACH-E5201", "the public key is not base64");
  const key = publicKey(bytes, file.alg);
  if (key.id !== file.id) {
    throw new EvidenceError("REACH-E5203", `the key file says ${file.id}, its key is ${key.id}`);
  }
  return key;
}

/**
 * A signer with the private key of a key file.
 *
 * @throws EvidenceError `REACH-E5204` there is none; `REACH-E5207` it is encrypted; `REACH-E5203` it
 *   is that of another key
 *
 * @example
 * const { private: secret, public: shared } = newKey((n) => crypto.getRandomValues(new Uint8Array(n)));
 * sameKey(signerOf(secret).key, publicKeyOf(shared)); // → true
 * signerOf(shared); // → throws REACH-E5204
 */
export function signerOf(file: KeyFile): Signer {
  const key = publicKeyOf(file);
  if (file.private === undefined) {
    throw "sealed" in file && file.sealed !== undefined
      ? new EvidenceError("REACH-E5207", `the private key of ${key.id} is encrypted`)
      : new EvidenceError("REACH-E5204", `the key file of ${key.id} has no private key`);
  }
  const secret = exactBase64(file.private);
  const { secretSize, isSecret, publicOf, sign } = algorithms[key.alg];
  if (secret?.length !== secretSize || !isSecret(secret)) {
    throw new EvidenceError("REACH-E5201", "the private key is not 32 bytes in base64");
  }
  if (!sameKey(publicKey(publicOf(secret), key.alg), key)) {
    throw new EvidenceError("REACH-E5203", `the private key is not that of ${key.id}`);
  }
  return { key, sign: (message) => sign(message, secret) };
}

/** Turns a passphrase into a key and encrypts with it; the machine's, because both cost time. */
export interface Sealer {
  seal(secret: Uint8Array, context: Uint8Array): SealedKey;
  /** Undefined where the passphrase, or anything that was bound, is another. */
  open(sealed: SealedKey, context: Uint8Array): Uint8Array | undefined;
}

/** What a sealed key is bound to: who moves it into another file cannot open it there. */
const contextOf = ({ alg, id, public: shared }: KeyFile): Uint8Array =>
  utf8(`reach/key/v2 ${alg} ${id} ${shared}`);

/** The key file with its private key encrypted. */
export function sealKeyFile(file: PrivateKeyFile, sealer: Sealer): KeyFile {
  const secret = exactBase64(file.private) ?? new Uint8Array();
  const { alg, id, public: shared } = file;
  const sealed = sealer.seal(secret, contextOf(file));
  return { format: "reach/key/v2", alg, id, public: shared, sealed };
}

/**
 * The key file with its private key in clear.
 *
 * @throws EvidenceError `REACH-E5208` another passphrase, or the file was changed
 */
export function openKeyFile(file: KeyFile, sealer: Sealer): KeyFile {
  if (!("sealed" in file) || file.sealed === undefined) return file;
  const secret = sealer.open(file.sealed, contextOf(file));
  if (secret === undefined) {
    throw new EvidenceError("REACH-E5208", `this does not open the private key of ${file.id}`);
  }
  const { alg, id, public: shared } = file;
  return { format: "reach/key/v2", alg, id, public: shared, private: toBase64(secret) };
}
