// The vectors of docs/spec/vault.md, and a second reader that was written from that page alone.
import { createDecipheriv, createHmac, hkdfSync, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { utf8 } from "@reach-fabric/engine";
import { openVaultFile, parseVault, vaultKeys } from "@reach-fabric/host/testing";
import { errorOf } from "../helpers.ts";

interface Vectors {
  readonly passphrase: string;
  readonly keys: Record<"entry" | "list" | "check" | "got", string>;
  readonly cases: readonly {
    readonly id: string;
    readonly rule: string;
    readonly why: string;
    readonly file: string;
    readonly passphrase?: string;
    readonly error?: string;
    readonly expect?: { generation: number; secrets: object; former: object[] };
  }[];
}
const vectors = JSON.parse(
  readFileSync(new URL("../../../golden/vault/cases.json", import.meta.url), "utf8"),
) as Vectors;

async function opened(text: string, passphrase: string): Promise<object> {
  const file = parseVault(utf8(text), "vault");
  const keys = await vaultKeys(utf8(passphrase), file.kdf);
  const { generation, entries } = openVaultFile(file, keys, "vault");
  return described(generation, entries);
}

type Entry = { name: string; version: number; state: string; secret: object };
const described = (generation: number, entries: readonly Entry[]): object => ({
  generation,
  secrets: Object.fromEntries(
    entries.filter(({ state }) => state === "current").map(({ name, secret }) => [name, secret]),
  ),
  former: entries
    .filter(({ state }) => state === "former")
    .map(({ name, version, secret }) => ({ name, version, secret })),
});

describe("the vectors of a vault", () => {
  it.each(vectors.cases.map((one) => [`${one.rule}: ${one.id}, ${one.why}`, one] as const))(
    "%s",
    async (_, { file, passphrase = vectors.passphrase, error, expect: wanted }) => {
      if (error === undefined) expect(await opened(file, passphrase)).toEqual(wanted);
      else expect((await errorOf(opened(file, passphrase))).code).toBe(error);
    },
  );
});

it("VAULT-2, VAULT-4, VAULT-5: a second reader says the same", () => {
  const [first] = vectors.cases;
  const text = first?.file ?? "";
  const { seal, ...rest } = JSON.parse(text) as {
    seal: string;
    id: string;
    key: string;
    generation: number;
    kdf: { n: number; r: number; p: number; salt: string };
    entries: (Omit<Entry, "secret"> & { nonce: string; text: string })[];
  };
  const { n, r, p, salt } = rest.kdf;
  const key = scryptSync(vectors.passphrase, Buffer.from(salt, "base64"), 32, {
    N: n,
    r,
    p,
    maxmem: 256 * n * r * p,
  });
  const sub = (use: string): Buffer =>
    Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), `reach/vault/v1 ${use}`, 32));
  for (const [use, hex] of Object.entries(vectors.keys)) expect(sub(use).toString("hex")).toBe(hex);
  const mac = (use: string, over: string): string =>
    createHmac("sha256", sub(use)).update(over).digest("hex");
  expect(mac("check", rest.id).slice(0, 32)).toBe(rest.key);
  // Members are sorted, so that the seal comes last.
  expect(mac("list", text.replace(`,"seal":"${seal}"}\n`, "}"))).toBe(seal);
  const entries = rest.entries.map(({ nonce, text: sealed, ...about }): Entry => {
    const bytes = Buffer.from(sealed, "base64");
    const cipher = createDecipheriv("aes-256-gcm", sub("entry"), Buffer.from(nonce, "base64"));
    cipher.setAAD(
      Buffer.from(JSON.stringify(["reach/vault/v1", rest.id, about.name, about.version])),
    );
    cipher.setAuthTag(bytes.subarray(-16));
    const plain = cipher.update(bytes.subarray(0, -16), undefined, "utf8") + cipher.final("utf8");
    expect(Buffer.byteLength(plain) % 64).toBe(0);
    return { ...about, secret: JSON.parse(plain) as object };
  });
  expect(described(rest.generation, entries)).toEqual(first?.expect);
});
