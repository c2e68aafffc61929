// WF-18 to WF-21: what a workflow, its data or its author could try against the grant. Each test
// says what the attack is; the grant allows GET https://a.example/v1* and nothing else.
import { describe, expect, test } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import { begin, get, outcomeOf, requestOf, workflow } from "./workflows.ts";

const engine = createEngine();
const entry = (origin: string, paths: readonly string[]): object => ({
  http: [{ origin, methods: ["GET"], paths }],
});
const v1 = entry("https://a.example", ["/v1*"]);

/** The URI that the run asks for, or the error's type and status. */
function asked(task: object, input: object = {}, grant: object = v1): string {
  const step = begin(engine, workflow([{ ask: task }]), {
    input: JSON.stringify(input),
    grant,
  });
  if (step.status === "waiting") return (requestOf(step).request as { uri: string }).uri;
  const { type, status } = outcomeOf(step)["error"] as { type: string; status: number };
  return `${type.split("/").at(-1)} ${status}`;
}
const uri = (text: string, input?: object, grant?: object): string =>
  asked(get(text), input, grant);
/** The same text as an expression's result: nothing in it is expanded or encoded. */
const raw = (text: string, grant?: object): string =>
  asked(get(`\${ ${JSON.stringify(text)} }`), {}, grant);

const refused = "configuration 400";
const denied = "authorization 403";

describe("WF-19 a host that reads like the granted one", () => {
  test.each([
    ["the granted host as user information", "https://a.example@evil.example/v1", refused],
    ["a user's name and password", "https://user:pw@a.example/v1", refused],
    ["an empty user", "https://@a.example/v1", refused],
    ["a backslash before the at sign", "https://a.example\\@evil.example/v1", refused],
    ["a backslash for a slash", "https://a.example\\v1", refused],
    ["a fragment that hides the host", "https://evil.example#@a.example/v1", refused],
    ["a fragment", "https://a.example/v1#x", refused],
    ["a query that hides the host", "https://evil.example?@a.example/v1", denied],
    ["the granted host as a label of another", "https://a.example.evil.example/v1", denied],
    ["another host that ends like it", "https://eviла.example/v1", refused],
    ["a trailing dot", "https://a.example./v1", refused],
    ["a Cyrillic a", "https://\u0430.example/v1", refused],
    ["a full-width letter", "https://\uff41.example/v1", refused],
    ["an ideographic full stop", "https://a\u3002example/v1", refused],
    ["a soft hyphen", "https://a\u00ad.example/v1", refused],
    ["a percent-encoded letter", "https://%61.example/v1", refused],
    ["a percent-encoded dot", "https://a%2eexample/v1", refused],
    ["a NUL", "https://a.example\u0000.evil.example/v1", refused],
    ["a tab inside the host", "https://a.\texample/v1", refused],
    ["a line break inside the host", "https://a.exam\nple/v1", refused],
    ["a space before", " https://a.example/v1", refused],
    ["no host", "https:///v1", refused],
    ["no host but a port", "https://:443/v1", refused],
    ["no slashes", "https:a.example/v1", refused],
    ["one slash", "https:/a.example/v1", refused],
    ["no scheme", "//a.example/v1", refused],
    ["another scheme", "ftp://a.example/v1", refused],
    ["a file", "file:///v1", refused],
    ["a script", "javascript:alert(1)", refused],
    ["plain http where https is granted", "http://a.example/v1", denied],
    ["http at https's port", "http://a.example:443/v1", denied],
    ["https at http's port", "https://a.example:80/v1", denied],
    ["another port", "https://a.example:8443/v1", denied],
    ["a port with zeros", "https://a.example:0443/v1", refused],
    ["port 0", "https://a.example:0/v1", refused],
    ["a port beyond 16 bits that wraps to 443", "https://a.example:65979/v1", refused],
    ["a port beyond 32 bits that wraps to 443", "https://a.example:4294967739/v1", refused],
    ["an empty port", "https://a.example:/v1", refused],
    ["a port with a sign", "https://a.example:+443/v1", refused],
    ["a port of other digits", "https://a.example:\u0664\u0664\u0663/v1", refused],
    ["two ports", "https://a.example:443:80/v1", refused],
    ["an underscore", "https://a_.example/v1", refused],
    ["IPv6 that is not closed", "https://[::1/v1", refused],
    ["IPv6 in double brackets", "https://[[::1]]/v1", refused],
    ["text behind IPv6", "https://[::1]a.example/v1", refused],
    ["a zone", "https://[fe80::1%25eth0]/v1", refused],
  ])("%s", (_, text, expected) => {
    expect(raw(text)).toBe(expected);
  });

  test("letters and the default port are normalised, and nothing else", () => {
    expect(raw("HTTPS://A.EXAMPLE:443/v1/X")).toBe("https://a.example/v1/X");
    expect(raw("https://a.example?q=1", entry("https://a.example", ["/"]))).toBe(
      "https://a.example/?q=1",
    );
    expect(raw("https://[2001:DB8::1]:8443/v1", entry("https://[2001:db8::1]:8443", ["/v1"]))).toBe(
      "https://[2001:db8::1]:8443/v1",
    );
  });

  test("other spellings of a granted address are other origins", () => {
    const local = entry("https://127.0.0.1", ["/*"]);
    expect(raw("https://127.0.0.1/x", local)).toBe("https://127.0.0.1/x");
    for (const host of ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "localhost"]) {
      expect(raw(`https://${host}/x`, local), host).toMatch(/^authorization|^configuration/);
    }
    const six = entry("https://[::1]", ["/*"]);
    for (const host of ["[0:0:0:0:0:0:0:1]", "[::0.0.0.1]", "[::ffff:127.0.0.1]"]) {
      expect(raw(`https://${host}/x`, six), host).toBe(denied);
    }
  });
});

