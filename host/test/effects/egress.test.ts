import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createEgress } from "@reach-fabric/host";
import type {
  Egress,
  EgressLimits,
  EgressOptions,
  HttpResult,
  Performed,
  HttpRequest,
} from "@reach-fabric/host";
import { selfSigned } from "./certificate.ts";
import { json, later, listen, serve, text } from "../helpers.ts";

const A = "https://a.example";
const B = "https://b.example";
const every = { methods: ["GET", "HEAD", "POST", "PUT", "DELETE"], paths: ["/*"] };
const grantOf = (...origins: string[]) =>
  ({ http: origins.map((origin) => ({ ...every, origin })) }) as EgressOptions["grant"];

interface Given extends Partial<HttpRequest> {
  signal?: AbortSignal;
}

/** Sends one request through an egress client of its own. */
async function send(
  options: Omit<EgressOptions, "grant"> & Partial<EgressOptions>,
  { signal = new AbortController().signal, ...request }: Given = {},
): Promise<Performed<HttpResult>> {
  const egress = createEgress({ grant: grantOf(A, B), ...options });
  later(() => egress.close());
  const full = { method: "GET", uri: `${A}/v1/x`, headers: {}, redirect: false, ...request };
  return egress.fetch(full, { idempotencyKey: "key-1", signal });
}
const failure = async (...args: Parameters<typeof send>): Promise<string> => {
  const { result } = await send(...args);
  return "failure" in result ? result.failure : `status ${result.status}`;
};

/** The result of one request through a client that is there already. */
const ask = async (egress: Egress, uri: string): Promise<HttpResult> => {
  const context = { idempotencyKey: "k", signal: new AbortController().signal };
  return (await egress.fetch({ method: "GET", uri, headers: {}, redirect: false }, context)).result;
};

describe("a request", () => {
  it("goes to the operator's address, under the name of that address", async () => {
    const { origin, requests } = await serve(json({ ok: true }));
    const { result, body } = await send(
      { addresses: { [A]: origin } },
      { uri: `${A}/v1/x?q=1%20'2'` },
    );
    expect(result).toEqual({ status: 200, headers: {} });
    expect(text(body!)).toBe('{"ok":true}');
    expect(requests).toMatchObject([{ method: "GET", url: "/v1/x?q=1%20'2'", body: "" }]);
    expect(requests[0]!.headers).toMatchObject({
      "accept-encoding": "identity",
      host: new URL(origin).host,
      "user-agent": "reach",
    });
    expect(requests[0]!.headers).not.toHaveProperty("idempotency-key");
  });

  it("GRANT-7: with a body is canonical JSON, and carries an Idempotency-Key", async () => {
    const { origin, requests } = await serve(json({}));
    const options = { addresses: { [A]: origin } };
    await send(options, { method: "POST", body: { b: 1, a: [1e2], 10: 1, 9: 2 } });
    await send(options, {
      method: "POST",
      body: "x",
      headers: { "content-type": "text/plain" },
    });
    await send(options, {
      method: "PUT",
      body: "x",
      headers: { "content-type": "application/problem+json; charset=utf-8" },
    });
    await send(options, { method: "POST" });
    expect(requests.map(({ body }) => body)).toEqual([
      '{"10":1,"9":2,"a":[100],"b":1}',
      "x",
      '"x"',
      "",
    ]);
    expect(requests.map(({ headers }) => headers["idempotency-key"])).toEqual([
      "key-1",
      "key-1",
      "key-1",
      "key-1",
    ]);
    expect(requests[0]!.headers).toMatchObject({
      "content-type": "application/json",
      "x-reach-attempt": "1",
    });
  });

  it("answers with the headers that it names, and no others", async () => {
    const { origin } = await serve((_, response) =>
      response
        .writeHead(201, { etag: '"x"', "set-cookie": ["a=1", "b=2"], "x-secret": "s" })
        .end("no JSON"),
    );
    const { result, body } = await send(
      { addresses: { [A]: origin } },
      { responseHeaders: ["etag", "Set-Cookie", "x-none"] },
    );
    expect(result).toEqual({ status: 201, headers: { etag: '"x"', "set-cookie": "a=1, b=2" } });
    expect(text(body!)).toBe("no JSON");
  });

  it("a status is an answer, whatever it is; so is an empty body", async () => {
    for (const status of [204, 302, 304, 404, 500, 503]) {
      const { origin } = await serve((_, response) =>
        response.writeHead(status, { location: "/" }).end(),
      );
      const { result, body } = await send({ addresses: { [A]: origin } });
      expect(result).toEqual({ status, headers: {} });
      expect(body).toHaveLength(0);
    }
  });

  it("uses no proxy from the environment", async () => {
    const proxy = await serve(json({ proxy: true }));
    const { origin, requests } = await serve(json({}));
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
    for (const name of names) process.env[name] = name.startsWith("NODE") ? "1" : proxy.origin;
    later(() => names.forEach((name) => delete process.env[name]));
    await send({ addresses: { [A]: origin } });
    expect([requests.length, proxy.requests.length]).toEqual([1, 0]);
  });
});

