/** What a program mentions anywhere in its text (programMentions in compile.ts): a bit set. */

/** The builtin `now`. */
export const MENTIONS_NOW: u32 = 1;
/** `$workflow.id`, or `$workflow` in any use but `.field`. */
export const MENTIONS_WORKFLOW_ID: u32 = 2;
/** `$workflow.startedAt`, or `$workflow` in any use but `.field`. */
export const MENTIONS_WORKFLOW_STARTED: u32 = 4;
/** `$task.startedAt`, or `$task` in any use but `.field`. */
export const MENTIONS_TASK_STARTED: u32 = 8;
/** `$secrets`. */
export const MENTIONS_SECRETS: u32 = 16;