describe("WF-19 a path that means another one", () => {
  test.each([
    ["dot segments out of the granted prefix", "/v1/../admin"],
    ["a dot segment at the end", "/v1/.."],
    ["a single dot", "/v1/./x"],
    ["encoded dots", "/v1/%2e%2e/admin"],
    ["half encoded dots", "/v1/.%2E/admin"],
    ["a single encoded dot", "/v1/%2e"],
    ["dot segments with parameters, cut off by some servers", "/v1/..;/admin"],
    ["the same with more behind", "/v1/..;x=1/admin"],
    ["the same encoded", "/v1/%2e%2e;/admin"],
    ["the same at the end", "/v1/..;"],
    ["doubly encoded dots", "/v1/%252e%252e/admin"],
    ["a doubly encoded slash", "/v1/x%252fadmin"],
    ["a doubly encoded backslash", "/v1/x%255Cadmin"],
    ["doubly encoded dots by other digits", "/v1/%252%65%252%65/admin"],
    ["a slash that is encoded by its digits", "/v1/..%252%66admin"],
    ["dots of which each character is encoded", "/v1/%25%32%65%25%32%65/v2"],
    ["a backslash of which each character is encoded", "/v1/%25%35%63"],
    ["a doubly encoded NUL", "/v1/%2500"],
    ["an encoded semicolon behind dots", "/v1/..%3b/admin"],
    ["a doubly encoded one", "/v1/..%253b/admin"],
    ["more than three encodings", "/v1/%252525253a"],
    ["dots in an overlong form", "/v1/%c0%ae%c0%ae/admin"],
    ["the same, encoded twice", "/v1/%25c0%25ae/admin"],
    ["a byte that is no text", "/v1/%ff"],
    ["half a surrogate pair", "/v1/%ed%a0%80"],
    ["an encoded slash", "/v1%2f..%2fadmin"],
    ["an encoded slash in capitals", "/v1/%2Fadmin"],
    ["an encoded backslash", "/v1/%5c..%5cadmin"],
    ["a backslash", "/v1/..\\admin"],
    ["an empty segment", "/v1//admin"],
    ["an empty first segment: a host for some parsers", "//evil.example/v1"],
    ["an encoded NUL", "/v1/x%00.json"],
    ["an encoded line break", "/v1/x%0d%0aX: y"],
    ["an encoded DEL", "/v1/%7f"],
    ["a line break", "/v1/x\r\nHost: evil.example"],
    ["a space and another request line", "/v1/x HTTP/1.1"],
    ["half an escape", "/v1/%4"],
    ["half an escape at the end", "/v1/%"],
    ["an escape that is none", "/v1/%zz"],
    ["characters beyond ASCII", "/v1/\u00e9"],
    ["a full-width slash", "/v1/..\uff0fadmin"],
    ["quotes and angles", '/v1/"<>'],
    ["braces", "/v1/%7B{x}"],
    ["a pipe", "/v1/a|b"],
    ["a caret", "/v1/a^b"],
  ])("%s", (_, path) => {
    expect(raw(`https://a.example${path}`)).toBe(refused);
  });

  test("what only looks like one is let through as it is", () => {
    for (const path of [
      "/v1/...",
      "/v1/a..b",
      "/v1/.well-known",
      "/v1/..a",
      "/v1/...;x",
      "/v1/;..",
      "/v1/",
      "/v1/a;b=..",
      "/v1/a%2ejson/100%25/caf%C3%A9/%2525",
    ]) {
      expect(raw(`https://a.example${path}`), path).toBe(`https://a.example${path}`);
    }
    expect(raw("https://a.example/v1?next=/../%2f%252e%0a")).toBe(
      "https://a.example/v1?next=/../%2f%252e%0a",
    );
  });
});

