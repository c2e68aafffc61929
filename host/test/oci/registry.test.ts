// Packs in registries: docs/spec/pack.md, PACK-16 to PACK-18.
import { publicKeyOf, verifyPack } from "@reach-fabric/evidence";
import { parseReference, pullPack, pushPack } from "@reach-fabric/host";
import { beforeEach, describe, expect, test } from "vitest";
import { engine, packFile, publisher } from "./fixture.ts";
import { Registry } from "./stub.ts";

const plain = { plainHttp: true };

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

describe("registries", () => {
  let registry: Registry;
  let at = "";
  beforeEach(async () => {
    registry = new Registry();
    ({ at } = await registry.listen());
  });

  test.each([[true], [false]])(
    "PACK-18 pushed and pulled, the referrers API being there: %s",
    async (has) => {
      registry.hasReferrers = has;
      const pushed = await pushPack(`${at}/acme/loan:1`, packFile, plain);
      const pulled = await pullPack(`${at}/acme/loan:1`, plain);
      expect(Buffer.compare(pulled.bytes, packFile)).toBe(0);
      expect(pulled.digest).toBe(pushed.digest);
      expect(verifyPack(engine, pulled.bytes, { trustedKeys: [publicKeyOf(publisher)] }).ok).toBe(
        true,
      );
      expect(registry.manifests.has(pushed.manifest.replace(":", "-"))).toBe(!has);
    },
  );

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
    await pushPack(`${at}/acme/loan:1`, packFile, plain);
    registry.spoil = spoil;
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4145",
    });
  });

  test("PACK-17 a manifest by digest that is another one", async () => {
    const { manifest } = await pushPack(`${at}/acme/loan:1`, packFile, plain);
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
    await pushPack(`${at}/acme/loan:1`, packFile, plain);
    registry.spoil = (path, bytes) => (path.endsWith("/1") ? Buffer.from(text) : bytes);
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({ code });
  });

  test("PACK-17 uploads that are sent elsewhere, and redirects without end", async () => {
    registry.uploads = "http://127.0.0.1:9/upload";
    await expect(pushPack(`${at}/acme/loan:1`, packFile, plain)).rejects.toMatchObject({
      code: "REACH-E4144",
    });
    registry.uploads = "";
    await pushPack(`${at}/acme/loan:1`, packFile, plain);
    registry.redirect = `http://${at}/v2/acme/loan/blobs/sha256:${"00".repeat(32)}`;
    await expect(pullPack(`${at}/acme/loan:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4144",
    });
  });

  test("a host that is not there, a pack that is not there", async () => {
    await expect(pullPack("127.0.0.1:9/a:b", plain)).rejects.toMatchObject({ code: "REACH-E4142" });
    await expect(pullPack(`${at}/acme/none:1`, plain)).rejects.toMatchObject({
      code: "REACH-E4102",
    });
  });
});