describe("the grant is checked again", () => {
  it.each<[string, Given]>([
    ["another origin", { uri: "https://c.example/v1/x" }],
    ["another port", { uri: `${A}:8443/v1/x` }],
    ["another scheme", { uri: "http://a.example/v1/x" }],
    ["another method", { method: "PATCH" }],
    ["a method in lower case", { method: "get" }],
    ["a path outside", { uri: `${A}/v2/x` }],
    ["a path that climbs out", { uri: `${A}/v1/../v2/x` }],
    ["a path that climbs out, encoded", { uri: `${A}/v1/%2e%2e/v2/x` }],
    ["an encoded slash", { uri: `${A}/v1/..%2Fv2` }],
    ["a backslash", { uri: `${A}\\v1\\x` }],
    ["a user's name", { uri: "https://u:p@a.example/v1/x" }],
    ["a host behind a user's name", { uri: `${A}@evil.example/v1/x` }],
    ["a host in capitals", { uri: "https://A.example/v1/x" }],
    ["a host with a dot at its end", { uri: "https://a.example./v1/x" }],
    ["the scheme's own port", { uri: `${A}:443/v1/x` }],
    ["a fragment", { uri: `${A}/v1/x#y` }],
    ["a line break", { uri: `${A}/v1/x\r\nx: y` }],
  ])("%s is denied, and nothing is sent", async (_, request) => {
    const { origin, requests } = await serve(json({}));
    const addresses = Object.fromEntries(
      [
        A,
        "http://a.example",
        `${A}:8443`,
        "https://c.example",
        "https://A.example",
        "https://a.example.",
      ].map((name) => [name, origin]),
    );
    const grant = {
      http: [{ origin: A, methods: ["GET"], paths: ["/v1/*"] }],
    } as EgressOptions["grant"];
    expect(await failure({ grant, addresses }, request)).toBe("denied");
    expect(requests).toEqual([]);
  });

  it("nothing is granted by default", async () => {
    const { origin, requests } = await serve(json({}));
    expect(await failure({ grant: {}, addresses: { [A]: origin } })).toBe("denied");
    expect(requests).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ["a line break in a value", { "x-a": "1\r\nx-b: 2" }],
    ["a lone line feed", { "x-a": "1\nx-b: 2" }],
    ["a NUL", { "x-a": "1\u0000" }],
    ["a character beyond ASCII", { "x-a": "\u010a\u010d" }],
    ["a line break in a name", { "x-a\r\nx-b": "1" }],
    ["a space in a name", { "x a": "1" }],
    ["a name in capitals", { "X-A": "1" }],
    ["an empty name", { "": "1" }],
    ["__proto__", JSON.parse('{"__proto__":"1"}') as Record<string, string>],
    ["host", { host: "evil.example" }],
    ["content-length", { "content-length": "0" }],
    ["transfer-encoding", { "transfer-encoding": "chunked" }],
    ["connection", { connection: "upgrade" }],
    ["upgrade", { upgrade: "websocket" }],
    ["accept-encoding", { "accept-encoding": "gzip" }],
    ["expect", { expect: "100-continue" }],
    ["authorization", { authorization: "Bearer x" }],
    ["cookie", { cookie: "a=b" }],
    ["idempotency-key", { "idempotency-key": "mine" }],
    ["proxy-authorization", { "proxy-authorization": "x" }],
    ["x-reach-attempt", { "x-reach-attempt": "1" }],
    ...[
      "x-http-method-override",
      "x-http-method",
      "x-method-override",
      "x-original-url",
      "x-rewrite-url",
      "x-original-host",
      "x-forwarded-host",
      "x-forwarded-for",
      "x-forwarded-prefix",
      "forwarded",
      "x-real-ip",
      "x-host",
      "true-client-ip",
    ].map((name): [string, Record<string, string>] => [name, { [name]: "x" }]),
  ])("the header %s is denied, and nothing is sent", async (_, headers) => {
    const { origin, requests } = await serve(json({}));
    const answer = await send({ addresses: { [A]: origin } }, { headers });
    expect(answer.result).toEqual({ failure: "denied" });
    expect(JSON.stringify(answer.note)).not.toContain("evil");
    expect(requests).toEqual([]);
  });
});