describe("GRANT-3 patterns", () => {
  const origin = "https://a.example";
  const is = (pattern: string, path: string, expected: boolean): void => {
    const found = raw(`${origin}${path}`, entry(origin, [pattern]));
    expect(found === `${origin}${path}`, `${pattern} ${path}: ${found}`).toBe(expected);
  };

  test("a star stands for any rest of the path, and for nothing else", () => {
    is("/v1*", "/v1", true);
    is("/v1*", "/v10", true);
    is("/v1*", "/v1/x/y", true);
    is("/v1*", "/v", false);
    is("/v1*", "/V1", false);
    is("/v1*", "/v1/../admin", false);
    is("/v1/*", "/v1", false);
    is("/v1/*", "/v1/", true);
    is("/*", "/", true);
    is("*", "/x", true);
    is("/v1", "/v1/", false);
    is("/v1", "/v1x", false);
    is("/v1", "/%76%31", false);
    is("", "/", false);
  });

  test("a star that the data brings is a letter", () => {
    is("/v1/x", "/v1/*", false);
    is("/v1/*/x", "/v1/a/x", false);
  });

  test("the query plays no part, so it cannot make up for the path", () => {
    is("/v1", "/v1?x=/v2", true);
    is("/v2*", "/v1?x=/v2", false);
    is("/v1?x=1", "/v1?x=1", false);
  });

  test("method, origin and path must be granted by one entry", () => {
    const split = {
      http: [
        { origin, methods: ["GET"], paths: ["/v2"] },
        { origin, methods: ["POST"], paths: ["/v1"] },
        { origin: "https://b.example", methods: ["GET"], paths: ["/v1"] },
      ],
    };
    expect(raw(`${origin}/v1`, split)).toBe(denied);
    expect(raw(`${origin}/v1`, {})).toBe(denied);
    expect(raw(`${origin}/v1`, { http: [] })).toBe(denied);
    expect(raw(`${origin}/v1`, { http: [{ origin, methods: [], paths: ["/*"] }] })).toBe(denied);
    expect(raw(`${origin}/v1`, { http: [{ origin, methods: ["GET"], paths: [] }] })).toBe(denied);
    expect(raw(`${origin}/v1`, { http: [{ origin, methods: ["get"], paths: ["/*"] }] })).toBe(
      denied,
    );
  });
});

