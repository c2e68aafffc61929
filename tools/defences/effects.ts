// Effects: what is asked of the world, and how what comes back gets into a run.
import type { Defence } from "./defence.ts";

const IDEMPOTENCY = "host/test/run/idempotency.test.ts";

export const effects: readonly Defence[] = [
  {
    attack: "work that is done twice, as a retry of a lost answer",
    file: "host/src/run/idempotency.ts",
    take: "...(answered === 0 ? [] : [answered])",
    put: "operation.tries",
    test: IDEMPOTENCY,
    name: "has the same key while the connection drops, and the records alone give it",
  },
  {
    attack: "work that is not done, as its key was answered before",
    file: "host/src/run/idempotency.ts",
    take: 'if (open !== undefined && !("failure" in result)) open.operation.answered += 1;',
    put: "",
    test: IDEMPOTENCY,
    name: "has a new key once the service has answered, with an error too",
  },
  {
    attack: "a workflow that says which try it is",
    file: "host/src/effects/egress/request.ts",
    take: "|upgrade|via|x-reach-attempt)$/",
    put: "|upgrade|via)$/",
    test: IDEMPOTENCY,
    name: "is the host's to count: a workflow that sets the header is denied",
  },
];
