// A history of so many activities, made as a server would have recorded it.
import { createRequire } from "node:module";

const { temporal } = createRequire(import.meta.url)("@temporalio/proto");

const base64 = (text) => Buffer.from(text).toString("base64");
const payloads = (value) => ({
  payloads: [{ metadata: { encoding: base64("json/plain") }, data: base64(JSON.stringify(value)) }],
});
const seconds = (count) => ({ seconds: count });
const taskQueue = { name: "bench", kind: "TASK_QUEUE_KIND_NORMAL" };

/** A history, event by event; each add returns the event's id. */
export function historyOf(kind, steps) {
  const events = [];
  const add = (eventType, attributes) => {
    const eventId = String(events.length + 1);
    const eventTime = { seconds: 1_700_000_000 + events.length, nanos: 0 };
    events.push({ eventId, eventTime, eventType: `EVENT_TYPE_${eventType}`, ...attributes });
    return eventId;
  };
  const workflowTask = () => {
    const scheduledEventId = add("WORKFLOW_TASK_SCHEDULED", {
      workflowTaskScheduledEventAttributes: {
        taskQueue,
        startToCloseTimeout: seconds(10),
        attempt: 1,
      },
    });
    const startedEventId = add("WORKFLOW_TASK_STARTED", {
      workflowTaskStartedEventAttributes: { scheduledEventId, identity: "w", requestId: "r" },
    });
    return add("WORKFLOW_TASK_COMPLETED", {
      workflowTaskCompletedEventAttributes: { scheduledEventId, startedEventId, identity: "w" },
    });
  };
  const asked = (step, workflowTaskCompletedEventId) =>
    add("ACTIVITY_TASK_SCHEDULED", {
      activityTaskScheduledEventAttributes: {
        activityId: String(step + 1),
        activityType: { name: "ask" },
        taskQueue,
        input: payloads(step),
        startToCloseTimeout: seconds(60),
        workflowTaskCompletedEventId,
      },
    });
  const answered = (scheduledEventId, step) => {
    const startedEventId = add("ACTIVITY_TASK_STARTED", {
      activityTaskStartedEventAttributes: {
        scheduledEventId,
        identity: "w",
        requestId: "r",
        attempt: 1,
      },
    });
    add("ACTIVITY_TASK_COMPLETED", {
      activityTaskCompletedEventAttributes: {
        result: payloads({
          score: (step * 7919) % 850,
          bureau: "north",
          factors: ["age", "use"],
        }),
        scheduledEventId,
        startedEventId,
        identity: "w",
      },
    });
  };
  add("WORKFLOW_EXECUTION_STARTED", {
    workflowExecutionStartedEventAttributes: {
      workflowType: { name: kind },
      workflowId: "bench",
      taskQueue,
      input: payloads(steps),
      workflowTaskTimeout: seconds(10),
      originalExecutionRunId: "r",
      firstExecutionRunId: "r",
      attempt: 1,
      identity: "w",
    },
  });
  let task = workflowTask();
  if (kind === "sequential") {
    for (let step = 0; step < steps; step++) {
      answered(asked(step, task), step);
      task = workflowTask();
    }
  } else {
    const ids = Array.from({ length: steps }, (_, step) => asked(step, task));
    for (const [step, id] of ids.entries()) answered(id, step);
    task = workflowTask();
  }
  const total = Array.from({ length: steps }, (_, step) => (step * 7919) % 850).reduce(
    (sum, score) => sum + score,
    0,
  );
  add("WORKFLOW_EXECUTION_COMPLETED", {
    workflowExecutionCompletedEventAttributes: {
      result: payloads(total),
      workflowTaskCompletedEventId: task,
    },
  });
  return temporal.api.history.v1.History.fromObject({ events });
}

/** The history as it is sent and kept: protobuf. */
export const encoded = (history) => temporal.api.history.v1.History.encode(history).finish();
