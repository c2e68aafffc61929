// Packs on the disk and in registries: docs/spec/pack.md, PACK-3, PACK-6, PACK-14 to PACK-18.
import { createEngine, sha256, toHex } from "@reach-fabric/engine";
import {
  newKey,
  packPredicate,
  publicKeyOf,
  readPackFile,
  signerOf,
  signPack,
  verifyPack,
  writePackFile,
} from "@reach-fabric/evidence";
import { pullPack, pushPack, loadPack, writePack, memoryRecorder, run } from "@reach-fabric/host";
import { parseReference } from "@reach-fabric/host/testing";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";

const engine = createEngine();
const folder = mkdtempSync(join(tmpdir(), "reach-pack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WORKFLOW =
  "document: {dsl: '1.0.3', namespace: t, name: plain, version: 1.2.0}\ndo: [{a: {set: {n: 1}}}]\n";
function source(name: string, packYaml?: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "w.yaml"), WORKFLOW);
  if (packYaml !== undefined) writeFileSync(join(folder, name, "pack.yaml"), packYaml);
  return join(folder, name, "w.yaml");
}
const manifestOf = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode((await loadPack(path)).manifest)) as Record<string, unknown>;

describe("PACK-3 pack.yaml", () => {
  test("is taken into pack.json; the engine takes such a pack", async () => {
    const path = source(
      "said",
      "format: reach/pack-source/v1\nclassification: [{class: personal, in: input, pointer: /name}]\nengines: {semantics: [1]}\nlimits: {fuel: 5000}\n",
    );
    expect(await manifestOf(path)).toMatchObject({
      classification: [{ class: "personal", in: "input", pointer: "/name" }],
      engines: { semantics: [1] },
      limits: { fuel: 5000 },
    });
    const result = await run({
      engine,
      pack: await loadPack(path),
      input: Buffer.from("{}"),
      recorder: memoryRecorder(),
    });
    expect(result.status).toBe("completed");
    expect(new TextDecoder().decode(result.records[0])).toContain('"fuel":5000');
  });

  test("what it does not say is not there, and the digest as it was", async () => {
    const bare = await loadPack(source("bare"));
    const empty = await loadPack(source("empty", "format: reach/pack-source/v1\n"));
    expect(empty.digest).toBe(bare.digest);
  });

  test.each([
    ["an unknown field", "format: reach/pack-source/v1\nplugins: []\n", "REACH-E4210"],
    ["another format", "format: reach/pack-source/v2\n", "REACH-E4215"],
    [
      "an empty reason",
      "format: reach/pack-source/v1\ncapabilities: [{what: x, reason: ''}]\n",
      "REACH-E4215",
    ],
    [
      "a pointer that is none",
      "format: reach/pack-source/v1\nclassification: [{class: a, in: input, pointer: name}]\n",
      "REACH-E4215",
    ],
  ])("%s is refused", async (name, text, code) => {
    await expect(loadPack(source(name, text))).rejects.toMatchObject({ code });
  });

  test("a pack for another engine does not run", async () => {
    const pack = await loadPack(
      source("later", "format: reach/pack-source/v1\nengines: {semantics: [999]}\n"),
    );
    const started = run({ engine, pack, input: Buffer.from("{}"), recorder: memoryRecorder() });
    await expect(started).rejects.toMatchObject({ code: "REACH-E4140" });
  });
});

describe("PACK-6 unpacking", () => {
  test("a .pack file is the pack of its folder", async () => {
    const pack = await loadPack(source("one"));
    const file = join(folder, "one.pack");
    writeFileSync(file, writePackFile(engine, pack));
    expect(await loadPack(file)).toEqual(pack);
    await writePack(join(folder, "unpacked"), pack);
    expect((await loadPack(join(folder, "unpacked"))).digest).toBe(pack.digest);
  });

  test("links in the target are not followed, what is there is not written over", async () => {
    const pack = await loadPack(source("two"));
    const outside = join(folder, "outside");
    const target = join(folder, "target");
    mkdirSync(outside);
    mkdirSync(target);
    symlinkSync(outside, join(target, "sources"));
    await expect(writePack(target, pack)).rejects.toMatchObject({ code: "REACH-E4112" });
    expect(readdirSync(outside)).toEqual([]);
  });

  test("archive slip: paths that leave the folder write nothing anywhere", async () => {
    const pack = await loadPack(source("three"));
    const evil = { ...pack, files: [{ path: "../evil.yaml", bytes: Buffer.from("x") }] };
    await expect(writePack(join(folder, "slip"), evil)).rejects.toThrow("A path that no pack has");
    expect(existsSync(join(folder, "evil.yaml"))).toBe(false);
  });
});

