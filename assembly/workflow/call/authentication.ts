/** Authentication of a request (WF-48): what the host makes its header from, or the secret's name. */

import { textByte } from "../../bytes/byte";
import { COLON, SPACE, TILDE } from "../../bytes/characters";
import { arenaTake, SCRATCH } from "../../bytes/arena";
import { E_WF_REFERENCE, E_WF_TYPE } from "../../errors/codes";
import {
  addressOf,
  keyAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { component, isSecret } from "../compile/components";
import { isString, onlyFields, required } from "../compile/fields";
import { failCell, placeEnter, placeField, placeLeave } from "../compile/place";
import { compileTemplate, evaluateTemplate } from "../compile/template";
import { closeObject, literalCell, putMember } from "../state/literal";
import { BASIC, BEARER, DIGEST_AUTH, Http, OAUTH2, OIDC } from "../state/nodes";
import { CONFIGURATION, problem } from "../state/problem";

/** Compiles `authentication` of an endpoint. */
export function loadAuthentication(h: Http, v: usize): bool {
  const before = placeField("authentication");
  let policy = v;
  if (tagOf(v) == OBJECT && objectField(v, "use") != 0) {
    if (!onlyFields(v, "use")) return false;
    const name = objectField(v, "use");
    if (!isString(name, "use")) return false;
    policy = component("authentications", name);
    if (policy == 0)
      return failCell(E_WF_REFERENCE, "use.authentications has no such authentication", name);
    if (tagOf(policy) == OBJECT && objectField(policy, "use") != 0)
      return failCell(E_WF_TYPE, "a named authentication does not name another one", 0);
  }
  if (!onlyFields(policy, "basic bearer digest oauth2 oidc")) return false;
  if (lengthOf(policy) != 1)
    return failCell(E_WF_TYPE, "expected exactly one of basic, bearer, digest, oauth2, oidc", 0);
  const scheme = keyAt(policy, 0);
  const inner = placeEnter(scheme);
  if (cellIs(scheme, "basic")) h.scheme = BASIC;
  else if (cellIs(scheme, "bearer")) h.scheme = BEARER;
  else if (cellIs(scheme, "digest")) h.scheme = DIGEST_AUTH;
  else h.scheme = cellIs(scheme, "oauth2") ? OAUTH2 : OIDC;
  const body = valueAt(policy, 0);
  const secret = tagOf(body) == OBJECT ? objectField(body, "use") : 0;
  if (secret != 0) {
    if (!onlyFields(body, "use") || !isString(secret, "use")) return false;
    if (!isSecret(secret)) return failCell(E_WF_REFERENCE, "use.secrets does not list", secret);
    h.secret = secret as u32;
  } else if (!checkCredentials(h.scheme, body)) return false;
  if (secret == 0) {
    h.credentials = compileTemplate(body);
    if (h.credentials == 0) return false;
  }
  placeLeave(inner);
  placeLeave(before);
  return true;
}

/** The fields that a scheme's credentials have; what is inside those of OAuth 2.0 is the host's to read. */
function checkCredentials(scheme: u32, body: usize): bool {
  if (scheme == BEARER) return onlyFields(body, "token") && required(body, "token") != 0;
  if (scheme == OAUTH2 || scheme == OIDC) {
    const names =
      scheme == OAUTH2
        ? "actor audiences authority client endpoints grant issuers password request scopes subject username"
        : "actor audiences authority client grant issuers password request scopes subject username";
    return (
      onlyFields(body, names) && required(body, "authority") != 0 && required(body, "grant") != 0
    );
  }
  if (!onlyFields(body, "password username")) return false;
  return required(body, "username") != 0 && required(body, "password") != 0;
}

/** The member `authentication` of a request: false with an error recorded, or a problem at hand. */
export function buildAuthentication(h: Http, input: usize, globals: usize, out: usize): bool {
  const given = arenaTake(SCRATCH, 16);
  setCell(given, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  const isToken = h.scheme == OAUTH2 || h.scheme == OIDC;
  if (h.secret == 0) {
    if (!evaluateTemplate(h.credentials, input, globals, given)) return false;
    for (let i: u32 = 0; i < lengthOf(given) && !isToken; i++) {
      if (!isCredential(keyAt(given, i), valueAt(given, i)))
        return problem(CONFIGURATION, 400, "The credentials hold what a header cannot");
    }
  }
  const at = objectStorage(SCRATCH, 3);
  let p = at;
  // How the host gets a token is one value; other credentials are members.
  if (isToken) {
    if (h.secret == 0) p = putMember(p, "properties", given);
  } else p = putMember(p, "password", objectField(given, "password"));
  literalCell(p, "scheme");
  literalCell(p + 16, schemeName(h.scheme));
  p = putMember(p + 32, "secret", h.secret);
  if (!isToken) {
    p = putMember(p, "token", objectField(given, "token"));
    p = putMember(p, "username", objectField(given, "username"));
  }
  closeObject(out, at, p);
  return true;
}

function schemeName(scheme: u32): string {
  if (scheme == BASIC) return "basic";
  if (scheme == BEARER) return "bearer";
  if (scheme == DIGEST_AUTH) return "digest";
  return scheme == OAUTH2 ? "oauth2" : "oidc";
}

/** Printable ASCII; of a token no space, of a user's name no colon, which would end it. */
function isCredential(key: usize, v: usize): bool {
  if (tagOf(v) != STRING) return false;
  const isName = cellIs(key, "username");
  const isToken = cellIs(key, "token");
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const c: u32 = textByte(addressOf(v) + i);
    if (c < SPACE || c > TILDE || (isName && c == COLON) || (isToken && c == SPACE)) return false;
  }
  return !isToken || lengthOf(v) != 0;
}
