// What is hidden.
import { attacks } from "./defence.ts";
import type { Defence } from "./defence.ts";

const REDACT = "evidence/test/redact.test.ts";

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
    attack: "dictionary attack by commitment",
    file: "evidence/src/commitments/fields.ts",
    take: "take: (field, salt) => (field.salt ??= salt),",
    put: "take: (field) => (field.salt ??= field.seed),",
    test: REDACT,
    name: "by commitment: no seed or salt that is shown opens a hidden one",
  },
  {
    attack: "dictionary attack by replay",
    file: "evidence/src/verify/verify.ts",
    take: "if (hidden.length === 0 || run.decision === null) return;",
    put: "return;",
    test: REDACT,
    name: "EVID-36 a decision's digest beside hidden values is found",
  },
  {
    attack: "proof swap on redaction",
    file: "evidence/src/commitments/fields.ts",
    take: `for (const [i, { name, commitment = NONE }] of children.entries()) {
      if (i > 0) frames.put(",");
      if (isObject) frames.put(\`"\${name}":\`);`,
    put: `const all = children.map(({ commitment = NONE }) => toHex(commitment)).sort();
    for (const [i, hex] of all.entries()) {
      const commitment = Buffer.from(hex, "hex");
      if (i > 0) frames.put(",");`,
    test: attacks("commitments"),
    name: "TRACE-21 proof swap on redaction: a hidden part cannot stand for another one",
  },
  {
    attack: "one commitment in two places",
    file: "evidence/src/commitments/fields.ts",
    take: '.put(`","${pointer}",["${shape[0]}",${shape[1]}],`)',
    put: '.put(`","",["${shape[0]}",${shape[1]}],`)',
    test: attacks("commitments"),
    name: "TRACE-21 one commitment in two places opens in one of them",
  },
  {
    attack: "an array in place of an object",
    file: "evidence/src/commitments/fields.ts",
    take: `frames.begin().open().put('["').hex(salt).put(\`","\${pointer}",["\${shape[0]}",\${shape[1]}],\`);
  if (text !== undefined) frames.put(text);
  else {
    const isObject = shape[0] === "object";`,
    put: `frames.begin().open().put('["').hex(salt).put(\`","\${pointer}",\`);
  if (text !== undefined) frames.put(text);
  else {
    const isObject = true;`,
    test: attacks("commitments"),
    name: "an array and an object that look alike",
  },
  {
    attack: "the run's seed left in a file in which something is hidden",
    file: "evidence/src/redaction/redact.ts",
    take: "if (dropped.size === 0) return",
    put: "if (dropped.size < 1e9) return",
    test: "evidence/test/records.test.ts",
    name: "is in no file in which something is hidden, and the run's secret in none",
  },
  {
    attack: "a value that a schema has no place for, put into a whole run",
    file: "evidence/src/encoding/json.ts",
    take: "if (result.success) return value as T;",
    put: "if (result.success) return result.data;",
    test: "evidence/test/records.test.ts",
    name: "__proto__ in a value is a part of it: none can be put in",
  },
  {
    attack: "a value left out beside the run's seed",
    file: "evidence/src/file/open.ts",
    take: "requireAll(document, disclosures);",
    put: "",
    test: "evidence/test/records.test.ts",
    name: "EVID-43 a value of run.json left out: beside the seed nothing is hidden",
  },
  {
    attack: "a pack put in over blobs that are not its own",
    file: "evidence/src/file/attach.ts",
    take: "requireBlobs(engine, layout.blobs);",
    put: "",
    test: "evidence/test/records.test.ts",
    name: "does not make good what is wrong with the one that is there",
  },
  {
    attack: "long names above many fields",
    file: "evidence/src/commitments/fields.ts",
    take: "requirePointers(levels);",
    put: "",
    test: attacks("commitments"),
    name: "huge counts: of children, of which each costs what it costs, and of bytes",
  },
  {
    attack: "copies that stay behind",
    file: "evidence/src/redaction/copies.ts",
    take: "else if (field.text !== undefined && holds(plain(field.text))) copies.push(field);",
    put: "",
    test: REDACT,
    name: "EVID-34 every copy goes: in tasks, requests, names, texts, base64 and hex",
  },
];
