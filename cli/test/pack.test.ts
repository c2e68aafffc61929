import { createPublicKey, verify as verifySignature } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publicKeyOf, publicKeyPem } from "@reach-fabric/evidence";
import type { KeyFile } from "@reach-fabric/evidence";
import { readContainer, preAuthEncoding } from "@reach-fabric/evidence/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "./reach.ts";

const folder = temporaryFolder();
const json = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await reach(folder, [...args, "--json"]);
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("REACH-E")]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
};
const WORKFLOW = `document: {dsl: '1.0.3', namespace: t, name: ask, version: 1.2.0}
do:
  - think: {call: llm, with: {model: small, prompt: hello}}
  - get: {call: http, with: {method: get, endpoint: 'https://a.example/v1'}}
`;

beforeAll(async () => {
  put(folder, "w.yaml", WORKFLOW);
  await json(["keys", "new", "--alg", "P-256", "--no-passphrase", "-o", "pub.key"]);
});

describe("pack", () => {
  test("init, build, sign, verify, inspect, run", async () => {
    const { capabilities } = await json(["pack", "init", "w.yaml"]);
    expect(capabilities).toEqual(["the model small", "GET https://a.example/v1"]);
    const twice = await reach(folder, ["pack", "init", "w.yaml", "--json"]);
    expect(errorOf(twice)).toMatchObject({ code: "REACH-E4113" });
    const empty = await reach(folder, ["pack", "build", "w.yaml", "-o", "w.pack", "--json"]);
    expect(errorOf(empty)).toMatchObject({ code: "REACH-E4215" });
    const source = join(folder, "pack.yaml");
    put(
      folder,
      "pack.yaml",
      readFileSync(source, "utf8").replaceAll('reason: ""', "reason: needed"),
    );
    const { digest } = await json(["pack", "build", "w.yaml", "-o", "w.pack"]);
    const { statements } = await json(["pack", "sign", "w.pack", "--key", "pub.key"]);
    expect(statements).toEqual(["pack", "provenance", "sbom"]);
    expect(await json(["pack", "verify", "w.pack", "--trust", "pub.key.pub"])).toMatchObject({
      ok: true,
      digest,
    });
    expect(await json(["pack", "inspect", "w.pack"])).toMatchObject({ digest });
  });

  test("a list that is not what the workflows ask for", async () => {
    mkdirSync(join(folder, "other"));
    put(folder, "other/w.yaml", WORKFLOW);
    put(
      folder,
      "other/pack.yaml",
      "format: reach/pack-source/v1\ncapabilities: [{what: the moon, reason: needed}]\n",
    );
    const ended = await reach(folder, ["pack", "build", "other/w.yaml", "-o", "x.pack", "--json"]);
    expect(errorOf(ended)).toMatchObject({ code: "REACH-E4009" });
    expect(errorOf(ended)["why"]).toContain("needless: the moon");
  });

  test("a stranger's pack, an unsigned one, one that was changed or withdrawn", async () => {
    await json(["keys", "new", "--alg", "P-256", "--no-passphrase", "-o", "other.key"]);
    const by = (key: string, ...more: string[]): ReturnType<typeof reach> =>
      reach(folder, ["pack", "verify", "w.pack", "--trust", key, ...more, "--json"]);
    expect((await by("other.key.pub")).status).toBe(1);
    const { digest } = await json(["pack", "inspect", "w.pack"]);
    await json([
      "pack",
      "yank",
      digest as string,
      "--key",
      "pub.key",
      "--reason",
      "wrong",
      "-o",
      "w.yank",
    ]);
    const gone = await by("pub.key.pub", "--yanked", "w.yank");
    expect([gone.status, errorOf(gone)["code"]]).toEqual([1, "REACH-E5412"]);
    const old = await by("pub.key.pub", "--min-version", "2.0.0");
    expect([old.status, errorOf(old)["code"]]).toEqual([1, "REACH-E5413"]);
    await json(["pack", "build", "w.yaml", "-o", "bare.pack"]);
    const bare = await reach(folder, [
      "pack",
      "verify",
      "bare.pack",
      "--trust",
      "pub.key.pub",
      "--json",
    ]);
    expect([bare.status, errorOf(bare)["code"]]).toEqual([3, "REACH-E5411"]);
    const bytes = readFileSync(join(folder, "w.pack"));
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    put(folder, "bad.pack", bytes);
    expect((await reach(folder, ["pack", "verify", "bad.pack", "--json"])).status).toBe(1);
  });

  test("an Ed25519 key signs no pack", async () => {
    await json(["keys", "new", "--no-passphrase", "-o", "ed.key"]);
    const ended = await reach(folder, ["pack", "sign", "bare.pack", "--key", "ed.key", "--json"]);
    expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E5206"]);
  });

  const entry = (name: string): Buffer =>
    Buffer.from(
      readContainer(readFileSync(join(folder, "w.pack"))).find((each) => each.name === name)
        ?.bytes ?? [],
    );
  const envelope = (
    name: string,
  ): { payload: string; payloadType: string; signatures: { sig: string }[] } =>
    (JSON.parse(entry(name).toString()) as { dsseEnvelope: ReturnType<typeof envelope> })
      .dsseEnvelope;
  const predicate = (name: string): Record<string, unknown> => {
    const statement = JSON.parse(
      Buffer.from(envelope(name).payload, "base64").toString(),
    ) as Record<string, unknown>;
    return statement["predicate"] as Record<string, unknown>;
  };

  test("PACK-8 anybody's crypto checks the signature with the plain public key", () => {
    const file = JSON.parse(readFileSync(join(folder, "pub.key.pub"), "utf8")) as KeyFile;
    const key = createPublicKey(publicKeyPem(publicKeyOf(file)));
    const { payload, payloadType, signatures } = envelope("pack.sigstore.json");
    const signed = preAuthEncoding(payloadType, Buffer.from(payload, "base64"));
    const sig = Buffer.from(signatures[0]?.sig ?? "", "base64");
    expect(verifySignature("sha256", signed, key, sig)).toBe(true);
    expect(verifySignature("sha256", Buffer.concat([signed, Buffer.from("x")]), key, sig)).toBe(
      false,
    );
  });

  test("PACK-14 the bill of materials names files, models and services", () => {
    const bom = predicate("sbom.sigstore.json");
    expect(bom).toMatchObject({
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      metadata: { component: { name: "t/ask", version: "1.2.0" } },
      components: [
        { type: "file", name: "w.yaml" },
        { type: "machine-learning-model", name: "small" },
      ],
      services: [{ name: "https://a.example" }],
    });
    expect(bom["serialNumber"]).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test("PACK-15 the provenance names what it was made of, by digest, and by what", () => {
    expect(predicate("provenance.sigstore.json")).toMatchObject({
      buildDefinition: {
        buildType: "urn:reach:pack-build:v1",
        externalParameters: { id: "t/ask", version: "1.2.0" },
        resolvedDependencies: [
          { name: "w.yaml", digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } },
        ],
      },
      runDetails: { builder: { version: { reach: expect.any(String) as string } } },
    });
  });
});

test("attack: a password in what should be a reference is never in the audit log", async () => {
  await json(["keys", "new", "--no-passphrase", "-o", "log.key"]);
  await json(["log", "init", "audit", "--key", "log.key", "--origin", "t/audit"]);
  const push = ["pack", "push", "me:s3cret@127.0.0.1:9/a/b:1", "signed.pack", "--plain-http"];
  put(folder, "signed.pack", "it is not read");
  const refused = await reach(folder, [...push, "--log", "audit", "--log-key", "log.key"]);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("REACH-E4141")]);
  expect(refused.stderr).not.toContain("s3cret");
  expect((await json(["log", "checkpoint", "audit"]))["size"]).toBe(1);
});
