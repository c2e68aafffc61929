// The signed statements about a pack in a registry. Whoever may push there can put others beside the publisher's, so
// each is looked at by itself: one that is broken, late or about something else spoils no other.
// docs/spec/pack.md, PACK-20.
import type { Engine, Pack } from "@reach-fabric/engine";
import { isSignedBy, MOST_BUNDLES, statementIn } from "@reach-fabric/evidence";
import type { PublicKey, StatementName } from "@reach-fabric/evidence";
import { ociDescriptor, ociIndex, ociManifest } from "@reach-fabric/schema";
import type { OciDescriptor } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { MANIFEST } from "./client.ts";
import type { Repository } from "./client.ts";
import { PATIENCE } from "./exchange.ts";
import { parsed } from "./parsed.ts";

export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** What is looked at, at most: referrers, and pages of them; bytes of one's manifest, of one bundle, of all bundles together. */
const MOST = {
  referrers: 1000,
  pages: 1000,
  manifest: 64 * 1024,
  bundle: 16 * 2 ** 20,
  all: 64 * 2 ** 20,
};
/** How many are fetched at a time. */
const LANES = 8;

/** Something in a registry that was passed over. */
export interface Skipped {
  /** Its digest, or `the list of referrers`. */
  readonly what: string;
  readonly why: string;
}

/** Statements about a pack, as they were found. */
export interface Statements {
  readonly bundles: ReadonlyMap<StatementName, readonly Uint8Array[]>;
  readonly skipped: readonly Skipped[];
}

/** Whose statements are looked for. */
export interface Search {
  readonly engine: Engine;
  readonly pack: Pack;
  /** Of the pack in the registry. */
  readonly manifest: string;
  /** Theirs come first where there is no room for all. */
  readonly trustedKeys: readonly PublicKey[];
  readonly patience?: number | undefined;
}

const LIST = "the list of referrers";

/** The bundles that refer to a pack: of each type at most 16, those of trusted keys first. Never fails for one of them. */
export async function statementsAbout(repository: Repository, search: Search): Promise<Statements> {
  const { engine, pack, manifest, patience = PATIENCE } = search;
  const skipped: Skipped[] = [];
  const skip = (what: string, error: unknown): undefined => {
    skipped.push({ what, why: whyOf(error) });
    return undefined;
  };
  /** All of it together: a registry that answers nothing in time is not waited for a thousand times. */
  const signal = AbortSignal.timeout(4 * patience);
  const listed = await list(repository, manifest, signal, skip);
  const layers = await inLanes(listed, async (referrer) => {
    try {
      return await layerOf(repository, referrer, manifest, signal);
    } catch (error) {
      return skip(referrer.digest, error);
    }
  });
  const wanted = affordable(
    layers.filter((layer) => layer !== undefined),
    skip,
  );
  const found = await inLanes(wanted, async ({ digest, size }) => {
    try {
      const bytes = await repository.getBlob(digest, size, signal);
      return { digest, bytes, name: statementIn(engine, bytes, pack) };
    } catch (error) {
      return skip(digest, error);
    }
  });
  const bundles = chosen(
    found.filter((each) => each !== undefined),
    search,
    skip,
  );
  return { bundles, skipped };
}

/** Descriptors of referrers that may be bundles, as far as the registry lists them. */
async function list(
  repository: Repository,
  manifest: string,
  signal: AbortSignal,
  skip: (what: string, error: unknown) => undefined,
): Promise<OciDescriptor[]> {
  const found = new Map<string, OciDescriptor>();
  let [looked, pages] = [0, 0];
  try {
    for await (const page of repository.getReferrers(manifest, BUNDLE, signal)) {
      if (pages++ === MOST.pages) throw new Error(`only its first ${MOST.pages} pages were read`);
      for (const each of parsed(ociIndex, page, LIST).manifests) {
        if (looked++ === MOST.referrers)
          throw new Error(`only its first ${MOST.referrers} were read`);
        const { success, data } = ociDescriptor.safeParse(each);
        if (!success) skip(LIST, new Error("an entry of it has another form"));
        else if (data.artifactType === BUNDLE) found.set(`${data.digest} ${data.size}`, data);
      }
    }
  } catch (error) {
    skip(LIST, error);
  }
  return [...found.values()];
}

/** Where the bundle of a referrer is. */
async function layerOf(
  repository: Repository,
  { digest, size }: OciDescriptor,
  manifest: string,
  signal: AbortSignal,
): Promise<OciDescriptor> {
  if (size > MOST.manifest) throw new Error("its manifest is too large");
  const bytes = await repository.getManifest(digest, { accept: MANIFEST, size, signal });
  if (bytes === undefined) throw new Error("it is not there");
  const { layers, subject } = parsed(ociManifest, bytes, digest);
  const [layer, ...more] = layers;
  if (subject?.digest !== manifest) throw new Error("it refers to something else");
  if (layer === undefined || more.length > 0) throw new Error("it does not have one layer");
  if (layer.size > MOST.bundle) throw new Error("its bundle is too large");
  return layer;
}

/** The bundles that are fetched: small ones first, so that large ones take the place of no other. */
function affordable(
  layers: readonly OciDescriptor[],
  skip: (what: string, error: unknown) => undefined,
): OciDescriptor[] {
  // With the size: another referrer may say a wrong one of what the publisher has there.
  const once = new Map(layers.map((layer) => [`${layer.digest} ${layer.size}`, layer]));
  let sum = 0;
  const taken = [...once.values()]
    .sort((a, b) => a.size - b.size)
    .filter(({ digest, size }) => {
      if (sum + size > MOST.all) {
        skip(digest, new Error("all bundles together are too large"));
        return false;
      }
      sum += size;
      return true;
    });
  const isTaken = new Set(taken);
  return [...once.values()].filter((layer) => isTaken.has(layer));
}

/** A bundle that says what it is. */
interface Candidate {
  readonly digest: string;
  readonly name: StatementName;
  readonly bytes: Uint8Array;
}

/** As many of each type as a pack file holds: those of trusted keys, then the others, as they were listed. */
function chosen(
  found: readonly Candidate[],
  { engine, pack, trustedKeys }: Search,
  skip: (what: string, error: unknown) => undefined,
): Map<StatementName, Uint8Array[]> {
  const isTrusted = ({ bytes, name }: Candidate): boolean =>
    trustedKeys.some((key) => isSignedBy(engine, bytes, pack, name, key));
  const trusted = new Set(found.filter(isTrusted));
  const bundles = new Map<StatementName, Uint8Array[]>();
  for (const each of [...trusted, ...found.filter((one) => !trusted.has(one))]) {
    const kept = bundles.get(each.name) ?? [];
    if (kept.length < MOST_BUNDLES) bundles.set(each.name, [...kept, each.bytes]);
    else skip(each.digest, new Error(`there are more than ${MOST_BUNDLES} of its type`));
  }
  return bundles;
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return "it cannot be read";
  const isDetailed = error instanceof ReachError && error.why !== undefined;
  if (isDetailed && error.code === hostCode.registryMismatch) return `something else: ${error.why}`;
  return isDetailed ? `${error.message} ${error.why}` : error.message;
}

/** Does the work for each, a few at a time; what comes of it is in the order of the items. */
async function inLanes<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      done[i] = await work(items[i] as T);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return done;
}
