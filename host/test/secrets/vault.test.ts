// A vault that somebody without its key has his hands on: it says so, gives nothing, and loses nothing. docs/spec/vault.md.
import {
  chmod,
  copyFile,
  mkdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { canonicalize, fromUtf8, utf8 } from "@reach-fabric/engine";
import { createVault, openVault, ReachError } from "@reach-fabric/host";
import type { Vault, VaultOptions, VaultRemark } from "@reach-fabric/host";
import {
  formatVault,
  openVaultFile,
  parseVault,
  sealEntry,
  vaultKeys,
  whyNotPrivate,
} from "@reach-fabric/host/testing";
import { errorOf, newFolder } from "../helpers.ts";

const passphrase = utf8("correct horse battery staple");
/** The cheapest that is allowed: what is tried here is not the cost. */
const kdf = { name: "scrypt", n: 32_768, r: 8, p: 1, salt: "AAECAwQFBgcICQoLDA0ODw==" } as const;
const id = "000102030405060708090a0b0c0d0e0f";
const at = "2026-11-30T12:00:00.000Z";
const TOKEN = "tok-0123456789abcdef";
const random = (seed: number) => {
  let n = seed;
  return (size: number): Uint8Array =>
    Uint8Array.from({ length: size }, () => (n = (n * 7 + 3) % 251));
};

let keys: Awaited<ReturnType<typeof vaultKeys>>;
beforeAll(async () => {
  keys = await vaultKeys(passphrase, kdf);
});

const entryOf = (
  name: string,
  token: string,
  version = 1,
  state: "current" | "former" = "current",
) => sealEntry(keys, id, { name, version, state, since: at, secret: { token } }, random(version));
const contentOf = (...entries: ReturnType<typeof entryOf>[]) => ({ id, generation: 1, entries });
const bytesOf = (...entries: ReturnType<typeof entryOf>[]): Uint8Array =>
  formatVault(contentOf(...entries), keys);

/** Opens bytes as the program does, with keys that are known where they are the same. */
async function opened(bytes: Uint8Array): Promise<unknown> {
  const file = parseVault(bytes, "x");
  const isSame = file.kdf.salt === kdf.salt && file.kdf.n === kdf.n && file.kdf.p === kdf.p;
  return openVaultFile(file, isSame ? keys : await vaultKeys(passphrase, file.kdf), "x");
}
const codeOf = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;

async function place(bytes: Uint8Array): Promise<string> {
  const path = join(await newFolder(), "secrets.vault");
  await writeFile(path, bytes, { mode: 0o600 });
  return path;
}
const open = (path: string, more: Partial<VaultOptions> = {}): Promise<Vault> =>
  openVault(path, { passphrase, ...more });

describe("VAULT-6: what can be done to a vault", () => {
  it("set, rotate, retire, remove; and no value stands in the file", async () => {
    const path = join(await newFolder(), "secrets.vault");
    const vault = await createVault(path, { passphrase });
    await vault.set("bureau", { token: TOKEN }, at);
    await vault.set("erp", { username: "reach", password: "s3cret-of-erp" }, at);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await vault.rotate("bureau", { token: "tok-fedcba9876543210" }, "2026-12-01T12:00:00.000Z");
    const again = await open(path);
    expect(await again.read()).toEqual({
      secrets: {
        bureau: { token: "tok-fedcba9876543210" },
        erp: { username: "reach", password: "s3cret-of-erp" },
      },
      former: [expect.objectContaining({ name: "bureau", secret: { token: TOKEN } })],
    });
    expect(await again.versions()).toEqual([
      { name: "bureau", version: 1, state: "former", since: at },
      { name: "bureau", version: 2, state: "current", since: "2026-12-01T12:00:00.000Z" },
      { name: "erp", version: 1, state: "current", since: at },
    ]);
    const text = await readFile(path, "utf8");
    for (const value of [TOKEN, "fedcba98", "s3cret", 'reach"', btoa(TOKEN)]) {
      expect(text).not.toContain(value);
    }
    await again.retire("bureau");
    expect((await vault.read()).former).toEqual([]);
    await again.remove("erp");
    expect(Object.keys((await vault.read()).secrets)).toEqual(["bureau"]);
  });

  it("and what cannot: it says so, and the file is as it was", async () => {
    const path = await place(bytesOf(entryOf("a", TOKEN)));
    const before = await readFile(path);
    const vault = await open(path);
    const tries: [() => Promise<void>, string][] = [
      [() => vault.set("a", { token: TOKEN }, at), "REACH-E4139"],
      [() => vault.set("b", { token: "short" }, at), "REACH-E4133"],
      [() => vault.rotate("b", { token: TOKEN }, at), "REACH-E4138"],
      [() => vault.rotate("a", { token: "short" }, at), "REACH-E4133"],
      [() => vault.retire("a"), "REACH-E4138"],
      [() => vault.remove("b"), "REACH-E4138"],
      [() => vault.set("no name", { token: TOKEN }, at), "REACH-E4215"],
      [() => vault.set("b", { neither: TOKEN }, at), "REACH-E4215"],
    ];
    for (const [work, code] of tries) expect(await codeOf(work())).toBe(code);
    expect(await readFile(path)).toEqual(before);
  });

  it("by many at a time: each change is there", async () => {
    const path = await place(bytesOf());
    const [one, other] = await Promise.all([open(path), open(path)]);
    const names = Array.from({ length: 12 }, (_, i) => `s${String(i).padStart(2, "0")}`);
    await Promise.all(
      names.map((name, i) =>
        (i % 2 === 0 ? one : other).set(name, { token: `${TOKEN}-${name}` }, at),
      ),
    );
    expect(Object.keys((await (await open(path)).read()).secrets)).toEqual(names);
  });
});

it("attack: a value that stands where a vault's name belongs is in no error", async () => {
  const canary = "sk_live 0123456789abcdefghij";
  const vault = await createVault(join(await newFolder(), "vault.json"), { passphrase });
  const at = "2026-12-01T00:00:00.000Z";
  for (const change of [
    () => vault.set(canary, { token: TOKEN }, at),
    () => vault.rotate(canary, { token: TOKEN }, at),
    () => vault.retire(canary),
    () => vault.remove(canary),
  ]) {
    const error = await errorOf(change());
    expect(error.code).toMatch(/^REACH-E4/);
    expect(JSON.stringify([error.message, error.where, error.hint])).not.toContain(canary);
  }
});

it("VAULT-4: a secret that is too long once it is JSON is refused, and the vault is as it was", async () => {
  const path = join(await newFolder(), "vault.json");
  const vault = await createVault(path, { passphrase });
  await vault.set("a", { token: "tok-0123456789" }, "2026-12-01T00:00:00.000Z");
  const before = await readFile(path);
  const set = vault.set("b", { token: '"'.repeat(64 * 1024) }, "2026-12-01T00:00:00.000Z");
  expect(await codeOf(set)).toBe("REACH-E4103");
  expect(await readFile(path)).toEqual(before);
});

describe("attack: a vault in the hands of somebody without its key", () => {
  it("VAULT-5: cut at every byte", async () => {
    const whole = bytesOf(entryOf("a", TOKEN), entryOf("b", `${TOKEN}-b`));
    for (let length = 0; length < whole.length; length += 1) {
      expect(await codeOf(opened(whole.subarray(0, length)))).toBe("REACH-E4134");
    }
    const path = await place(whole.subarray(0, 200));
    expect(await codeOf(open(path))).toBe("REACH-E4134");
    expect((await stat(path)).size).toBe(200);
  });

  it("VAULT-1: the same content in another layout", async () => {
    const text = fromUtf8(bytesOf(entryOf("a", TOKEN)));
    for (const other of [
      text.replace('"id":', '"id": '),
      `${text}\n`,
      text.trimEnd(),
      ` ${text}`,
    ]) {
      expect(await codeOf(opened(utf8(other)))).toBe("REACH-E4134");
    }
  });

  it("VAULT-5: a byte changed at any place", async () => {
    const whole = bytesOf(entryOf("a", TOKEN));
    const codes: Record<string, number> = {};
    for (let i = 0; i < whole.length; i += 1) {
      const bytes = Uint8Array.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ (1 << (i % 3));
      const code = await codeOf(opened(bytes));
      codes[code] = (codes[code] ?? 0) + 1;
    }
    expect(Object.keys(codes).sort()).toEqual(["REACH-E4134", "REACH-E4135", "REACH-E4136"]);
    expect(codes["REACH-E4136"]).toBeGreaterThan(100);
  }, 120_000);

  it("VAULT-4: an entry under another name, version or vault, even with the seal of the whole", async () => {
    const [a, b] = [entryOf("a", TOKEN), entryOf("b", `${TOKEN}-b`)];
    const swapped = bytesOf({ ...a, sealed: b.sealed }, { ...b, sealed: a.sealed });
    expect(await codeOf(opened(swapped))).toBe("REACH-E4136");
    const former = entryOf("a", TOKEN, 1, "former");
    const current = { ...entryOf("a", `${TOKEN}-2`, 2), sealed: former.sealed };
    expect(await codeOf(opened(bytesOf(former, current)))).toBe("REACH-E4136");
    const other = formatVault({ ...contentOf(a), id: id.replace("00", "ff") }, keys);
    expect(await codeOf(opened(other))).toBe("REACH-E4136");
  });

  it("VAULT-3: entries in another order, or of a name that is none, even with the seal of the whole", async () => {
    const [a, b] = [entryOf("a", TOKEN), entryOf("b", TOKEN)];
    const [first, second] = [entryOf("a", TOKEN, 1, "former"), entryOf("a", TOKEN, 2)];
    await expect(opened(bytesOf(first, second, b))).resolves.toBeDefined();
    for (const entries of [
      [b, a],
      [a, b, a],
      [a, second],
      [first, b],
      [
        { ...second, state: "former" as const },
        { ...first, state: "current" as const },
      ],
    ]) {
      expect(await codeOf(opened(bytesOf(...entries)))).toBe("REACH-E4136");
    }
    for (const name of ["", "a b", "a\n", "é", "a".repeat(101)]) {
      expect(await codeOf(opened(bytesOf(entryOf(name, TOKEN))))).toBe("REACH-E4134");
    }
  });

  it("VAULT-5: entries swapped in from an older file, dropped, added, or called former", async () => {
    const read = (bytes: Uint8Array) =>
      JSON.parse(fromUtf8(bytes)) as { entries: { name: string; state: string }[]; key: string };
    const written = (file: object): Uint8Array =>
      Buffer.concat([canonicalize(JSON.stringify(file)), Buffer.from("\n")]);
    const older = read(bytesOf(entryOf("a", "tok-of-yesterday")));
    const newer = read(bytesOf(entryOf("a", TOKEN), entryOf("b", TOKEN)));
    const [a, b] = newer.entries;
    const tries = [
      [older.entries[0], b],
      [a],
      [b],
      [],
      [a, { ...b, name: "c" }],
      [a, b, { ...b, name: "c" }],
      [{ ...a, state: "former" }, b],
      [b, a],
    ];
    for (const entries of tries) {
      expect(await codeOf(opened(written({ ...newer, entries })))).toBe("REACH-E4136");
    }
    expect(await codeOf(opened(written({ ...newer, generation: 2 })))).toBe("REACH-E4136");
    expect(await codeOf(opened(written({ ...newer, more: 1 })))).toBe("REACH-E4134");
    await expect(opened(written(newer))).resolves.toBeDefined();
  });

  it("VAULT-2: parameters that ask for too much are refused before any work", async () => {
    const path = join(await newFolder(), "secrets.vault");
    const huge = [
      { n: 2 ** 30 },
      { n: 2 ** 21 },
      { n: 1000 },
      { n: 2 ** 53 },
      { r: 2 ** 20 },
      { p: 2 ** 20 },
      { p: 5 },
      { p: 0 },
      { n: 2 },
    ];
    for (const more of huge) {
      const file = JSON.parse(fromUtf8(bytesOf(entryOf("a", TOKEN)))) as { kdf: object };
      const changed = canonicalize(JSON.stringify({ ...file, kdf: { ...file.kdf, ...more } }));
      await writeFile(path, Buffer.concat([changed, Buffer.from("\n")]), { mode: 0o600 });
      expect(await codeOf(open(path))).toBe("REACH-E4134");
    }
  });

  it("VAULT-2: another passphrase opens nothing, and writes nothing", async () => {
    const bytes = bytesOf(entryOf("a", TOKEN));
    const path = await place(bytes);
    const other = utf8("correct horse battery stable");
    const error = await errorOf(open(path, { passphrase: other }));
    expect([error.code, JSON.stringify(error)]).toEqual([
      "REACH-E4135",
      expect.not.stringContaining("horse"),
    ]);
    expect(await codeOf(createVault(path, { passphrase: other }))).toBe("REACH-E4135");
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(bytes));
  });

  it("VAULT-1: a link, a folder, a file of another user or that others may read", async () => {
    const bytes = bytesOf(entryOf("a", TOKEN));
    const path = await place(bytes);
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      await chmod(path, mode);
      expect(await codeOf(open(path))).toBe("REACH-E4132");
    }
    await chmod(path, 0o600);
    const vault = await open(path);
    const link = `${path}.link`;
    await symlink(path, link);
    expect((await errorOf(open(link))).why).toBe("it is a symbolic link");
    expect((await errorOf(createVault(link, { passphrase }))).why).toBe("it is a symbolic link");
    const loose = `${path}.loose`;
    await symlink(`${path}.none`, loose);
    expect((await errorOf(createVault(loose, { passphrase }))).why).toBe("it is a symbolic link");
    // A link that is put in its place while it is open.
    await rename(path, `${path}.real`);
    await symlink(`${path}.real`, path);
    expect((await errorOf(vault.set("b", { token: TOKEN }, at))).why).toBe("it is a symbolic link");
    expect((await errorOf(vault.read())).why).toBe("it is a symbolic link");
    expect(new Uint8Array(await readFile(`${path}.real`))).toEqual(new Uint8Array(bytes));
    await mkdir(`${path}.folder`);
    expect(await codeOf(open(`${path}.folder`))).toBe("REACH-E4104");
    expect(await codeOf(open(`${path}.none`))).toBe("REACH-E4102");
    const file = (uid: number, mode: number) => whyNotPrivate({ uid, mode: 0o100000 | mode }, 1000);
    expect([file(1000, 0o600), file(0, 0o400)]).toEqual([undefined, undefined]);
    expect([file(1001, 0o600), file(1000, 0o644)]).not.toContain(undefined);
  });
});

