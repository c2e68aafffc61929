// What a protected resource says of its authorities (RFC 9728), and these of themselves (RFC 8414, OpenID Connect Discovery): asked
// as any other request is, so that nothing is contacted that the grant does not hold.
import * as oauth from "oauth4webapi";

/** Authorities of one resource that are looked at. */
const MOST = 8;

/**
 * The issuers that a resource names, in its order: at its own well-known place, or else at that of its origin.
 *
 * @throws what the sending throws, and an error of the protocol's for metadata that are of another resource
 */
export async function authoritiesOf(resource: string, options: object): Promise<readonly string[]> {
  const expected = new URL(resource);
  let response = await oauth.resourceDiscoveryRequest(expected, options);
  if (response.status === 404 && expected.pathname !== "/") {
    response = await oauth.resourceDiscoveryRequest(new URL(expected.origin), options);
  }
  const said = await oauth.processResourceDiscoveryResponse(expected, response);
  const { authorization_servers: issuers } = said;
  return Array.isArray(issuers)
    ? issuers.filter((one) => typeof one === "string" && URL.canParse(one)).slice(0, MOST)
    : [];
}

/** An authority's own description, which must be of the issuer that was named. */
export async function authorityAt(
  issuer: string,
  options: object,
): Promise<oauth.AuthorizationServer> {
  const expected = new URL(issuer);
  try {
    return await described(expected, { ...options, algorithm: "oauth2" });
  } catch {
    return described(expected, { ...options, algorithm: "oidc" });
  }
}

async function described(
  issuer: URL,
  options: oauth.DiscoveryRequestOptions,
): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(issuer, options);
  return oauth.processDiscoveryResponse(issuer, response);
}
