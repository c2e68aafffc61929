// docs/spec/policy.md, POL-7 to POL-13: the verdict `approved`.
import { fromUtf8, toBase64, utf8 } from "@reach-fabric/engine";
import {
  beyondGrant,
  manifestOf,
  newKey,
  packPredicate,
  readPolicy,
  signerOf,
  signPack,
  stripPack,
  withCompromise,
  yankPack,
} from "@reach-fabric/evidence";
import type { Report, Signer } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  engine,
  evidence,
  facts,
  fileOf,
  finding,
  pack,
  packOf,
  pseudoRandom,
  recorded,
  trusted,
  verify,
  entries,
  workflowWith,
} from "../fixtures/fixture.ts";
import { evidenceOfAcme, now, ringOf, root, year } from "../fixtures/keyring-fixture.ts";

const file = evidence();
const publisherOf = (seed: string): Signer => signerOf(newKey(pseudoRandom(seed), "P-256").private);
const publisher = publisherOf("publisher");
const stranger = publisherOf("stranger");
const shared = ({ key }: Signer): object => ({ alg: key.alg, public: toBase64(key.bytes) });
const signed = (by: Signer = publisher, of = pack): Uint8Array =>
  signPack(engine, of, "pack", packPredicate(manifestOf(of)), by);

const year2026 = { from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" };
const packRing = (change: object = {}, by = publisher) =>
  ringOf([
    [trusted, evidenceOfAcme],
    [by.key, { role: "pack", ...year, ...change }],
  ]);

interface Given {
  readonly bundles?: readonly Uint8Array[];
  readonly ring?: Uint8Array;
  readonly bytes?: Uint8Array;
}

/** What a file is under a policy with these members. */
function judged(members: object, { bundles, ring, bytes = file }: Given = {}): Report {
  const policy = {
    format: "reach/policy/v1",
    ...members,
    ...(ring && { root: shared(root) }),
  };
  const read = readPolicy(engine, utf8(JSON.stringify(policy)), { keyring: ring, now });
  return verify(bytes, read, { packBundles: bundles });
}
const approved = (members: object, given?: Given): string =>
  finding(judged(members, given), "approved");

const signedBy = { packs: { signedBy: { keys: [shared(publisher)] } } };
const byRole = { packs: { signedBy: { role: "pack" } } };

/** The file with publishers' bundles in it. */
const withBundles = (...bundles: readonly Uint8Array[]): Uint8Array => {
  const parts = new Map<string, Uint8Array>();
  for (const [name, bytes] of entries(file)) {
    if (name === "entered.jsonl") {
      parts.set("pack.sigstore.jsonl", utf8(bundles.map((one) => `${fromUtf8(one)}\n`).join("")));
    }
    parts.set(name, bytes);
  }
  return fileOf(parts);
};

describe("POL-7: approved", () => {
  test("is not checked where a policy says nothing of rules, and required where it does", () => {
    const plain = verify(file);
    expect(finding(plain, "approved")).toBe("not checked");
    expect(plain.required).not.toContain("approved");
    const { required, exitCode } = judged({ workflows: [{ name: "test/loan" }] });
    expect(required).toContain("approved");
    expect(exitCode).toBe(0);
  });

  test("passes only if all that is named holds, and a broken rule outweighs one that is not checked", () => {
    const both = { ...signedBy, workflows: [{ name: "test/other" }] };
    expect(approved(both, { bundles: [signed()] })).toBe("fail REACH-E5225");
    expect(approved(both)).toBe("fail REACH-E5225");
    expect(approved(signedBy)).toBe("not checked REACH-E5411");
  });

  test("a file that is not authentic is not approved", () => {
    const bytes = file.slice(0, -1);
    expect(approved({ workflows: [{ name: "test/loan" }] }, { bytes })).toBe("not checked");
  });

  test("passes for what a publisher of the keyring has signed, where no rules are named", () => {
    const ring = packRing().bytes;
    const report = judged({}, { ring, bundles: [signed()] });
    expect(finding(report, "approved")).toBe("pass");
    expect(report.required).not.toContain("approved");
    expect(report.pack).toEqual({
      digest: pack.digest,
      id: "test/loan",
      version: "1.0.0",
      publisher: publisher.key,
    });
    expect(approved({}, { ring, bundles: [signed(stranger)] })).toBe("not checked");
    const yank = yankPack(engine, pack.digest, { reason: "wrong", at: facts.startedAt }, publisher);
    expect(approved({}, { ring, bundles: [signed(), yank] })).toBe("fail REACH-E5412");
  });

  test("a pack that the policy names as withdrawn is not approved", () => {
    expect(approved({ packs: { yanked: [pack.digest] } })).toBe("fail REACH-E5221");
    expect(approved({ packs: { yanked: ["0".repeat(64)] } })).toBe("not checked");
  });
});

describe("POL-8: attack: who published the pack", () => {
  test("is a key that the policy names, or one of the keyring", () => {
    expect(approved(signedBy, { bundles: [signed()] })).toBe("pass");
    expect(approved(signedBy, { bytes: withBundles(signed()) })).toBe("pass");
    expect(approved(byRole, { ring: packRing().bytes, bundles: [signed()] })).toBe("pass");
    expect(judged(signedBy, { bundles: [signed()] }).pack?.publisher).toEqual(publisher.key);
    expect(verify(file).pack).toEqual({ digest: pack.digest, id: "test/loan", version: "1.0.0" });
  });

  test("is not somebody else, nor one who has signed another pack", () => {
    const other = packOf({ "loan.yaml": workflowWith(1) });
    for (const bundles of [[signed(stranger)], [signed(publisher, other)], [utf8("junk")], []]) {
      expect(approved(signedBy, { bundles })).toBe("not checked REACH-E5411");
    }
    expect(approved(byRole, { ring: packRing({}, stranger).bytes, bundles: [signed()] })).toBe(
      "not checked REACH-E5411",
    );
  });

  test("junk and strangers in front hide nothing", () => {
    const junk = Array.from({ length: 20 }, (_, i) => signed(publisherOf(`stranger ${i}`)));
    const bytes = withBundles(...junk, signed());
    expect(approved(signedBy, { bytes })).toBe("pass");
    const hinted = utf8(fromUtf8(signed(stranger)).replaceAll(stranger.key.id, publisher.key.id));
    expect(approved(signedBy, { bundles: [hinted, signed()] })).toBe("pass");
    expect(approved(signedBy, { bundles: [hinted] })).toBe("not checked REACH-E5411");
  });

  test("a statement about another id or version than pack.json has", () => {
    const said = { ...packPredicate(manifestOf(pack)), version: "9.0.0" };
    const bundles = [signPack(engine, pack, "pack", said, publisher)];
    expect(approved(signedBy, { bundles })).toBe("fail REACH-E5305");
    const more = { ...packPredicate(manifestOf(pack)), note: "more" };
    const wider = [signPack(engine, pack, "pack", more, publisher)];
    expect(approved(signedBy, { bundles: wider })).toBe("fail REACH-E5305");
  });

  test("a key counts when the run began, for its tenant, and not once it is compromised", () => {
    const at = (change: object): string =>
      approved(byRole, { ring: packRing(change).bytes, bundles: [signed()] });
    expect(at({ to: facts.startedAt })).toBe("fail REACH-E5215");
    expect(at({ from: facts.endedAt })).toBe("fail REACH-E5215");
    expect(at({ tenant: "acme" })).toBe("pass");
    expect(at({ tenant: "globex" })).toBe("fail REACH-E5214");
    const { bytes } = ringOf(
      [
        [trusted, evidenceOfAcme],
        [publisher.key, { role: "pack", ...year }],
      ],
      (keys) => withCompromise(keys, publisher.key.id, "2026-12-01T00:00:00.000Z"),
    );
    expect(approved(byRole, { ring: bytes, bundles: [signed()] })).toBe("fail REACH-E5216");
  });

  test("without the pack in hand its name is what the publisher has signed", () => {
    const bytes = stripPack(engine, file);
    const report = judged(signedBy, { bytes, bundles: [signed()] });
    expect(finding(report, "approved")).toBe("pass");
    expect(report.pack).toMatchObject({ id: "test/loan", version: "1.0.0" });
    expect(verify(bytes).pack).toEqual({ digest: pack.digest });
  });

  test("a publisher's withdrawal, by its key at its time", () => {
    const yank = (by: Signer, at = facts.startedAt): Uint8Array =>
      yankPack(engine, pack.digest, { reason: "wrong limit", at }, by);
    expect(approved(signedBy, { bundles: [signed(), yank(publisher)] })).toBe("fail REACH-E5412");
    expect(approved(signedBy, { bundles: [signed(), yank(stranger)] })).toBe("pass");
    const ring = packRing({ to: "2026-11-24T00:00:00.000Z" }).bytes;
    const late = [signed(), yank(publisher, "2026-11-25T00:00:00.000Z")];
    expect(approved(byRole, { ring, bundles: late })).toBe("pass");
    expect(approved(byRole, { ring, bundles: [signed(), yank(publisher)] })).toBe(
      "fail REACH-E5412",
    );
  });

  test("attack: POL-8 a withdrawal behind more signatures than are looked at", () => {
    const at = facts.startedAt;
    const yank = yankPack(engine, pack.digest, { reason: "wrong", at }, publisher);
    const junk = utf8(fromUtf8(signed()).replace(/"sig":"[^"]*"/, '"sig":"AAAA"'));
    const bundles = [signed(), ...Array.from({ length: 4096 }, () => junk), yank];
    const ring = packRing().bytes;
    const unknown = "not checked REACH-E5411";
    expect(approved(signedBy, { bundles })).toBe(unknown);
    // Where no publisher is asked for, one of the keyring can still withdraw it.
    expect(approved({ workflows: [{ name: "test/loan" }] }, { ring, bundles })).toBe(unknown);
    const few = bundles.slice(-4000);
    expect(approved(signedBy, { bundles: few })).toBe("fail REACH-E5412");
  });
});

describe("POL-9: attack: another pack of the same name", () => {
  const rogue = packOf({ "loan.yaml": workflowWith(0) });
  const bytes = evidence({ pack: rogue, records: recorded(712, { pack: rogue }) });
  const byDigest = { packs: { allowed: [{ digest: pack.digest }] } };
  const byName = (more: object = {}): object => ({
    packs: { allowed: [{ name: "test/loan", publisher: shared(publisher), ...more }] },
  });

  test("is not allowed by its digest, nor by a name that its publisher has not signed", () => {
    expect(approved(byDigest)).toBe("pass");
    expect(approved(byDigest, { bytes })).toBe("fail REACH-E5224");
    expect(approved(byName(), { bundles: [signed()] })).toBe("pass");
    expect(approved(byName(), { bytes, bundles: [signed(), signed(stranger, rogue)] })).toBe(
      "not checked REACH-E5411",
    );
    expect(judged(byDigest, { bytes }).exitCode).toBe(1);
  });

  test("is not allowed by the versions, or as that of another publisher", () => {
    expect(approved(byName({ versions: "^1.0.0" }), { bundles: [signed()] })).toBe("pass");
    expect(approved(byName({ versions: ">=1.0.1" }), { bundles: [signed()] })).toBe(
      "fail REACH-E5224",
    );
    const two = {
      packs: {
        allowed: [{ name: "test/loan", publisher: shared(stranger) }],
        signedBy: { keys: [shared(publisher), shared(stranger)] },
      },
    };
    expect(approved(two, { bundles: [signed()] })).toBe("fail REACH-E5224");
    expect(approved(two, { bundles: [signed(), signed(stranger)] })).toBe("pass");
  });
});

test("POL-10: a workflow is allowed by its name and version", () => {
  const by = (name: string, versions?: string): string =>
    approved({ workflows: [{ name, ...(versions && { versions }) }] });
  expect(by("test/loan")).toBe("pass");
  expect(by("test/loan", "~1.0.0")).toBe("pass");
  expect(by("test/loan", "^2.0.0")).toBe("fail REACH-E5225");
  expect(by("test/loa")).toBe("fail REACH-E5225");
});

test("POL-11: attack: a run that was granted more than the policy allows", () => {
  const http = (change: object = {}): string =>
    approved({
      grants: {
        http: [{ origin: "https://bureau.example", methods: ["GET"], paths: ["/v1/*"], ...change }],
      },
    });
  expect(http()).toBe("pass");
  expect(http({ paths: ["/*"] })).toBe("pass");
  expect(http({ paths: ["/v1/score"] })).toBe("fail REACH-E5226");
  expect(http({ methods: ["POST"] })).toBe("fail REACH-E5226");
  expect(http({ origin: "https://other.example" })).toBe("fail REACH-E5226");
  expect(approved({ grants: {} })).toBe("fail REACH-E5226");
  // What a header overrides is granted with the entry (GRANT-22).
  const entry = { origin: "https://a.example", methods: ["GET" as const], paths: ["/v1/*"] };
  const listed = { ...entry, headers: ["x-host"] };
  expect(beyondGrant({ http: [listed] }, { http: [listed] })).toBeUndefined();
  expect(beyondGrant({ http: [entry] }, { http: [listed] })).toBeUndefined();
  expect(beyondGrant({ http: [listed] }, { http: [entry] })).toBe(
    'GET "https://a.example/v1/*" with x-host',
  );
  const folders = [{ name: "letters", access: ["list" as const, "read" as const] }];
  expect(beyondGrant({ folders }, { folders })).toBeUndefined();
  expect(beyondGrant({ folders }, {})).toBe('list in the folder "letters"');
  const less = { folders: [{ name: "letters", access: ["list" as const] }] };
  expect(beyondGrant({ folders }, less)).toBe('read in the folder "letters"');
});

test("POL-12: attack: a run that had higher limits than the policy allows", () => {
  expect(approved({ limits: { fuel: 100_000_000, effects: 100_000 } })).toBe("pass");
  expect(approved({ limits: { fuel: 99_999_999 } })).toBe("fail REACH-E5227");
  expect(approved({ limits: { effects: 0 } })).toBe("fail REACH-E5227");
});

test("POL-13: attack: a run outside the window of the policy", () => {
  expect(approved({ window: year2026 })).toBe("pass");
  expect(approved({ window: { from: facts.startedAt } })).toBe("pass");
  expect(approved({ window: { from: facts.endedAt } })).toBe("fail REACH-E5228");
  expect(approved({ window: { to: facts.endedAt } })).toBe("fail REACH-E5228");
});
