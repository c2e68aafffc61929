import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { effectiveGrant, readGrant } from "@reach-fabric/host";
import { parseTarget, whyNotGranted } from "@reach-fabric/host/testing";
import { errorOf, newFolder } from "../helpers.ts";

async function grantOf(content: unknown): Promise<Awaited<ReturnType<typeof readGrant>>> {
  const path = join(await newFolder(), "grant.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return readGrant(path);
}

const entry = { methods: ["GET"], origin: "https://bureau.example", paths: ["/v1/*"] };
const file = { format: "reach/grant/v1", http: [entry] };

describe("a grant file", () => {
  it("GRANT-1: gives the effective grant, and the addresses apart from it", async () => {
    const addresses = { "https://bureau.example": "http://127.0.0.1:4101" };
    expect(await grantOf({ ...file, addresses })).toEqual({
      grant: { http: [entry] },
      addresses,
      providers: {},
      directories: {},
      repeatable: {},
      bounds: {},
    });
    expect(await grantOf({ format: "reach/grant/v1" })).toEqual({
      grant: {},
      addresses: {},
      providers: {},
      directories: {},
      repeatable: {},
      bounds: {},
    });
    expect(await grantOf({ ...file, http: [] })).toEqual({
      grant: {},
      addresses: {},
      providers: {},
      directories: {},
      repeatable: {},
      bounds: {},
    });
  });

  it("GRANT-16: says apart from it what may be done twice", async () => {
    const vouched = { ...entry, repeatable: true };
    const read = await grantOf({ ...file, http: [vouched, { ...entry, paths: ["/v2/*"] }] });
    expect(read.repeatable).toEqual({ http: [entry] });
    expect(JSON.stringify(read.grant)).not.toContain("repeatable");
  });

  it("GRANT-22: says which headers may override a request, in one order", async () => {
    const headers = ["x-host", "forwarded", "x-host"];
    const { grant, repeatable, bounds } = await grantOf({
      ...file,
      http: [{ ...entry, headers, limits: { total: 5 }, repeatable: true }],
    });
    expect(grant).toEqual({ http: [{ ...entry, headers: ["forwarded", "x-host"] }] });
    expect(repeatable).toEqual(grant);
    expect(bounds.http).toEqual([{ ...entry, limits: { total: 5 } }]);
    for (const wrong of [[], ["X-Host"], ["a b"], "x-host"]) {
      const error = await errorOf(grantOf({ ...file, http: [{ ...entry, headers: wrong }] }));
      expect(error.where).toContain("/http/0/headers");
    }
  });

  it("GRANT-5: one grant has one text, however it is written", () => {
    const b = {
      methods: ["POST", "GET", "GET"] as const,
      origin: "https://b.example",
      paths: ["/z", "/a", "/z"],
    };
    const a = { methods: ["GET"] as const, origin: "https://a.example", paths: ["/"] };
    const normal = effectiveGrant({
      http: [a, { ...b, methods: ["GET", "POST"], paths: ["/a", "/z"] }],
    } as never);
    expect(JSON.stringify(effectiveGrant({ http: [b, a, b] } as never))).toBe(
      JSON.stringify(normal),
    );
  });

  it("GRANT-5: a folder has one entry, and where it is stands beside the grant", async () => {
    const directories = { letters: "/srv/letters" };
    const folders = [
      { name: "letters", access: ["write", "read", "read"] },
      { name: "claims", access: ["list"] },
      { name: "letters", access: ["list"] },
    ];
    expect(await grantOf({ format: "reach/grant/v1", folders, directories })).toEqual({
      grant: {
        folders: [
          { name: "claims", access: ["list"] },
          { name: "letters", access: ["list", "read", "write"] },
        ],
      },
      addresses: {},
      providers: {},
      directories,
      repeatable: {},
      bounds: {},
    });
  });

  it.each([
    ["not JSON", "{", "REACH-E1113"],
    ["YAML", "format: reach/grant/v1", "REACH-E1102"],
    ["a field twice", '{"format":"reach/grant/v1","format":"reach/grant/v1"}', "REACH-E1109"],
    ["an unknown field", { ...file, all: true }, "REACH-E4210"],
    [
      "a directory that depends on where a command runs",
      { ...file, folders: [{ name: "a", access: ["read"] }], directories: { a: "a" } },
      "REACH-E4215",
    ],
    [
      "a directory of a folder that is not granted",
      { ...file, folders: [{ name: "a", access: ["read"] }], directories: { b: "/b" } },
      "REACH-E4216",
    ],
    [
      "another access to a folder",
      { ...file, folders: [{ name: "a", access: ["append"] }] },
      "REACH-E4215",
    ],
    ["a later format", { ...file, format: "reach/grant/v2" }, "REACH-E4215"],
    [
      "another spelling of an address",
      { ...file, http: [{ ...entry, origin: "http://[::0]" }] },
      "REACH-E4215",
    ],
  ])("refuses %s", async (_, content, code) => {
    expect((await errorOf(grantOf(content))).code).toBe(code);
  });

  it("says where", async () => {
    const error = await errorOf(
      grantOf(
        '{"format":"reach/grant/v1",\n "http":[{"methods":["GET"],\n  "origin":"x","paths":["/"]}]}',
      ),
    );
    expect(error.where).toMatch(/grant\.json:3:3 \(grant \/http\/0\/origin\)$/);
  });
});

describe("GRANT-4: requests that are denied whatever the grant says", () => {
  it.each([
    "https://bureau.example/v1/../admin",
    "https://bureau.example/v1/./a",
    "https://bureau.example/v1/..",
    "https://bureau.example/v1/%2e%2e/admin",
    "https://bureau.example/v1/%2E./admin",
    "https://bureau.example/v1/.%2e",
    "https://bureau.example/v1/..;/admin",
    "https://bureau.example/v1/%2Fadmin",
    "https://bureau.example/v1/%5Cadmin",
    "https://bureau.example/v1/\\admin",
    "https://bureau.example\\@evil.example/v1/",
    "https://bureau.example//v1/a",
    "https://bureau.example/v1//a",
    "https://user@bureau.example/v1/a",
    "https://u:p@bureau.example/v1/a",
    "https://bureau.example@evil.example/v1/a",
    "https://BUREAU.example/v1/a",
    "https://bureau.example./v1/a/../b",
    "https://bureau.example./v1/a",
    "https://bureau.example.:8443/v1/a",
    "https://bureau.example:443/v1/a",
    "https://bureau.example:/v1/a",
    "https://bureau.example:0443/v1/a",
    "HTTPS://bureau.example/v1/a",
    "https:/bureau.example/v1/a",
    "https:bureau.example/v1/a",
    "//bureau.example/v1/a",
    "ftp://bureau.example/v1/a",
    "file:///etc/passwd",
    "https://bureau.example/v1/a#x",
    "https://bureau.example/v1/a b",
    "https://bureau.example/v1/\ta",
    "https://bureau.example/v1/a\r\nhost: x",
    "https://bureau.example/v1/a\u0000",
    "https://bureau.example/v1/\u00e4",
    "https://bureau.example/v1/a?x=\u00e4",
    "https://bureau.example/v1/a?x y",
    "https://bureau.example/v1/%",
    "https://bureau.example/v1/a%0d%0ab",
    "https://bureau.example/v1/%252e%252e/a",
    // Doubly encoded by other digits, and what no text is.
    "https://bureau.example/v1/%252%65%252%65/admin",
    "https://bureau.example/v1/..%252%66admin",
    "https://bureau.example/v1/%25%32%65%25%32%65/v2",
    "https://bureau.example/v1/%25%35%63",
    "https://bureau.example/v1/%25252525252e%25252525252e/a",
    "https://bureau.example/v1/%252525253a",
    "https://bureau.example/v1/%2500",
    "https://bureau.example/v1/%252500",
    "https://bureau.example/v1/%2e%2e%3b/a",
    "https://bureau.example/v1/..%253b/a",
    "https://bureau.example/v1/%c0%ae%c0%ae/a",
    "https://bureau.example/v1/%25c0%25ae/a",
    "https://bureau.example/v1/%ff",
    "https://bureau.example/v1/%ed%a0%80",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://127.1/",
    "http://0177.0.0.1/",
    "http://[::0001]/",
    "http://[::ffff:127.0.0.1]/",
    "https://b\u00fcreau.example/",
    "https://bureau.example%00.evil.example/",
    "https://bureau%2eexample/",
    "https://",
    "",
    " https://bureau.example/",
    "https://bureau.example/v1/a\n",
  ])("%j", (uri) => {
    expect(parseTarget(uri)).toHaveProperty("why");
  });

  it.each([
    ["https://bureau.example", { origin: "https://bureau.example", path: "/", query: "" }],
    [
      "https://bureau.example/v1/a%2ejson/100%25/caf%C3%A9/%2525",
      {
        origin: "https://bureau.example",
        path: "/v1/a%2ejson/100%25/caf%C3%A9/%2525",
        query: "",
      },
    ],
    ["https://bureau.example?a=b", { origin: "https://bureau.example", path: "/", query: "?a=b" }],
    [
      "https://bureau.example:8443/v1/a%20b;c?x=%2F..%2F&y='1'/?",
      { origin: "https://bureau.example:8443", path: "/v1/a%20b;c", query: "?x=%2F..%2F&y='1'/?" },
    ],
    ["http://127.0.0.1:8080/", { origin: "http://127.0.0.1:8080", path: "/", query: "" }],
  ])("and those that are not: %j", (uri, target) => {
    expect(parseTarget(uri)).toEqual(target);
  });
});

describe("GRANT-6: default deny", () => {
  const grant = effectiveGrant({
    http: [
      { origin: "https://a.example", methods: ["GET"], paths: ["/v1/*", "/health"] },
      { origin: "https://a.example", methods: ["POST"], paths: ["/v1/orders"] },
    ],
  });
  const denied = (method: string, uri: string): string | undefined => {
    const target = parseTarget(uri);
    return "why" in target ? target.why : whyNotGranted(grant, method, target);
  };

  it.each([
    ["GET", "https://a.example/v1/"],
    ["GET", "https://a.example/v1/x/y?z"],
    ["GET", "https://a.example/health?deep=1"],
    ["POST", "https://a.example/v1/orders"],
  ])("allows %s %s", (method, uri) => {
    expect(denied(method, uri)).toBeUndefined();
  });

  it.each([
    ["GET", "https://b.example/v1/x"],
    ["GET", "http://a.example/v1/x"],
    ["GET", "https://a.example:8443/v1/x"],
    ["GET", "https://a.example.evil.example/v1/x"],
    ["GET", "https://sub.a.example/v1/x"],
    ["GET", "https://a.example/v1"],
    ["GET", "https://a.example/v2/x"],
    ["GET", "https://a.example/health/x"],
    ["GET", "https://a.example/HEALTH"],
    ["GET", "https://a.example/"],
    ["HEAD", "https://a.example/v1/x"],
    ["POST", "https://a.example/v1/x"],
    ["POST", "https://a.example/v1/orders/1"],
    ["get", "https://a.example/v1/x"],
  ])("denies %s %s", (method, uri) => {
    expect(denied(method, uri)).toMatch(/^no entry grants/);
  });

  it("denies everything without a grant", () => {
    const target = parseTarget("https://a.example/");
    expect("why" in target ? "" : whyNotGranted({}, "GET", target)).toMatch(/no entry grants/);
  });
});
