/** Collects what a program mentions while it is parsed (see mentions.ts). */

import { textByte } from "../../bytes/byte";
import { DOT } from "../../bytes/characters";
import {
  MENTIONS_NOW,
  MENTIONS_SECRETS,
  MENTIONS_TASK_STARTED,
  MENTIONS_WORKFLOW_ID,
  MENTIONS_WORKFLOW_STARTED,
} from "./mentions";
import { isNamePart, isNameStart, textIs } from "./text";

let mentions: u32 = 0;
export function textMentions(): u32 {
  return mentions;
}

export function mentionsBegin(): void {
  mentions = 0;
}

export function mentionNow(): void {
  mentions |= MENTIONS_NOW;
}

/**
 * A variable is used; `behind` is the text right behind its name. Only `$name.field` and
 * `$name["field"]`... the former is looked at: any other use counts as a use of the whole value.
 */
export function mentionVariable(name: usize, length: u32, behind: usize, end: usize): void {
  const workflow = textIs(name, length, "workflow");
  const task = textIs(name, length, "task");
  if (!workflow && !task) {
    if (textIs(name, length, "secrets")) mentions |= MENTIONS_SECRETS;
    return;
  }
  let fieldLength: u32 = 0;
  if (behind + 1 < end && textByte(behind) == DOT && isNameStart(textByte(behind + 1))) {
    let p = behind + 1;
    while (p < end && isNamePart(textByte(p))) p++;
    fieldLength = (p - behind - 1) as u32;
  }
  const field = behind + 1;
  const whole = fieldLength == 0;
  if (workflow) {
    if (whole || textIs(field, fieldLength, "id")) mentions |= MENTIONS_WORKFLOW_ID;
    if (whole || textIs(field, fieldLength, "startedAt")) mentions |= MENTIONS_WORKFLOW_STARTED;
  } else if (whole || textIs(field, fieldLength, "startedAt")) mentions |= MENTIONS_TASK_STARTED;
}