describe("GRANT-22: a header that overrides the request", () => {
  const entry = { origin: A, methods: ["GET" as const], paths: ["/v1/*"] };
  const listed = { ...entry, headers: ["x-forwarded-for", "x-host"] };

  it.each<[string, Given, object[], boolean]>([
    ["one that is listed", { headers: { "x-host": "1" } }, [entry, listed], true],
    ["two", { headers: { "x-host": "1", "x-forwarded-for": "1" } }, [listed], true],
    ["one too many", { headers: { "x-host": "1", "x-forwarded-host": "1" } }, [listed], false],
    [
      "one of each of two entries",
      { headers: { "x-host": "1", "x-real-ip": "1" } },
      [listed, { ...entry, headers: ["x-real-ip"] }],
      false,
    ],
    [
      "one of an entry for another path",
      { headers: { "x-host": "1" } },
      [entry, { ...listed, paths: ["/v2/*"] }],
      false,
    ],
  ])("%s", async (_, request, http, isSent) => {
    const { origin, requests } = await serve(json({}));
    const grant = { http } as EgressOptions["grant"];
    const end = await failure({ grant, addresses: { [A]: origin } }, request);
    expect(end).toBe(isSent ? "status 200" : "denied");
    expect(requests).toHaveLength(isSent ? 1 : 0);
  });

  it("goes along to no path where it is not listed", async () => {
    const { origin, requests } = await serve((_, response) =>
      response.writeHead(302, { location: "/v2/y" }).end(),
    );
    const grant = { http: [listed, { ...entry, paths: ["/v2/*"] }] } as EgressOptions["grant"];
    const given = { headers: { "x-host": "1" }, redirect: true };
    expect(await failure({ grant, addresses: { [A]: origin } }, given)).toBe("redirect");
    expect(requests).toHaveLength(1);
  });
});