test.each([
  [
    "registry.example/acme/loan:1.2.0",
    { registry: "registry.example", name: "acme/loan", reference: "1.2.0" },
  ],
  ["127.0.0.1:5000/a:b", { registry: "127.0.0.1:5000", name: "a", reference: "b" }],
  [`r.example/a@sha256:${"ab".repeat(32)}`, { reference: `sha256:${"ab".repeat(32)}` }],
])("PACK-16 reference %s", (text, wanted) => {
  expect(parseReference(text)).toMatchObject(wanted);
});
test.each([
  "loan:1",
  "r.example/A:1",
  "r.example/a",
  "r.example/../a:1",
  "r.example/a:1/2",
  "r.example/a@sha256:00",
  "https://r.example/a:1",
  "u:p@r.example/a:1",
])("PACK-16 no reference: %s", (text) => {
  expect(() => parseReference(text)).toThrow("not a reference");
});

/** As much of a registry as a client needs, and every way in which one can lie. */
class Registry {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { bytes: Buffer; type: string }>();
  hasReferrers = true;
  token: string | undefined;
  spoil: ((path: string, bytes: Buffer) => Buffer) | undefined;
  redirect: string | undefined;
  uploads = "";
  readonly seen: string[] = [];

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://registry");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = url.pathname;
    this.seen.push(`${request.method} ${path}`);
    const reply = (status: number, bytes: Buffer | string = "", headers = {}): void => {
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : bytes);
    };
    if (path === "/token") {
      const isKnown = request.headers.authorization === `Basic ${btoa("user:secret")}`;
      return reply(isKnown ? 200 : 401, JSON.stringify({ token: "t0ken" }));
    }
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      const realm = `http://${request.headers.host}/token`;
      return reply(401, "", {
        "www-authenticate": `Bearer realm="${realm}",service="s",scope="repository:a:pull"`,
      });
    }
    const digest = `sha256:${toHex(sha256(body))}`;
    const last = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
    if (path.endsWith("/uploads/")) return reply(202, "", { location: this.uploads || `${path}1` });
    if (request.method === "PUT" && path.includes("/uploads/")) {
      if (url.searchParams.get("digest") !== digest) return reply(400);
      this.blobs.set(digest, body);
      return reply(201);
    }
    if (path.includes("/blobs/")) {
      const found = this.blobs.get(last);
      if (found !== undefined && this.redirect !== undefined)
        return reply(307, "", { location: this.redirect });
      return found === undefined ? reply(404) : reply(200, this.spoil?.(path, found) ?? found);
    }
    if (path.includes("/referrers/")) {
      if (!this.hasReferrers) return reply(404);
      const manifests = [...this.manifests].flatMap(([name, { bytes, type }]) => {
        const value = JSON.parse(bytes.toString()) as {
          subject?: { digest: string };
          artifactType?: string;
          annotations?: object;
        };
        if (value.subject?.digest !== last || !name.startsWith("sha256:")) return [];
        return [
          {
            mediaType: type,
            digest: name,
            size: bytes.length,
            artifactType: value.artifactType,
            annotations: value.annotations,
          },
        ];
      });
      return reply(200, JSON.stringify({ schemaVersion: 2, manifests }));
    }
    if (request.method === "PUT") {
      const type = String(request.headers["content-type"]);
      this.manifests.set(last, { bytes: body, type }).set(digest, { bytes: body, type });
      const subject = (JSON.parse(body.toString()) as { subject?: { digest: string } }).subject
        ?.digest;
      return reply(
        201,
        "",
        this.hasReferrers && subject !== undefined ? { "oci-subject": subject } : {},
      );
    }
    const found = this.manifests.get(last);
    return found === undefined
      ? reply(404)
      : reply(200, this.spoil?.(path, found.bytes) ?? found.bytes);
  }
}

