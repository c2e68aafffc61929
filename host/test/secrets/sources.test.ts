// Where secrets come from: a file, variables of the environment, a folder with a file a value (VAULT-10).
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSecrets, readSecrets, takingFrom } from "@reach-fabric/host";
import { errorOf, newFolder } from "../helpers.ts";

const TOKEN = "tok-0123456789abcdef";
const passphrase = (): Promise<Uint8Array> => Promise.reject(new Error("nobody is asked"));
const codeOf = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;

async function folderOf(files: Record<string, string>): Promise<string> {
  const path = join(await newFolder(), "values");
  await mkdir(path, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(path, name), text, { mode: 0o600 });
  }
  return path;
}
const read = async (path: string): Promise<unknown> =>
  (await (await openSecrets(path, { passphrase })).source.read()).secrets;

describe("VAULT-10: a folder with a file a value", () => {
  it("names secrets by its files, without one line end behind each", async () => {
    const app = {
      authority: "https://t.example",
      grant: "client_credentials",
      client: { id: "me", secret: "the-proof" },
    };
    const path = await folderOf({
      "bureau.token": `${TOKEN}\n`,
      "other.name.token": `${TOKEN}\r\n`,
      "erp.username": "reach",
      "erp.password": "s3cret\nof-two-lines",
      "app.json": JSON.stringify(app),
      ".left-out.token": "x",
    });
    expect(await read(path)).toEqual({
      app,
      bureau: { token: TOKEN },
      erp: { username: "reach", password: "s3cret\nof-two-lines" },
      "other.name": { token: TOKEN },
    });
  });

  it("says what is there now, and gives the same object where nothing has changed", async () => {
    const path = await folderOf({ "bureau.token": TOKEN });
    const { kind, source } = await openSecrets(path, { passphrase });
    expect(kind).toBe("folder");
    const before = await source.read();
    expect(await source.read()).toBe(before);
    await writeFile(join(path, ".new"), `${TOKEN}-2`, { mode: 0o600 });
    await rename(join(path, ".new"), join(path, "bureau.token"));
    expect((await source.read()).secrets).toEqual({ bureau: { token: `${TOKEN}-2` } });
  });

  it.each<[string, Record<string, string>, string]>([
    ["two line ends", { "a.token": `${TOKEN}\n\n` }, "REACH-E4150"],
    ["a space before it", { "a.token": ` ${TOKEN}` }, "REACH-E4150"],
    ["nothing", { "a.token": "\n" }, "REACH-E4150"],
    ["no ending", { a: TOKEN }, "REACH-E4150"],
    ["another ending", { "a.token~": TOKEN }, "REACH-E4150"],
    ["a name without a password", { "a.username": "me" }, "REACH-E4150"],
    ["a name in two files", { "a.token": TOKEN, "a.password": "s3cret-one" }, "REACH-E4150"],
    ["a name twice", { "a.json": `{"token":"${TOKEN}"}`, "a.token": TOKEN }, "REACH-E4150"],
    ["few characters", { "a.token": "short" }, "REACH-E4133"],
    ["JSON that is none", { "a.json": "{" }, "REACH-E1113"],
    ["other JSON", { "a.json": '{"x":1}' }, "REACH-E4215"],
    ["more than a value", { "a.token": "x".repeat(70_000) }, "REACH-E4103"],
  ])("attack: refuses %s", async (_, files, code) => {
    const error = await errorOf(read(await folderOf(files)));
    expect([error.code, JSON.stringify(error)]).toEqual([code, expect.not.stringContaining(TOKEN)]);
  });

  it("attack: refuses bytes that are no text", async () => {
    const path = await folderOf({});
    await writeFile(join(path, "a.token"), Buffer.from([0xff, 0xfe, 0x41]), { mode: 0o600 });
    expect(await codeOf(read(path))).toBe("REACH-E4150");
  });

  it("attack: refuses what others may read or write, links, and folders in it", async () => {
    const path = await folderOf({ "a.token": TOKEN });
    const file = join(path, "a.token");
    for (const mode of [0o644, 0o640, 0o660, 0o602]) {
      await chmod(file, mode);
      expect(await codeOf(read(path))).toBe("REACH-E4132");
    }
    await chmod(file, 0o600);
    for (const mode of [0o770, 0o702]) {
      await chmod(path, mode);
      expect(await codeOf(read(path))).toBe("REACH-E4132");
    }
    await chmod(path, 0o700);
    await rename(file, `${path}.away`);
    await symlink(`${path}.away`, file);
    expect((await errorOf(read(path))).why).toBe("it is a symbolic link");
    await rm(file);
    await mkdir(file);
    expect(await codeOf(read(path))).toBe("REACH-E4104");
    expect(await codeOf(read(`${path}.none`))).toBe("REACH-E4102");
  });
});