describe("WF-18 data in a template", () => {
  const { stringify } = JSON;

  test.each([
    ["another host", "evil.example", "https://{x}/v1", denied],
    ["a host and a path", "a.example/v1?", "https://{x}.evil.example/v1", refused],
    ["a user's name", "a.example@evil.example", "https://{x}/v1", refused],
    ["a port", "443:80", "https://a.example:{x}/v1", refused],
    ["a way up", "..", "https://a.example/v1/{x}/admin", refused],
    ["a way up with slashes", "../admin", "https://a.example/v1/{x}", refused],
    ["a slash", "a/b", "https://a.example/v1/{x}", refused],
    ["a backslash", "a\\b", "https://a.example/v1/{x}", refused],
    ["an encoded slash", "a%2fb", "https://a.example/v1/{x}", refused],
    ["encoded dots", "%2e%2e", "https://a.example/v1/{x}/admin", refused],
    ["nothing between two slashes", "", "https://a.example/v1/{x}/admin", refused],
    ["a line break", "a\r\nb", "https://a.example/v1/{x}", refused],
    ["a NUL", "a\u0000b", "https://a.example/v1/{x}", refused],
  ])("%s", (_, x, template, expected) => {
    expect(uri(template, { x })).toBe(expected);
  });

  test("a query, a fragment or another template in it is text", () => {
    const at = (x: unknown): string => uri("https://a.example/v1/{x}", { x: x as never });
    expect(at("a?b=c#d")).toBe("https://a.example/v1/a%3Fb%3Dc%23d");
    expect(at("a&b=c d+e")).toBe("https://a.example/v1/a%26b%3Dc%20d%2Be");
    expect(at("{x}${ .x }")).toBe("https://a.example/v1/%7Bx%7D%24%7B%20.x%20%7D");
    expect(at("*")).toBe("https://a.example/v1/%2A");
    expect(at("é𝄞")).toBe("https://a.example/v1/%C3%A9%F0%9D%84%9E");
    expect(at(1e21)).toBe("https://a.example/v1/1e%2B21");
    expect(at(-1.5e-7)).toBe("https://a.example/v1/-1.5e-7");
    expect(at(true)).toBe("https://a.example/v1/true");
  });

  test("what is no text, number or boolean, or is not there, is an error", () => {
    for (const x of [null, {}, [], ["a"]]) {
      expect(uri("https://a.example/v1/{x}", { x }), stringify(x)).toBe("expression 400");
    }
    for (const name of [
      "y",
      "",
      "+x",
      "x*",
      "x:1",
      "/x",
      "x,y",
      "x.y",
      "__proto__",
      "constructor",
    ]) {
      expect(uri(`https://a.example/v1/{${name}}`, { x: "1" }), name).toBe("expression 400");
    }
    for (const text of [
      "https://a.example/v1/{x",
      "https://a.example/v1/x}",
      "https://a.example/v1/{{x}}",
    ]) {
      expect(uri(text, { x: "1" }), text).toMatch(/ 400$/);
    }
  });

  test("keys and values of the query cannot leave it", () => {
    const query = { "a&b=#": "c&d=#", "x\r\n": ["\r\n", 1, true], z: "/../" };
    expect(asked(get("https://a.example/v1?q", { query }))).toBe(
      "https://a.example/v1?q&a%26b%3D%23=c%26d%3D%23&x%0D%0A=%0D%0A&x%0D%0A=1&x%0D%0A=true&z=%2F..%2F",
    );
    const deep = { query: { q: { a: 1 } } };
    expect(asked(get("https://a.example/v1", deep))).toBe("expression 400");
    expect(asked(get("https://a.example/v1", { query: { q: null } }))).toBe("expression 400");
  });

  test("a URI beyond 8192 bytes is refused", () => {
    const at = (n: number): string => uri("https://a.example/v1/{x}", { x: "x".repeat(n) });
    expect(at(8192 - 21)).toMatch(/x$/);
    expect(at(8192 - 20)).toBe(refused);
  });
});

