import { expect, it } from "vitest";
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { exchange } from "@reach-fabric/host/testing";
import { json, later, serve } from "../helpers.ts";

it("PACK-19: a registry is asked by a client of its own: a proxy of the process or its environment gets nothing", async () => {
  const registry = await serve(json({ ok: true }));
  const proxy = await serve(json({}));
  const before = getGlobalDispatcher();
  // As Node does by NODE_USE_ENV_PROXY: whatever goes by the dispatcher of the process ends there.
  setGlobalDispatcher(
    new Agent().compose(
      (dispatch) => (options, handler) => dispatch({ ...options, origin: proxy.origin }, handler),
    ),
  );
  later(() => setGlobalDispatcher(before));
  const url = new URL(`${registry.origin}/v2/`);
  expect(await exchange(url, { method: "GET" }, {})).toMatchObject({ status: 200 });
  expect([registry.requests.length, proxy.requests.length]).toEqual([1, 0]);
});
