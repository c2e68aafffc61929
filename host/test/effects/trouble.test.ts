// GRANT-17: what this machine lacks is no answer of the world, and its time is not that of a service.
import { describe, expect, it } from "vitest";
import { createEgress, HostTrouble } from "@reach-fabric/host";
import type { AddressLookup, EgressOptions, HttpResult, Performed } from "@reach-fabric/host";
import { confirming, Deadline, machine, troubleOf, within } from "@reach-fabric/host/testing";
import { json, later, serve } from "../helpers.ts";

const A = "https://bureau.example";
const grant = { http: [{ origin: A, methods: ["GET" as const], paths: ["/*"] }] };

function ask(options: Partial<EgressOptions>): Promise<Performed<HttpResult>> {
  const egress = createEgress({ grant, ...options });
  later(() => egress.close());
  const request = { method: "GET", uri: `${A}/x`, headers: {}, redirect: false };
  return egress.fetch(request, { idempotencyKey: "k", signal: new AbortController().signal });
}

const system = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`connect ${code}`), { code, syscall: "connect", ...more });
/** What a socket gives that has tried several addresses. */
const several = (...codes: string[]): Error =>
  Object.assign(new AggregateError(codes.map((code) => system(code))), { code: codes[0] });

/** Keeps the event loop from turning. */
function standStill(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe("GRANT-17: trouble of this machine", () => {
  it.each([
    "EMFILE",
    "ENFILE",
    "ENOBUFS",
    "ENOMEM",
    "EAI_AGAIN",
    "EAI_MEMORY",
    "EACCES",
    "EPERM",
    "EADDRNOTAVAIL",
    "EAFNOSUPPORT",
    "ENETDOWN",
  ])("%s is no answer", async (code) => {
    const lookup = () => Promise.reject(system(code, { syscall: "getaddrinfo" }));
    const error = await ask({ lookup }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HostTrouble);
    expect(error).toMatchObject({ code: "REACH-E3240" });
    expect((error as HostTrouble).why).toContain(code);
  });

  it("is what the system call beneath a resolver came to, under whatever number was left there", async () => {
    const lookup = () => Promise.reject(system("EBUSY", { syscall: "getaddrinfo" }));
    await expect(ask({ lookup })).rejects.toMatchObject({
      code: "REACH-E3240",
      why: expect.stringMatching(/could not look up the name/) as string,
    });
    expect(troubleOf(system("EBUSY"))).toBeUndefined();
  });

  describe("a name that is said not to be there", () => {
    const notFound = system("ENOTFOUND", { syscall: "getaddrinfo" });
    const lacking = (): never => {
      throw new HostTrouble("no descriptor is left");
    };
    const found = [{ address: "203.0.113.1", family: 4 }];
    const asked = (...answers: (typeof found | Error)[]): AddressLookup => {
      return async () => {
        const next = answers.shift();
        if (next === undefined || next instanceof Error) throw next ?? new Error("asked too often");
        return next;
      };
    };

    it("is not, where it is said twice and descriptors are left", async () => {
      const lookup = confirming(asked(notFound, notFound), () => undefined);
      await expect(lookup("x.example")).rejects.toBe(notFound);
    });

    it("is, where it is found the second time", async () => {
      const lookup = confirming(asked(notFound, found), () => undefined);
      await expect(lookup("x.example")).resolves.toBe(found);
    });

    it.each([1, 2])("is not known, where none are left the %s. time", async (time) => {
      let looked = 0;
      const spare = (): void => {
        if ((looked += 1) === time) lacking();
      };
      const lookup = confirming(asked(notFound, notFound), spare);
      await expect(lookup("x.example")).rejects.toBeInstanceOf(HostTrouble);
    });

    it("is asked for once in all other cases", async () => {
      await expect(confirming(asked(found), lacking)("x.example")).resolves.toBe(found);
      const failed = system("EAI_FAIL", { syscall: "getaddrinfo" });
      await expect(confirming(asked(failed), lacking)("x.example")).rejects.toBe(failed);
    });
  });

  it("is found behind what libraries make of it", () => {
    const wrapped = new Error("fetch failed", {
      cause: new TypeError("x", { cause: system("EMFILE") }),
    });
    expect(troubleOf(wrapped)?.why).toContain("EMFILE");
    expect(troubleOf(new RangeError("Array buffer allocation failed"))).toBeInstanceOf(HostTrouble);
    const given = new HostTrouble("the pool is empty");
    expect(troubleOf(new Error("x", { cause: given }))).toBe(given);
    let deep: Error = system("EMFILE");
    for (let i = 0; i < 100; i++) deep = new Error("x", { cause: deep });
    expect(troubleOf(deep)).toBeUndefined();
  });

  it("is that of several addresses where one lacked resources, or none could be left by", () => {
    expect(troubleOf(several("ECONNREFUSED", "EMFILE"))).toBeDefined();
    expect(troubleOf(several("ENETDOWN", "EACCES"))).toBeDefined();
    expect(troubleOf(several("EADDRNOTAVAIL", "ECONNREFUSED"))).toBeUndefined();
    expect(troubleOf(several("ECONNREFUSED", "EADDRNOTAVAIL"))).toBeUndefined();
  });

  it.each([
    ["ENOTFOUND", "dns"],
    ["EAI_FAIL", "dns"],
  ])("%s is the world's: %s", async (code, failure) => {
    const lookup = () => Promise.reject(system(code, { syscall: "getaddrinfo" }));
    expect((await ask({ lookup })).result).toEqual({ failure });
    expect(troubleOf(system("ECONNREFUSED"))).toBeUndefined();
    expect(troubleOf(system("EHOSTUNREACH"))).toBeUndefined();
  });
});

describe("GRANT-17: time in which this process stands still does not count", () => {
  it.each([
    ["in all", { total: 150 }],
    ["until the headers", { headers: 150 }],
    ["to connect", { connect: 150 }],
  ])("%s", async (_, limits) => {
    const { origin } = await serve(json({}));
    const answer = ask({ addresses: { [A]: origin }, limits });
    setImmediate(() => standStill(400));
    expect((await answer).result).toMatchObject({ status: 200 });
  });

  it("and yet a service that does not answer has not answered", async () => {
    const { origin } = await serve(() => undefined);
    const began = performance.now();
    const answer = ask({ addresses: { [A]: origin }, limits: { total: 150 } });
    setImmediate(() => standStill(200));
    expect((await answer).result).toEqual({ failure: "timeout" });
    expect(performance.now() - began).toBeGreaterThan(300);
  });

  it("and what came before a timer that is late is read before it", async () => {
    const { origin } = await serve((_, response) => {
      response.end("{}");
      standStill(300);
    });
    const order: string[] = [];
    await Promise.all([
      ask({ addresses: { [A]: origin } }).then(() => order.push("answer")),
      machine.timer(150, new AbortController().signal).then(() => order.push("timer")),
    ]);
    expect(order).toEqual(["answer", "timer"]);
  });

  it("a limit is reached however often the loop stands still", async () => {
    const busy = setInterval(() => standStill(30), 1);
    later(() => clearInterval(busy));
    await new Promise<void>((resolve) => void new Deadline(100, resolve));
  });

  it("and what is stopped does not happen", async () => {
    let late = false;
    const deadline = new Deadline(5, () => (late = true));
    deadline.stop();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(late).toBe(false);
    const stop = new AbortController();
    const endless = within(
      1000,
      new Error("late"),
      stop.signal,
      () => new Promise(() => undefined),
    );
    stop.abort(new Error("mine"));
    await expect(endless).rejects.toThrow("mine");
    await expect(
      within(
        5,
        new Error("late"),
        new AbortController().signal,
        () => new Promise(() => undefined),
      ),
    ).rejects.toThrow("late");
  });
});
