// What is hidden.
import { attacks } from "./defence.ts";
import type { Defence } from "./defence.ts";

const REDACT = "evidence/test/redaction/redact.test.ts";

export const hidden: readonly Defence[] = [
  {
    attack: "dictionary attack on weak salts",
    file: "evidence/src/file/create.ts",
    take: "if (secret.length === 32 && secret.some((byte) => byte !== secret[0])) return;",
    put: "return;",
    test: attacks("commitments"),
    name: "dictionary attack on weak salts: a secret that can be guessed is not used",
  },
  {
    attack: "a value left out beside the run's seed",
    file: "evidence/src/file/entered.ts",
    take: "if ((commitments[slot] === undefined) !== (run[slot] === undefined)) {",
    put: "if (false) {",
    test: attacks("records"),
    name: "annotations that are put in or left out",
  },
  {
    attack: "a pack put in over blobs that are not its own",
    file: "evidence/src/file/attach.ts",
    take: "requireBlobs(engine, layout.blobs);",
    put: "",
    test: "evidence/test/evidence.test.ts",
    name: "does not make good what is wrong with the one that is there",
  },
  {
    attack: "dictionary attack by commitment",
    file: "evidence/src/redaction/format.ts",
    take: "const stretches = stretchesOf(end, hiding.map(seqOf));",
    put: "const stretches = stretchesOf(end, []);",
    test: REDACT,
    name: "the file has neither the run's seed nor one of what is hidden, or of anything above it",
  },
  {
    attack: "a seed of more than is shown left in the file",
    file: "evidence/src/file/shown.ts",
    take: 'if (given.length !== stretches.length) throw apart("more seeds than are needed");',
    put: "",
    test: attacks("redacted"),
    name: "EVID-39: a seed more",
  },
  {
    attack: "dictionary attack by replay: written",
    file: "evidence/src/redaction/redact.ts",
    take: 'slot === "decision" ? hole() :',
    put: "",
    test: REDACT,
    name: "EVID-36: a name of run.json is hidden, and the decision in any case",
  },
  {
    attack: "dictionary attack by replay: read",
    file: "evidence/src/file/shown.ts",
    take: 'if (typeof head["decision"] !== "string") {',
    put: "if (false) {",
    test: attacks("redacted"),
    name: "EVID-36: the decision is shown",
  },
  {
    attack: "proof swap on redaction",
    file: "evidence/src/file/shown.ts",
    take: "!engine.verifyInclusion({ ...claim, proof: proof.map(fromHex) })",
    put: "false",
    test: attacks("redacted"),
    name: "EVID-44: a proof of another record",
  },
  {
    attack: "a value of another record shown by name",
    file: "evidence/src/file/shown.ts",
    take: "if (!sameBytes(canonicalBytes(engine, opened.leaf), canonicalBytes(engine, leaf))) {",
    put: "if (false) {",
    test: attacks("redacted"),
    name: "EVID-44: another value",
  },
  {
    attack: "a hidden value swapped for another one",
    file: "evidence/src/file/shown.ts",
    take: "if (root === undefined || toHex(root) !== run.entered.root) {",
    put: "if (false) {",
    test: attacks("redacted"),
    name: "EVID-37: a hidden value is said to be another",
  },
  {
    attack: "a hidden value said to have been carried elsewhere",
    file: "evidence/src/file/prefix.ts",
    take: "if (root === undefined || toHex(root) !== run.trace.root) {",
    put: "if (false) {",
    test: attacks("redacted"),
    name: "EVID-38: the commitment of what is carried is another",
  },
  {
    attack: "what hides the rest, changed where no signature is asked",
    file: "evidence/src/verify/verify.ts",
    take: 'findings.fault("redacted", error);',
    put: 'findings.pass("redacted", "");',
    test: attacks("redacted"),
    name: "EVID-40: a hash of the trace is another",
  },
  {
    attack: "more hidden than depends on what is hidden",
    file: "evidence/src/commitments/opening.ts",
    take: 'if (form !== "" && form !== "s") throw differs();',
    put: 'if (form === "string") return opening as never;',
    test: attacks("redacted"),
    name: "EVID-38: something else is hidden",
  },
  {
    attack: "copies that a redaction leaves",
    file: "evidence/src/redaction/format.ts",
    take: "const hiding = computed.filter(hasHole);",
    put: "const hiding = computed.filter(isEntered).filter(hasHole);",
    test: REDACT,
    name: "EVID-38: is hidden wherever the run carries it, and all is computed",
  },
  {
    attack: "redaction that tells a value by what else it hides",
    file: "evidence/src/redaction/redact.ts",
    take: "const lines = withinLimits(() => formatShown(engine, { ...whole, run, computed, named }));",
    put: `const secrets = new Set((options.drop ?? []).map((at) =>
    JSON.stringify(at.split("/").slice(1).reduce((value, name) => value?.[name], records as any))));
  const equal = (value: any): any =>
    secrets.has(JSON.stringify(value)) ? hole()
    : Array.isArray(value) ? value.map(equal)
    : typeof value !== "object" || value === null ? value
    : Object.fromEntries(Object.entries(value).map(([name, child]) => [name, equal(child)]));
  const others = computed.map((record) => inSlots(record, equal));
  const lines = withinLimits(() => formatShown(engine, { ...whole, run, computed: others, named }));`,
    test: "evidence/test/redaction/non-interference.test.ts",
    name: "EVID-48 files differ in seeds and hashes alone where it is passed on",
  },
  {
    attack: "an answer that repeats what was hidden in its request",
    file: "evidence/src/redaction/prefix.ts",
    take: "if (task !== undefined) {",
    put: "if (false) {",
    test: attacks("redacted"),
    name: "what answers a request that held a hidden value is hidden, in whatever spelling",
  },
  {
    attack: "a stamp of what is hidden",
    file: "evidence/src/redaction/redact.ts",
    take: 'typeof seq === "number" && seq < computed ? stamp : hole()',
    put: "stamp",
    test: REDACT,
    name: "EVID-43: stamps of records that are not computed are hidden",
  },
  {
    attack: "another file said to be the redacted one",
    file: "evidence/src/signature/redaction.ts",
    take: "verifiedPayload(bundle, named);",
    put: "",
    test: REDACT,
    name: "EVID-45: who has redacted it is signed, for these bytes, and said in the report",
  },
  {
    attack: "the fingerprint, or the decision's digest, beside hidden values",
    file: "evidence/src/file/shown.ts",
    take: 'if (typeof head["decision"] !== "string") {',
    put: "if (false) {",
    test: attacks("redacted"),
    name: "EVID-36: attack: a digest that confirms guesses of what is hidden, with its true opening",
  },
  {
    attack: "a copy that is called erased because another one was",
    file: "cli/src/commands/redact/erase.ts",
    take: "isErased = redaction === undefined && after === own;",
    put: "isErased = redaction === undefined && after !== undefined;",
    test: "cli/test/redact.test.ts",
    name: "attack: what the log has of one copy is not believed of another",
  },
  {
    attack: "a run that is kept beyond an erasure",
    file: "cli/src/commands/redact/kept-runs.ts",
    take: "const isKept = (await idOf(kept)) !== undefined;",
    put: "const isKept = (await idOf(kept)) === null;",
    test: "cli/test/redact.test.ts",
    name: "attack: what a killed process has left of a run is erased with it",
  },
  {
    attack: "a part of a write that outlives an erasure",
    file: "cli/src/commands/redact/kept-runs.ts",
    take: ".filter(isPart)",
    put: ".filter((each) => each === folder && isPart(each))",
    test: "cli/test/redact.test.ts",
    name: "attack: what a killed process has left of a run is erased with it",
  },
];
