// docs/guides/sign-packs.md, typed as it stands. In the place of cosign, which `npm run conformance -- cosign` types it
// with, stands what cosign 3.1.1 was seen to write: Statement v0.1, a hint of its own, either S.
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { preAuthEncoding, readContainer } from "@reach-fabric/evidence/testing";
import { expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder } from "../reach.ts";
import { steps } from "./sign-packs.ts";

const folder = temporaryFolder();
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const TYPE = "application/vnd.in-toto+json";
const read = (name: string): Buffer => readFileSync(join(folder, name));
const option = (args: readonly string[], name: string): string =>
  args[args.indexOf(`--${name}`) + 1] ?? "";

/** Signs until S is the higher one, as half of cosign's are. */
function signature(payload: string): string {
  for (;;) {
    const der = sign("sha256", preAuthEncoding(TYPE, Buffer.from(payload)), pair.privateKey);
    if ((der[4 + (der[3] ?? 0) + 1] ?? 0) === 33) return der.toString("base64");
  }
}

function attest(args: readonly string[]): void {
  const blob = read(args.at(-1) ?? "");
  const sha256 = createHash("sha256").update(blob).digest("hex");
  const payload = JSON.stringify({
    _type: "https://in-toto.io/Statement/v0.1",
    subject: [{ name: "pack.json", digest: { sha256 } }],
    predicateType: option(args, "type"),
    predicate: JSON.parse(read(option(args, "predicate")).toString()) as unknown,
  });
  const dsseEnvelope = {
    payload: Buffer.from(payload).toString("base64"),
    payloadType: TYPE,
    signatures: [{ sig: signature(payload) }],
  };
  const hint = createHash("sha256").update(read("cosign.pub")).digest("base64");
  const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const bundle = { mediaType, verificationMaterial: { publicKey: { hint } }, dsseEnvelope };
  put(folder, option(args, "bundle"), JSON.stringify(bundle));
}

function check(args: readonly string[]): void {
  const { dsseEnvelope } = JSON.parse(read(option(args, "bundle")).toString()) as {
    dsseEnvelope: { payload: string; signatures: { sig: string }[] };
  };
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  const sig = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? "", "base64");
  const key = createPublicKey(read(option(args, "key")));
  expect(verify("sha256", preAuthEncoding(TYPE, payload), key, sig)).toBe(true);
  const sha256 = createHash("sha256")
    .update(read(args.at(-1) ?? ""))
    .digest("hex");
  expect(payload.toString()).toContain(sha256);
}

const cosign: Readonly<Record<string, (args: readonly string[]) => void>> = {
  "generate-key-pair": () =>
    put(folder, "cosign.pub", pair.publicKey.export({ type: "spki", format: "pem" })),
  "signing-config": () => undefined,
  "attest-blob": attest,
  "verify-blob-attestation": check,
};

test("docs/guides/sign-packs.md does what it says", async () => {
  const ran: string[] = [];
  for (const step of steps()) {
    if ("file" in step) {
      put(folder, step.file, step.text);
      continue;
    }
    const { program, args, to } = step;
    ran.push(`${program} ${args[0]}`);
    if (program === "cosign") cosign[args[0] ?? ""]?.(args);
    else if (program === "unzip") {
      for (const { name, bytes } of readContainer(read("hello.pack"))) {
        if (args.includes(name)) writeFileSync(join(folder, name), bytes);
      }
    } else {
      const digest = (): string =>
        createHash("sha256").update(read("hello/pack.json")).digest("hex");
      const real = args.map((each) => (each === "DIGEST" ? digest() : each));
      const { status, stdout, stderr } = await reach(folder, real);
      expect([args, status, stderr]).toEqual([args, 0, expect.not.stringContaining("REACH-E")]);
      if (to !== undefined) put(folder, to, stdout);
    }
  }
  expect(ran).toHaveLength(14);
});

test("PACK-21 the pack of the guide is withdrawn", async () => {
  const args = ["--trust", "cosign.pub", "--yanked", "hello.yank.json"];
  const ended = await reach(folder, ["pack", "verify", "hello.pack", ...args, "--json"]);
  expect([ended.status, errorOf(ended)["code"]]).toEqual([1, "REACH-E5412"]);
  const digest = "ab".repeat(32);
  const bundle = ["--bundle", "yank.bundle.json", "--trust", "cosign.pub", "-o", "x.json"];
  const other = await reach(folder, ["pack", "yank", digest, ...bundle, "--json"]);
  expect([other.status, errorOf(other)["code"]]).toEqual([1, "REACH-E5306"]);
  const half = await reach(folder, ["pack", "yank", digest, ...bundle, "--key", "k", "--json"]);
  expect([half.status, errorOf(half)["code"]]).toEqual([2, "REACH-E4001"]);
});

test("PACK-21 what is signed by another, or in no way said to be signed, is not put in", async () => {
  const before = read("hello.pack");
  const by = (...args: string[]): ReturnType<typeof reach> =>
    reach(folder, ["pack", "sign", "hello.pack", ...args, "--json"]);
  await reach(folder, ["keys", "new", "--alg", "P-256", "--no-passphrase", "-o", "other.key"]);
  const forged = await by("--bundle", "pack.bundle.json", "--trust", "other.key.pub");
  expect([forged.status, errorOf(forged)["code"]]).toEqual([1, "REACH-E5303"]);
  expect(errorOf(forged)["where"]).toBe("pack.bundle.json");
  for (const args of [
    [],
    ["--bundle", "pack.bundle.json"],
    ["--trust", "cosign.pub"],
    ["--key", "other.key", "--bundle", "pack.bundle.json", "--trust", "cosign.pub"],
  ]) {
    const ended = await by(...args);
    expect([ended.status, errorOf(ended)["code"]]).toEqual([2, "REACH-E4001"]);
  }
  expect(read("hello.pack").equals(before)).toBe(true);
});

test("PACK-9 one's own signature and cosign's stand beside each other", async () => {
  const { status } = await reach(folder, ["pack", "sign", "hello.pack", "--key", "other.key"]);
  expect(status).toBe(0);
  for (const key of ["other.key.pub", "cosign.pub"]) {
    const ended = await reach(folder, ["pack", "verify", "hello.pack", "--trust", key]);
    expect([key, ended.status]).toEqual([key, 0]);
  }
  const { stdout } = await reach(folder, ["pack", "inspect", "hello.pack"]);
  expect(stdout).toContain("pack (2 of them), provenance, sbom (2 of them)");
});