describe("VAULT-7: a vault that was put back", () => {
  async function kept() {
    const folder = await newFolder();
    const path = join(folder, "secrets.vault");
    await writeFile(path, bytesOf(entryOf("a", TOKEN)), { mode: 0o600 });
    const told: VaultRemark[] = [];
    const record = join(folder, "state", "vaults.json");
    const options = { record, tell: (remark: VaultRemark) => void told.push(remark) };
    return { folder, path, record, told, options };
  }

  it("an older copy is refused, and loses nothing; it can be taken on purpose", async () => {
    const { path, options, told } = await kept();
    const vault = await open(path, options);
    await copyFile(path, `${path}.old`);
    await vault.set("b", { token: TOKEN }, at);
    await rename(path, `${path}.new`);
    await copyFile(`${path}.old`, path);
    const error = await errorOf(open(path, options));
    expect([error.code, error.why]).toEqual([
      "REACH-E4137",
      "it was written 1 times, and was seen with 2",
    ]);
    // Who had it open sees it as well, with a record or without one.
    expect(await codeOf(vault.read())).toBe("REACH-E4137");
    expect(await codeOf(vault.set("c", { token: TOKEN }, at))).toBe("REACH-E4137");
    expect(await readFile(path)).toEqual(await readFile(`${path}.old`));
    await copyFile(`${path}.new`, path);
    expect(Object.keys((await (await open(path, options)).read()).secrets)).toEqual(["a", "b"]);
    await copyFile(`${path}.old`, path);
    await open(path, { ...options, acceptOlder: true });
    expect(Object.keys((await (await open(path, options)).read()).secrets)).toEqual(["a"]);
    expect(told).toEqual([]);
  });

  it("VAULT-7: without a record, a process that has it open knows an older one", async () => {
    const { path } = await kept();
    const vault = await open(path);
    await copyFile(path, `${path}.old`);
    await vault.set("b", { token: TOKEN }, at);
    await copyFile(`${path}.old`, path);
    expect(await codeOf(vault.read())).toBe("REACH-E4137");
    expect(await codeOf(vault.set("c", { token: TOKEN }, at))).toBe("REACH-E4137");
  });

  it("another one of the same number is refused as well", async () => {
    const { path, options } = await kept();
    await copyFile(path, `${path}.twin`);
    await (await open(path, options)).set("b", { token: TOKEN }, at);
    await (await open(`${path}.twin`)).set("b", { token: "tok-of-somebody-else" }, at);
    await copyFile(`${path}.twin`, path);
    const error = await errorOf(open(path, options));
    expect([error.code, error.message]).toEqual([
      "REACH-E4137",
      "The vault is another one than it was.",
    ]);
  });

  it("a vault that was moved says so once, and an older copy elsewhere is known", async () => {
    const { path, options, told, folder } = await kept();
    const vault = await open(path, options);
    await copyFile(path, `${path}.old`);
    await vault.set("b", { token: TOKEN }, at);
    const moved = join(folder, "moved.vault");
    await rename(path, moved);
    await open(moved, options);
    await open(moved, options);
    expect(told).toEqual([{ kind: "moved", text: `this vault was at ${path} before` }]);
    expect(await codeOf(open(`${path}.old`, options))).toBe("REACH-E4137");
    expect(await codeOf(vault.read())).toBe("REACH-E4102");
  });

  it("another vault in its place says so", async () => {
    const { path, options, told } = await kept();
    await open(path, options);
    await rename(path, `${path}.away`);
    await createVault(path, { ...options, passphrase });
    expect(told).toEqual([{ kind: "other", text: `another vault was at ${path} before` }]);
  });

  it("a record that cannot be written is told; one that was changed is refused", async () => {
    const { path, options, told, record, folder } = await kept();
    await open(path, { ...options, record: join(path, "in-a-file", "vaults.json") });
    expect(told.map(({ kind }) => kind)).toEqual(["unseen"]);
    await mkdir(join(folder, "state"), { recursive: true });
    await writeFile(record, "[]");
    expect(await codeOf(open(path, options))).toBe("REACH-E4134");
  });
});

