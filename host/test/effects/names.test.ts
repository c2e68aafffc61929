// Names, asked of name servers of ours (GRANT-25).
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, makePack } from "@reach-fabric/engine";
import { createEgress, createLookup, memoryRecorder, run } from "@reach-fabric/host";
import type { AddressLookup, HttpResult } from "@reach-fabric/host";
import { lookupAll } from "@reach-fabric/host/testing";
import { later } from "../helpers.ts";
import { nameServer } from "./name-server.ts";
import { setTrap } from "./trap.ts";

const PUBLIC = [93, 184, 216, 34];
const V6 = [0x26, 0x06, 0x28, 0, 2, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
const a = (data: readonly number[] = PUBLIC, ttl = 60) => ({ type: "A" as const, data, ttl });
const NX = 3;
const SERVFAIL = 2;

/** What an egress client makes of a name. */
async function ask(lookup: AddressLookup, host: string): Promise<HttpResult> {
  const origin = `http://${host}`;
  const http = [{ origin, methods: ["GET" as const], paths: ["/*"] }];
  const egress = createEgress({ grant: { http }, lookup });
  later(() => egress.close());
  const request = { method: "GET", uri: `${origin}/`, headers: {}, redirect: false };
  const { signal } = new AbortController();
  return (await egress.fetch(request, { idempotencyKey: "k", signal })).result;
}

describe("GRANT-25: a look-up", () => {
  it("asks for both families, once for all who want a name at a time, and keeps the answer while it lasts", async () => {
    const server = await nameServer((_, type) =>
      type === "A" ? [a(PUBLIC, 30)] : [{ type: "AAAA", data: V6, ttl: 20 }],
    );
    let now = 0;
    const lookup = createLookup({ servers: [server.address], clock: () => now });
    const found = [
      { address: "93.184.216.34", family: 4 },
      { address: "2606:2800:220:1::1", family: 6 },
    ];
    const all = await Promise.all(Array.from({ length: 10 }, () => lookup("A.example")));
    for (const one of all) expect(one).toEqual(found);
    expect([...server.asked].sort()).toEqual(["A a.example", "AAAA a.example"]);
    now = 19_999;
    expect(await lookup("a.example")).toEqual(found);
    expect(server.asked).toHaveLength(2);
    now = 20_000;
    expect(await lookup("a.example")).toEqual(found);
    expect(server.asked).toHaveLength(4);
  });

  it("keeps nothing that may not be kept, nothing for longer than 300 s, and so many names at most", async () => {
    const server = await nameServer((name, type) => {
      if (type === "AAAA") return name === "half.example" ? SERVFAIL : [];
      return [a(PUBLIC, name === "brief.example" ? 0 : 2 ** 31 - 1)];
    });
    let now = 0;
    const lookup = createLookup({ servers: [server.address], clock: () => now, most: 2 });
    const queries = async (name: string): Promise<number> => {
      const before = server.asked.length;
      await lookup(name);
      return server.asked.slice(before).filter((one) => one === `A ${name}`).length;
    };
    for (const name of ["brief.example", "half.example"]) {
      expect([await queries(name), await queries(name)]).toEqual([1, 1]);
    }
    expect([await queries("a.example"), await queries("a.example")]).toEqual([1, 0]);
    now = 300_000;
    expect(await queries("a.example")).toBe(1);
    expect([await queries("b.example"), await queries("c.example")]).toEqual([1, 1]);
    expect([await queries("b.example"), await queries("a.example")]).toEqual([0, 1]);
  });

  it("of a tenant whose name server is silent holds up no other tenant, nor the system's", async () => {
    const silent = await nameServer(() => undefined);
    const quick = await nameServer((_, type) => (type === "A" ? [a()] : []));
    const theirs = createLookup({ servers: [silent.address] });
    const stop = new AbortController();
    const held = Array.from({ length: 40 }, (_, i) => theirs(`n${i}.example`, stop.signal));
    const ends = Promise.allSettled(held);
    await silent.reached(16);
    const lookup = createLookup({ servers: [quick.address] });
    expect(await lookup("a.example")).toEqual([{ address: "93.184.216.34", family: 4 }]);
    expect((await lookupAll("localhost")).length).toBeGreaterThan(0);
    stop.abort(new Error("given up"));
    for (const end of await ends) expect(end).toMatchObject({ status: "rejected" });
  });

  it("has as many names under way as it may, and a place is free when no one waits for its name", async () => {
    const server = await nameServer((name, type) =>
      name.startsWith("silent") ? undefined : type === "A" ? [a()] : [],
    );
    const lookup = createLookup({ servers: [server.address], atOnce: 2 });
    const stops = [0, 1, 2].map(() => new AbortController());
    const held = ["silent0.example", "silent1.example", "silent1.example"].map((name, i) =>
      lookup(name, stops[i]?.signal).catch((error: unknown) => error),
    );
    await server.reached(4);
    const next = lookup("a.example");
    const dropped = lookup("b.example", AbortSignal.abort(new Error("before")));
    await expect(dropped).rejects.toThrow("before");
    stops[1]?.abort(new Error("one of two"));
    expect(await held[1]).toMatchObject({ message: "one of two" });
    // Another one waits for the same name still.
    expect(server.asked.some((one) => one.endsWith("a.example"))).toBe(false);
    stops[2]?.abort(new Error("the other"));
    expect(await next).toHaveLength(1);
    expect(server.asked.some((one) => one.endsWith("b.example"))).toBe(false);
    stops[0]?.abort(new Error("end"));
    expect(await held[0]).toMatchObject({ message: "end" });
  });

  it("ends with the last request that waits for it", async () => {
    let begin: (signal: AbortSignal) => void = () => undefined;
    const begun = new Promise<AbortSignal>((resolve) => (begin = resolve));
    const lookup: AddressLookup = (_, signal) => {
      if (signal !== undefined) begin(signal);
      return new Promise(() => undefined);
    };
    const origin = "http://silent.example";
    const http = [{ origin, methods: ["GET" as const], paths: ["/*"] }];
    // No limit of time ends it before.
    const egress = createEgress({ grant: { http }, lookup, limits: { connect: 3_600_000 } });
    later(() => egress.close());
    const request = { method: "GET", uri: `${origin}/`, headers: {}, redirect: false };
    const stops = [new AbortController(), new AbortController()] as const;
    const asked = stops.map(({ signal }) => egress.fetch(request, { idempotencyKey: "k", signal }));
    const signal = await begun;
    const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
    stops[0].abort(new Error("given up"));
    await expect(asked[0]).rejects.toThrow("given up");
    expect(signal.aborted).toBe(false);
    stops[1].abort(new Error("given up, too"));
    await expect(asked[1]).rejects.toThrow("given up, too");
    await ended;
  });
});

describe("what a name server says", () => {
  it.each<[string, Parameters<typeof nameServer>[0], object]>([
    ["nothing of the kind", () => [], { failure: "dns" }],
    ["no such name", () => NX, { failure: "dns" }],
    ["a private address", () => [a([127, 0, 0, 1])], { failure: "denied" }],
    ["one of two", () => [a(), a([10, 0, 0, 1])], { failure: "denied" }],
    [
      "a chain that ends inside",
      (_, type) =>
        type === "A"
          ? [
              { type: "CNAME", data: "b.example" },
              { type: "CNAME", data: "c.example", of: "b.example" },
              { type: "A", data: [169, 254, 169, 254], of: "c.example" },
            ]
          : [],
      { failure: "denied" },
    ],
  ])("%s", async (_, say, result) => {
    const server = await nameServer(say);
    const { caught } = await setTrap();
    const lookup = createLookup({ servers: [server.address] });
    expect(await ask(lookup, "a.example")).toEqual(result);
    expect(caught.connections).toBe(0);
  });

  it("a chain that ends outside, and a public address: the request goes there", async () => {
    const server = await nameServer((name, type) =>
      type === "AAAA"
        ? []
        : name === "chain.example"
          ? [
              { type: "CNAME", data: "b.example" },
              { ...a(), of: "b.example" },
            ]
          : [a()],
    );
    const { caught } = await setTrap();
    const lookup = createLookup({ servers: [server.address] });
    expect(await ask(lookup, "chain.example")).toMatchObject({ status: 200 });
    expect(await ask(lookup, "a.example")).toMatchObject({ status: 200 });
    expect(caught.connections).toBe(2);
  });

  it("another address when the first has ended (rebinding): it is checked again", async () => {
    const answers = [PUBLIC, [127, 0, 0, 1]];
    const server = await nameServer((_, type) => (type === "A" ? [a(answers.shift(), 5)] : []));
    const { caught } = await setTrap();
    let now = 0;
    const lookup = createLookup({ servers: [server.address], clock: () => now });
    expect(await ask(lookup, "a.example")).toMatchObject({ status: 200 });
    now = 5000;
    expect(await ask(lookup, "a.example")).toEqual({ failure: "denied" });
    // What is kept of an address is no permission.
    now = 5001;
    expect(await ask(lookup, "a.example")).toEqual({ failure: "denied" });
    expect(caught.connections).toBe(1);
  });

  it("that it has failed: this is trouble, and no answer of the world", async () => {
    const server = await nameServer(() => SERVFAIL);
    const lookup = createLookup({ servers: [server.address] });
    await expect(ask(lookup, "a.example")).rejects.toMatchObject({ name: "HostTrouble" });
  });

  it.each(["localhost", "LOCALHOST", "x.localhost"])(
    "nothing of %s: no one is asked",
    async (host) => {
      const server = await nameServer(() => [a()]);
      const lookup = createLookup({ servers: [server.address] });
      expect(await lookup(host)).toMatchObject([{ address: "127.0.0.1" }, { address: "::1" }]);
      expect(server.asked).toEqual([]);
    },
  );
});

it("GRANT-25: a run asks the resolver that it is given", async () => {
  const server = await nameServer(() => NX);
  const engine = createEngine();
  const endpoint = "https://a.example/v1";
  const document = { dsl: "1.0.3", namespace: "test", name: "names", version: "1.0.0" };
  const call = { call: "http", with: { method: "get", endpoint } };
  const pack = makePack(engine, {
    id: "test/names",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify({ document, do: [{ ask: call }] }) },
  });
  const { error } = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant: { http: [{ origin: "https://a.example", methods: ["GET"], paths: ["/v1"] }] },
    lookup: createLookup({ servers: [server.address] }),
  });
  expect(error).toMatchObject({ detail: "dns" });
  expect(server.asked).toContain("A a.example");
});