describe("VAULT-10: a file, and variables of the environment", () => {
  const fileOf = async (secrets: object, mode = 0o600): Promise<string> => {
    const path = join(await newFolder(), "secrets.json");
    await writeFile(path, JSON.stringify({ format: "reach/secrets/v1", secrets }), { mode });
    return path;
  };

  it("a text that names a variable is its value, which is in the environment no more", async () => {
    const env = { BUREAU: TOKEN, OTHER: "stays" };
    const path = await fileOf({
      bureau: { token: { env: "BUREAU" } },
      plain: { token: `${TOKEN}-3` },
    });
    const variables = takingFrom(env);
    for (const _ of [1, 2]) {
      expect(await readSecrets(path, variables)).toEqual({
        bureau: { token: TOKEN },
        plain: { token: `${TOKEN}-3` },
      });
    }
    expect(env).toEqual({ OTHER: "stays" });
  });

  it("attack: a value that stands where a name belongs is in no error", async () => {
    const canary = "sk_live_0123456789abcdefghij";
    for (const secrets of [
      { bureau: { token: { env: canary } } },
      { bureau: { token: { env: canary.toUpperCase() + "-" } } },
      { bureau: { [canary]: "token" } },
      { bureau: { [canary]: { env: "NONE" } } },
      { bureau: { token: "tok-0123456789", [canary]: "x" } },
      // Beside the secrets.
      { [canary]: 1 },
      { bureau: { username: "u", password: "pw-0123456789", [canary]: "x" } },
    ]) {
      const file = await fileOf(secrets);
      if (Object.hasOwn(secrets, canary)) {
        const document = { format: "reach/secrets/v1", secrets: {}, [canary]: 1 };
        await writeFile(file, JSON.stringify(document));
      }
      const error = await errorOf(readSecrets(file, takingFrom({})));
      expect(error.code).toMatch(/^REACH-E4/);
      const said = [error.message, error.where, error.why, error.hint, error.problems, error.stack];
      expect(JSON.stringify(said).toLowerCase()).not.toContain(canary.toLowerCase());
    }
  });

  it("attack: a variable that is missing, empty or inherited; one where no text belongs", async () => {
    const path = await fileOf({ bureau: { token: { env: "BUREAU" } } });
    for (const env of [{}, { BUREAU: "" }]) {
      const error = await errorOf(readSecrets(path, takingFrom(env)));
      expect([error.code, error.why]).toEqual([
        "REACH-E4151",
        "a secret's token is to come from BUREAU, which is not there or empty",
      ]);
    }
    expect(await codeOf(readSecrets(path))).toBe("REACH-E4151");
    const odd = await fileOf({ bureau: { token: { env: "toString" } } });
    expect(await codeOf(readSecrets(odd, takingFrom({})))).toBe("REACH-E4151");
    const more = await fileOf({ bureau: { token: { env: "BUREAU", other: 1 } } });
    expect(await codeOf(readSecrets(more, takingFrom({ BUREAU: TOKEN })))).toBe("REACH-E4215");
  });

  it("is read again, as a folder is; a link to it is followed", async () => {
    const path = await fileOf({ bureau: { token: TOKEN } });
    await symlink(path, `${path}.link`);
    const { kind, source } = await openSecrets(`${path}.link`, { passphrase });
    expect([kind, (await source.read()).secrets]).toEqual(["file", { bureau: { token: TOKEN } }]);
    const next = await fileOf({ bureau: { token: `${TOKEN}-2` } });
    await rename(next, path);
    expect((await source.read()).secrets).toEqual({ bureau: { token: `${TOKEN}-2` } });
    await chmod(path, 0o644);
    expect(await codeOf(source.read())).toBe("REACH-E4132");
  });
});
