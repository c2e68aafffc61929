/** schedule: when a host starts runs (WF-53). Checked here, and no part of any run. */

import { textByte } from "../../bytes/byte";
import { ASTERISK, COMMA, LOWER_A, MINUS, SLASH, SPACE, ZERO } from "../../bytes/characters";
import { E_WF_TYPE } from "../../errors/codes";
import { addressOf, lengthOf } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { parseDuration } from "../compile/duration";
import { isString, onlyFields } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { checkStrategy } from "../listen/listen";

/** Checks `schedule` of a workflow. */
export function checkSchedule(v: usize): bool {
  const before = placeField("schedule");
  if (!onlyFields(v, "after cron every on read")) return false;
  if (!isDuration(v, "every") || !isDuration(v, "after")) return false;
  const cron = objectField(v, "cron");
  if (cron != 0) {
    if (!isString(cron, "cron")) return false;
    if (!isCron(cron)) {
      placeField("cron");
      return failCell(E_WF_TYPE, "expected five fields: minute hour day month weekday, not", cron);
    }
  }
  const on = objectField(v, "on");
  if (on != 0) {
    const inner = placeField("on");
    if (!checkStrategy(on)) return false;
    placeLeave(inner);
  }
  const read = objectField(v, "read");
  if (read != 0 && on == 0) return failCell(E_WF_TYPE, "read stands beside on only", 0);
  if (read != 0) {
    if (!isString(read, "read")) return false;
    if (!cellIs(read, "data") && !cellIs(read, "envelope") && !cellIs(read, "raw"))
      return failCell(E_WF_TYPE, "expected data, envelope or raw, not", read);
  }
  if (lengthOf(v) == 0) return failCell(E_WF_TYPE, "a schedule has every, cron, after or on", 0);
  placeLeave(before);
  return true;
}

function isDuration(v: usize, name: string): bool {
  const d = objectField(v, name);
  if (d == 0) return true;
  const before = placeField(name);
  if (!parseDuration(d)) return false;
  placeLeave(before);
  return true;
}

/** Five fields of digits, names, *, lists, ranges and steps. */
function isCron(v: usize): bool {
  let fields: u32 = 0;
  let inside = false;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const c: u32 = textByte(addressOf(v) + i);
    const isPart =
      c - ZERO < 10 ||
      (c | 32) - LOWER_A < 26 ||
      c == ASTERISK ||
      c == COMMA ||
      c == MINUS ||
      c == SLASH;
    if (!isPart && c != SPACE) return false;
    if (isPart && !inside) fields++;
    inside = isPart;
  }
  return fields == 5;
}
