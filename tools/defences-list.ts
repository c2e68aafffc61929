// Each attack that docs/threat-model.md names, the line that refuses it, what the program would be without that
// line, and the test that then fails. `npm run defences` tries them all.

/** A defence, as something that can be taken out. */
export interface Defence {
  readonly attack: string;
  readonly file: string;
  /** Text that is in the file once. */
  readonly take: string;
  /** What stands there when the defence is gone. */
  readonly put: string;
  /** The test file, and the name of its test. */
  readonly test: string;
  readonly name: string;
}

const ATTACKS = "evidence/test/attacks.test.ts";
const KEYS = "evidence/test/keys.test.ts";
const KEYRING = "evidence/test/keyring.test.ts";
const POLICY = "evidence/test/policy.test.ts";
const PACK = "evidence/test/pack-file.test.ts";
const LOG = "evidence/test/log.test.ts";
const TREE = "evidence/test/log-tree.test.ts";
const VERDICT = "evidence/test/log-verdict.test.ts";
const REDACT = "evidence/test/redact.test.ts";
const HOST_LOG = "host/test/log/log.test.ts";

export const defences: readonly Defence[] = [
  // The trace.
  {
    attack: "tail truncation",
    file: "evidence/src/trace.ts",
    take: 'if ((kind === "outcome") !== (i === last)) {',
    put: "if (false) {",
    test: ATTACKS,
    name: "tail truncation by the signer",
  },
  {
    attack: "reorder",
    file: "evidence/src/trace.ts",
    take: "if (seq !== i) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "reorder by the signer",
  },
  {
    attack: "splice across runs",
    file: "evidence/src/in-toto.ts",
    take: "if (sha256 !== undefined && signed.digest.sha256 !== sha256) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "splice across runs: the whole trace",
  },
  {
    attack: "splice across runs",
    file: "evidence/src/disclosures.ts",
    take: "if (disclosure.commitment !== commitment) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "splice across runs: one value with its salt",
  },
  {
    attack: "splice across runs",
    file: "evidence/src/trace.ts",
    take: "if (start[name] !== run[name]) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "splice across runs: the trace of another pack, workflow or semantics",
  },
  {
    attack: "across tenants",
    file: "evidence/src/trust.ts",
    take: "if (wanted !== undefined && tenant !== wanted) {",
    put: "if (false) {",
    test: KEYRING,
    name: "attack: across tenants",
  },
  {
    attack: "replayed attempt",
    file: "evidence/src/in-toto.ts",
    take: "if (sha256 !== undefined && signed.digest.sha256 !== sha256) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "replayed attempt",
  },
  // Texts.
  {
    attack: "duplicate keys",
    file: "assembly/json/reader.ts",
    take: `        sortPairs(from, n);
        duplicateAt = findDuplicate(from, n);
        return false;`,
    put: `        sortPairs(from, n);
        ordered = true;`,
    test: ATTACKS,
    name: "duplicate keys",
  },
  {
    attack: "lone surrogates",
    file: "assembly/json/strings.ts",
    take: "if (mode & C.JSON_JQ) return ((6 as i64) << 32) | (REPLACEMENT as i64);",
    put: "return ((6 as i64) << 32) | (REPLACEMENT as i64);",
    test: ATTACKS,
    name: "lone surrogates and bytes that are not UTF-8",
  },
  {
    attack: "number aliasing (1.0, 1e0, -0, above 2^53)",
    file: "evidence/src/json.ts",
    take: "if (offset >= 0) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "number aliasing",
  },
  {
    attack: "number aliasing in lines",
    file: "evidence/src/json.ts",
    take: "return firstDifferentByte(array, engine.canonicalize(array)) < 0;",
    put: "return engine.canonicalize(array).length > 0;",
    test: ATTACKS,
    name: "number aliasing in a disclosed value",
  },
  {
    attack: "byte order mark and trailing data",
    file: "evidence/src/json.ts",
    take: "if (offset >= 0) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "a byte order mark, white space, and data behind the value",
  },
  {
    attack: "Unicode normalisation",
    file: "evidence/src/fields.ts",
    take: "if (text !== undefined) frames.put(text);",
    put: "if (text !== undefined) frames.put(text.normalize());",
    test: ATTACKS,
    name: "Unicode normalisation: equal looks are not equal bytes",
  },
  {
    attack: "`__proto__` and unknown members",
    file: "schema/src/evidence.ts",
    take: "export const evidenceRun = z.strictObject({",
    put: "export const evidenceRun = z.looseObject({",
    test: ATTACKS,
    name: "__proto__ and other members that are not known",
  },
  {
    attack: "base64 aliasing",
    file: "evidence/src/bytes.ts",
    take: "if (btoa(binary) !== text) return undefined;",
    put: "",
    test: ATTACKS,
    name: "base64 aliasing",
  },
  {
    attack: "deep nesting",
    file: "evidence/src/field-lines.ts",
    take: "if (open.length >= DEEPEST)",
    put: "if (false)",
    test: ATTACKS,
    name: "deep nesting of opened containers",
  },
  {
    attack: "huge counts",
    file: "evidence/src/field-lines.ts",
    take: "if (children.length !== count) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "TRACE-20 huge counts, and counts that lie: as many children as the shape says",
  },
  // Archives.
  {
    attack: "archive slip",
    file: "evidence/src/container.ts",
    take: "if (!NAME.test(name) || name.length > CONTAINER_LIMITS.nameBytes) {",
    put: "if (name.length > CONTAINER_LIMITS.nameBytes) {",
    test: ATTACKS,
    name: "names that leave the folder, or look like another",
  },
  {
    attack: "archive slip, when a pack is unpacked",
    file: "host/src/pack-folder.ts",
    take: "if (why !== undefined) throw",
    put: "if (false) throw",
    test: "host/test/pack-file.test.ts",
    name: "archive slip: paths that leave the folder write nothing anywhere",
  },
  {
    attack: "links",
    file: "host/src/pack-folder.ts",
    take: "await makeEmptyFolder(folder);",
    put: "await mkdir(folder, { recursive: true });",
    test: "host/test/pack-file.test.ts",
    name: "links in the target are not followed, what is there is not written over",
  },
  {
    attack: "case and Unicode collisions",
    file: "schema/src/pack.ts",
    take: 'if (seen.has(path)) return [[index, "Two files whose names differ in case only."]];',
    put: "",
    test: PACK,
    name: "PACK-2 case collisions, and a file below a file",
  },
  {
    attack: "decompression bombs",
    file: "evidence/src/container.ts",
    take: "if (offset >= 0) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "EVID-2: a decompression bomb, sizes that lie, and more entries than there can be",
  },
  // Keys and signatures.
  {
    attack: "algorithm confusion",
    file: "evidence/src/keys.ts",
    take: "algorithms[key.alg].verify(signature, message, key.bytes);",
    put: 'algorithms[key.bytes.length === 32 ? "Ed25519" : "P-256"].verify(signature, message, key.bytes);',
    test: KEYS,
    name: "a signature counts by the key's algorithm alone",
  },
  {
    attack: "algorithm confusion, in packs",
    file: "evidence/src/verify-pack.ts",
    take: 'requireAlgorithm(key, "P-256", "a pack");',
    put: "",
    test: PACK,
    name: "algorithm confusion: an Ed25519 key signs no pack, and verifies none",
  },
  {
    attack: "key substitution",
    file: "evidence/src/allowed.ts",
    take: "if (trustedKeys !== undefined && !trustedKeys.some((trusted) => sameKey(trusted, key))) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "key substitution: everything signed again with another key",
  },
  {
    attack: "embedded keys",
    file: "schema/src/evidence.ts",
    take: "z.strictObject({ publicKey: z.strictObject({ hint: z.string() }) }),",
    put: "z.looseObject({ publicKey: z.looseObject({ hint: z.string() }) }),",
    test: ATTACKS,
    name: "embedded keys: the bundle has no place for one",
  },
  {
    attack: "embedded keys, in keyrings",
    file: "evidence/src/keyring.ts",
    take: "if (!isSignature(root, preAuthEncoding(PAYLOAD_TYPE, payload), signature)) {",
    put: "if (false) {",
    test: KEYRING,
    name: "KEY-8: attack: key substitution, a keyring that another root signed",
  },
  {
    attack: "key-id collision",
    file: "evidence/src/keys.ts",
    take: `  a.alg === b.alg &&
  a.bytes.length === algorithms[a.alg].publicSize &&
  a.bytes.length === b.bytes.length &&
  a.bytes.every((byte, i) => byte === b.bytes[i]);`,
    put: "  a.id === b.id;",
    test: ATTACKS,
    name: "key-id collision: a trusted key with the same id and other bytes",
  },
  {
    attack: "low-order Ed25519 keys",
    file: "evidence/src/algorithms.ts",
    take: "return !point.isSmallOrder() && point.isTorsionFree();",
    put: "return true;",
    test: ATTACKS,
    name: "a low-order key, under which a signature that nobody made is valid",
  },
  {
    attack: "non-canonical Ed25519 keys",
    file: "evidence/src/algorithms.ts",
    take: `const point = ed25519.Point.fromBytes(key, false);
      return !point.isSmallOrder() && point.isTorsionFree();`,
    put: "return ed25519.Point.fromBytes(key, true) !== undefined;",
    test: ATTACKS,
    name: "EVID-21, KEY-2: keys that are not canonical, not on the curve, or outside the prime-order group",
  },
  {
    attack: "non-canonical Ed25519 signatures",
    file: "evidence/src/ed25519.ts",
    take: "{ zip215: false }",
    put: "{ zip215: true }",
    test: ATTACKS,
    name: "EVID-22, KEY-3: a signature whose point R is not canonical: verifiers disagree about it",
  },
  {
    attack: "Ed25519 verifiers that disagree: the platform takes a key of low order",
    file: "evidence/src/ed25519.ts",
    take: "!SMALL_ORDER.some((y) => y.every((byte, i) => byte === a[i])) &&",
    put: "",
    test: KEYS,
    name: "its yes under a key of low order counts for nothing, in any encoding",
  },
  {
    attack: "Ed25519 verifiers that disagree: the platform takes another encoding",
    file: "evidence/src/ed25519.ts",
    take: "isBelow(signature.subarray(32), L) &&",
    put: "",
    test: KEYS,
    name: "its yes to an S or an R in another encoding counts for nothing",
  },
  {
    attack: "ECDSA malleability",
    file: "evidence/src/algorithms.ts",
    take: "lowS: true",
    put: "lowS: false",
    test: KEYS,
    name: "KEY-4: attack: ECDSA malleability, the other S of a signature",
  },
  // The log.
  {
    attack: "leaf and node confusion",
    file: "assembly/bytes/proof.ts",
    take: "if (!isSubtree(start, end, size) || hashes != proofLength(start, end, size)) return false;",
    put: "if (!isSubtree(start, end, size)) return false; const wanted = proofLength(start, end, size); while (levels > hashes) levels--; if (wanted == 0) return sameHash(hash, root);",
    test: LOG,
    name: "wrong-size proofs, another index, leaf and node confused",
  },
  {
    attack: "wrong-size proofs",
    file: "assembly/bytes/proof.ts",
    take: "hashes != proofLength(start, end, size)) return false;",
    put: "hashes < proofLength(start, end, size)) return false;",
    test: LOG,
    name: "wrong-size proofs, another index, leaf and node confused",
  },
  {
    attack: "split view",
    file: "evidence/src/log/verdict.ts",
    take: "const same = size === seen.size && sameBytes(root, seen.root);",
    put: "const same = size === seen.size;",
    test: VERDICT,
    name: "split view: another tree of the size that was seen",
  },
  {
    attack: "split view, at a witness",
    file: "evidence/src/log/witness.ts",
    take: "if (seen !== undefined && seen.size === size && !sameBytes(seen.root, root)) return conflict();",
    put: "if (seen !== undefined && seen.size === size) return { ...answer(200, signNote(noteText(request.checkpoint), name, signer, time)), seen: { size, root } };",
    test: TREE,
    name: "LOG-26 split view: another tree of the size that was seen, or that does not grow from it",
  },
  {
    attack: "checkpoint rollback",
    file: "evidence/src/log/verdict.ts",
    take: "if (size !== seen.size && growth === undefined) {",
    put: "if (size < seen.size) return; if (size !== seen.size && growth === undefined) {",
    test: VERDICT,
    name: "checkpoint rollback: an older checkpoint than was seen needs its proof, too",
  },
  {
    attack: "checkpoint rollback, at a witness",
    file: "evidence/src/log/witness.ts",
    take: "if (request.oldSize !== (seen?.size ?? 0n)) return conflict();",
    put: "",
    test: TREE,
    name: "LOG-26 checkpoint rollback: an older size over a newer one is answered with the newer",
  },
  {
    attack: "witness race (old size over new)",
    file: "host/src/log/witness-store.ts",
    take: "const result = turn.then(() => answer(body));",
    put: "const result = answer(body);",
    test: HOST_LOG,
    name: "LOG-27 witness race: an older size is not kept over a newer one",
  },
  {
    attack: "signing by a frozen log",
    file: "evidence/src/log/verdict.ts",
    take: "if (final === undefined || size < final.size) return;",
    put: "return;",
    test: VERDICT,
    name: "signing by a frozen log",
  },
  {
    attack: "signing by a frozen log, by its own program",
    file: "host/src/log/sequencer.ts",
    take: "if (this.#isClosed) throw closed(folder);",
    put: "",
    test: HOST_LOG,
    name: "LOG-24 signing by a frozen log: what is closed stays closed, and the next one says where it stood",
  },
  {
    attack: "whole-log deletion",
    file: "host/src/log/layout.ts",
    take: 'throw damaged(join(folder, NAMES.checkpoint), "there is no checkpoint");',
    put: 'const root = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex"); return { origin: identity.origin, size: 0n, root, signatures: [], unverified: [], note: new Uint8Array() };',
    test: HOST_LOG,
    name: "whole-log deletion: a log whose checkpoint is gone does not begin anew",
  },
  {
    attack: "a fork by two processes",
    file: "host/src/log/sequencer.ts",
    take: "await this.#requireOwn();",
    put: "",
    test: HOST_LOG,
    name: "LOG-22 a fork by two processes: neither can go on over the other",
  },
  {
    attack: "entry not bound to artifact",
    file: "evidence/src/log/logged.ts",
    take: "if (extra !== undefined && sameLoggedRun(parseEntry(engine, extra), wanted)) return;",
    put: "return;",
    test: VERDICT,
    name: "splice across runs: the proof of another run, attempt or signer",
  },
  {
    attack: "entry not in the log",
    file: "evidence/src/log/proof.ts",
    take: "if (!engine.verifyInclusion({ leafHash, index, size, root, proof: hashes })) {",
    put: "if (false) {",
    test: VERDICT,
    name: "entry not bound to artifact: an entry of this evidence that is not in the log",
  },
  {
    attack: "backdating with a compromised key",
    file: "evidence/src/trust.ts",
    take: "if (compromisedAt === undefined) return entry;",
    put: "return entry;",
    test: KEYRING,
    name: "attack: backdating with a compromised key",
  },
  {
    attack: "backdating within a log",
    file: "evidence/src/log/period.ts",
    take: "if (back >= 0) throw",
    put: "if (false) throw",
    test: TREE,
    name: "LOG-18 backdating: the log's time cannot go back within it",
  },
  {
    attack: "a period with something left out",
    file: "evidence/src/log/period.ts",
    take: "if (found === undefined || !sameBytes(found, root)) {",
    put: "if (false) {",
    test: TREE,
    name: "LOG-18 an entry left out, changed, moved or added is found",
  },
  {
    attack: "best of n (runs repeated until one pleases)",
    file: "host/src/log/runs.ts",
    take: 'await log.append({ type: "started", body });',
    put: "",
    test: "cli/test/log.test.ts",
    name: "that does not end leaves its beginning",
  },
  {
    attack: "best of n, in a period",
    file: "evidence/src/log/period.ts",
    take: 'if (entry.type === "started") open.set(`${run} ${attempt}`, { run, attempt });',
    put: 'if (entry.type === "started") continue;',
    test: TREE,
    name: "best of n: every run that was started is there, however many",
  },
  {
    attack: "one witness counted twice",
    file: "evidence/src/log/quorum.ts",
    take: "const id = toHex(key.key.bytes);",
    put: "const id = key.name;",
    test: TREE,
    name: "LOG-29 a quorum counts keys, not names: one witness under two names is one",
  },
  {
    attack: "an fsck that reports success on corruption",
    file: "host/src/log/fsck.ts",
    take: "const all = [...more, ...faults];",
    put: "const all: Fault[] = [];",
    test: "host/test/log/fsck.test.ts",
    name: "a flipped bit in any file is found, in the file and at the byte",
  },
  // Packs, engines, keyrings.
  {
    attack: "pack rollback",
    file: "evidence/src/verify-pack.ts",
    take: "if (minVersion === undefined || compareVersions(version, minVersion) >= 0) return;",
    put: "return;",
    test: PACK,
    name: "PACK-13 pack rollback: an older version than is required",
  },
  {
    attack: "yanked packs",
    file: "evidence/src/verify-pack.ts",
    take: "for (const bytes of yanks) {",
    put: "for (const bytes of yanks.slice(yanks.length)) {",
    test: PACK,
    name: "PACK-12 yanked packs",
  },
  {
    attack: "yanked packs, in evidence",
    file: "evidence/src/allowed.ts",
    take: "if (yankedPacks?.includes(pack) === true) {",
    put: "if (false) {",
    test: POLICY,
    name: "attack: a withdrawn engine, and the pack that was withdrawn",
  },
  {
    attack: "a withdrawn engine",
    file: "evidence/src/allowed.ts",
    take: "if (faultyEngines?.includes(engine) === true) {",
    put: "if (false) {",
    test: POLICY,
    name: "attack: a withdrawn engine, and the pack that was withdrawn",
  },
  {
    attack: "a hostile engine",
    file: "evidence/src/allowed.ts",
    take: "if (engines !== undefined && !engines.includes(engine)) {",
    put: "if (false) {",
    test: ATTACKS,
    name: "a withdrawn or hostile engine",
  },
  {
    attack: "stale revocation lists",
    file: "evidence/src/trust.ts",
    take: "if (now >= expiresAt) throw stale(",
    put: "if (false) throw stale(",
    test: KEYRING,
    name: "attack: a stale revocation list is neither a yes nor a no",
  },
  {
    attack: "keyring rollback",
    file: "evidence/src/keyring.ts",
    take: "if (newer.serial < older.serial) {",
    put: "if (false) {",
    test: KEYRING,
    name: "KEY-10: attack: rollback and split view, an older one or another of the same number",
  },
  // What is hidden.
  {
    attack: "dictionary attack on weak salts",
    file: "evidence/src/create.ts",
    take: "if (secret.length === 32 && secret.some((byte) => byte !== secret[0])) return;",
    put: "return;",
    test: ATTACKS,
    name: "dictionary attack on weak salts: a secret that can be guessed is not used",
  },
  {
    attack: "dictionary attack by commitment",
    file: "evidence/src/fields.ts",
    take: "salts.begin().bytes(field.seed).end();",
    put: "salts.begin().bytes(field.seed).end(); field.salt = field.seed;",
    test: REDACT,
    name: "by commitment: no seed or salt that is shown opens a hidden one",
  },
  {
    attack: "dictionary attack by replay",
    file: "evidence/src/verify.ts",
    take: "if (hidden.length === 0 || run.decision === null) return;",
    put: "return;",
    test: REDACT,
    name: "EVID-36 a decision's digest beside hidden values is found",
  },
  {
    attack: "proof swap on redaction",
    file: "evidence/src/fields.ts",
    take: `for (const [i, { name, commitment = NONE }] of children.entries()) {
      if (i > 0) frames.put(",");
      if (isObject) frames.put(\`"\${name}":\`);`,
    put: `const all = children.map(({ commitment = NONE }) => toHex(commitment)).sort();
    for (const [i, hex] of all.entries()) {
      const commitment = Buffer.from(hex, "hex");
      if (i > 0) frames.put(",");`,
    test: ATTACKS,
    name: "TRACE-21 proof swap on redaction: a hidden part cannot stand for another one",
  },
  {
    attack: "one commitment in two places",
    file: "evidence/src/fields.ts",
    take: '.put(`","${pointer}",["${shape[0]}",${shape[1]}],`)',
    put: '.put(`","",["${shape[0]}",${shape[1]}],`)',
    test: ATTACKS,
    name: "TRACE-21 one commitment in two places opens in one of them",
  },
  {
    attack: "an array in place of an object",
    file: "evidence/src/fields.ts",
    take: `frames.begin().open().put('["').hex(salt).put(\`","\${pointer}",["\${shape[0]}",\${shape[1]}],\`);
  if (text !== undefined) frames.put(text);
  else {
    const isObject = shape[0] === "object";`,
    put: `frames.begin().open().put('["').hex(salt).put(\`","\${pointer}",\`);
  if (text !== undefined) frames.put(text);
  else {
    const isObject = true;`,
    test: ATTACKS,
    name: "an array and an object that look alike",
  },
  {
    attack: "the run's seed left in a file in which something is hidden",
    file: "evidence/src/redact.ts",
    take: "if (dropped.size === 0) return",
    put: "if (dropped.size < 1e9) return",
    test: "evidence/test/records.test.ts",
    name: "is in no file in which something is hidden, and the run's secret in none",
  },
  {
    attack: "copies that stay behind",
    file: "evidence/src/copies.ts",
    take: "else if (field.text !== undefined && holds(plain(field.text))) copies.push(field);",
    put: "",
    test: REDACT,
    name: "EVID-34 every copy goes: in tasks, requests, names, texts, base64 and hex",
  },
  // Time, secrets, fuel.
  {
    attack: "timing of secret comparisons",
    file: "cli/src/sealer.ts",
    take: "const key = keyOf(passphrase, kdf);",
    put: "const key = keyOf(passphrase, kdf); if (passphrase === nonce) return undefined;",
    test: "tools/test/never.test.ts",
    name: "timing of secret comparisons: no secret is compared with a value",
  },
  {
    attack: "time of check to time of use",
    file: "evidence/src/open.ts",
    take: "const own = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();",
    put: "const own = bytes;",
    test: ATTACKS,
    name: "time of check to time of use: memory that somebody else writes to while it is read",
  },
  {
    attack: "forged secret placeholders",
    file: "host/src/egress.ts",
    take: "fillingOf(request.secrets,",
    put: "fillingOf([...(request.secrets ?? []), ...((request.body as never)?.['secrets'] ?? [])],",
    test: "host/test/holes.test.ts",
    name: "forged secret placeholders: a value that looks like a place for one is sent as it is",
  },
  {
    attack: "fuel bombs in evidence",
    file: "evidence/src/verify.ts",
    take: 'if (typeof fuel === "number" && fuel > budget) {',
    put: "if (false) {",
    test: ATTACKS,
    name: "fuel bombs: a run that may use more than the verifier spends is not begun",
  },
  {
    attack: "poisoned snapshots",
    file: "assembly/workflow/snapshot.ts",
    take: "if (bad || !isSound()) return fail(E_SNAPSHOT, 0);",
    put: "if (bad) return fail(E_SNAPSHOT, 0);",
    test: "bindings/test/run-snapshot.test.ts",
    name: "in any one place is refused or is a run that can go on: never a trap",
  },
  // What is shown.
  {
    attack: "terminal injection",
    file: "cli/src/text.ts",
    take: "return text.replace(UNSAFE, escaped);",
    put: "return text;",
    test: "cli/test/text.test.ts",
    name: "columns are aligned and foreign text in them is escaped",
  },
  {
    attack: "HTML and bidirectional text in a report",
    file: "evidence/src/html.ts",
    take: '(unit) => NAMED[unit] ?? `\\\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,',
    put: "(unit) => unit,",
    test: "evidence/test/html.test.ts",
    name: "EVID-39 HTML and bidi injection: texts of the evidence are shown, not interpreted",
  },
  // Steps.
  {
    attack: "a step with an older context",
    file: "evidence/src/step.ts",
    take: "(first.seq === 1 || precedes(first, own)) &&",
    put: "",
    test: "evidence/test/step.test.ts",
    name: "EVID-41 an older context in place of the one before it: nothing between can be left out",
  },
];