describe("GRANT-9: without an address of the operator only public addresses", () => {
  const addressOf = (address: string) => ({ address, family: address.includes(":") ? 6 : 4 });
  const lookups = (...addresses: string[]) => {
    const asked: string[] = [];
    const lookup = (name: string) => {
      asked.push(name);
      return Promise.resolve(addresses.map(addressOf));
    };
    return { asked, lookup };
  };

  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "fe80::1",
    "fd00::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
  ])("a name that leads to %s is denied", async (address) => {
    const { port, requests } = await serve(json({}));
    const origin = `http://a.example:${port}`;
    const { lookup } = lookups(address);
    expect(await failure({ grant: grantOf(origin), lookup }, { uri: `${origin}/` })).toBe("denied");
    expect(requests).toEqual([]);
  });

  it("a name that leads to a public and a private address is denied", async () => {
    const { port, requests } = await serve(json({}));
    const origin = `http://a.example:${port}`;
    const { lookup } = lookups("93.184.216.34", "127.0.0.1");
    expect(await failure({ grant: grantOf(origin), lookup }, { uri: `${origin}/` })).toBe("denied");
    expect(requests).toEqual([]);
  });

  // Global by our rule, and given to nobody: nothing outside is ever contacted.
  const NOBODY = "2d00::1";

  it("a name whose answer changes is checked each time (DNS rebinding)", async () => {
    const { port, requests } = await serve(json({}));
    const origin = `http://a.example:${port}`;
    const answers = [NOBODY, "127.0.0.1"];
    const lookup = () => Promise.resolve([addressOf(answers.shift() ?? "")]);
    const limits = { connect: 300, total: 400 };
    const egress = createEgress({ grant: grantOf(origin), lookup, limits });
    later(() => egress.close());
    const ends = [await ask(egress, `${origin}/`), await ask(egress, `${origin}/`)];
    expect(ends[0]).not.toEqual({ failure: "denied" });
    expect(ends[1]).toEqual({ failure: "denied" });
    expect(requests).toEqual([]);
  });

  it("the address that was checked is the one that is contacted: the name is asked once", async () => {
    const { asked, lookup } = lookups(NOBODY);
    const origin = "http://a.example:9";
    const limits = { connect: 300, total: 400 };
    const end = await failure({ grant: grantOf(origin), lookup, limits }, { uri: `${origin}/` });
    expect(end).not.toBe("denied");
    expect(asked).toEqual(["a.example"]);
  });

  it.each([
    "127.0.0.1",
    "[::1]",
    "169.254.169.254",
    "[::ffff:7f00:1]",
    "[fe80::1]",
    "0.0.0.0",
    "10.0.0.1",
  ])("the literal %s is denied, granted or not", async (host) => {
    const { port, requests } = await serve(json({}));
    const origin = `http://${host}:${port}`;
    expect(await failure({ grant: grantOf(origin) }, { uri: `${origin}/` })).toBe("denied");
    expect(requests).toEqual([]);
  });

  it.each([
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0x7f.1",
    "[::ffff:127.0.0.1]",
    "[0::1]",
  ])("the disguised literal %s is denied", async (host) => {
    const { port, requests } = await serve(json({}));
    const origin = `http://${host}:${port}`;
    expect(await failure({ grant: grantOf(origin) }, { uri: `${origin}/` })).toBe("denied");
    expect(requests).toEqual([]);
  });

  it("localhost is denied, and works where the operator maps it", async () => {
    const { port, origin } = await serve(json({}));
    const name = `http://localhost:${port}`;
    expect(await failure({ grant: grantOf(name) }, { uri: `${name}/` })).toBe("denied");
    expect(
      await failure({ grant: grantOf(name), addresses: { [name]: origin } }, { uri: `${name}/` }),
    ).toBe("status 200");
  });

  it("a mapped connection is never used for an unmapped name", async () => {
    const { port, origin, requests } = await serve(json({}));
    const direct = `http://127.0.0.1:${port}`;
    const egress = createEgress({ grant: grantOf(A, direct), addresses: { [A]: origin } });
    later(() => egress.close());
    expect(await ask(egress, `${A}/`)).toMatchObject({ status: 200 });
    expect(await ask(egress, `${direct}/`)).toEqual({ failure: "denied" });
    expect(requests).toHaveLength(1);
  });
});