describe("WF-20 headers", () => {
  const sent = (headers: object): unknown => {
    const step = begin(engine, workflow([{ ask: get("https://a.example/v1", { headers }) }]));
    if (step.status === "waiting") return (requestOf(step).request as { headers: object }).headers;
    return (outcomeOf(step)["error"] as { type: string }).type.split("/").at(-1);
  };

  test("that the host or a secret owns, in any spelling, are refused", () => {
    const owned =
      "host content-length transfer-encoding connection upgrade keep-alive te trailer expect " +
      "accept-encoding idempotency-key authorization cookie proxy-authorization proxy-connection " +
      "proxy-authenticate proxy-anything proxy-";
    for (const name of owned.split(" ")) {
      for (const spelling of [
        name,
        name.toUpperCase(),
        (name[0] ?? "").toUpperCase() + name.slice(1),
      ]) {
        expect(sent({ [spelling]: "x" }), spelling).toBe("configuration");
      }
    }
    expect(sent({ proxy: "x", "x-proxy-": "y" })).toEqual({ proxy: "x", "x-proxy-": "y" });
  });

  test("with a name that ends the line, or names twice, are refused", () => {
    const names = [
      "",
      " ",
      "a b",
      "a:",
      "a\r\nhost",
      "a\n",
      "a\u0000",
      "é",
      "a\t",
      "(a)",
      "a,b",
      '"a"',
      ":method",
    ];
    for (const name of [...names, "x".repeat(101)])
      expect(sent({ [name]: "x" }), name).toBe("configuration");
    expect(sent({ "X-A": "1", "x-a": "2" })).toBe("configuration");
    expect(sent({ "X-A": "1", "x-b": "2" })).toEqual({ "x-a": "1", "x-b": "2" });
  });

  test("with a value that ends the line are refused", () => {
    for (const value of [
      "a\r\nhost: b",
      "a\n",
      "a\r",
      "\u0000",
      "a\u007f",
      "é",
      "\u2028",
      " a",
      "a ",
      "a\tb",
    ]) {
      expect(sent({ x: value }), JSON.stringify(value)).toBe("configuration");
    }
    for (const value of [null, {}, ["a"]]) expect(sent({ x: value })).toBe("expression");
    expect(sent({ x: "a b", n: 1.5, b: false, e: "" })).toEqual({
      x: "a b",
      n: "1.5",
      b: "false",
      e: "",
    });
  });
});

describe("WF-21 headers that say another request than is granted (GRANT-22)", () => {
  const withHeaders = (headers: object, allowed?: readonly string[]): string => {
    const rule = { origin: "https://a.example", methods: ["GET"], paths: ["/v1*"] };
    const grant = { http: [allowed === undefined ? rule : { headers: allowed, ...rule }] };
    const call = { method: "get", endpoint: "https://a.example/v1", headers };
    return asked({ call: "http", with: call }, {}, grant);
  };

  test.each([
    "x-forwarded",
    "x-forwarded-for",
    "forwarded",
    "forwarded-for",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-envoy-original-path",
    "x-accel-redirect",
    "x-middleware-subrequest",
    "x-remote-addr",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "x-http-host-override",
    "x-host",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-sendfile",
    "true-client-ip",
    "fastly-client-ip",
    "X-HTTP-Method-Override",
    "FORWARDED",
  ])("%s is denied unless it is listed", (name) => {
    expect(withHeaders({ [name]: "x" })).toBe(denied);
    expect(withHeaders({ [name]: "x" }, ["x-other"])).toBe(denied);
    expect(withHeaders({ [name]: "x" }, [name.toLowerCase()])).toBe("https://a.example/v1");
  });

  test("others need no list", () => {
    expect(withHeaders({ "x-hosts": "1", "x-realm": "1", method: "1", "x-forward": "1" })).toBe(
      "https://a.example/v1",
    );
  });

  test.each(["mcp-session-id", "Mcp-Name", "mcp-param-amount", "last-event-id", "x-forwarded-for"])(
    "%s is denied of a call of MCP",
    (name) => {
      const server = "https://a.example/mcp";
      const call = (headers: object): string =>
        asked(
          {
            call: "mcp",
            with: { method: "tools/list", transport: { http: { endpoint: server, headers } } },
          },
          {},
          { mcp: [{ server, calls: ["tools/list"] }] },
        );
      expect(call({ [name]: "x" })).toBe(denied);
      expect(call({ "x-mcp": "1", "last-event": "1" })).toBe(server);
    },
  );
});
