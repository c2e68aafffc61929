/** The lists inside a task. */

import {
  DO,
  FOR,
  For,
  FORK,
  Fork,
  LISTEN,
  Listen,
  RUN_TASK,
  RunTask,
  SUBFLOW,
  Task,
  TRY,
  Try,
} from "./nodes";

/** How many lists of tasks a task holds. */
export function listsInside(t: Task): u32 {
  if (t.kind == DO || t.kind == FOR || t.kind == FORK) return 1;
  if (t.kind == RUN_TASK || t.kind == SUBFLOW) return 1;
  if (t.kind == TRY) return changetype<Try>(t.body).catchList == 0 ? 1 : 2;
  if (t.kind == LISTEN) return changetype<Listen>(t.body).list == 0 ? 0 : 1;
  return 0;
}
export function listInside(t: Task, i: u32): u32 {
  if (t.kind == DO || t.kind == SUBFLOW) return t.body;
  if (t.kind == RUN_TASK) return changetype<RunTask>(t.body).list;
  if (t.kind == FOR) return changetype<For>(t.body).list;
  if (t.kind == FORK) return changetype<Fork>(t.body).list;
  if (t.kind == LISTEN) return changetype<Listen>(t.body).list;
  return i == 0 ? changetype<Try>(t.body).list : changetype<Try>(t.body).catchList;
}