describe("VAULT-9: what runs have got", () => {
  it("is sealed beside the vault until they end", async () => {
    const path = await place(bytesOf(entryOf("a", TOKEN)));
    const { got } = await open(path);
    if (got === undefined) throw new Error("a vault keeps it");
    await Promise.all([
      got.keep("run-1", [TOKEN, "refresh-0123"]),
      got.keep("run-2", ["other-0123"]),
    ]);
    await got.keep("run-1", ["later-0123"]);
    expect(await readFile(`${path}.got`, "utf8")).not.toMatch(/tok-|refresh|other|later/);
    expect((await stat(`${path}.got`)).mode & 0o777).toBe(0o600);
    const again = (await open(path)).got;
    expect(await again?.of("run-1")).toEqual([TOKEN, "refresh-0123", "later-0123"]);
    await again?.forget("run-1");
    expect([await got.of("run-1"), await got.of("run-2")]).toEqual([[], ["other-0123"]]);
  });

  it("attack: under another run, or changed, it is refused", async () => {
    const path = await place(bytesOf());
    const { got } = await open(path);
    await got?.keep("run-1", [TOKEN]);
    const text = await readFile(`${path}.got`, "utf8");
    await writeFile(`${path}.got`, text.replace("run-1", "run-2"));
    await expect(got?.of("run-2")).rejects.toMatchObject({ code: "REACH-E4136" });
    await writeFile(`${path}.got`, text.replace(id, id.replace("00", "ff")));
    await expect(got?.of("run-1")).rejects.toBeInstanceOf(ReachError);
  });
});
