// Models: what an answer is, and what a run may spend on them.
import type { Defence } from "./defence.ts";

const APIS = "host/test/effects/models/apis.test.ts";
const ENGINE = "bindings/test/run/run-models.test.ts";
const BEFORE_AND_BEHIND = "is asked for before, and wanted behind each question";

export const models: readonly Defence[] = [
  {
    attack: "an answer that was cut off and looks whole",
    file: "host/src/effects/models/openai-chat.ts",
    take: 'if (this.#reason === undefined) throw notTheApi("the answer is done and has not ended");',
    put: 'this.#reason ??= "stop";',
    test: APIS,
    name: "an end without a reason",
  },
  {
    attack: "an answer whose pieces are put together in another order",
    file: "host/src/effects/models/anthropic.ts",
    take: "if (!isInOrder || this.#reason !== undefined) throw outOfOrder();",
    put: "void isInOrder;",
    test: APIS,
    name: "GRANT-23: events of Anthropic's out of their order",
  },
  {
    attack: "a model's number that is rounded, or a name that it says twice",
    file: "host/src/effects/models/strict-json.ts",
    take: "checkJson(whole);",
    put: "void [checkJson, whole];",
    test: APIS,
    name: "a name twice",
  },
  {
    attack: "an event that never ends",
    file: "host/src/effects/egress/event-stream.ts",
    take: "if (this.#held + this.#line.length + bytes.length > this.#limit) {",
    put: "if (this.#limit < 0) {",
    test: "host/test/effects/event-stream.test.ts",
    name: "holds no more of an event than the limit, in one line, in many, or in empty ones",
  },
  {
    attack: "a model that never stops talking",
    file: "host/src/effects/models/reading.ts",
    take: "if (piece.length < chunk.length || pieces > mostPieces(limit)) {",
    put: "if (pieces > mostPieces(limit * 1000)) {",
    test: APIS,
    name: "that is larger than its limit is too large, in one event or in many",
  },
  {
    attack: "a key in what a model's service says beside its answer",
    file: "host/src/effects/models/reading.ts",
    take: "if (guard?.holds(read.bytes) === true) {",
    put: "if (guard === null) {",
    test: APIS,
    name: "GRANT-20: the key is looked for in what is not recorded, too",
  },
  {
    attack: "a parameter that a workflow relies on, and nobody sends",
    file: "host/src/effects/models/anthropic.ts",
    take: "if (apiVersion === CURRENT && (temperature !== undefined || topP !== undefined)) {",
    put: "if (apiVersion === undefined) {",
    test: APIS,
    name: "GRANT-13: parameters go in each API's own words, and what it lacks is denied",
  },
  {
    attack: "a run that goes on asking models when its money is spent",
    file: "assembly/workflow/call/llm.ts",
    take: "if (!mayAsk()) return false;",
    put: "mayAsk();",
    test: ENGINE,
    name: BEFORE_AND_BEHIND,
  },
  {
    attack: "a service that does not say what its answers take",
    file: "assembly/workflow/call/spending.ts",
    take: "if (usage == 0) return fail(E_LIMIT_USAGE, 0);",
    put: "if (usage == 0) return true;",
    test: ENGINE,
    name: BEFORE_AND_BEHIND,
  },
  {
    attack: "a limit that is forgotten when another engine goes on",
    file: "assembly/workflow/snapshot/write.ts",
    take: "if (RUN.spentTokens != 0) {",
    put: "if (RUN.spentTokens < 0) {",
    test: ENGINE,
    name: "GRANT-24 what was spent",
  },
  {
    attack: "a tool that a model was not offered",
    file: "assembly/workflow/call/llm-answer.ts",
    take: "const tool = toolNamed(l, name);",
    put: "const tool = toolNamed(l, name) == 0 ? load<u32>(l.tools) : toolNamed(l, name);",
    test: ENGINE,
    name: "was offered, and is given what fits",
  },
  {
    attack: "a run whose models were counted by lower prices than a policy wants",
    file: "evidence/src/trust/rules.ts",
    take: "least.some((most, i) => !((mine[i] ?? 0) >= most))",
    put: "least.length === 0",
    test: "evidence/test/trust/spending.test.ts",
    name: "a cost that is counted by lower prices is more",
  },
];
