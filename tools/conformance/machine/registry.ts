// A real OCI registry, Debian's docker-registry, on loopback: push, pull, tags, referrers. It is 2.8, which has no API
// for referrers: they are found by the tag alone, and the API is tested against a registry of the tests
// (host/test/oci). docs/spec/pack.md, PACK-16 to PACK-18 and PACK-20.
import { createEngine } from "@reach-fabric/engine";
import {
  newKey,
  packPredicate,
  readPackFile,
  signerOf,
  signPack,
  verifyPack,
  publicKeyOf,
  withBundle,
  writePackFile,
} from "@reach-fabric/evidence";
import { pullPack, pushPack } from "@reach-fabric/host";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { counting, pseudoRandom } from "../../../evidence/test/fixtures/fixture.ts";
import type { Suite, SuiteResult } from "../suite.ts";
import { debianPackage } from "./debian.ts";
import type { DebianPackage } from "./debian.ts";

/** The newest. */
const SUITE = "sid";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function run(): Promise<SuiteResult> {
  let found: DebianPackage;
  try {
    found = debianPackage("docker-registry", SUITE);
  } catch (error) {
    return { passed: 0, failed: [], skipped: [`NOT RUN: ${(error as Error).message}`] };
  }
  const folder = mkdtempSync(join(tmpdir(), "reach-registry-"));
  const port = await freePort();
  const config = join(folder, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
  );
  const child = spawn(join(found.root, "usr/bin/docker-registry"), ["serve", config], {
    stdio: "ignore",
  });
  try {
    await ready(port);
    const result = await exchange(`127.0.0.1:${port}`);
    return {
      ...result,
      notes: [
        `docker-registry ${found.version} of Debian ${SUITE}, without referrers API: by the tag`,
      ],
    };
  } finally {
    child.kill();
    await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ready(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error("the registry does not answer");
}

async function exchange(registry: string): Promise<SuiteResult> {
  const failed: string[] = [];
  let passed = 0;
  const check = (name: string, holds: boolean): void => {
    if (holds) passed += 1;
    else failed.push(name);
  };
  const engine = createEngine();
  const key = newKey(pseudoRandom("registry"), "P-256").private;
  const packOf = (turns: number): Uint8Array => {
    const pack = counting(turns);
    const { manifest } = readPackFile(engine, writePackFile(engine, pack));
    const bundles = new Map(
      (["pack", "provenance", "sbom"] as const).map((name) => {
        const predicate = name === "pack" ? packPredicate(manifest) : { name };
        return [name, [signPack(engine, pack, name, predicate, signerOf(key))]] as const;
      }),
    );
    return writePackFile(engine, pack, bundles);
  };
  const plain = { plainHttp: true };
  const first = packOf(2);
  const pushed = await pushPack(`${registry}/acme/loan:1.0.0`, first, plain);
  const pulled = await pullPack(`${registry}/acme/loan:1.0.0`, plain);
  check("a pack pulled back is the one that was pushed", Buffer.compare(pulled.bytes, first) === 0);
  check(
    "with the same digest",
    pulled.digest === pushed.digest && pulled.manifest === pushed.manifest,
  );
  check("and its referrers", pulled.statements.join() === "pack,provenance,sbom");
  const policy = { trustedKeys: [publicKeyOf(key)] };
  check("which verify", verifyPack(engine, pulled.bytes, policy).ok);
  const again = await pushPack(`${registry}/acme/loan:1.0.0`, first, plain);
  check("pushed again, it is the same", again.manifest === pushed.manifest);
  const byDigest = await pullPack(`${registry}/acme/loan@${pushed.manifest}`, plain);
  check("pulled by digest", byDigest.digest === pushed.digest);
  const second = packOf(3);
  await pushPack(`${registry}/acme/loan:latest`, second, plain);
  await pushPack(`${registry}/acme/loan:1.0.0`, second, plain);
  const moved = await pullPack(`${registry}/acme/loan:1.0.0`, plain);
  check("a tag can move", Buffer.compare(moved.bytes, second) === 0);
  const old = await pullPack(`${registry}/acme/loan@${pushed.manifest}`, plain);
  check("a digest stays", old.digest === pushed.digest && old.statements.length === 3);
  const auditor = newKey(pseudoRandom("auditor"), "P-256").private;
  const { pack, manifest, bundles } = readPackFile(engine, first);
  const another = signPack(engine, pack, "pack", packPredicate(manifest), signerOf(auditor));
  const twice = withBundle(engine, { pack, bundles }, "pack", another, publicKeyOf(auditor));
  const both = writePackFile(engine, pack, twice);
  await pushPack(`${registry}/acme/loan:both`, both, plain);
  const signed = await pullPack(`${registry}/acme/loan:both`, plain);
  check("two signatures come back", Buffer.compare(signed.bytes, both) === 0);
  for (const each of [key, auditor]) {
    const trustedKeys = [publicKeyOf(each)];
    check(
      `and ${publicKeyOf(each).id} has signed it`,
      verifyPack(engine, signed.bytes, { trustedKeys }).ok,
    );
  }
  check("nothing was passed over", signed.skipped.length === 0);
  const api = await fetch(`http://${registry}/v2/acme/loan/referrers/${signed.manifest}`);
  check("the registry has no referrers API, and the tag serves", api.status === 404);
  const missing = await pullPack(`${registry}/acme/none:1`, plain).catch(
    (error: { code: string }) => error.code,
  );
  check("what is not there is said to be missing", missing === "REACH-E4102");
  return { passed, failed, skipped: [] };
}

export const suites: readonly Suite[] = [{ name: "oci-registry", run }];
