// Events: their attributes, what is listened to, and when a schedule starts runs.
import * as z from "zod";
import { json } from "../fields/common.ts";
import { duration } from "../fields/duration.ts";
import { problemCode, report, strict } from "../fields/problem.ts";

/** Context attributes of CloudEvents: names of lower-case letters and digits. */
export const attributes = z.record(z.string(), z.unknown()).check((context) => {
  for (const name of Object.keys(context.value)) {
    if (/^(?:[a-z0-9]+|data_base64)$/.test(name)) continue;
    report(context, [name], {
      code: problemCode.badValue,
      what: "An attribute's name is lower-case letters and digits.",
    });
  }
});

const eventFilter = strict({
  with: attributes.refine((value) => Object.keys(value).length > 0, {
    error: "A filter needs at least one attribute; `any: []` takes all events.",
  }),
  correlate: z.record(z.string(), strict({ from: z.string(), expect: json.optional() })).optional(),
});
const choice = {
  all: z.array(eventFilter).min(1, { error: "Name at least one event." }).optional(),
  any: z.array(eventFilter).optional(),
  one: eventFilter.optional(),
};
const isChoice = (value: object): boolean =>
  ["all", "any", "one"].filter((name) => Object.hasOwn(value, name)).length === 1;
const oneChoice = { error: "Expected exactly one of all, any and one." };
const until = strict(choice)
  .refine(isChoice, oneChoice)
  .refine((value) => value.any?.length !== 0, { error: "Name at least one event." });
export const listenTo = strict({
  ...choice,
  until: z.union([z.string(), until]).optional(),
})
  .refine(isChoice, oneChoice)
  .refine((value) => value.until === undefined || value.any !== undefined, {
    error: "`until` is allowed only with `any`.",
  });
/** When a host starts runs. */
export const schedule = strict({
  every: duration.optional(),
  cron: z
    .string()
    .regex(/^\s*[\w*,/-]+(?:\s+[\w*,/-]+){4}\s*$/, {
      error: "Expected five fields: minute hour day month weekday.",
    })
    .optional(),
  after: duration.optional(),
  on: listenTo.optional(),
  read: z
    .enum(["data", "envelope", "raw"], { error: "Expected data, envelope or raw." })
    .optional(),
})
  .refine((value) => Object.keys(value).length > 0, { error: "Expected every, cron, after or on." })
  .refine((value) => value.read === undefined || value.on !== undefined, {
    error: "`read` is allowed only with `on`.",
  });
