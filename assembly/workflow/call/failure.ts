/** Effects that have failed: the closed list of words, and the problem that each one is (TRACE-6). */

import { bufferBytes } from "../../bytes/buffer";
import { addressOf, lengthOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { AUTHORIZATION, COMMUNICATION, problem, PROBLEM_DETAIL } from "../state/problem";

/** {"failure": one of the words of TRACE-6}. */
export function isFailureResult(v: usize): bool {
  if (tagOf(v) != OBJECT || lengthOf(v) != 1) return false;
  const w = objectField(v, "failure");
  return (
    w != 0 &&
    tagOf(w) == STRING &&
    (cellIs(w, "refused") ||
      cellIs(w, "timeout") ||
      cellIs(w, "reset") ||
      cellIs(w, "dns") ||
      cellIs(w, "tls") ||
      cellIs(w, "redirect") ||
      cellIs(w, "tooLarge") ||
      cellIs(w, "denied") ||
      cellIs(w, "protocol"))
  );
}

/** True if the effect has failed, with the problem at hand. */
export function hasFailed(result: usize): bool {
  const failure = objectField(result, "failure");
  if (failure == 0) return false;
  if (cellIs(failure, "denied")) {
    problem(AUTHORIZATION, 403, "The host does not allow this request");
  } else if (
    cellIs(failure, "redirect") ||
    cellIs(failure, "tooLarge") ||
    cellIs(failure, "protocol")
  ) {
    problem(COMMUNICATION, 502, "The service's answer could not be taken");
  } else if (cellIs(failure, "missing")) {
    problem(COMMUNICATION, 404, "There is no such file or folder");
  } else if (cellIs(failure, "exists")) {
    problem(COMMUNICATION, 409, "There is such a file already");
  } else problem(COMMUNICATION, 503, "The service could not be reached");
  bufferBytes(PROBLEM_DETAIL, addressOf(failure), lengthOf(failure));
  return true;
}
