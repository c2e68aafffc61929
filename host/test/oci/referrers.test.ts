// What refers to a pack in a registry: docs/spec/pack.md, PACK-20. Whoever may push there can put junk beside what the
// publisher has signed, and the registry can lie about all of it.
import { utf8 } from "@reach-fabric/engine";
import {
  MOST_BUNDLES,
  publicKeyOf,
  readPackFile,
  signerOf,
  signPack,
  verifyPack,
  writePackFile,
} from "@reach-fabric/evidence";
import { pullPack, pushPack } from "@reach-fabric/host";
import type { Pulled, PullOptions } from "@reach-fabric/host";
import { beforeEach, describe, expect, test } from "vitest";
import { bundleBy, engine, keyFrom, pack, packFile, publisher } from "./fixture.ts";
import { BUNDLE, digestOf, elsewhere, INDEX, MANIFEST, Registry } from "./stub.ts";
import type { Host } from "./stub.ts";

let registry: Registry;
let host: Host;
let subject: { mediaType: string; digest: string; size: number };
beforeEach(async () => {
  registry = new Registry();
  host = await registry.listen();
  const { manifest: digest } = await pushPack(`${host.at}/acme/loan:1`, packFile, {
    plainHttp: true,
  });
  const size = registry.manifests.get(digest)?.bytes.length ?? 0;
  subject = { mediaType: MANIFEST, digest, size };
});

const trustedKeys = [publicKeyOf(publisher)];
const pull = (options: PullOptions = {}): Promise<Pulled> =>
  pullPack(`${host.at}/acme/loan:1`, { plainHttp: true, ...options });
const isSigned = ({ bytes }: Pulled): boolean => verifyPack(engine, bytes, { trustedKeys }).ok;
const bundlesIn = ({ bytes }: Pulled): readonly Uint8Array[] =>
  readPackFile(engine, bytes).bundles.get("pack") ?? [];

/** An artifact that refers to the pack, in front of those that are there. */
function refer(layers: unknown, change: Record<string, unknown> = {}): string {
  const nothing = { mediaType: EMPTY, digest: digestOf(utf8("{}")), size: 2 };
  const annotations = { "urn.reach.statement": "pack" };
  const about = { artifactType: BUNDLE, config: nothing, layers, subject, annotations };
  const whole = { schemaVersion: 2, mediaType: MANIFEST, ...about, ...change };
  const bytes = Buffer.from(JSON.stringify(whole));
  registry.putFirst(bytes);
  return digestOf(bytes);
}

/** A blob that is there, as a manifest speaks of it. */
function layer(bytes: Uint8Array, change: Record<string, unknown> = {}): object {
  registry.blobs.set(digestOf(bytes), Buffer.from(bytes));
  return { mediaType: BUNDLE, digest: digestOf(bytes), size: bytes.length, ...change };
}

/** The tag in the place of the API, with the referrers in the order in which the API has them. */
function useTag(): void {
  const manifests = [...registry.manifests].flatMap(([digest, { bytes }]) => {
    const { artifactType } = JSON.parse(bytes.toString()) as { artifactType?: string };
    if (artifactType !== BUNDLE || !digest.startsWith("sha256:")) return [];
    return [registry.describe({ mediaType: MANIFEST, digest, size: bytes.length, artifactType })];
  });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  registry.manifests.set(subject.digest.replace(":", "-"), { bytes, type: INDEX });
  registry.hasReferrers = false;
}

const EMPTY = "application/vnd.oci.empty.v1+json";
const otherPack = { ...pack, digest: "ab".repeat(32) };
const NOT_THERE = digestOf(utf8("what is not there"));

const junk = (): object[] => [layer(utf8("junk"))];
const listed = (digest: string): string => {
  registry.alsoLists.add(digest);
  return digest;
};