describe("registries", () => {
  let registry: Registry;
  let at = "";
  let close: () => void;
  beforeEach(async () => {
    registry = new Registry();
    const server = createServer((request, response) => void registry.answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  afterEach(() => close());

  const plain = { plainHttp: true };
  const publisher = newKey(
    (size) => Uint8Array.from({ length: size }, (_, i) => i + 1),
    "P-256",
  ).private;
  async function packFile(): Promise<Uint8Array> {
    const pack = await loadPack(source("pushed"));
    const { manifest } = readPackFile(engine, writePackFile(engine, pack));
    const bundle = signPack(engine, pack, "pack", packPredicate(manifest), signerOf(publisher));
    return writePackFile(engine, pack, new Map([["pack", bundle]]));
  }

  test.each([[true], [false]])(
    "PACK-18 pushed and pulled, the referrers API being there: %s",
    async (has) => {
      registry.hasReferrers = has;
      const file = await packFile();
      const pushed = await pushPack(`${at}/acme/loan:1`, file, plain);
      const pulled = await pullPack(`${at}/acme/loan:1`, plain);
      expect(Buffer.compare(pulled.bytes, file)).toBe(0);
      expect(pulled.digest).toBe(pushed.digest);
      expect(verifyPack(engine, pulled.bytes, { trustedKeys: [publicKeyOf(publisher)] }).ok).toBe(
        true,
      );
      expect(registry.manifests.has(pushed.manifest.replace(":", "-"))).toBe(!has);
    },
  );

  test("a registry that asks for a token gets the credentials, and nobody else does", async () => {
    registry.token = "t0ken";
    const file = await packFile();
    const options = { ...plain, credentials: "user:secret" };
    await pushPack(`${at}/acme/loan:1`, file, options);
    expect((await pullPack(`${at}/acme/loan:1`, options)).statements).toEqual(["pack"]);
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4143",
    });
    const wrong = { ...plain, credentials: "user:wrong" };
    await expect(pullPack(`${at}/acme/loan:1`, wrong)).rejects.toMatchObject({
      code: "REACH-E4143",
    });
  });

  test.each([
    [
      "another blob",
      (path: string, bytes: Buffer) =>
        path.includes("/blobs/") ? Buffer.from(bytes.map((b) => b ^ 1)) : bytes,
    ],
    [
      "a longer blob",
      (path: string, bytes: Buffer) =>
        path.includes("/blobs/") ? Buffer.concat([bytes, bytes]) : bytes,
    ],
    [
      "a shorter blob",
      (path: string, bytes: Buffer) => (path.includes("/blobs/") ? bytes.subarray(1) : bytes),
    ],
    [
      "a bomb for a blob",
      (path: string, bytes: Buffer) => (path.includes("/blobs/") ? Buffer.alloc(5_000_000) : bytes),
    ],
  ])("PACK-17 %s than the manifest says is refused", async (_name, spoil) => {
    await pushPack(`${at}/acme/loan:1`, await packFile(), plain);
    registry.spoil = spoil;
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4145",
    });
  });

  test("PACK-17 a manifest by digest that is another one", async () => {
    const { manifest } = await pushPack(`${at}/acme/loan:1`, await packFile(), plain);
    registry.spoil = (path, bytes) =>
      path.includes("/manifests/") ? Buffer.concat([bytes, Buffer.from(" ")]) : bytes;
    await expect(pullPack(`${at}/acme/loan@${manifest}`, plain)).rejects.toMatchObject({
      code: "REACH-E4145",
    });
  });

  test.each([
    ["not json", "REACH-E4146"],
    ['{"schemaVersion":2}', "REACH-E4146"],
    ["[]", "REACH-E4146"],
  ])("a manifest that is none: %s", async (text, code) => {
    await pushPack(`${at}/acme/loan:1`, await packFile(), plain);
    registry.spoil = (path, bytes) => (path.endsWith("/1") ? Buffer.from(text) : bytes);
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({ code });
  });

  test("PACK-17 uploads that are sent elsewhere, and redirects without end", async () => {
    const file = await packFile();
    registry.uploads = "http://127.0.0.1:9/upload";
    await expect(pushPack(`${at}/acme/loan:1`, file, plain)).rejects.toMatchObject({
      code: "REACH-E4144",
    });
    registry.uploads = "";
    await pushPack(`${at}/acme/loan:1`, file, plain);
    registry.redirect = `http://${at}/v2/acme/loan/blobs/sha256:${"00".repeat(32)}`;
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4144",
    });
  });

  test("nobody there", async () => {
    await expect(pullPack("127.0.0.1:9/a:b", plain)).rejects.toMatchObject({ code: "REACH-E4142" });
    await expect(pullPack(`${at}/acme/none:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4102",
    });
  });
});
