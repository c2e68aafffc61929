// Runs that are interrupted, and go on.
import type { Defence } from "./defence.ts";

const RESUME = "host/test/run/resume.test.ts";

export const runs: readonly Defence[] = [
  {
    attack: "a request that leaves before what asks for it is durable",
    file: "host/src/run/session.ts",
    take: "await this.#flush();\n          this.#underWay.begin();",
    put: "this.#underWay.begin();\n          await this.#flush();",
    test: "host/test/run/run.test.ts",
    name: "nothing is performed that follows from what is not durable",
  },
  {
    attack: "a payment that is made again after a crash",
    file: "host/src/run/under-way.ts",
    take: "if (hasBegun && !isRepeatable(request, this.#options.repeatable, this.#options.pack)) {",
    put: "if (hasBegun && request.key === undefined) {",
    test: RESUME,
    name: "GRANT-16 with the same keys, and a POST that may have been performed waits for a person",
  },
  {
    attack: "two processes that execute one run",
    file: "host/src/store/run-folder.ts",
    take: "const lock = await lockRun(folder, MOMENT);\n  try {\n    const before",
    put: "const lock = { release: () => undefined };\n  try {\n    const before",
    test: RESUME,
    name: "in one process at a time",
  },
  {
    attack: "a payment's answer that is lost as the run is interrupted",
    file: "host/src/run/session.ts",
    take: "await this.#keepArrived();",
    put: "",
    test: "host/test/run/arrived.test.ts",
    name: "an answer that has come when the run is interrupted is not lost",
  },
  {
    attack: "a power cut behind an append",
    file: "host/src/files/durable.ts",
    take: "fdatasyncSync(file.fd);",
    put: "",
    test: "host/test/store/crash.test.ts",
    name: "RUN-1 RUN-3 nothing that was shown is lost and nothing is done twice, wherever the machine stops",
  },
  {
    attack: "a power cut that takes the folder of all runs",
    file: "host/src/files/files.ts",
    take: "for (const folder of missing) await syncFolder(dirname(folder));",
    put: "await syncFolder(dirname(missing[0] ?? path));",
    test: "host/test/store/crash.test.ts",
    name: "RUN-1 RUN-3 nothing that was shown is lost and nothing is done twice, wherever the machine stops",
  },
  {
    attack: "an answer that a person gives twice",
    file: "host/src/run/resolve.ts",
    take: "if (effect?.hasBegun !== true) throw notOpen(kept.where, key, effect !== undefined);",
    put: "if (effect === undefined) throw notOpen(kept.where, key, false);",
    test: RESUME,
    name: "RUN-7 with what a person says of an effect that is in doubt",
  },
  {
    attack: "one approval that counts twice",
    file: "host/src/run/inbox.ts",
    take: "if (this.#known?.has(name)) return;",
    put: "",
    test: "host/test/run/events.test.ts",
    name: "attack: one that comes twice, by its source and id, counts once",
  },
  {
    attack: "a run that sees another's state, as both share an engine",
    file: "host/src/pool/seat.ts",
    take: "if (this.#run === run && !this.#engine.trapped) return this.#engine;",
    put: "if (this.#run !== undefined) return this.#engine;",
    test: "host/test/pool/pool.test.ts",
    name: "attack: see nothing of each other, and come to what they come to alone",
  },
  {
    attack: "a decision by the death of a thread",
    file: "host/src/pool/threads.ts",
    take: "if (doing.tries < MOST_TRIES) this.#waiting.unshift(doing);",
    put: "if (doing.tries < 1) this.#waiting.unshift(doing);",
    test: "host/test/pool/pool.test.ts",
    name: "of which a thread dies is computed on another one",
  },
];