/** Each puts a referrer that is no good in front, and gives the digest that is said to be passed over. */
const broken: Readonly<Record<string, () => string>> = {
  "a manifest that is gone": () => {
    const digest = refer(junk());
    registry.gone.add(digest);
    return digest;
  },
  "a manifest that is another": () => {
    const digest = refer(junk());
    registry.spoil = (path, bytes) =>
      path.endsWith(digest) ? Buffer.from(bytes.toString().replace("pack", "sbom")) : bytes;
    return digest;
  },
  "a manifest with a lying size": () => {
    const digest = refer(junk());
    registry.describe = (each) => (each["digest"] === digest ? { ...each, size: 5 } : each);
    return digest;
  },
  "a manifest that is said to be large": () => {
    const digest = refer(junk());
    registry.describe = (each) => (each["digest"] === digest ? { ...each, size: 1e9 } : each);
    return digest;
  },
  "a manifest of another form": () => refer("none"),
  "no layer": () => refer([]),
  "two layers": () => refer([layer(utf8("{}")), layer(utf8("[]"))]),
  "another subject": () => listed(refer(junk(), { subject: { ...subject, digest: NOT_THERE } })),
  "no subject": () => listed(refer(junk(), { subject: undefined })),
  "a bundle that is gone": () => {
    refer([{ mediaType: BUNDLE, digest: NOT_THERE, size: 10 }]);
    return NOT_THERE;
  },
  "a bundle that is another": () => {
    const other = layer(utf8("what was asked for"));
    refer([other]);
    const digest = digestOf(utf8("what was asked for"));
    registry.blobs.set(digest, Buffer.from("what was not asked"));
    return digest;
  },
  "a bundle with a lying size": () => {
    const bundle = bundleBy(keyFrom(91));
    refer([layer(bundle, { size: bundle.length - 1 })]);
    return digestOf(bundle);
  },
  "a bundle that is said to be large": () =>
    refer([{ mediaType: BUNDLE, digest: NOT_THERE, size: 1e12 }]),
  "what is no bundle": () => {
    refer([layer(utf8("junk"))]);
    return digestOf(utf8("junk"));
  },
  "the publisher's own bundle, with a lying size": () => {
    const bundle = bundleBy(publisher);
    refer([layer(bundle, { size: bundle.length + 1 })]);
    return digestOf(bundle);
  },
  "a bundle about another pack": () => {
    const bundle = signPack(engine, otherPack, "pack", {}, signerOf(publisher));
    refer([layer(bundle)]);
    return digestOf(bundle);
  },
};

describe("attack: PACK-20 listed first", () => {
  describe.each([["the API"], ["the tag"]])("by %s", (how) => {
    test.each(Object.keys(broken))("%s", async (name) => {
      const digest = broken[name]?.();
      if (how === "the tag") useTag();
      const pulled = await pull();
      expect(pulled.skipped.map(({ what }) => what)).toEqual([digest]);
      expect([isSigned(pulled), bundlesIn(pulled).length]).toEqual([true, 1]);
    });
  });
});

test("attack: PACK-20 entries of a list that are no descriptors", async () => {
  for (const i of [1, 2, 3]) refer([layer(utf8(`junk ${i}`))]);
  const odd = [[null], [{ digest: "sha256:0" }], ["sha256:x"]];
  registry.describe = (each) => (odd.pop() ?? [each])[0];
  const pulled = await pull();
  expect(pulled.skipped.map(({ what }) => what)).toEqual(Array(3).fill("the list of referrers"));
  expect(isSigned(pulled)).toBe(true);
});

test.each(["not json", "[]", '{"schemaVersion":2}'])(
  "attack: PACK-20 a list that is none: %s",
  async (text) => {
    registry.hasReferrers = false;
    const tag = subject.digest.replace(":", "-");
    registry.manifests.set(tag, { bytes: Buffer.from(text), type: INDEX });
    const pulled = await pull();
    expect(pulled.statements).toEqual([]);
    expect(pulled.skipped.map(({ what }) => what)).toEqual(["the list of referrers"]);
  },
);

describe("attack: PACK-20 many referrers", () => {
  const fill = (size: number): void => {
    for (let i = 0; i < size; i++) refer([layer(utf8(`junk ${i}`))]);
  };

  test.each([
    ["all at once", undefined],
    ["by pages", 100],
  ])("the thousandth is found, %s", async (_, pageSize) => {
    registry.pageSize = pageSize;
    fill(999);
    const pulled = await pull();
    expect([isSigned(pulled), pulled.skipped.length]).toEqual([true, 999]);
  });

  test("what comes behind it is not looked at, and that is told", async () => {
    fill(1000);
    const pulled = await pull();
    expect(pulled.statements).toEqual([]);
    expect(pulled.skipped).toContainEqual({
      what: "the list of referrers",
      why: "only its first 1000 were read",
    });
    expect(host.seen.length).toBeLessThan(2100);
  });

  test("those of other types are nobody's business", async () => {
    for (let i = 0; i < 3; i++)
      refer(junk(), { artifactType: "application/spdx+json", annotations: { i: `${i}` } });
    const pulled = await pull();
    expect([isSigned(pulled), pulled.skipped]).toEqual([true, []]);
  });

  test("sixteen of a type are kept, those of trusted keys before all others", async () => {
    const strangers = Array.from({ length: 20 }, (_, i) => bundleBy(keyFrom(100 + i)));
    for (const bundle of strangers) refer([layer(bundle)]);
    const blind = await pull();
    expect([bundlesIn(blind).length, blind.skipped.length]).toEqual([MOST_BUNDLES, 5]);
    expect(isSigned(blind)).toBe(false);
    const pulled = await pull({ trustedKeys });
    expect([bundlesIn(pulled).length, pulled.skipped.length]).toEqual([MOST_BUNDLES, 5]);
    expect(isSigned(pulled)).toBe(true);
    expect(pulled.skipped[0]?.why).toBe("there are more than 16 of its type");
  });

  test("large ones take the place of no small one", async () => {
    for (let i = 0; i < 6; i++) {
      refer([{ mediaType: BUNDLE, digest: digestOf(utf8(`${i}`)), size: 16 * 2 ** 20 }]);
    }
    const pulled = await pull();
    expect(isSigned(pulled)).toBe(true);
    const reasons = pulled.skipped.map(({ why }) => why);
    expect(reasons.filter((why) => why.startsWith("all bundles together"))).toHaveLength(3);
  });
});

