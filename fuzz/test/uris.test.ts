// What is denied comes to no socket, whatever it is (GRANT-4, GRANT-9): the same inputs as of the target `uris`, sent.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEgress } from "@reach-fabric/host";
import { isPublicAddress, parseTarget, whyNotGranted } from "@reach-fabric/host/testing";
import { setTrap } from "../../host/test/effects/trap.ts";
import { grantFor, urisTarget } from "../targets/host/uris.ts";

const RUNS = process.env["REACH_LONG"] === "1" ? 40_000 : 4000;

test(`uris: of ${RUNS} inputs none that is denied comes to a socket, and all others do`, async () => {
  const { caught } = await setTrap();
  const context = { idempotencyKey: "k", signal: new AbortController().signal };
  const lookup = () => Promise.resolve([{ address: "93.184.216.34", family: 4 }]);
  let sent = 0;
  for (const one of fc.sample(urisTarget().arbitrary, { seed: 20_261_201, numRuns: RUNS })) {
    const grant = grantFor(one);
    const target = parseTarget(one.uri);
    const isGranted = !("why" in target) && whyNotGranted(grant, "GET", target) === undefined;
    const { hostname } = isGranted ? new URL(one.uri) : { hostname: "" };
    const literal = /^\[(.*)\]$|^([0-9.]+)$/.exec(hostname);
    const mayGo = isGranted && (literal === null || isPublicAddress(literal[1] ?? hostname));
    const egress = createEgress({ grant, lookup });
    const request = { method: "GET", uri: one.uri, headers: {}, redirect: false };
    const before = caught.connections;
    const { result } = await egress.fetch(request, context);
    if (mayGo) sent += 1;
    else expect(result, one.uri).toEqual({ failure: "denied" });
    expect(caught.connections - before, one.uri).toBe(mayGo ? 1 : 0);
    await egress.close();
  }
  expect(sent).toBeGreaterThan(RUNS / 50);
}, 120_000);
