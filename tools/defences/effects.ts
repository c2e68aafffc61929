// Effects: what is asked of the world, and how what comes back gets into a run.
import type { Defence } from "./defence.ts";

const TROUBLE = "host/test/effects/trouble.test.ts";
const ADMISSIBLE = "host/test/run/admissible.test.ts";
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
  {
    attack: "a decision by what the host's machine lacks",
    file: "host/src/effects/egress/egress.ts",
    take: "throwTrouble(error);",
    put: "",
    test: TROUBLE,
    name: "GRANT-17: trouble of this machine",
  },
  {
    attack: "a decision by what the host's machine lacks, by way of a library",
    file: "host/src/effects/mcp.ts",
    take: "if (this.#trouble !== undefined) throw this.#trouble;",
    put: "",
    test: "host/test/run/lacking.test.ts",
    name: "GRANT-17: without a descriptor",
  },
  {
    attack: "a decision by the load of the host's machine",
    file: "host/src/effects/egress/deadline.ts",
    take: "Math.min(now - this.#last, 2 * this.#part)",
    put: "now - this.#last",
    test: TROUBLE,
    name: "GRANT-17: time in which this process stands still does not count",
  },
  {
    attack: "one branch's end denies another its token",
    file: "host/src/effects/egress/tokens.ts",
    take: "const token = this.#flight((send) => this.#ask(scheme, properties, send));",
    put: "const token = orAborted(this.#flight((send) => this.#ask(scheme, properties, send)), signal);",
    test: "host/test/effects/tokens.test.ts",
    name: "who stops waiting for it ends the waiting of nobody else",
  },
  {
    attack: "an answer that no record can hold",
    file: "host/src/run/answer.ts",
    take: "if (engine.trapped) throw error;",
    put: "throw error;",
    test: ADMISSIBLE,
    name: "GRANT-18: any answer",
  },
  {
    attack: "an effect that throws",
    file: "host/src/effects/table.ts",
    take: "return unfit(`the effect has failed with an error (${nameOf(error)})`);",
    put: "throw error;",
    test: ADMISSIBLE,
    name: "GRANT-18: any answer",
  },
  {
    attack: "an observer that ends a run",
    file: "host/src/run/answer.ts",
    take: "if (told instanceof Promise) told.catch(warn);\n  } catch (error) {\n    warn(error);",
    put: "void told;\n  } catch (error) {\n    throw error;",
    test: ADMISSIBLE,
    name: "GRANT-18: who watches",
  },
  {
    attack: "two recorders in one folder",
    file: "host/src/record/recorder.ts",
    take: "const lock = await lockRun(folder);",
    put: "const lock = { release: () => undefined };",
    test: "host/test/run/race.test.ts",
    name: "one of several recorders has the folder, and the others take nothing from it",
  },
  {
    attack: "two runs on one engine",
    file: "host/src/record/lease.ts",
    take: "if (inUse.has(engine)) throw engineInUse();",
    put: "",
    test: "host/test/run/lease.test.ts",
    name: "is refused to another run, and the first one has its own answer",
  },
  {
    attack: "an answer that gets into another run",
    file: "bindings/src/calls/run.ts",
    take: "if (given === undefined || given === run) return;",
    put: "return;",
    test: "host/test/run/lease.test.ts",
    name: "and that somebody else begins a run on takes no answer for the run before",
  },
];
