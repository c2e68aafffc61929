// Names of things in registries: HOST[:PORT]/NAME[:TAG|@DIGEST], as the OCI distribution specification 1.1 has
// them.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

export interface Reference {
  readonly registry: string;
  readonly name: string;
  /** A tag, or `sha256:` and 64 hex digits. */
  readonly reference: string;
}

const HOST = /^(?:(?:[a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

/**
 * Reads a reference. A registry is always named: there is no default one.
 *
 * @throws ReachError `REACH-E4141`
 *
 * @example
 * parseReference("registry.example:5000/acme/loan:1.2.0").reference; // → "1.2.0"
 */
export function parseReference(text: string): Reference {
  const form =
    /^([^/]+)\/([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::([\w][\w.-]{0,127})|@(sha256:[0-9a-f]{64}))?$/;
  const [, registry, name, tag, digest] = form.exec(text) ?? [];
  const reference = tag ?? digest;
  if (
    registry !== undefined &&
    isHost(registry) &&
    name !== undefined &&
    name.length <= 255 &&
    reference !== undefined
  ) {
    return { registry, name, reference };
  }
  throw new ReachError(hostCode.badReference, "This is not a reference to a registry.", {
    where: withoutUser(text),
    hint: "Write HOST/NAME:TAG or HOST/NAME@sha256:DIGEST.",
  });
}

/** Whether a URL takes it, too: a port may be none. */
const isHost = (text: string): boolean => HOST.test(text) && URL.canParse(`https://${text}`);

/**
 * The name of a host, with its port where it has one.
 *
 * @throws ReachError `REACH-E4141`
 */
export function requireHost(text: string): string {
  if (isHost(text)) return text;
  throw new ReachError(hostCode.badReference, "This is not the name of a host.", {
    where: withoutUser(text),
    hint: "Write HOST or HOST:PORT, without a scheme.",
  });
}

/** For errors: what stands before an @, which may be a password, is not shown. */
const withoutUser = (text: string): string => text.replace(/^.*@(?!sha256:)/s, "***@");
