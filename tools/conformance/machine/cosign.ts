// A real cosign, offline, with the plain public key: it accepts our bundles and refuses those that were
// changed, and what it signs is put into a pack. docs/spec/pack.md, PACK-8 and PACK-21.
import { createEngine, sha256, toHex, utf8 } from "@reach-fabric/engine";
import {
  attest,
  bundleOf,
  newKey,
  publicKeyOf,
  publicKeyPem,
  signerOf,
  signPack,
  verify,
  packPredicate,
  readPackFile,
  writePackFile,
} from "@reach-fabric/evidence";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createEvidence,
  EvidenceError,
  importStatement,
  readKeyFile,
  verifyPack,
} from "@reach-fabric/evidence";
import type { PublicKey } from "@reach-fabric/evidence";
import { steps } from "../../../cli/test/guides/sign-packs.ts";
import { readContainer } from "@reach-fabric/evidence/testing";
import {
  computed,
  counting,
  facts,
  pseudoRandom,
} from "../../../evidence/test/fixtures/fixture.ts";
import type { Suite, SuiteResult } from "../suite.ts";
import { debianPackage } from "./debian.ts";
import type { DebianPackage } from "./debian.ts";

const MAIN = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

interface Case {
  readonly name: string;
  readonly blob: Uint8Array;
  readonly bundle: Uint8Array;
  readonly pem: string;
  readonly type: string;
}

/** What cosign is asked to check: evidence, and each statement about a pack. */
function cases(): Case[] {
  const engine = createEngine();
  const pack = counting(2);
  const runKey = newKey(pseudoRandom("cosign run")).private;
  const packKey = newKey(pseudoRandom("cosign pack"), "P-256").private;
  const evidence = createEvidence({
    engine,
    pack,
    records: computed(pack),
    runSecret: pseudoRandom("cosign secret")(32),
    signer: signerOf(runKey),
    run: facts,
  });
  const entry = (name: string): Uint8Array =>
    readContainer(evidence).find((each) => each.name === name)?.bytes ?? new Uint8Array();
  const { manifest } = readPackFile(engine, writePackFile(engine, pack));
  const about = (
    name: "pack" | "sbom",
    predicate: Record<string, unknown>,
    type: string,
  ): Case => ({
    name: `a pack: ${name}`,
    blob: pack.manifest,
    bundle: signPack(engine, pack, name, predicate, signerOf(packKey)),
    pem: publicKeyPem(publicKeyOf(packKey)),
    type,
  });
  return [
    {
      name: "evidence",
      blob: entry("run.json"),
      bundle: bundleOf(engine, evidence),
      pem: publicKeyPem(publicKeyOf(runKey)),
      type: "urn:reach:evidence:v1",
    },
    {
      name: "the result of a verification",
      blob: evidence,
      bundle: attest(engine, verify(engine, evidence), {
        signer: signerOf(runKey),
        at: "2026-11-30T10:00:00.000Z",
        file: evidence,
        policy: utf8("{}"),
      }),
      pem: publicKeyPem(publicKeyOf(runKey)),
      type: "https://in-toto.io/attestation/svr/v0.1",
    },
    about("pack", packPredicate(manifest), "urn:reach:pack:v1"),
    about("sbom", { bomFormat: "CycloneDX", specVersion: "1.6" }, "https://cyclonedx.org/bom"),
  ];
}

