// A witness against the requests and answers of litewitness.
import { fromHex, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  cosign,
  newKey,
  noteKey,
  openCheckpoint,
  publicKey,
  publicKeyOf,
  signerOf,
} from "@reach-fabric/evidence";
import type { NoteKey, Seen } from "@reach-fabric/evidence";
import { textOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

/** A request in the file, and what is said of its answer. */
const REQUEST =
  /^POST http:\/\/localhost:\d+\/add-checkpoint\n```\n([\s\S]*?)```\nHTTP (\d+)\n\[Asserts\]\nbody (contains|==) "(.*)"$/gm;

/**
 * The status of C2SP tlog-witness 1.0.0 where the file has that of an earlier draft: an origin that
 * the witness does not know is 404 there, not 403.
 */
const statusOf = (status: number, text: string): number =>
  status === 403 && text === "unknown log" ? 404 : status;

function witness(engine: Engine, vectors: Vectors): SuiteResult {
  const failed: string[] = [];
  const file = textOf(vectors, "tlog-witness/litewitness.txtar");
  const key = publicKey(fromHex(/-key=([0-9a-f]{64})/.exec(file)?.[1] ?? ""));
  const origin = /^sigsum\.org\/\S+$/m.exec(file)?.[0] ?? "";
  const log = noteKey(origin, "note", key);
  const own = newKey((size) => Uint8Array.from({ length: size }, (_, i) => i + 1)).private;
  const name = noteKey("example.com/witness", "cosignature", publicKeyOf(own));
  const self = { engine, logs: new Map([[origin, log]]), name, signer: signerOf(own) };
  let seen: Seen | undefined;
  let passed = 0;
  for (const [i, match] of [...file.matchAll(REQUEST)].entries()) {
    const [, body = "", status = "", how = "", quoted = ""] = match;
    const text = quoted.replaceAll("\\n", "\n");
    const given = cosign(self, utf8(body), () => seen, 1_800_000_000n);
    seen = given.seen ?? seen;
    const said = how === "==" ? given.body === text : given.body.includes(text);
    const holds = given.status === statusOf(Number(status), text) && said;
    if (holds && (given.status !== 200 || isCosigned(body, given.body, origin, log, name)))
      passed++;
    else failed.push(`request ${i + 1}: ${given.status} ${given.body}, not ${status} ${text}`);
  }
  if (passed + failed.length !== 9) failed.push("there are not nine requests in the file");
  const size = `${seen?.size} ${toHex(seen?.root.subarray(0, 4) ?? new Uint8Array())}`;
  if (seen?.size !== 5n) failed.push(`the witness has seen ${size}, not 5 entries`);
  return { passed, failed, skipped: [], notes: ["404 for an unknown log, as 1.0.0 has it"] };
}

/** The checkpoint with the line that was given: signed by the log and by the witness. */
function isCosigned(
  body: string,
  line: string,
  origin: string,
  log: NoteKey,
  name: NoteKey,
): boolean {
  const note = utf8(body.slice(body.indexOf("\n\n") + 2) + line);
  return openCheckpoint(note, origin, log, [name]).signatures.length === 2;
}

export const suites: readonly Suite[] = [{ name: "tlog-witness", run: witness }];
