// Who is told the credentials of a registry: docs/spec/pack.md, PACK-17 and PACK-19. The other hosts here keep the
// headers of all requests, so that a test sees what reached them.
import { parseReference, pullPack, pushPack } from "@reach-fabric/host";
import type { RegistryOptions } from "@reach-fabric/host";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { selfSigned } from "../effects/certificate.ts";
import { packFile } from "./fixture.ts";
import { elsewhere, Registry, serve } from "./stub.ts";
import type { Host } from "./stub.ts";

const SECRET = "s3cret-of-the-user";
const BASIC = `Basic ${btoa(`user:${SECRET}`)}`;
const TOKEN = "t0ken-of-the-registry";
const options = { plainHttp: true, credentials: `user:${SECRET}` };

let registry: Registry;
let host: Host;
beforeEach(async () => {
  registry = new Registry();
  host = await registry.listen();
  await pushPack(`${host.at}/acme/loan:1`, packFile, { plainHttp: true });
});
const pull = (more: RegistryOptions = options): ReturnType<typeof pullPack> =>
  pullPack(`${host.at}/acme/loan:1`, more);

/** The error of a pull, all of it, with what it was caused by. */
async function refusal(more?: RegistryOptions): Promise<{ code?: string; said: string }> {
  const error = await pull(more).then(
    () => new Error("it was pulled"),
    (thrown: Error & { code?: string; where?: string; why?: string; hint?: string }) => thrown,
  );
  const said = [error, error.cause].map((each) =>
    each instanceof Error ? `${each.stack} ${JSON.stringify(Object.entries(each))}` : "",
  );
  return {
    ...("code" in error && error.code !== undefined ? { code: error.code } : {}),
    said: said.join("\n"),
  };
}

/** Nothing that opens the registry is in what a host was sent. */
function expectNothingSecret({ seen }: Host): void {
  const all = JSON.stringify(seen);
  for (const secret of [SECRET, BASIC.slice(6), TOKEN, "authorization", "cookie"]) {
    expect(all).not.toContain(secret);
  }
}

test("they are sent to the registry, after it has asked, and to its own tokens", async () => {
  registry.authorization = "Bearer t0ken";
  const known = { plainHttp: true, credentials: "user:secret" };
  expect((await pull(known)).statements).toEqual(["pack"]);
  const asked = host.seen.filter(({ headers }) => headers.authorization?.startsWith("Basic "));
  expect(asked.map(({ url }) => url.split("?")[0])).toEqual(["/token"]);
  for (const wrong of [{ plainHttp: true }, { plainHttp: true, credentials: "user:wrong" }]) {
    expect(await refusal(wrong)).toMatchObject({ code: "REACH-E4143" });
  }
});

test("a registry that does not ask is not told them", async () => {
  await pull();
  expectNothingSecret(host);
});

test("Basic, where the registry asks for that", async () => {
  registry.authorization = BASIC;
  registry.challenge = 'Basic realm="here"';
  expect((await pull()).statements).toEqual(["pack"]);
});

