// Which texts of an operator's secrets are secret (GRANT-12), and how long they have to be.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { LONG_SECRET, SHORTEST_SECRET } from "./forms.ts";

/** What a scheme's credentials are, as the DSL names them. */
export type Secret = Readonly<Record<string, unknown>>;

/** An operator's secrets by name. */
export type Secrets = Readonly<Record<string, Secret>>;

/** Of the properties of OAuth 2.0 those that say where, who and what, and prove nothing. */
const PUBLIC =
  /^(?:authority|grant|endpoints\..*|scopes\..*|audiences\..*|issuers\..*|request\..*|client\.(?:id|authentication)|(?:subject|actor)\.type)$/;

/**
 * The texts of one secret. A user's name is one only where it is long: then it may be a key, as Stripe's are. Beside
 * them is what HTTP makes of a name and a password.
 *
 * @throws ReachError `REACH-E4133` for a text that is too short to be told from others, without a word of it
 */
export function textsOfSecret(name: string, secret: Secret): string[] {
  const texts = fieldsOf(secret).flatMap(([path, text]) => {
    if (PUBLIC.test(path) || text === "") return [];
    if (path === "username") return text.length < LONG_SECRET ? [] : [text];
    if (text.length < SHORTEST_SECRET) throw tooShort(`${name}.${path}`);
    return [text];
  });
  const { username, password, client } = secret;
  const { id, secret: proof } = (client ?? {}) as { id?: unknown; secret?: unknown };
  return [...texts, ...basic(username, password), ...basic(encoded(id), encoded(proof))];
}

/** What the header of basic authentication holds (RFC 7617). */
function basic(name: unknown, proof: unknown): string[] {
  if (typeof name !== "string" || typeof proof !== "string" || name + proof === "") return [];
  return [Buffer.from(`${name}:${proof}`).toString("base64")];
}

/** RFC 6749, 2.3.1. */
const encoded = (text: unknown): unknown =>
  typeof text === "string" ? new URLSearchParams({ "": text }).toString().slice(1) : text;

function fieldsOf(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    fieldsOf(inner, path === "" ? name : `${path}.${name}`),
  );
}

const tooShort = (where: string): ReachError =>
  new ReachError(hostCode.shortSecret, "A secret is too short.", {
    where: `secret ${where}`,
    why: `it has fewer than ${SHORTEST_SECRET} characters, so that answers hold it by chance`,
    hint: `Take one of ${LONG_SECRET} or more: these are guarded in every form.`,
  });