describe("PACK-20 pages", () => {
  test("are followed to the last", async () => {
    registry.pageSize = 2;
    for (let i = 0; i < 5; i++) refer([layer(bundleBy(keyFrom(60 + i)))]);
    const pulled = await pull();
    expect([bundlesIn(pulled).length, isSigned(pulled), pulled.skipped]).toEqual([6, true, []]);
  });

  test.each([
    ["a page that leads to itself", "?from=0"],
    ["pages without end, all of them empty", "?from=5000"],
  ])("attack: %s", async (_, next) => {
    registry.nextPage = next;
    const pulled = await pull();
    expect([isSigned(pulled), pulled.skipped.length]).toEqual([true, 1]);
    expect(host.seen.length).toBeLessThan(1100);
  });

  test("attack: a page on another host is not asked for", async () => {
    const second = await elsewhere(200, {}, JSON.stringify({ schemaVersion: 2, manifests: [] }));
    registry.nextPage = `http://${second.at}/page`;
    const pulled = await pull({ credentials: "user:secret" });
    expect([isSigned(pulled), pulled.skipped.length]).toEqual([true, 1]);
    expect(second.seen).toEqual([]);
  });
});

describe("attack: PACK-20 answers that come a byte at a time", () => {
  const patience = 1000;
  test.each([["manifests"], ["blobs"]])("of %s", async (what) => {
    const bundle = bundleBy(keyFrom(80));
    const digest = refer([layer(bundle)]);
    const late = what === "manifests" ? digest : digestOf(bundle);
    registry.isSlow = (path) => path.endsWith(late);
    const pulled = await pull({ patience });
    expect(isSigned(pulled)).toBe(true);
    expect(pulled.skipped).toEqual([
      { what: late, why: expect.stringContaining("has not come in time") as string },
    ]);
  });

  test("of a list", async () => {
    registry.isSlow = (path) => path.includes("/referrers/");
    for (let i = 0; i < 40; i++) refer([layer(utf8(`junk ${i}`))]);
    const pulled = await pull({ patience: 500 });
    expect(pulled.skipped).toEqual([
      { what: "the list of referrers", why: expect.stringContaining("in time") as string },
    ]);
  });
});

describe("PACK-20 pushing", () => {
  test.each([[true], [false]])(
    "all bundles go, and come back; the API being there: %s",
    async (has) => {
      registry.hasReferrers = has;
      const bundles = [1, 2, 3].map((i) => bundleBy(keyFrom(i)));
      const sbom = signPack(engine, pack, "sbom", { bomFormat: "CycloneDX" }, signerOf(publisher));
      const file = writePackFile(
        engine,
        pack,
        new Map([
          ["pack", bundles],
          ["sbom", [sbom]],
        ]),
      );
      const second = `${host.at}/acme/other:1`;
      registry.manifests.clear();
      await pushPack(second, file, { plainHttp: true });
      const pulled = await pullPack(second, { plainHttp: true });
      expect(Buffer.compare(pulled.bytes, file)).toBe(0);
      expect(pulled.statements).toEqual(["pack", "sbom"]);
    },
  );

  test("what others have written under the tag stays as it is", async () => {
    registry.hasReferrers = false;
    const theirs = [
      { mediaType: "x/y", digest: NOT_THERE, size: 1, urls: ["http://a"] },
      { odd: 1 },
    ];
    const tag = subject.digest.replace(":", "-");
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: theirs }),
    );
    registry.manifests.set(tag, { bytes, type: INDEX });
    for (const _ of [1, 2]) await pushPack(`${host.at}/acme/loan:1`, packFile, { plainHttp: true });
    const { manifests } = JSON.parse(registry.manifests.get(tag)?.bytes.toString() ?? "") as {
      manifests: unknown[];
    };
    expect(manifests.slice(0, 2)).toEqual(theirs);
    expect(manifests).toHaveLength(3);
  });
});