describe("attack: PACK-19 a host that is redirected to", () => {
  const challenges = (second: string): Record<string, string> => ({
    Basic: 'Basic realm="x"',
    "a token of its own": `Bearer realm="http://${second}/token",service="s",scope="p"`,
    "a token of the registry": `Bearer realm="http://${host.at}/token",service="s",scope="p"`,
  });

  test.each(["Basic", "a token of its own", "a token of the registry"])(
    "asks for credentials: %s",
    async (how) => {
      let challenge = "";
      const second = await serve((_, response) => {
        response.writeHead(401, { "www-authenticate": challenge });
        response.end();
      });
      challenge = challenges(second.at)[how] ?? "";
      registry.redirect = `http://${second.at}/blob`;
      expect(await refusal()).toMatchObject({ code: "REACH-E4143" });
      expect(second.seen.map(({ url }) => url)).toEqual(["/blob"]);
      expectNothingSecret(second);
      expect(host.seen.filter(({ url }) => url.startsWith("/token"))).toEqual([]);
    },
  );

  test.each([
    ["Basic", BASIC, 'Basic realm="x"'],
    ["a token", "Bearer t0ken", undefined],
  ])("gets nothing of what the registry was given: %s", async (_, authorization, challenge) => {
    registry.authorization = authorization;
    if (challenge !== undefined) registry.challenge = challenge;
    const blob = [...registry.blobs.values()].find((bytes) => bytes.length > 500);
    const second = await elsewhere(200, {}, blob);
    registry.redirect = `http://${second.at}/blob`;
    const credentials = authorization === BASIC ? options.credentials : "user:secret";
    // Its bytes are taken, for they have the digest; the bundle cannot be that blob.
    await refusal({ plainHttp: true, credentials });
    expect(second.seen.length).toBeGreaterThan(0);
    expectNothingSecret(second);
  });

  test("sends back to the registry: that way, too, nothing is sent", async () => {
    registry.authorization = BASIC;
    registry.challenge = 'Basic realm="x"';
    const second = await serve((_, response) => {
      response.writeHead(307, { location: `http://${host.at}/v2/acme/other/blobs/x` });
      response.end();
    });
    registry.redirect = `http://${second.at}/blob`;
    expect(await refusal()).toMatchObject({ code: "REACH-E4143" });
    const back = host.seen.filter(({ url }) => url.includes("/other/"));
    expect(back.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test("is the same machine under another name", async () => {
    registry.authorization = BASIC;
    registry.challenge = 'Basic realm="x"';
    registry.redirect = `http://localhost:${host.at.split(":")[1]}/b`;
    await refusal();
    const sent = host.seen.filter(({ url }) => url === "/b");
    expect(sent.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});

describe("attack: PACK-19 a token of another host", () => {
  let second: Host;
  beforeEach(async () => {
    second = await elsewhere(200, {}, JSON.stringify({ token: "t0ken" }));
    registry.authorization = "Bearer t0ken";
    registry.challenge = `Bearer realm="http://${second.at}/token",service="s",scope="p"`;
  });

  test("is not asked for, whether there are credentials or not", async () => {
    for (const more of [options, { plainHttp: true }, { ...options, tokenHosts: ["127.0.0.1"] }]) {
      expect(await refusal(more)).toMatchObject({ code: "REACH-E4147" });
    }
    expect(second.seen).toEqual([]);
  });

  test("is asked for where the user has named the host", async () => {
    const pulled = await pull({ ...options, tokenHosts: ["other.example", second.at] });
    expect(pulled.statements).toEqual(["pack"]);
    expect(second.seen.map(({ headers }) => headers.authorization)).toEqual([BASIC]);
  });

  test("a redirect of that host is not followed", async () => {
    const third = await elsewhere(200, {}, JSON.stringify({ token: "t0ken" }));
    const moved = await elsewhere(307, { location: `http://${third.at}/token` });
    registry.challenge = `Bearer realm="http://${moved.at}/token"`;
    expect(await refusal({ ...options, tokenHosts: [moved.at] })).toMatchObject({
      code: "REACH-E4143",
    });
    expect(third.seen).toEqual([]);
  });

  test.each([
    ["userinfo that looks like the registry", (at: string) => `http://{at}@${at}/token`],
    ["no URL", () => "token"],
    ["another scheme", () => "file:///etc/passwd"],
  ])("%s", async (_, realm) => {
    registry.challenge = `Bearer realm="${realm(second.at)}"`;
    expect((await refusal()).code).toMatch(/REACH-E414[37]/);
    expect(second.seen).toEqual([]);
  });
});

describe("attack: PACK-19 from TLS to plain HTTP", () => {
  beforeEach(async () => {
    const own = selfSigned("127.0.0.1");
    host = await registry.listen(own);
    const before = getCACertificates();
    setDefaultCACertificates([...before, own.cert]);
    onTestFinished(() => setDefaultCACertificates(before));
  });
  const secure = { credentials: options.credentials };

  test("a redirect is not followed, even to the same host", async () => {
    expect((await pull(secure)).statements).toEqual(["pack"]);
    const second = await elsewhere(200);
    for (const at of [second.at, host.at]) {
      registry.redirect = `http://${at}/blob`;
      expect(await refusal(secure)).toMatchObject({ code: "REACH-E4144" });
    }
    expect(second.seen).toEqual([]);
  });

  test("a token is not asked for, even of a host that was named", async () => {
    registry.authorization = "Bearer t0ken";
    const second = await elsewhere(200, {}, JSON.stringify({ token: "t0ken" }));
    registry.challenge = `Bearer realm="http://${second.at}/token"`;
    expect(await refusal({ ...secure, tokenHosts: [second.at] })).toMatchObject({
      code: "REACH-E4143",
    });
    expect(second.seen).toEqual([]);
  });
});

test("PACK-19 uploads that are sent elsewhere are not sent", async () => {
  registry.authorization = BASIC;
  registry.challenge = 'Basic realm="x"';
  const second = await elsewhere(201);
  registry.blobs.clear();
  registry.uploads = `http://${second.at}/upload`;
  await expect(pushPack(`${host.at}/acme/loan:2`, packFile, options)).rejects.toMatchObject({
    code: "REACH-E4144",
  });
  expect(second.seen).toEqual([]);
});

test("PACK-19 no error shows credentials", async () => {
  registry.authorization = "Bearer another";
  const second = await elsewhere(401);
  const cases: (() => void)[] = [
    () => {},
    () => (registry.challenge = 'Basic realm="x"'),
    () => (registry.challenge = `Bearer realm="http://${second.at}/token"`),
    () => (registry.challenge = "Bearer"),
    () => (registry.challenge = 'Bearer realm="http://127.0.0.1:9/token"'),
  ];
  for (const prepare of cases) {
    prepare();
    const { said } = await refusal({ ...options, tokenHosts: [second.at, "127.0.0.1:9"] });
    expect(said).toMatch(/REACH-E414/);
    for (const secret of [SECRET, BASIC.slice(6)]) expect(said).not.toContain(secret);
  }
  for (const credentials of [SECRET, `user:${SECRET}\nuser2:x`, `:${SECRET}`]) {
    const { said, code } = await refusal({ plainHttp: true, credentials });
    expect(code).toBe("REACH-E4148");
    expect(said).not.toContain(SECRET);
  }
  for (const text of [`user:${SECRET}@r.example/a:1`, `https://user:${SECRET}/x@r.example/a:1`]) {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ where: expect.not.stringContaining(SECRET) as string }) as Error,
    );
  }
});
