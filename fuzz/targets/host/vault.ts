// Vaults in the hands of somebody without their key: what he makes of one is refused, or is the same to the last byte.
// docs/spec/vault.md, VAULT-1 to VAULT-5.
import { hkdfSync, scryptSync } from "node:crypto";
import { canonicalize, fromUtf8 } from "@reach-fabric/engine";
import { ReachError } from "@reach-fabric/host";
import { formatVault, openVaultFile, parseVault, sealEntry } from "@reach-fabric/host/testing";
import fc from "fast-check";
import { bytesOf, changed, edit } from "../../arbitraries/edits.ts";
import type { Edit } from "../../arbitraries/edits.ts";
import type { Target } from "../registry.ts";

/** Edits of the text, and parts of an older vault of the same key put into it. */
interface Attack {
  readonly acts: readonly Edit[];
  readonly swaps: readonly (readonly [into: number, from: number])[];
  /** Whether it is brought into the one layout again. */
  readonly isTidy: boolean;
}

const CODES = /^REACH-E413[456]$/;

function tidy(text: string): string {
  try {
    return `${fromUtf8(canonicalize(bytesOf(text)))}\n`;
  } catch {
    return text;
  }
}

/** Bytes that follow from a seed. */
const seeded = (seed: number) => (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) % 251);

export function vaultTarget(): Target<Attack> {
  const kdf = { name: "scrypt", n: 32_768, r: 8, p: 1, salt: "AAECAwQFBgcICQoLDA0ODw==" } as const;
  const key = scryptSync("a passphrase", Buffer.from(kdf.salt, "base64"), 32, {
    N: kdf.n,
    r: kdf.r,
    p: kdf.p,
    maxmem: 256 * kdf.n * kdf.r,
  });
  const sub = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", key, "", `reach/vault/v1 ${use}`, 32));
  const keys = {
    kdf,
    entry: sub("entry"),
    list: sub("list"),
    check: sub("check"),
    got: sub("got"),
  };
  const id = "000102030405060708090a0b0c0d0e0f";
  const entryOf = (name: string, version: number, state: "current" | "former", of: string) => {
    const since = `2026-11-${10 + version}T00:00:00.000Z`;
    const secret = { token: `tok-${of}-${name}-${version}-0123456789` };
    return sealEntry(
      keys,
      id,
      { name, version, state, since, secret },
      seeded(version * 3 + of.length),
    );
  };
  const older = [entryOf("a", 1, "current", "old"), entryOf("b", 1, "current", "old")];
  const entries = [
    entryOf("a", 1, "former", "old"),
    entryOf("a", 2, "current", "new"),
    entryOf("b", 1, "current", "newer"),
  ];
  const whole = fromUtf8(formatVault({ id, generation: 7, entries }, keys));
  const parts = (text: string): string[] =>
    text.split(/(?<=\})(?=,\{"name")|(?<=\[)|(?=\],"format")/);
  const before = parts(fromUtf8(formatVault({ id, generation: 5, entries: older }, keys)));
  const counts = { refused: 0, same: 0 };
  const codes = new Map<string, number>();

  return {
    name: "vault",
    arbitrary: fc.record({
      acts: fc.array(edit, { maxLength: 3 }),
      swaps: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 2 }),
      isTidy: fc.boolean(),
    }),
    check: ({ acts, swaps, isTidy }) => {
      const mixed = parts(whole);
      for (const [into, from] of swaps) {
        const part = before[from % before.length];
        if (part !== undefined) mixed[into % mixed.length] = part;
      }
      const raw = acts.reduce(changed, mixed.join(""));
      const text = isTidy ? tidy(raw) : raw;
      try {
        const file = parseVault(bytesOf(text), "vault");
        const isOther = file.kdf.salt !== kdf.salt || file.kdf.n !== kdf.n || file.kdf.p !== kdf.p;
        // Other parameters give other keys, whatever they are.
        const content = openVaultFile(
          file,
          isOther ? { ...keys, check: seeded(9)(32) } : keys,
          "vault",
        );
        if (text === whole) counts.same += 1;
        else if (text !== before.join("")) {
          throw new Error(`another vault passes: ${JSON.stringify(content.generation)} ${text}`);
        }
      } catch (error) {
        if (!(error instanceof ReachError) || !CODES.test(error.code)) throw error;
        if (text === whole) throw new Error("the vault itself is refused", { cause: error });
        if (/tok-/.test(JSON.stringify(error)))
          throw new Error("it tells a value", { cause: error });
        counts.refused += 1;
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }
    },
    known: () =>
      `${counts.refused} refused (${[...codes].map(([code, times]) => `${code} ${times}`).join(", ")}), ${counts.same} the same`,
  };
}
