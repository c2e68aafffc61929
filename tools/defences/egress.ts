// The one way out: what a request is refused for before a byte leaves. The trap of host/test/effects/ssrf.test.ts catches
// what leaves without it.
import type { Defence } from "./defence.ts";

const NAMES = "host/test/effects/names.test.ts";
const SSRF = "host/test/effects/ssrf.test.ts";

export const egress: readonly Defence[] = [
  {
    attack: "a name that leads to a private IPv4 address",
    file: "host/src/effects/egress/address.ts",
    take: 'if (version === 4) return !special.check(address, "ipv4");',
    put: "if (version === 4) return true;",
    test: SSRF,
    name: "a name that leads to",
  },
  {
    attack: "a name that leads to an IPv4 address within an IPv6 one, or to a private IPv6 address",
    file: "host/src/effects/egress/address.ts",
    take: 'global6.check(address, "ipv6") && !special.check(address, "ipv6")',
    put: "true",
    test: SSRF,
    name: "a name that leads to",
  },
  {
    attack: "a name with one public address and one that is not",
    file: "host/src/effects/egress/address.ts",
    take: "if (!found.every(({ address }) => isPublicAddress(address)))",
    put: "if (!found.some(({ address }) => isPublicAddress(address)))",
    test: SSRF,
    name: "a name that leads to",
  },
  {
    attack: "a private address in a URI, for which no resolver is asked",
    file: "host/src/effects/egress/egress.ts",
    take: "if (address === undefined) await checkLiteral(target.origin);",
    put: "",
    test: SSRF,
    name: "an address in a URI",
  },
  {
    attack: "a host in a spelling that a resolver or a server reads as another one",
    file: "host/src/effects/egress/grant.ts",
    take: 'url.origin === origin && !url.hostname.endsWith(".")',
    put: "true",
    test: SSRF,
    name: "an address in a URI",
  },
  {
    attack: "a path that a server reads as another one",
    file: "host/src/effects/egress/grant.ts",
    take: "if (bad !== undefined) return { why: `of the URI's path: ${bad}` };",
    put: "",
    test: SSRF,
    name: "a path with",
  },
  {
    attack: "a redirect to where the request itself could not have gone",
    file: "host/src/effects/egress/egress.ts",
    take: 'if (why !== undefined) throw new RequestFailed("redirect", hostCode.badRedirect, why);',
    put: "",
    test: SSRF,
    name: "a redirect to",
  },
  {
    attack: "a redirect that logs in",
    file: "host/src/effects/egress/request.ts",
    take: 'if (next.username !== "" || next.password !== "") deny("the location holds a user\'s name");',
    put: "",
    test: SSRF,
    name: "a redirect to",
  },
  {
    attack: "a header that says where a request goes or where it ends",
    file: "host/src/effects/egress/request.ts",
    take: "if (OWN_HEADERS.test(name)) deny(`the header ${name} is the host's`);",
    put: "",
    test: SSRF,
    name: "a header that says",
  },
  {
    attack: "a name that was public when it was looked up, and is not when it is used",
    file: "host/src/effects/egress/connection.ts",
    take: 'where === "public" ? publicOnly(lookup) : lookup',
    put: "lookup",
    test: NAMES,
    name: "another address when the first has ended (rebinding): it is checked again",
  },
  {
    attack: "requests that are given up, and whose look-ups go on",
    file: "host/src/effects/egress/connection.ts",
    take: 'for (const socket of known.sockets) socket.destroy(new Error("no request waits for it"));',
    put: "",
    test: NAMES,
    name: "ends with the last request that waits for it",
  },
  {
    attack: "a tenant that asks for any number of names at a time",
    file: "host/src/effects/egress/names.ts",
    take: "else await this.#turn(signal);",
    put: "",
    test: NAMES,
    name: "has as many names under way as it may, and a place is free when no one waits for its name",
  },
  {
    attack: "a name server that has its answer kept for years",
    file: "host/src/effects/egress/names.ts",
    take: "Math.min(ttl, LONGEST_KEPT) * 1000",
    put: "ttl * 1000",
    test: NAMES,
    name: "keeps nothing that may not be kept, nothing for longer than 300 s, and so many names at most",
  },
];
