/**
 * Secrets in the arguments of a call (WF-69): places that the host fills. The engine knows where they are and what is
 * put together there, and never what a secret is.
 */

import { E_WF_REFERENCE, E_WF_TYPE } from "../../errors/codes";
import { elementAt, lengthOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";
import { isSecret } from "../compile/components";
import { isArray, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeIndex, placeLeave } from "../compile/place";
import { Http } from "../state/nodes";
import { isSecretGranted } from "./grant";

/** Compiles the member `secrets` of a call's arguments: [{at, parts}]. */
export function loadSecretPlaces(h: Http, args: usize): bool {
  const places = objectField(args, "secrets");
  if (places == 0) return true;
  if (!isArray(places, "secrets")) return false;
  const before = placeField("secrets");
  for (let i: u32 = 0; i < lengthOf(places); i++) {
    const inner = placeIndex(i);
    const one = elementAt(places, i);
    if (!onlyFields(one, "at parts")) return false;
    const at = required(one, "at");
    const parts = required(one, "parts");
    if (at == 0 || parts == 0 || !isString(at, "at") || !isArray(parts, "parts")) return false;
    for (let j: u32 = 0; j < lengthOf(parts); j++) if (!isPart(elementAt(parts, j))) return false;
    placeLeave(inner);
  }
  h.secretPlaces = places as u32;
  placeLeave(before);
  return true;
}

/** A text, or a secret's name with the name of its field. */
function isPart(part: usize): bool {
  if (tagOf(part) == STRING) return true;
  if (tagOf(part) != OBJECT)
    return failCell(E_WF_TYPE, "a part is a text, or a secret's name and field", 0);
  if (!onlyFields(part, "field name")) return false;
  const name = required(part, "name");
  const field = required(part, "field");
  if (name == 0 || field == 0 || !isString(name, "name") || !isString(field, "field")) return false;
  return isSecret(name) || failCell(E_WF_REFERENCE, "use.secrets does not list", name);
}

/** True if the grant allows all secrets of the request at hand to go to its origin. Otherwise a problem. */
export function areSecretsGranted(grant: usize, h: Http): bool {
  if (h.secret != 0 && !isSecretGranted(grant, h.secret)) return false;
  if (h.secretPlaces == 0) return true;
  for (let i: u32 = 0; i < lengthOf(h.secretPlaces); i++) {
    const parts = objectField(elementAt(h.secretPlaces, i), "parts");
    for (let j: u32 = 0; j < lengthOf(parts); j++) {
      const part = elementAt(parts, j);
      if (tagOf(part) != OBJECT) continue;
      if (!isSecretGranted(grant, objectField(part, "name"))) return false;
    }
  }
  return true;
}
