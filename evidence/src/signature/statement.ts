// The statement that evidence is signed with: which files belong together. docs/spec/evidence.md, EVID-11
// and EVID-12.
import { fromUtf8, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { EvidenceRun } from "@reach-fabric/schema";
import { EvidenceError } from "../errors/errors.ts";
import { formatStatement, readStatement } from "./in-toto.ts";
import type { ExpectedSubject, Subject } from "./in-toto.ts";
import { canonicalBytes } from "../encoding/json.ts";

const PREDICATE_TYPE = "urn:reach:evidence:v1";

/** What a statement is about. The pack and the engine are named by digest, enclosed or not. */
export interface Subjects {
  /** That of run.json. */
  readonly format: EvidenceRun["format"];
  readonly run: Uint8Array;
  readonly trace: Uint8Array;
  /** The file that the trace follows from, where it is not in one itself. */
  readonly traceFrom?: string | undefined;
  /** SHA-256 of pack.json and of engine.wasm, in hex. */
  readonly pack: string;
  readonly engine: string;
}

/** The statement about these subjects. */
export const writeStatement = (engine: Engine, subjects: Subjects): Uint8Array<ArrayBuffer> =>
  formatStatement(engine, {
    subjects: subjectList(engine, subjects),
    predicateType: PREDICATE_TYPE,
    predicate: { format: subjects.format },
  });

/**
 * Requires that a verified payload is the statement about exactly these subjects.
 *
 * @throws EvidenceError as readStatement() does; `REACH-E5305` for another format
 */
export function requireStatement(engine: Engine, payload: Uint8Array, subjects: Subjects): void {
  requireSubjects(engine, payload, subjects.format, subjectList(engine, subjects));
}

/** The same where the trace is not at hand: of it, run.json has the root. */
export function requireStepStatement(
  engine: Engine,
  payload: Uint8Array,
  subjects: Omit<Subjects, "trace">,
): void {
  const [run, , pack, wasm] = subjectList(engine, { ...subjects, trace: new Uint8Array() });
  const expected = [run, { name: "trace.jsonl" }, pack, wasm] as ExpectedSubject[];
  requireSubjects(engine, payload, subjects.format, expected);
}

function requireSubjects(
  engine: Engine,
  payload: Uint8Array,
  format: EvidenceRun["format"],
  subjects: readonly ExpectedSubject[],
): void {
  const predicate = readStatement(engine, payload, { subjects, predicateType: PREDICATE_TYPE });
  const said = fromUtf8(canonicalBytes(engine, predicate));
  if (said === JSON.stringify({ format })) return;
  throw new EvidenceError(
    "REACH-E5305",
    "the signed statement is about another format of evidence",
  );
}

/** Always these four in this order, so that a statement has one form. */
const subjectList = (engine: Engine, subjects: Subjects): Subject[] => [
  { name: "run.json", sha256: toHex(engine.sha256(subjects.run)) },
  {
    name: "trace.jsonl",
    sha256: toHex(engine.sha256(subjects.trace)),
    ...(subjects.traceFrom === undefined ? {} : { from: subjects.traceFrom }),
  },
  { name: "pack.json", sha256: subjects.pack },
  { name: "engine.wasm", sha256: subjects.engine },
];
