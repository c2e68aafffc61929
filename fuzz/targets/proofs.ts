// Evidence, packs, checkpoints and proofs in the hands of somebody who has no private key: what he makes of
// them is refused, or says nothing else than before. docs/spec/evidence.md, log.md, pack.md.
import {
  createEngine,
  fromUtf8,
  hashFrames,
  inclusionProof,
  merkleRoot,
  utf8,
} from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import {
  createEvidence,
  EvidenceError,
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatPeriod,
  formatTlogProof,
  newKey,
  noteKey,
  openCheckpoint,
  packPredicate,
  parseEntry,
  proveStep,
  publicKeyOf,
  readPackFile,
  signerOf,
  signNote,
  signPack,
  startedEntryIn,
  tallyRuns,
  verify,
  verifyLoggedEntry,
  verifyPack,
  verifyPeriod,
  verifyStep,
  withProof,
  writePackFile,
} from "@reach-fabric/evidence";
import { readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import fc from "fast-check";
import { facts, pack as lendingPack, recorded } from "../../evidence/test/fixtures/fixture.ts";
import { bytesOf, changed, edit } from "../arbitraries/edits.ts";
import type { Edit } from "../arbitraries/edits.ts";
import type { Target } from "./registry.ts";

const kinds = ["evidence", "logged", "step", "pack", "checkpoint", "proof", "period"] as const;
type Kind = (typeof kinds)[number];

interface Attack {
  readonly kind: Kind;
  /** For archives: the entry that is edited, or else the whole file. */
  readonly entry: number;
  readonly inside: boolean;
  /** Lines of the entry that are dropped, doubled or exchanged before. */
  readonly lines: readonly { readonly what: "drop" | "double" | "swap"; readonly at: number }[];
  readonly edits: readonly Edit[];
}

/** What an artifact says, if it is accepted; undefined where it is not. */
type Judge = (bytes: Uint8Array) => string | undefined;

const seeded = (seed: number) => (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 11 + seed) % 251);

/** Bytes as a text with one unit each. */
const textOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

function editedLines(text: string, lines: Attack["lines"]): string {
  const all = text.split("\n");
  for (const { what, at } of lines) {
    const i = at % all.length;
    if (what === "drop") all.splice(i, 1);
    else if (what === "double") all.splice(i, 0, all[i] ?? "");
    else [all[0], all[i]] = [all[i] ?? "", all[0] ?? ""];
  }
  return all.join("\n");
}

export function proofsTarget(): Target<Attack> {
  const engine = createEngine();
  const made = artifacts(engine, lendingPack);
  const counts = { refused: 0, same: 0 };
  const originals = Object.fromEntries(
    kinds.map((kind) => [kind, made[kind].judge(made[kind].bytes)]),
  );
  for (const kind of kinds) {
    if (originals[kind] === undefined) throw new Error(`the ${kind} itself is refused`);
  }

  function attacked({ kind, entry, inside, lines, edits }: Attack): Uint8Array {
    const { bytes, isArchive } = made[kind];
    const edited = (content: Uint8Array): Uint8Array =>
      bytesOf(edits.reduce(changed, editedLines(textOf(content), lines)));
    if (!isArchive || !inside) return edited(bytes);
    const entries = readContainer(bytes);
    const at = entry % entries.length;
    const after = entries.map((each, i) =>
      i === at ? { name: each.name, bytes: edited(each.bytes) } : each,
    );
    // Nothing left of it: the entry is taken out.
    return writeContainer(after.filter(({ bytes: content }) => content.length > 0));
  }

  return {
    name: "proofs",
    arbitrary: fc.record({
      kind: fc.constantFrom(...kinds),
      entry: fc.nat(20),
      inside: fc.boolean(),
      lines: fc.array(
        fc.record({ what: fc.constantFrom("drop", "double", "swap"), at: fc.nat(60) }),
        { maxLength: 2 },
      ),
      edits: fc.array(edit, { maxLength: 3 }),
    }),
    check: (attack) => {
      const { kind } = attack;
      let bytes: Uint8Array;
      try {
        bytes = attacked(attack);
      } catch (error) {
        if (error instanceof EvidenceError) return;
        throw error;
      }
      const said = made[kind].judge(bytes);
      if (said === undefined) {
        counts.refused += 1;
        return;
      }
      counts.same += 1;
      const original = originals[kind] ?? "";
      if (said !== original) {
        throw new Error(`another ${kind} passes: ${said.slice(0, 300)}`);
      }
    },
    known: () => `${counts.refused} refused, ${counts.same} pass and say the same`,
  };
}

interface Artifact {
  readonly bytes: Uint8Array;
  readonly isArchive: boolean;
  readonly judge: Judge;
}

