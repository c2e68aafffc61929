// Time, secrets and fuel; what is shown; steps.
import { attacks } from "./defence.ts";
import type { Defence } from "./defence.ts";

const STEP = "evidence/test/step/step.test.ts";
const POLICY = "evidence/test/trust/policy.test.ts";

export const bounds: readonly Defence[] = [
  // Time, secrets, fuel.
  {
    attack: "timing of secret comparisons",
    file: "cli/src/read/sealer.ts",
    take: "const key = keyOf(passphrase, kdf);",
    put: "const key = keyOf(passphrase, kdf); if (passphrase === nonce) return undefined;",
    test: "tools/test/never.test.ts",
    name: "timing of secret comparisons: no secret is compared with a value",
  },
  {
    attack: "time of check to time of use",
    file: "evidence/src/file/open.ts",
    take: "const own = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();",
    put: "const own = bytes;",
    test: attacks("container"),
    name: "time of check to time of use: memory that somebody else writes to while it is read",
  },
  {
    attack: "forged secret placeholders",
    file: "host/src/effects/egress/egress.ts",
    take: "placeSecrets(request.secrets,",
    put: "placeSecrets([...(request.secrets ?? []), ...((request.body as never)?.['secrets'] ?? [])],",
    test: "host/test/effects/secret-places.test.ts",
    name: "forged secret placeholders: a value that looks like a place for one is sent as it is",
  },
  {
    attack: "fuel bombs in evidence",
    file: "evidence/src/verify/allowed.ts",
    take: 'if (typeof fuel === "number" && fuel > budget) {',
    put: "if (false) {",
    test: attacks("replay"),
    name: "fuel bombs: a run that may use more than the verifier spends is not begun",
  },
  {
    attack: "a faulty engine that verifies",
    file: "evidence/src/verify/allowed.ts",
    take: "if (faultyEngines?.includes(engine.digest) === true) {",
    put: "if (false) {",
    test: POLICY,
    name: "a faulty engine computes nothing that counts, whoever ran it",
  },
  {
    attack: "poisoned snapshots",
    file: "assembly/workflow/snapshot/read.ts",
    take: "if (bad || !isValidState()) return fail(E_SNAPSHOT, 0);",
    put: "if (bad) return fail(E_SNAPSHOT, 0);",
    test: "bindings/test/run/run-snapshot.test.ts",
    name: "in any one place is refused or is a run that can go on: never a trap",
  },
  // What is shown.
  {
    attack: "terminal injection",
    file: "cli/src/ui/text.ts",
    take: "return text.replace(UNSAFE, escaped);",
    put: "return text;",
    test: "cli/test/text.test.ts",
    name: "columns are aligned and foreign text in them is escaped",
  },
  {
    attack: "terminal injection by the events of a run",
    file: "cli/src/commands/inspect.ts",
    take: "terminal.print(json(event))",
    put: "terminal.print(JSON.stringify(event) as never)",
    test: "cli/test/world.test.ts",
    name: "hostile text in an answer cannot act on the terminal",
  },
  {
    attack: "HTML and bidirectional text in a report",
    file: "evidence/src/verify/html.ts",
    take: '(unit) => NAMED[unit] ?? `\\\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,',
    put: "(unit) => unit,",
    test: "evidence/test/html.test.ts",
    name: "EVID-33 HTML and bidi injection: texts of the evidence are shown, not interpreted",
  },
  // Steps.
  {
    attack: "a step with an older context",
    file: "evidence/src/step/step.ts",
    take: 'if (leaves[0]?.kind === "start" && isWhole) return;',
    put: "return;",
    test: STEP,
    name: "EVID-50 an older context in place of the one before it: nothing between can be left out",
  },
  {
    attack: "a step of another trace",
    file: "evidence/src/step/step.ts",
    take: "if (!engine.verifyInclusion({ ...place, proof: proof.map(fromHex) })) {",
    put: "if (place.index < 0) {",
    test: STEP,
    name: "EVID-50 a record, a value, a proof, an entry or a signature that is another one",
  },
  {
    attack: "a step of another run than it says",
    file: "evidence/src/step/verify-step.ts",
    take: "requireBegun(document, leaves);",
    put: "",
    test: STEP,
    name: "EVID-50 a step whose run started as another one than its run.json says",
  },
  {
    attack: "fuel bombs in steps",
    file: "evidence/src/step/compute.ts",
    take: "const limits = { effects: 0xffffffff, fuel };",
    put: "const limits = { effects: 0xffffffff, fuel: 1e15 + fuel };",
    test: STEP,
    name: "EVID-50 fuel bombs: a step of a run that may use more than the verifier spends is not computed",
  },
  {
    attack: "a step that gives away the input of its run",
    file: "evidence/src/step/prove.ts",
    take: 'return plan.runInput ? ["input"] : [];',
    put: 'return ["input"];',
    test: STEP,
    name: "EVID-49 shows nothing but what its task is computed from",
  },
  {
    attack: "a step that cannot be checked",
    file: "evidence/src/step/prove.ts",
    take: "requireUseful(engine, file, { workflow, pack: parts.pack });",
    put: "",
    test: "evidence/test/step/alone.test.ts",
    name: "EVID-51 not what looks at what no record has: it is refused, and says what",
  },
  {
    attack: "code put where the command keeps its own compiled",
    file: "cli/bin/reach.mjs",
    take: "|| !isSafe(above)",
    put: "",
    test: "tools/test/bundle.test.ts",
    name: "nowhere else: others could put code there",
  },
];
