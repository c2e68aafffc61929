// Whom a run is about, so that who has the tenant's matter key can list all runs about one subject, and nobody else
// learns even that two runs are about the same. docs/spec/log.md, LOG-63 and LOG-64.
import { concat, fromBase64, fromUtf8, toBase64, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { matterKeyFile } from "@reach-fabric/schema";
import type { LogEntry, MatterKeyFile } from "@reach-fabric/schema";
import { canonicalBytes, fileInShape } from "../encoding/json.ts";
import { EvidenceError } from "../errors/errors.ts";

/** A tenant's secret of 32 bytes, under which its logs note whom runs are about. */
export interface MatterKey {
  /** What entries name it by, in hex. */
  readonly id: string;
  readonly secret: Uint8Array;
}

type Hmac = Pick<Engine, "hmacSha256">;

const SECRET_BYTES = 32;

const idOf = (engine: Hmac, secret: Uint8Array): string =>
  toHex(engine.hmacSha256(secret, utf8("reach/v1/matter-key"))).slice(0, 16);

/**
 * A new matter key, as a file.
 *
 * @param random gives so many random bytes, from a source that is fit for keys
 *
 * @example
 * const file = newMatterKey(engine, (size) => crypto.getRandomValues(new Uint8Array(size)));
 * readMatterKey(engine, utf8(JSON.stringify(file))).id; // → file.id
 */
export function newMatterKey(engine: Hmac, random: (size: number) => Uint8Array): MatterKeyFile {
  const secret = random(SECRET_BYTES);
  return { format: "reach/matter-key/v1", id: idOf(engine, secret), secret: toBase64(secret) };
}

/**
 * The key in a file. No error shows what is in it.
 *
 * @throws EvidenceError `REACH-E5347` it is no matter key, or its id is that of another one
 */
export function readMatterKey(engine: Engine, bytes: Uint8Array): MatterKey {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(engine.canonicalize(bytes)));
  } catch {
    // Without the cause, which may show some of it.
    throw new EvidenceError("REACH-E5347", "the matter key is not JSON");
  }
  const file = fileInShape(matterKeyFile, value, "the matter key", "REACH-E5347");
  const secret = fromBase64(file.secret);
  if (idOf(engine, secret) === file.id) return { id: file.id, secret };
  throw new EvidenceError("REACH-E5347", "the matter key has the id of another one");
}

/**
 * What stands in the log for a subject of one attempt at a run: HMAC-SHA-256 under the matter key. Of another run it is
 * another code, so that a reader of the log cannot tell which runs are about the same subject.
 *
 * @param subject the value in the run's input, a text or any other
 */
function subjectCode(
  engine: Engine,
  { secret }: MatterKey,
  { run, attempt }: { readonly run: string; readonly attempt: number },
  subject: unknown,
): string {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, attempt);
  const message = [utf8(`reach/v1/subject\0${run}\0`), number, canonicalBytes(engine, subject)];
  return toHex(engine.hmacSha256(secret, concat(message)));
}

/** What the entry of a run says of its subjects: each once, in an order that says nothing. */
export function subjectsUnder(
  engine: Engine,
  key: MatterKey,
  run: { readonly run: string; readonly attempt: number },
  subjects: readonly unknown[],
): { readonly key: string; readonly codes: string[] } {
  const codes = subjects.map((subject) => subjectCode(engine, key, run, subject));
  return { key: key.id, codes: [...new Set(codes)].sort() };
}

/** A run that began and is about a subject. */
export interface RunAbout {
  /** The number of its entry, and the log's time. */
  readonly index: number;
  readonly at: string;
  readonly run: string;
  readonly attempt: number;
  /** SHA-256 of pack.json and of the engine, in hex. */
  readonly pack: string;
  readonly engine: string;
  /** What the log has of its evidence: numbers of entries, and SHA-256 of run.json. */
  readonly evidence: readonly {
    readonly index: number;
    readonly at: string;
    readonly sha256: string;
  }[];
}

/** What a search has found. */
export interface FoundRuns {
  /** In the order in which they began. */
  readonly runs: readonly RunAbout[];
  /** Starts under keys that were not given, by the ids of those: whom they are about cannot be told. */
  readonly otherKeys: Readonly<Record<string, number>>;
}

/**
 * Looks for all runs about one subject in the entries of a log, as they come. That they are all entries of the log is
 * for others to show.
 *
 * @example
 * const file = newMatterKey(engine, (size) => crypto.getRandomValues(new Uint8Array(size)));
 * const key = readMatterKey(engine, utf8(JSON.stringify(file)));
 * const search = new SubjectSearch(engine, [key], "C-1042");
 * search.add(0, { v: 1, type: "opened", body: {}, at: "2026-11-23T07:00:00.000Z" });
 * search.found().runs; // → []
 */
export class SubjectSearch {
  readonly #engine: Engine;
  readonly #keys: ReadonlyMap<string, MatterKey>;
  readonly #subjects: readonly unknown[];
  readonly #runs: (RunAbout & { readonly evidence: RunAbout["evidence"][number][] })[] = [];
  readonly #otherKeys = new Map<string, number>();

  /** @param subjects the subject; several where it can be written in several ways, as a text and as a number */
  constructor(engine: Engine, keys: readonly MatterKey[], ...subjects: readonly unknown[]) {
    this.#engine = engine;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#subjects = subjects;
  }

  /** Takes the next entry. */
  add(index: number, entry: LogEntry): void {
    const { at } = entry;
    if (entry.type === "started" && this.#isAbout(entry.body)) {
      const { run, attempt, pack, engine } = entry.body;
      this.#runs.push({ index, at, run, attempt, pack, engine, evidence: [] });
    }
    if (entry.type !== "evidence") return;
    const { run, attempt, sha256 } = entry.body;
    for (const one of this.#runs) {
      if (one.run === run && one.attempt === attempt) one.evidence.push({ index, at, sha256 });
    }
  }

  /** What was found so far. */
  found(): FoundRuns {
    return { runs: this.#runs, otherKeys: Object.fromEntries(this.#otherKeys) };
  }

  #isAbout({ subjects, run, attempt }: Extract<LogEntry, { type: "started" }>["body"]): boolean {
    if (subjects === undefined) return false;
    const key = this.#keys.get(subjects.key);
    if (key === undefined) {
      this.#otherKeys.set(subjects.key, (this.#otherKeys.get(subjects.key) ?? 0) + 1);
      return false;
    }
    return this.#subjects.some((subject) =>
      subjects.codes.includes(subjectCode(this.#engine, key, { run, attempt }, subject)),
    );
  }
}