describe("failures have words", () => {
  const small: Partial<EgressLimits> = { bytes: 1000 };
  const quick: Partial<EgressLimits> = { total: 300 };

  /** A server that talks TCP only. */
  async function raw(talk: (socket: Socket) => void): Promise<string> {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      later(() => socket.destroy());
      talk(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    later(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const of = (address: string, limits = small): Promise<string> =>
    failure({ addresses: { [A]: address }, limits });

  it("refused: nobody listens", async () => {
    expect(await of("http://127.0.0.1:1")).toBe("refused");
  });

  it("GRANT-10: timeout: no answer, a slow body, a drip of bytes", async () => {
    expect(await of(await raw(() => undefined), quick)).toBe("timeout");
    expect(
      await of(
        await raw((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx")),
        quick,
      ),
    ).toBe("timeout");
    const drip = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n");
      const timer = setInterval(() => socket.write("x"), 20);
      later(() => clearInterval(timer));
    });
    const start = performance.now();
    expect(await of(drip, quick)).toBe("timeout");
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("timeout: a name that nobody resolves in time", async () => {
    const lookup = () => new Promise<never>(() => undefined);
    const start = performance.now();
    expect(await failure({ lookup, limits: quick })).toBe("timeout");
    // Not only when the connection is given up.
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("reset: the connection ends before the answer does", async () => {
    expect(await of(await raw((socket) => socket.once("data", () => socket.destroy())))).toBe(
      "reset",
    );
    expect(
      await of(await raw((socket) => socket.once("data", () => socket.resetAndDestroy()))),
    ).toBe("reset");
    const half = await raw((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx")),
    );
    expect(await of(half)).toBe("reset");
  });

  it("protocol: what answers does not speak HTTP, or encodes unasked", async () => {
    expect(
      await of(await raw((socket) => socket.once("data", () => socket.end("SSH-2.0\r\n\r\n")))),
    ).toBe("protocol");
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("{}")),
    );
    expect(await of(origin)).toBe("protocol");
  });

  it.each(["identity", "Identity", " IDENTITY", ""])("but %j is no encoding", async (coding) => {
    const { origin, requests } = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": coding }).end("{}"),
    );
    const answer = await send({ addresses: { [A]: origin } });
    expect(answer.result).toMatchObject({ status: 200 });
    expect(requests).toHaveLength(1);
  });

  it("protocol: a status that is none", async () => {
    const address = await raw((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"));
    });
    expect(await of(address)).toBe("protocol");
  });

  it("tls: what answers does not speak TLS", async () => {
    const address = await raw((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    expect(await of(address.replace("http:", "https:"))).toBe("tls");
  });

  it("tls: a certificate that nobody vouches for, whatever the environment says", async () => {
    const server = createHttpsServer(selfSigned("localhost"), (_, response) => response.end("{}"));
    const port = await listen(server);
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    later(() => delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]);
    expect(await of(`https://localhost:${port}`)).toBe("tls");
  });

  it("dns: the name leads nowhere", async () => {
    const lookup = () =>
      Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND", syscall: "getaddrinfo" }));
    expect(await failure({ lookup })).toBe("dns");
  });

  it("tooLarge: announced, or found while reading, and not read further", async () => {
    const announced = await serve((_, response) =>
      response.writeHead(200, { "content-length": "5000" }).end("x".repeat(5000)),
    );
    expect(await of(announced.origin)).toBe("tooLarge");
    let written = 0;
    const endless = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      const more = (): void => {
        if (socket.destroyed || written > 100_000_000) return;
        written += 16384;
        if (socket.write(`4000\r\n${"x".repeat(16384)}\r\n`)) setImmediate(more);
        else socket.once("drain", more);
      };
      more();
    });
    expect(await of(endless)).toBe("tooLarge");
    expect(written).toBeLessThan(50_000_000);
    const exact = await serve((_, response) => response.end("x".repeat(1000)));
    expect(await of(exact.origin)).toBe("status 200");
    const over = await serve((_, response) => response.end("x".repeat(1001)));
    expect(await of(over.origin)).toBe("tooLarge");
  });

  it("GRANT-10: tooLarge: in more pieces than its bytes are worth", async () => {
    const pieces = (count: number): Promise<string> =>
      raw((socket) => {
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
          socket.end(`${"1\r\nx\r\n".repeat(count)}0\r\n\r\n`);
        });
      });
    expect(await of(await pieces(2000), { bytes: 65536 })).toBe("status 200");
    expect(await of(await pieces(3000), { bytes: 65536 })).toBe("tooLarge");
  });

  it("tooLarge: headers without end", async () => {
    const address = await raw((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n`),
    );
    expect(await of(address)).toBe("tooLarge");
  });

  it("notes say why without addresses, bodies or headers", async () => {
    const { origin } = await serve((_, response) => response.end("secret ".repeat(1000)));
    const { note } = await send(
      { addresses: { [A]: origin }, limits: small },
      { headers: { "x-api-key": "secret" }, method: "POST", body: { secret: 1 } },
    );
    expect(note).toEqual({
      code: "REACH-E3221",
      why: "the answer is over the limit of 1000 bytes, or comes in too many pieces",
    });
  });

  it("an interruption is no answer", async () => {
    const address = await raw(() => undefined);
    const controller = new AbortController();
    const sending = send({ addresses: { [A]: address } }, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("stop")), 50);
    await expect(sending).rejects.toThrow("stop");
  });
});

describe("GRANT-8: redirects", () => {
  const redirecting = (location: string, status = 302) =>
    serve((request, response) =>
      request.url === "/v1/x"
        ? response.writeHead(status, { location }).end("old")
        : response.end('"new"'),
    );

  it("are answers unless the request follows them", async () => {
    const { origin, requests } = await redirecting("/v1/y");
    expect(await failure({ addresses: { [A]: origin } })).toBe("status 302");
    expect(requests).toHaveLength(1);
  });

  it.each(["/v1/y", "y", "?y", `${A}/v1/y`, "//a.example/v1/y"])(
    "are followed to %j",
    async (location) => {
      const { origin } = await redirecting(location);
      const { body } = await send({ addresses: { [A]: origin } }, { redirect: true });
      expect(text(body!)).toBe('"new"');
    },
  );

  it("by the name of the address itself stay with the logical origin", async () => {
    const server = await serve((request, response) =>
      request.url === "/v1/x"
        ? response.writeHead(302, { location: `${server.origin}/v1/y` }).end()
        : response.end('"new"'),
    );
    expect(await failure({ addresses: { [A]: server.origin } }, { redirect: true })).toBe(
      "status 200",
    );
  });

  it.each([
    ["an origin that is not granted", "https://c.example/v1/y"],
    ["an address inside", "http://169.254.169.254/latest/meta-data/"],
    ["this machine", "http://127.0.0.1:22/"],
    ["a file", "file:///etc/passwd"],
    ["a path that is not granted", "/v2/y"],
    ["a path that climbs out", "/v1/../v2/y"],
    ["a path that climbs out, encoded", "/v1/%2e%2e/v2"],
    ["a backslash", "\\\\c.example\\v1"],
    ["a user's name", "https://u@a.example/v1/y"],
    ["an http origin", "http://a.example/v1/y"],
    ["a host in disguise", "http://2130706433/"],
    ["nothing that can be read", "https://"],
  ])("to %s fail", async (_, location) => {
    const { origin, requests } = await redirecting(location);
    const other = await serve(json({}));
    const addresses = {
      [A]: origin,
      "https://c.example": other.origin,
      "http://a.example": other.origin,
    };
    const grant = {
      http: [
        { origin: A, methods: ["GET"], paths: ["/v1/*"] },
        { origin: "http://a.example", methods: ["GET"], paths: ["/*"] },
      ],
    } as EgressOptions["grant"];
    expect(await failure({ grant, addresses }, { redirect: true })).toBe("redirect");
    expect([requests.length, other.requests.length]).toEqual([1, 0]);
  });

  it("end after five", async () => {
    let served = 0;
    const { origin } = await serve((_, response) =>
      response.writeHead(307, { location: `/v1/${(served += 1)}` }).end(),
    );
    expect(await failure({ addresses: { [A]: origin } }, { redirect: true })).toBe("redirect");
    expect(served).toBe(6);
  });

  it("to another granted origin leave what could be a credential behind", async () => {
    const second = await serve(json({}));
    const first = await serve((_, response) =>
      response.writeHead(307, { location: `${B}/v1/y` }).end(),
    );
    const addresses = { [A]: first.origin, [B]: second.origin };
    const headers = {
      "x-api-key": "s",
      "content-type": "application/json",
    };
    expect(
      await failure({ addresses }, { method: "POST", body: {}, redirect: true, headers }),
    ).toBe("status 200");
    expect(first.requests[0]!.headers).toMatchObject({ "x-api-key": "s" });
    expect(second.requests[0]!.headers).not.toHaveProperty("x-api-key");
    expect(second.requests[0]).toMatchObject({ method: "POST", body: "{}" });
  });

  it.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [302, "PUT", "PUT", "{}"],
    [307, "POST", "POST", "{}"],
    [308, "POST", "POST", "{}"],
  ])("%i turns %s into %s", async (status, method, then, body) => {
    const { origin, requests } = await redirecting("/v1/y", status);
    await send({ addresses: { [A]: origin } }, { method, body: {}, redirect: true });
    expect(requests[1]).toMatchObject({ method: then, body });
    expect("idempotency-key" in requests[1]!.headers).toBe(then !== "GET");
    expect("x-reach-attempt" in requests[1]!.headers).toBe(then !== "GET");
  });

  it("to a method that is not granted fail", async () => {
    const { origin, requests } = await redirecting("/v1/y", 303);
    const grant = {
      http: [{ origin: A, methods: ["POST"], paths: ["/*"] }],
    } as EgressOptions["grant"];
    expect(
      await failure(
        { grant, addresses: { [A]: origin } },
        { method: "POST", body: {}, redirect: true },
      ),
    ).toBe("redirect");
    expect(requests).toHaveLength(1);
  });

  it("share one deadline", async () => {
    const { origin } = await serve((_, response) => {
      setTimeout(() => response.writeHead(307, { location: "/v1/y" }).end(), 120);
    });
    expect(
      await failure({ addresses: { [A]: origin }, limits: { total: 300 } }, { redirect: true }),
    ).toBe("timeout");
  });
});

describe("an answer that is read as it comes", () => {
  const open = async (
    egress: Egress,
    more: Partial<HttpRequest> = {},
    signal = new AbortController().signal,
    patience?: number,
  ): ReturnType<Egress["open"]> => {
    const request = { method: "GET", uri: `${A}/v1/x`, headers: {}, redirect: false, ...more };
    return egress.open(request, { idempotencyKey: "k", signal }, patience);
  };

  it("is there before it has ended, by the same rules, and ends when it is closed", async () => {
    let gone = (): void => undefined;
    const left = new Promise<void>((resolve) => (gone = resolve));
    const { origin, requests } = await serve((_, response) => {
      response.on("close", gone).writeHead(200, { "x-kind": "stream", "x-other": "1" });
      response.write("first");
    });
    const egress = createEgress({ grant: grantOf(A), addresses: { [A]: origin } });
    const { status, headers, body, close } = await open(egress, { responseHeaders: ["X-Kind"] });
    expect({ status, headers }).toEqual({ status: 200, headers: { "x-kind": "stream" } });
    for await (const chunk of body) {
      expect(text(chunk)).toBe("first");
      break;
    }
    close();
    await left;
    await expect(open(egress, { uri: `${B}/v1/x` })).rejects.toMatchObject({ failure: "denied" });
    expect(requests).toHaveLength(1);
  });

  it("ends with its signal and with the run, and is not waited for beyond its limit", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/silent") return;
      response.writeHead(200).write("first");
    });
    const egress = createEgress({ grant: grantOf(A), addresses: { [A]: origin } });
    const drain = async ({ body }: Awaited<ReturnType<Egress["open"]>>): Promise<void> => {
      for await (const _ of body) continue;
    };
    const stop = new AbortController();
    const first = drain(await open(egress, {}, stop.signal));
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    await expect(
      open(egress, { uri: `${A}/silent` }, new AbortController().signal, 50),
    ).rejects.toMatchObject({ failure: "timeout" });
    const second = drain(await open(egress));
    await egress.close();
    await expect(second).rejects.toThrow("the run has ended");
  });

  it("that is encoded is refused", async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("{}")),
    );
    const egress = createEgress({ grant: grantOf(A), addresses: { [A]: origin } });
    await expect(open(egress)).rejects.toMatchObject({ failure: "protocol" });
  });
});
