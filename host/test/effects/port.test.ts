// What goes between a run and the process that sends for it, without the processes (process/process.test.ts has those).
import { describe, expect, it } from "vitest";
import { HostTrouble } from "@reach-fabric/host";
import type { Performed } from "@reach-fabric/host";
import { outsideOver, SecretGuard, serveOutside } from "@reach-fabric/host/testing";
import type { OutsidePort } from "@reach-fabric/host/testing";

/** Two ends of a channel; what goes over it is cloned, or refused where it is no plain data. */
function channel(): { near: OutsidePort; far: OutsidePort; sent: unknown[] } {
  const sent: unknown[] = [];
  const takes = new Map<string, (message: unknown) => void>();
  const gone: (() => void)[] = [];
  let isOpen = true;
  const end = (own: string, other: string): OutsidePort => ({
    send: (message) => {
      const copy = structuredClone(message);
      sent.push(copy);
      if (isOpen) queueMicrotask(() => takes.get(other)?.(copy));
    },
    onMessage: (take) => takes.set(own, take),
    onClose: (call) => gone.push(call),
    close: () => {
      isOpen = false;
      for (const call of gone) call();
    },
  });
  return { near: end("near", "far"), far: end("far", "near"), sent };
}

const secret = "canary-7Zq0aPx4Lw9vT2";
const guard = new SecretGuard({ key: { token: secret } });
const question = { model: "m", messages: [], parameters: {} };

/** What comes of one question, where the far side answers in this way. */
function ask(answer: (signal: AbortSignal) => Promise<Performed>): {
  came: Promise<unknown>;
  stop: AbortController;
  sent: unknown[];
  near: OutsidePort;
} {
  const { near, far, sent } = channel();
  const none = (): Promise<never> => Promise.reject(new TypeError("it is not asked for"));
  const own = { guard, fetch: none, mcp: none, grpc: none, file: none };
  serveOutside(far, { ...own, ask: (_, { signal }) => answer(signal) });
  const stop = new AbortController();
  // As a run gives it: a getter and a function are among its members.
  const context = {
    signal: stop.signal,
    get idempotencyKey() {
      return "k";
    },
    startedAt: () => 0,
  };
  return { came: outsideOver(near).ask(question, context), stop, sent, near };
}

describe("a process that sends for the run of another one", () => {
  it("gives what came of it, and not what it holds of a secret", async () => {
    const body = new Uint8Array([1, 2]);
    const came = ask(() => Promise.resolve({ result: { a: 1 }, body }));
    expect(await came.came).toEqual({ result: { a: 1 }, body });
    const echo = ask(() => Promise.resolve({ result: { you: `it is ${secret}` } }));
    expect(await echo.came).toMatchObject({ result: { failure: "denied" } });
    expect(JSON.stringify(echo.sent)).not.toContain(secret);
  });

  it("says what this machine lacks as that, without a secret, and any other error as none", async () => {
    const lacks = ask(() =>
      Promise.reject(new HostTrouble(`no room for ${secret}`, undefined, true)),
    );
    await expect(lacks.came).rejects.toMatchObject({ name: "HostTrouble", isUnknown: true });
    expect(JSON.stringify(lacks.sent)).not.toContain(secret);
    const broken = ask(() => Promise.reject(new TypeError(secret)));
    expect(await broken.came).toMatchObject({ result: { failure: "protocol" } });
    expect(JSON.stringify(broken.sent)).not.toContain(secret);
  });

  it("asks the far side for files, too", async () => {
    const { near, far } = channel();
    const none = (): Promise<never> => Promise.reject(new TypeError("it is not asked for"));
    const file = (call: object): Promise<Performed> =>
      Promise.resolve({ result: {}, body: new TextEncoder().encode(JSON.stringify(call)) });
    serveOutside(far, { guard, fetch: none, ask: none, mcp: none, grpc: none, file });
    const call = { method: "read", folder: "letters", path: "a" };
    const context = { signal: new AbortController().signal, idempotencyKey: "k" };
    const { body } = await outsideOver(near).file(call, context);
    expect(JSON.parse(new TextDecoder().decode(body))).toEqual(call);
  });

  it("ends what is not wanted any more, at once and on both sides", async () => {
    let ended: unknown;
    const { came, stop } = ask(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            ended = signal.reason;
            reject(new Error("ended"));
          });
        }),
    );
    await Promise.resolve();
    stop.abort(new Error("it was cancelled"));
    await expect(came).rejects.toThrow("it was cancelled");
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBeInstanceOf(Error);
  });

  describe("closes the channel, and ends what is under way", () => {
    it.each([
      [
        "another way out",
        { ask: 2, way: "close", request: {}, tried: { idempotencyKey: "", attempt: 1 } },
      ],
      [
        "a request that is no JSON",
        {
          ask: 2,
          way: "fetch",
          request: { a: new Map() },
          tried: { idempotencyKey: "", attempt: 1 },
        },
      ],
      ["a member more", { stop: 1, all: true }],
      ["no object", "stop"],
    ])("for %s", async (_, message) => {
      let ended = false;
      const { came, near } = ask(
        (signal) => new Promise(() => signal.addEventListener("abort", () => (ended = true))),
      );
      near.send(message as object);
      await expect(came).rejects.toMatchObject({ name: "HostTrouble", isUnknown: true });
      expect(ended).toBe(true);
    });
  });
});