function run(): SuiteResult {
  let found: DebianPackage;
  try {
    found = debianPackage("cosign", "sid");
  } catch (error) {
    return { passed: 0, failed: [], skipped: [`NOT RUN: ${(error as Error).message}`] };
  }
  const cosign = join(found.root, "usr/bin/cosign");
  const folder = mkdtempSync(join(tmpdir(), "reach-cosign-"));
  const failed: string[] = [];
  let passed = 0;
  const accepts = ({ blob, bundle, pem, type }: Case): boolean => {
    const files = { blob, "bundle.json": bundle, "key.pem": pem };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { status } = spawnSync(
      cosign,
      [
        "verify-blob-attestation",
        "--key=key.pem",
        "--bundle=bundle.json",
        `--type=${type}`,
        "--insecure-ignore-tlog",
        "blob",
      ],
      { cwd: folder, stdio: "ignore", env: { HOME: folder, PATH: "" } },
    );
    return status === 0;
  };
  const check = (name: string, holds: boolean): void => {
    if (holds) passed += 1;
    else failed.push(name);
  };
  try {
    const all = cases();
    for (const [i, each] of all.entries()) {
      const { name, blob, bundle } = each;
      check(`${name}: accepted`, accepts(each));
      const changed = blob.slice();
      changed[10] = (changed[10] ?? 0) ^ 1;
      check(`${name}: another file`, !accepts({ ...each, blob: changed }));
      const text = new TextDecoder().decode(bundle);
      const resigned = text.replace(
        /"sig":"(.)(.)/,
        (_, a: string, b: string) => `"sig":"${a}${b === "A" ? "B" : "A"}`,
      );
      check(
        `${name}: another signature`,
        !accepts({ ...each, bundle: new TextEncoder().encode(resigned) }),
      );
      const other = all[(i + 1) % all.length] as Case;
      check(`${name}: another type`, !accepts({ ...each, type: other.type }));
      check(`${name}: another bundle`, !accepts({ ...each, bundle: other.bundle }));
      const stranger = publicKeyPem(
        publicKeyOf(newKey(pseudoRandom("a stranger"), "P-256").public),
      );
      check(`${name}: another key`, !accepts({ ...each, pem: stranger }));
    }
    for (const { line, holds } of guide(cosign, folder))
      check(`docs/guides/sign-packs.md: ${line}`, holds);
    const signed = new Uint8Array(readFileSync(join(folder, "hello.pack")));
    for (const [name, holds] of imported(cosign, folder, signed)) check(name, holds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, skipped: [], notes: [`cosign ${found.version} of Debian sid`] };
}

const environment = (folder: string): NodeJS.ProcessEnv => ({
  HOME: folder,
  PATH: process.env["PATH"],
  COSIGN_PASSWORD: "",
});

/** Types docs/guides/sign-packs.md. */
function guide(cosign: string, folder: string): { line: string; holds: boolean }[] {
  const reach = [process.execPath, "--conditions=reach-source", MAIN];
  return steps().flatMap((step) => {
    if ("file" in step) {
      writeFileSync(join(folder, step.file), step.text);
      return [];
    }
    const { program, args, to } = step;
    const [file = "", ...before] =
      program === "reach" ? reach : program === "cosign" ? [cosign] : [program];
    const digest = (): string =>
      toHex(sha256(new Uint8Array(readFileSync(join(folder, "hello/pack.json")))));
    const real = args.map((each) => (each === "DIGEST" ? digest() : each));
    const { status, stdout } = spawnSync(file, [...before, ...real], {
      cwd: folder,
      env: environment(folder),
    });
    if (to !== undefined) writeFileSync(join(folder, to), stdout);
    return [{ line: [program, ...args].join(" "), holds: status === 0 }];
  });
}

/** How many bundles cosign makes, so that both values of S are among them: that half are high was seen. */
const MANY = 16;

/** What cosign signs, again and again, is taken; what it signs with another key or about another file is not. */
function* imported(
  cosign: string,
  folder: string,
  signed: Uint8Array,
): Generator<[string, boolean]> {
  const engine = createEngine();
  const file = readPackFile(engine, signed);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
  const keyOf = (name: string): PublicKey => publicKeyOf(readKeyFile(engine, read(name)));
  const cosigned = (blob: string, key = "cosign.key"): Uint8Array => {
    const args = ["--type", "urn:reach:pack:v1", "--predicate", "pack.predicate.json"];
    const more = ["--bundle", "out.json", "--signing-config", "offline.json", "--yes", blob];
    spawnSync(cosign, ["attest-blob", "--key", key, ...args, ...more], {
      cwd: folder,
      env: environment(folder),
      stdio: "ignore",
    });
    return read("out.json");
  };
  const takes = (bundle: Uint8Array, key = keyOf("cosign.pub")): boolean => {
    try {
      const { bundle: normal } = importStatement(engine, bundle, file, key);
      const pack = writePackFile(engine, file.pack, new Map([["pack", [normal]]]));
      return verifyPack(engine, pack, { trustedKeys: [key] }).ok;
    } catch (error) {
      if (error instanceof EvidenceError) return false;
      throw error;
    }
  };
  for (let i = 0; i < MANY; i++)
    yield [`signed by cosign, ${i}: taken`, takes(cosigned("hello/pack.json"))];
  const stranger = publicKeyOf(newKey(pseudoRandom("a stranger"), "P-256").public);
  yield ["signed by cosign: another key", !takes(cosigned("hello/pack.json"), stranger)];
  writeFileSync(join(folder, "pack.json"), "{}");
  yield ["signed by cosign: another file", !takes(cosigned("pack.json"))];
}

export const suites: readonly Suite[] = [{ name: "cosign", run }];
