/** fork: branches that run side by side (WF-30 to WF-34); how they end is in step/join.ts. */

import { arenaTake, PERSISTENT } from "../bytes/arena";
import { E_WF_TYPE } from "../errors/codes";
import { MENTIONS_WORKFLOW_ID, MENTIONS_WORKFLOW_STARTED } from "../expr/syntax/mentions";
import { copyCell, tagOf, TRUE } from "../value/cell";
import { objectField } from "../value/object";
import { isBoolean, onlyFields, onlyTaskFields, required } from "./compile/fields";
import { failCell, placeField, placeLeave } from "./compile/place";
import { LoadList } from "./compile/task";
import { mentionedBegin, mentionedEnd } from "./compile/template";
import { keepPrefix, makeReady } from "./state/branches";
import { FORK, Fork, List, NO_FLOW, Task, taskOf } from "./state/nodes";
import { PHASE_FORK } from "./state/phases";
import {
  Branch,
  contextOf,
  FORKED,
  Frame,
  inputOf,
  newBranch,
  newFrame,
  rawOf,
  RUN,
  runArena,
} from "./state/state";
import { askFor } from "./step/effects";
import { needs } from "./step/evaluate";

export function loadFork(t: Task, v: usize, depth: u32, load: LoadList): bool {
  t.kind = FORK;
  if (!onlyTaskFields(v, "fork")) return false;
  const fork = objectField(v, "fork");
  const before = placeField("fork");
  if (!onlyFields(fork, "branches compete")) return false;
  const branches = required(fork, "branches");
  if (branches == 0) return false;
  const compete = objectField(fork, "compete");
  if (compete != 0 && !isBoolean(compete, "compete")) return false;
  const k = changetype<Fork>(arenaTake(PERSISTENT, offsetof<Fork>()));
  k.compete = compete != 0 && tagOf(compete) == TRUE ? 1 : 0;
  const outside = mentionedBegin();
  k.list = load(branches, "branches", depth + 1);
  if (k.list == 0) return false;
  k.mentions = mentionedEnd(outside);
  if (changetype<List>(k.list).count == 0)
    return failCell(E_WF_TYPE, "a fork has at least one branch", 0);
  t.body = changetype<usize>(k) as u32;
  placeLeave(before);
  return true;
}

/** Its branches begin, once what they could ask about the run as a whole is there. */
export function stepFork(b: Branch, f: Frame, t: Task): bool {
  const k = changetype<Fork>(t.body);
  // Asked by the branches, it would depend on their order who is first.
  const missing = needs(b, f, k.mentions & (MENTIONS_WORKFLOW_STARTED | MENTIONS_WORKFLOW_ID));
  return missing != 0 ? askFor(b, f, missing) : beginFork(b, f, k);
}

/** Begins the branches of a fork; the first one goes on first. */
function beginFork(b: Branch, f: Frame, k: Fork): bool {
  const n = changetype<List>(k.list).count;
  f.phase = PHASE_FORK;
  b.state = FORKED;
  b.fork = b.sequence++;
  b.children = arenaTake(runArena(), n << 2) as u32;
  b.count = n;
  b.open = n;
  b.forkedAt = RUN.used;
  b.cursor = 0;
  RUN.forked = 1;
  for (let i = n; i > 0; i--) {
    const child = newBranch();
    store<u32>(b.children + ((i - 1) << 2), changetype<usize>(child) as u32);
    child.parent = changetype<usize>(b) as u32;
    child.index = i - 1;
    child.hasNow = b.hasNow;
    child.now = b.now;
    copyCell(contextOf(child), contextOf(b));
    const frame = newFrame(
      changetype<usize>(f) as u32,
      changetype<usize>(taskOf(k.list, i - 1)) as u32,
    );
    frame.flow = NO_FLOW;
    copyCell(rawOf(frame), inputOf(f));
    child.frame = changetype<usize>(frame) as u32;
    if (!keepPrefix(b, child)) return false;
    makeReady(child);
  }
  return true;
}