/** What there is to attack, each with what it shows to whoever has the right keys. */
function artifacts(engine: Engine, pack: Pack): Readonly<Record<Kind, Artifact>> {
  const alice = newKey(seeded(1)).private;
  const file = createEvidence({
    engine,
    pack,
    records: recorded(712),
    runSecret: seeded(5)(32),
    signer: signerOf(alice),
    run: facts,
  });
  const trustedKeys = [publicKeyOf(alice)];
  const required = ["authentic", "trusted", "complete", "replayed"] as const;
  const publisher = newKey(seeded(2), "P-256").private;
  const { manifest } = readPackFile(engine, writePackFile(engine, pack));
  const bundle = signPack(engine, pack, "pack", packPredicate(manifest), signerOf(publisher));

  const own = newKey(seeded(3)).private;
  const key = noteKey("example.com/log", "note", publicKeyOf(own));
  const other = newKey(seeded(4)).private;
  const witness = noteKey("example.com/w", "cosignature", publicKeyOf(other));
  const at = (i: number): string => `2026-11-27T10:00:0${i}.000Z`;
  const log = [0, 1, 2, 3, 4].map((i) =>
    formatEntry(
      engine,
      i === 2
        ? evidenceEntryOf(engine, file)
        : i === 1
          ? startedEntryIn(engine, file)
          : { type: "closed", body: { reason: `${i}` } },
      at(i),
    ),
  );
  const text = formatCheckpoint({ origin: key.name, size: 5n, root: merkleRoot(log) });
  const note = utf8(
    `${text}\n${signNote(text, key, signerOf(own))}${signNote(text, witness, signerOf(other), 1_800_000_000n)}`,
  );
  const hashes = hashFrames(log, 0);
  const proofOf = (i: number): Uint8Array =>
    formatTlogProof({
      index: BigInt(i),
      hashes: inclusionProof(hashes, i),
      extra: log[i],
      checkpoint: note,
    });
  const proof = proofOf(2);
  const logs = [{ origin: key.name, key, witnesses: [witness], quorum: 0, started: true }];
  const policy = {
    trustedKeys,
    required: [...required, "logged"],
    logs,
    now: at(9),
    maxLag: 1e9,
  } as const;
  const period = formatPeriod(engine, {
    from: at(1),
    to: at(4),
    checkpoint: note,
    first: 0,
    entries: log.map((bytes) => parseEntry(engine, bytes)),
    hashes: [],
  });
  const open = (read: () => string): string | undefined => {
    try {
      return read();
    } catch (error) {
      if (error instanceof EvidenceError) return undefined;
      throw error;
    }
  };
  const whole: Judge = (bytes) =>
    verify(engine, bytes, { trustedKeys, required }).ok ? textOf(bytes) : undefined;
  return {
    evidence: { bytes: file, isArchive: true, judge: whole },
    logged: {
      bytes: withProof(engine, file, proof, proofOf(1)),
      isArchive: true,
      // Whose signatures stand beside the log's own changes nothing in what is shown.
      judge: (bytes) => {
        const { ok, verdicts } = verify(engine, bytes, policy);
        if (!ok) return undefined;
        const own = readContainer(bytes).filter(({ name }) => !name.endsWith(".tlog-proof"));
        const texts = own.map(({ name, bytes: content }) => `${name}\n${textOf(content)}`);
        return [verdicts.logged.why, ...texts].join("\n");
      },
    },
    step: {
      bytes: proveStep(engine, file, 4),
      isArchive: true,
      judge: (bytes) =>
        verifyStep(engine, bytes, { trustedKeys }).ok
          ? readContainer(bytes)
              .map(({ name, bytes: content }) => `${name}\n${textOf(content)}`)
              .join("\n")
          : undefined,
    },
    pack: {
      bytes: writePackFile(engine, pack, new Map([["pack", [bundle]]])),
      isArchive: true,
      judge: (bytes) => {
        const report = verifyPack(engine, bytes, { trustedKeys: [publicKeyOf(publisher)] });
        return report.ok ? `${report.digest} ${JSON.stringify(report.manifest)}` : undefined;
      },
    },
    checkpoint: {
      bytes: note,
      isArchive: false,
      judge: (bytes) =>
        open(() => {
          const { size, root } = openCheckpoint(bytes, key.name, key, [witness]);
          return `${size} ${textOf(root)}`;
        }),
    },
    proof: {
      bytes: proof,
      isArchive: false,
      judge: (bytes) =>
        open(() => {
          const { index, entry, checkpoint } = verifyLoggedEntry(engine, bytes, key.name, key, [
            witness,
          ]);
          return `${index} ${checkpoint.size} ${fromUtf8(entry)}`;
        }),
    },
    period: {
      bytes: period,
      isArchive: false,
      judge: (bytes) =>
        open(() => {
          const shown = verifyPeriod(engine, bytes, key.name, key, [witness]);
          const { from, to, first, entries } = shown;
          // Whoever asks for another period gets another one: what it shows is true of the same log.
          const isTrue = entries.every((entry) =>
            log.some((each) => fromUtf8(each) === fromUtf8(formatEntry(engine, entry, entry.at))),
          );
          const wanted = log.filter((_, i) => at(i) >= from && at(i) < to);
          const tallies = tallyRuns(wanted.map((each) => parseEntry(engine, each)));
          const isCounted =
            JSON.stringify({ ...shown, ...tallies, checkpoint: 0 }) ===
            JSON.stringify({ ...shown, checkpoint: 0 });
          return isTrue && isCounted && entries.length === wanted.length && first >= 0
            ? "as it is"
            : `${from} ${to} ${entries.length}`;
        }),
    },
  };
}
