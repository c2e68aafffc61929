// Server-side request forgery: forms in which a request could be led to where it may not go. Each is refused before a
// byte leaves this process, and the trap would have caught it.
import { describe, expect, it } from "vitest";
import { createEgress } from "@reach-fabric/host";
import type { Address, EgressOptions, HttpRequest, HttpResult } from "@reach-fabric/host";
import { later, serve } from "../helpers.ts";
import { setTrap } from "./trap.ts";

const METHODS = ["GET", "POST"] as const;
const A = "http://a.example";

/** Sends one request of which everything is granted but what is never granted. */
async function ask(
  uri: string,
  options: Partial<EgressOptions> = {},
  request: Partial<HttpRequest> = {},
): Promise<HttpResult> {
  const [, origin = A] = /^(https?:\/\/[^/?#]*)/.exec(uri) ?? [];
  const http = [...new Set([origin, A])].map((one) => ({
    origin: one,
    methods: [...METHODS],
    paths: ["/*"],
  }));
  const egress = createEgress({ grant: { http }, lookup: () => Promise.resolve([]), ...options });
  later(() => egress.close());
  const full = { method: "GET", uri, headers: {}, redirect: false, ...request };
  return (await egress.fetch(full, { idempotencyKey: "k", signal: new AbortController().signal }))
    .result;
}

const addressOf = (address: string): Address => ({
  address,
  family: address.includes(":") ? 6 : 4,
});
const leadingTo =
  (...addresses: readonly string[]) =>
  (): Promise<readonly Address[]> =>
    Promise.resolve(addresses.map(addressOf));
const nothing = { connections: 0, bytes: 0 };

/** Special addresses, as sockets take them. */
const SPECIAL: readonly (readonly [what: string, address: string])[] = [
  ["loopback", "127.0.0.1"],
  ["the end of loopback", "127.255.255.254"],
  ["this host", "0.0.0.0"],
  ["a private net, 10", "10.0.0.1"],
  ["a private net, 172.16", "172.16.0.1"],
  ["the end of 172.16", "172.31.255.255"],
  ["a private net, 192.168", "192.168.0.1"],
  ["metadata of AWS, Azure, GCP", "169.254.169.254"],
  ["credentials of ECS", "169.254.170.2"],
  ["metadata of Alibaba, in shared space", "100.100.100.200"],
  ["metadata of Oracle", "192.0.0.192"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["benchmarks", "198.18.0.1"],
  ["documentation", "192.0.2.1"],
  ["6to4 relays", "192.88.99.1"],
  ["multicast", "224.0.0.1"],
  ["SSDP", "239.255.255.250"],
  ["reserved", "240.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["no address, IPv6", "::"],
  ["loopback, IPv6", "::1"],
  ["IPv4 mapped", "::ffff:127.0.0.1"],
  ["IPv4 mapped, in hex", "::ffff:7f00:1"],
  ["metadata, mapped", "::ffff:a9fe:a9fe"],
  ["IPv4 compatible", "::7f00:1"],
  ["NAT64", "64:ff9b::7f00:1"],
  ["NAT64 of a network's own", "64:ff9b:1::a00:1"],
  ["6to4", "2002:7f00:1::"],
  ["Teredo", "2001::7f00:1"],
  ["ORCHIDv2", "2001:20::1"],
  ["unique local", "fc00::1"],
  ["metadata of AWS, IPv6", "fd00:ec2::254"],
  ["link-local", "fe80::1"],
  ["site-local", "fec0::1"],
  ["multicast, IPv6", "ff02::1"],
  ["discard", "100::1"],
  ["documentation, IPv6", "2001:db8::1"],
  ["documentation, IPv6, later", "3fff::1"],
];

/** Other spellings of such addresses in a URI. */
const SPELLINGS: readonly (readonly [what: string, host: string])[] = [
  ["decimal", "2130706433"],
  ["hex", "0x7f000001"],
  ["octal", "017700000001"],
  ["octal, by parts", "0177.0.0.1"],
  ["hex, by parts", "0x7f.0x0.0x0.0x1"],
  ["two parts", "127.1"],
  ["three parts", "127.0.1"],
  ["hex, two parts", "0x7f.1"],
  ["a zero in front", "0127.0.0.1"],
  ["zero alone", "0"],
  ["a dot at the end", "127.0.0.1."],
  ["IPv6 mapped, with dots", "[::ffff:127.0.0.1]"],
  ["IPv6, long", "[0:0:0:0:0:0:0:1]"],
  ["IPv6 with a zone", "[fe80::1%25lo]"],
  ["IPv6 with a bare zone", "[fe80::1%lo]"],
  ["full stops of another script", "127\u30020\u30020\u30021"],
  ["digits in circles", "\u2460\u2461\u2466.0.0.1"],
  ["full-width digits", "\uff11\uff12\uff17.0.0.1"],
  ["percent-encoded", "%31%32%37.0.0.1"],
  ["in capitals", "LOCALHOST"],
  ["a dot behind localhost", "localhost."],
  ["a backslash", "a.example\\@127.0.0.1"],
  ["a user's name", "a.example@127.0.0.1"],
  ["a user's name and password", "a:b@127.0.0.1"],
];

/** What a resolver can say of one name. */
const ANSWERS: readonly (readonly [what: string, answer: readonly Address[]])[] = [
  ["one of two is private", ["93.184.216.34", "10.0.0.1"].map(addressOf)],
  [
    "the last of fifty is private",
    [...Array.from({ length: 49 }, (_, i) => `93.184.216.${i}`), "127.0.0.1"].map(addressOf),
  ],
  [
    "a public one of one family, a private one of the other",
    ["93.184.216.34", "::1"].map(addressOf),
  ],
  ["a family that lies, of IPv4", [{ address: "127.0.0.1", family: 6 }]],
  ["a family that lies, of IPv6", [{ address: "::1", family: 4 }]],
  ["a zone", [{ address: "fe80::1%lo", family: 6 }]],
  ["a name again", [{ address: "localhost", family: 4 }]],
  ["an address in octal", [{ address: "0177.0.0.1", family: 4 }]],
  ["nonsense", [{ address: "", family: 4 }]],
];

/** Where an answer of a.example sends on to. */
const LOCATIONS: readonly (readonly [what: string, location: string])[] = [
  ["loopback", "http://127.0.0.1/"],
  ["metadata", "http://169.254.169.254/latest/meta-data/"],
  ["IPv6", "http://[::1]/"],
  ["decimal", "http://2130706433/"],
  ["another name", "http://b.example/"],
  ["another port", "http://a.example:8080/"],
  ["no scheme", "//b.example/"],
  ["a backslash for a slash", "/\\b.example/"],
  ["a user's name", "http://u@a.example/v1/y"],
  ["another one's host behind a name", "http://a.example@b.example/"],
  ["a file", "file:///etc/passwd"],
  ["data", "data:application/json,{}"],
  ["a script", "javascript:1"],
  ["FTP", "ftp://a.example/"],
  ["Gopher", "gopher://127.0.0.1:6379/_INFO"],
  ["a path that climbs out", "/v1/..%2f..%2fadmin"],
  ["a path in two encodings", "/v1/%252e%252e/admin"],
];

const PATHS: readonly (readonly [what: string, path: string])[] = [
  ["dots", "/v1/../admin"],
  ["dots, encoded", "/v1/%2e%2e/admin"],
  ["dots, half encoded", "/v1/.%2E/admin"],
  ["dots with parameters", "/v1/..;/admin"],
  ["dots, twice encoded", "/v1/%252e%252e/admin"],
  ["dots, encoded in parts", "/v1/%252%65%252%65/admin"],
  ["dots, three times encoded", "/v1/%25252e%25252e/admin"],
  ["dots, four times encoded", "/v1/%2525252e%2525252e/admin"],
  ["overlong dots", "/v1/%c0%ae%c0%ae/admin"],
  ["a slash, encoded", "/v1/..%2fadmin"],
  ["a slash, twice encoded", "/v1/..%252fadmin"],
  ["a slash, encoded in parts", "/v1/..%252%66admin"],
  ["a backslash, encoded", "/v1/..%5cadmin"],
  ["a backslash", "/v1/..\\admin"],
  ["no segment", "/v1//admin"],
  ["NUL", "/v1/x%00.json"],
  ["a line break, encoded", "/v1/x%0d%0aHost:%20b.example"],
  ["a line break, twice encoded", "/v1/x%250d%250a"],
  ["a line break", "/v1/x\r\nHost: b.example"],
  ["a space", "/v1/x HTTP/1.1"],
  ["a tab", "/v1/\tx"],
  ["a fragment", "/v1/x#/admin"],
];

const HEADERS: readonly (readonly [what: string, headers: Record<string, string>])[] = [
  ["the host", { host: "127.0.0.1" }],
  ["a length", { "content-length": "0" }],
  ["a transfer coding", { "transfer-encoding": "chunked" }],
  ["a transfer coding that it takes", { te: "trailers" }],
  ["hop by hop", { connection: "x-api-key" }],
  ["an upgrade", { upgrade: "h2c" }],
  ["settings of an upgrade", { "http2-settings": "AAMAAABkAAQAAP__" }],
  ["a proxy's", { "proxy-authorization": "Basic eDp5" }],
  ["via", { via: "1.1 a" }],
  ["a line break in a value", { "x-a": "1\r\nHost: b.example" }],
  ["a line feed in a value", { "x-a": "1\nHost: b.example" }],
  ["characters that are cut to a line break", { "x-a": "1\u560d\u560aHost: b.example" }],
  ["a line break in a name", { "x-a: 1\r\nhost": "b.example" }],
  ["another method", { "x-http-method-override": "DELETE" }],
  ["another path", { "x-original-url": "/admin" }],
  ["another path, of IIS", { "x-rewrite-url": "/admin" }],
  ["another host", { "x-forwarded-host": "127.0.0.1" }],
  ["another sender", { "x-forwarded-for": "127.0.0.1" }],
  ["another sender, by RFC 7239", { forwarded: "for=127.0.0.1" }],
];

it("there are more than 80 forms", () => {
  const all = [SPECIAL, SPECIAL, SPELLINGS, ANSWERS, LOCATIONS, PATHS, HEADERS];
  const count = all.reduce((sum, { length }) => sum + length, 0);
  expect(count).toBe(167);
  expect(new Set(SPECIAL.map(([, address]) => address)).size).toBe(SPECIAL.length);
});

describe("the trap catches", () => {
  it("what goes to a public address, by its name and as it is", async () => {
    const { caught } = await setTrap();
    expect(await ask(`${A}/`, { lookup: leadingTo("93.184.216.34") })).toMatchObject({
      status: 200,
    });
    expect(await ask("http://93.184.216.34/")).toMatchObject({ status: 200 });
    expect(await ask("http://[2606:2800:220:1::1]/")).toMatchObject({ status: 200 });
    expect(caught.connections).toBe(3);
    expect(caught.bytes).toBeGreaterThan(100);
  });
});

describe("an address in a URI", () => {
  it.each(SPECIAL)("%s: %s", async (_, address) => {
    const { caught } = await setTrap();
    const host = address.includes(":") ? `[${address}]` : address;
    expect(await ask(`http://${host}/`)).toEqual({ failure: "denied" });
    expect(caught).toEqual(nothing);
  });

  it.each(SPELLINGS)("%s: %s", async (_, host) => {
    const { caught } = await setTrap();
    const lookup = leadingTo("93.184.216.34");
    expect(await ask(`http://${host}/`, { lookup })).toEqual({ failure: "denied" });
    expect(caught).toEqual(nothing);
  });
});

describe("a name that leads to", () => {
  it.each(SPECIAL)("%s: %s", async (_, address) => {
    const { caught } = await setTrap();
    expect(await ask(`${A}/`, { lookup: leadingTo(address) })).toEqual({ failure: "denied" });
    expect(caught).toEqual(nothing);
  });

  it.each(ANSWERS)("%s", async (_, answer) => {
    const { caught } = await setTrap();
    expect(await ask(`${A}/`, { lookup: () => Promise.resolve(answer) })).toEqual({
      failure: "denied",
    });
    expect(caught).toEqual(nothing);
  });

  it("something else at the second time (rebinding)", async () => {
    const { caught } = await setTrap();
    const answers = ["93.184.216.34", "127.0.0.1", "93.184.216.34", "169.254.169.254"];
    const lookup = (): Promise<readonly Address[]> =>
      Promise.resolve([addressOf(answers.shift() ?? "")]);
    const ends: HttpResult[] = [];
    for (let i = 0; i < 4; i += 1) ends.push(await ask(`${A}/`, { lookup }));
    const denied = { failure: "denied" };
    expect(ends).toMatchObject([{ status: 200 }, denied, { status: 200 }, denied]);
    expect(caught.connections).toBe(2);
  });
});

describe("a redirect to", () => {
  it.each(LOCATIONS)("%s: %s", async (_, location) => {
    const first = await serve((_request, response) =>
      response.writeHead(302, { location }).end("{}"),
    );
    const { caught } = await setTrap(first.port);
    const options = { addresses: { [A]: first.origin }, lookup: leadingTo("93.184.216.34") };
    expect(await ask(`${A}/v1/x`, options, { redirect: true })).toEqual({ failure: "redirect" });
    expect(caught).toEqual(nothing);
    expect(first.requests).toHaveLength(1);
  });

  it("itself, without end", async () => {
    const first = await serve((_, response) =>
      response.writeHead(302, { location: "/v1/x" }).end("{}"),
    );
    const { caught } = await setTrap(first.port);
    const options = { addresses: { [A]: first.origin } };
    expect(await ask(`${A}/v1/x`, options, { redirect: true })).toEqual({ failure: "redirect" });
    expect([caught, first.requests.length]).toEqual([nothing, 6]);
  });

  it("a granted name that leads inside", async () => {
    const b = "http://b.example";
    const first = await serve((_, response) =>
      response.writeHead(307, { location: `${b}/` }).end("{}"),
    );
    const { caught } = await setTrap(first.port);
    const http = [A, b].map((origin) => ({ origin, methods: [...METHODS], paths: ["/*"] }));
    const options = { grant: { http }, addresses: { [A]: first.origin }, lookup: leadingTo("::1") };
    expect(await ask(`${A}/v1/x`, options, { redirect: true })).toEqual({ failure: "denied" });
    expect(caught).toEqual(nothing);
  });
});

describe("a path with", () => {
  it.each(PATHS)("%s: %j", async (_, path) => {
    const { caught } = await setTrap();
    const lookup = leadingTo("93.184.216.34");
    expect(await ask(`${A}${path}`, { lookup })).toEqual({ failure: "denied" });
    expect(caught).toEqual(nothing);
  });
});

describe("a header that says", () => {
  it.each(HEADERS)("%s: %j", async (_, headers) => {
    const { caught } = await setTrap();
    const lookup = leadingTo("93.184.216.34");
    expect(await ask(`${A}/v1/x`, { lookup }, { headers })).toEqual({ failure: "denied" });
    expect(caught).toEqual(nothing);
  });
});
