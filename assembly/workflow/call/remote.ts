/** What the calls http, mcp and grpc share: a request over HTTP, asked for where it is granted. */

import { setNow } from "../../expr/machine/machine";
import { templateMentions } from "../compile/template";
import { FOR_CALL } from "../state/effects";
import { Http, Task } from "../state/nodes";
import { objectField } from "../../value/object";
import { OK, RESULT } from "../state/outcome";
import { PHASE_EFFECT } from "../state/phases";
import { Branch, Frame, GRANT, inputOf } from "../state/state";
import { bind, INSIDE } from "../step/bind";
import { ask, askFor } from "../step/effects";
import { needs } from "../step/evaluate";
import { raiseProblem, settle } from "../step/faults";
import { isGranted } from "./grant";
import { areSecretsGranted } from "./secret-places";

/** Builds the request of the call in `out`: OK, ERROR or PROBLEM. */
type Build = (t: Task, input: usize, globals: usize, out: usize) => u32;
/** True if the grant allows the request that was built, in RESULT. Otherwise a problem. */
type IsAllowed = (t: Task, h: Http) => bool;

/** Asks for the request, if it is granted. */
export function stepRemote(
  b: Branch,
  f: Frame,
  t: Task,
  h: Http,
  build: Build,
  isAllowed: IsAllowed,
): bool {
  const mentions = mentionsOf(h);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const got = build(t, inputOf(f), bind(b, f, INSIDE, mentions), RESULT);
  if (got != OK) return settle(b, f, got);
  if (!isAllowed(t, h) || !areSecretsGranted(GRANT, h)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, t.effect, FOR_CALL, RESULT);
}

/** What its expressions mention. */
function mentionsOf(h: Http): u32 {
  let mentions: u32 = h.isTemplate ? 0 : templateMentions(h.endpoint);
  if (h.headers != 0) mentions |= templateMentions(h.headers);
  if (h.query != 0) mentions |= templateMentions(h.query);
  if (h.body != 0) mentions |= templateMentions(h.body);
  if (h.credentials != 0) mentions |= templateMentions(h.credentials);
  return mentions;
}

/** By method, origin, path, and headers that override them. */
export function isAddressGranted(_t: Task, h: Http): bool {
  return isGranted(GRANT, h.method, objectField(RESULT, "headers"));
}
