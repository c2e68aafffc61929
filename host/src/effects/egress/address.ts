// Which addresses an origin may lead to. The operator's map may lead anywhere; what is contacted as
// a workflow wrote it may lead to public addresses only (GRANT-9), so that a granted name cannot be
// pointed at this machine, its network, or a cloud's metadata service.
import { BlockList, isIP } from "node:net";

/** IPv4 ranges that are not public: IANA's special-purpose registry, multicast and reserved. */
const SPECIAL_4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const;

/** Within 2000::/3, the only range that IANA gives out as global unicast. */
const SPECIAL_6 = [
  ["2001::", 23], // protocol assignments, Teredo among them, which hides an IPv4 address
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4, which hides an IPv4 address
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
] as const;

const special = new BlockList();
for (const [net, prefix] of SPECIAL_4) special.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of SPECIAL_6) special.addSubnet(net, prefix, "ipv6");
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");

/**
 * True for an address that everybody on the internet reaches as the same one. Everything else is
 * false: private, loopback, link-local, mapped and translated addresses, names, zones, nonsense.
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes("%")) return false;
  const version = isIP(address);
  if (version === 4) return !special.check(address, "ipv4");
  return version === 6 && global6.check(address, "ipv6") && !special.check(address, "ipv6");
}

/** A resolved address. */
export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Resolves a name to all of its addresses, until the signal says that they are not wanted any more. */
export type AddressLookup = (hostname: string, signal?: AbortSignal) => Promise<readonly Address[]>;

/** A name that leads to an address which is not public, or nowhere. */
export class AddressRefused extends Error {
  override readonly name: string = "AddressRefused";
}

/**
 * A host's addresses, every one of them public.
 *
 * One that is not refuses all: a name that leads both outside and inside is an attack or a mistake.
 *
 * @throws AddressRefused; whatever `lookup` throws
 */
export async function publicAddresses(
  host: string,
  lookup: AddressLookup,
  signal?: AbortSignal,
): Promise<readonly Address[]> {
  const literal = host.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(literal);
  const found = family === 0 ? await lookup(literal, signal) : [{ address: literal, family }];
  if (found.length === 0) throw new AddressRefused("the name has no address");
  if (!found.every(({ address }) => isPublicAddress(address))) {
    throw new AddressRefused("it leads to an address that is not public");
  }
  return found;
}
